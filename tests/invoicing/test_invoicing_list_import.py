"""Lists from other programs: every bad row with its reason, no good one lost, nothing twice."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.invoicing.scene import AT

from iofacturo.invoicing.catalogue import cells, importing, table_file
from iofacturo.invoicing.catalogue.table_file import Unreadable
from iofacturo.invoicing.models import CabysEdition, CabysItem, Customer, ListImport, Product

pytestmark = pytest.mark.django_db

CUSTOMERS = "/facturar/clientes/importar/"
PRODUCTS = "/facturar/productos/importar/"
LIST = """Cédula;Razón social;Correo
3-101-654321;Sodas del Valle S.A.;compras@ejemplo.cr
1-0111-0111;María Peña Solano;
"""
GOODS = """Código;Descripción;Código CAByS;Precio;IVA
CAF-1;Café molido;2391102010200;3.500,00;1
CAF-2;Café en grano;2391102010200;12,5;13%
"""


@pytest.fixture
def read(cafe, owner):
    def read(text: str | bytes, kind: str = "customers") -> ListImport:
        data = text.encode() if isinstance(text, str) else text
        return importing.read(cafe, kind, "lista.csv", data, by=owner, at=AT)

    return read


@pytest.fixture
def bring(read, owner):
    def bring(text: str | bytes, kind: str = "customers") -> ListImport:
        return importing.apply(read(text, kind), by=owner, at=AT)

    return bring


@pytest.fixture
def catalogue():
    edition = CabysEdition.objects.create(
        imported_at=AT, digest="x", name="x", total=1, new=1, gone=0, rates=0
    )
    CabysItem.objects.create(codigo="2391102010200", descripcion="Café molido", impuesto="1")
    return edition


def reasons(row: ListImport) -> dict[int, str]:
    return {bad["line"]: " ".join(bad["reasons"]) for bad in row.bad}


def sent(client, text: str | bytes, where: str = CUSTOMERS, name: str = "lista.csv"):
    data = text.encode() if isinstance(text, str) else text
    return client.post(where, {"archivo": SimpleUploadedFile(name, data)})


# -- the way through -------------------------------------------------------------------------------


def test_choose_look_confirm(owner, cafe, as_client):
    client = as_client(owner)
    answer = sent(client, LIST + "3-1;Mala S.A.;\n")
    assert answer.status_code == 302
    assert not cafe.customers.exists()  # nothing is saved before somebody agrees
    page = client.get(answer.url).content.decode()
    assert "2 filas entran" in page
    assert "1 fila por corregir" in page
    assert "Fila 4" in page
    client.post(f"{answer.url}confirmar/")
    assert {row.nombre for row in cafe.customers.all()} == {
        "Sodas del Valle S.A.",
        "María Peña Solano",
    }
    bad = b"".join(client.get(f"{answer.url}malas.csv")).decode("utf-8-sig")
    (headings, row) = csv.reader(io.StringIO(bad))
    assert headings == ["Cédula", "Razón social", "Correo", "Motivo"]
    assert row[:2] == ["3-1", "Mala S.A."]
    assert "cédula" in row[3]


def test_confirming_twice_imports_once(owner, cafe, as_client):
    client = as_client(owner)
    where = sent(client, GOODS, PRODUCTS).url
    client.post(f"{where}confirmar/")
    client.post(f"{where}confirmar/")
    assert cafe.products.count() == 2
    assert "Importación hecha" in client.get(where).content.decode()


def test_the_corrected_rows_come_in_afterwards(owner, cafe, as_client):
    client = as_client(owner)
    where = sent(client, LIST + "310199;Corregida S.A.;\n").url
    client.post(f"{where}confirmar/")
    bad = b"".join(client.get(f"{where}malas.csv")).replace(b"310199,", b"3-101-999888,")
    again = sent(client, bad).url
    client.post(f"{again}confirmar/")
    assert cafe.customers.filter(identificacion="3101999888").exists()


def test_the_template_comes_in_as_it_is(owner, cafe, as_client):
    client = as_client(owner)
    for where in (CUSTOMERS, PRODUCTS):
        data = b"".join(client.get(f"{where}plantilla.csv"))
        row = ListImport.objects.get(public_id=sent(client, data, where).url.split("/")[-2])
        assert (len(row.good), row.bad, row.ignored) == (1, [], [])


def test_what_goes_out_comes_in_as_the_same(owner, cafe, as_client, bring):
    bring(LIST)
    bring(GOODS, "products")
    client = as_client(owner)
    for address, where in (("clientes.csv", CUSTOMERS), ("productos.csv", PRODUCTS)):
        data = b"".join(client.get(f"/facturar/{address}"))
        row = ListImport.objects.get(public_id=sent(client, data, where).url.split("/")[-2])
        assert (row.new, row.updated, row.same, row.bad) == (0, 0, 2, [])


# -- what is there already -------------------------------------------------------------------------


def test_who_is_there_is_brought_up_to_date(cafe, bring):
    bring(LIST)
    done = bring("Cedula,Nombre,Telefono\n3101654321,Sodas del Este S.A.,2222-3344\n")
    assert (done.new, done.updated, done.same) == (0, 1, 0)
    row = cafe.customers.get(identificacion="3101654321")
    assert (row.nombre, row.telefono) == ("Sodas del Este S.A.", "2222-3344")
    assert row.emails == ["compras@ejemplo.cr"]  # a column that is not there says nothing
    assert cafe.customers.filter(folded__contains="este").exists()


def test_an_empty_cell_leaves_what_is_known(cafe, bring):
    bring(LIST)
    bring(LIST.replace("compras@ejemplo.cr", ""))
    assert cafe.customers.get(identificacion="3101654321").emails == ["compras@ejemplo.cr"]


def test_an_archived_one_comes_back(cafe, bring):
    bring(LIST)
    cafe.customers.update(archived_at=AT)
    assert bring(LIST).updated == 2
    assert not cafe.customers.filter(archived_at__isnull=False).exists()


def test_nothing_of_another_company_is_touched(cafe, stranger, bring):
    other = stranger.memberships.get().company
    theirs = Customer.objects.create(
        company=other, tipo_identificacion="02", identificacion="3101654321", nombre="La suya",
        created_at=AT, updated_at=AT,
    )  # fmt: skip
    bring(LIST)
    theirs.refresh_from_db()
    assert theirs.nombre == "La suya"
    assert other.customers.count() == 1


def test_a_product_without_code_is_known_by_its_detail(cafe, bring):
    text = "Detalle,CAByS,Precio,IVA\nCafé molido,2391102010200,3500,13\n"
    bring(text, "products")
    assert bring(text.replace("3500", "3600"), "products").updated == 1
    assert cafe.products.get().precio == 3600


# -- encodings and shapes --------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_any_spreadsheet_is_understood(read, encoding, delimiter):
    row = read(LIST.replace(";", delimiter).replace("\n", "\r\n").encode(encoding))
    assert [one["nombre"] for one in row.good] == ["Sodas del Valle S.A.", "María Peña Solano"]


def test_titles_may_stand_anywhere_near_the_top(read):
    row = read("sep=;\nMi empresa;;\n\n" + LIST)
    assert len(row.good) == 2


def test_unknown_columns_are_named(read):
    row = read("Cédula;Nombre;Color favorito\n3101654321;Sodas S.A.;azul\n")
    assert row.ignored == ["Color favorito"]
    assert len(row.good) == 1


def test_quotes_lines_and_delimiters_within_a_cell(read):
    row = read('Cédula,Nombre\n3101654321,"Sodas, ""La Esquina""\nS.A."\n1-0111-0111,Ana Mora\n')
    assert [one["nombre"] for one in row.good] == ['Sodas, "La Esquina" S.A.', "Ana Mora"]


def test_a_quote_that_never_ends_costs_its_own_row(read):
    people = "".join(f"3101{n:06},Empresa {n:02} S.A.\n" for n in range(30))
    row = read(f'Cédula,Nombre\n3101654321,"Sin cerrar\n{people}')
    assert len(row.good) == 30
    assert reasons(row) == {2: table_file.UNCLOSED}


def test_a_shifted_row_is_not_guessed(read):
    row = read(LIST + "3101777888;Uno;a@b.cr;de más\n")
    assert "4 celdas" in reasons(row)[4]
    assert len(row.good) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "vac"),
        (b"   \n", "vac"),
        (b"hola\nmundo\n", "plantilla"),
        ("Cédula;Nombre\n".encode(), "ninguna fila"),
        (b"PK\x03\x04" + b"0" * 100, "libro de Excel"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 100, "libro de Excel"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "plantilla"),
        (b"x" * (5 * 2**20 + 1), "5 MB"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(owner, as_client, data, said):
    answer = sent(as_client(owner), data)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not ListImport.objects.exists()


def test_a_bomb_under_another_name_is_not_unpacked(owner, as_client):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("lista.csv", "0" * 50_000_000)
    assert sent(as_client(owner), out.getvalue()).status_code == 400


def test_too_many_rows_are_refused_soon(read):
    text = "Cédula;Nombre\n" + "".join(f"3101{n:06};Empresa {n}\n" for n in range(100_000))
    before = time.perf_counter()
    with pytest.raises(Unreadable, match="20 000 filas"):
        read(text)
    assert time.perf_counter() - before < 10


def test_twenty_thousand_rows_come_in(cafe, bring):
    text = "Cédula;Nombre\n" + "".join(f"3101{n:06};Empresa {n}\n" for n in range(20_000))
    before = time.perf_counter()
    done = bring(text)
    assert (done.new, done.bad) == (20_000, [])
    assert time.perf_counter() - before < 60
    assert cafe.customers.count() == 20_000


def test_hostile_cells_do_no_harm(cafe, bring):
    row = bring(
        "Cédula;Nombre;Otras señas\n"
        "3101000111;=cmd|' /C calc'!A0;\n"
        "3101000222;Nu\x00lo \u202eS.A.;\n"
        f"3101000333;{'x' * 400_000};\n"
        "3101000444;<b>Negrita</b> S.A.;\n"
        "'; DROP TABLE x;Robert;\n"
    )
    assert set(reasons(row)) == {4, 6}
    assert "caben 100" in reasons(row)[4]
    names = set(cafe.customers.values_list("nombre", flat=True))
    assert names == {"=cmd|' /C calc'!A0", "Nulo S.A.", "<b>Negrita</b> S.A."}


def test_bad_rows_go_back_without_formulas(owner, as_client):
    client = as_client(owner)
    where = sent(client, "Cédula;Nombre\nx;=HYPERLINK(1)\n").url
    bad = b"".join(client.get(f"{where}malas.csv")).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in bad


def test_the_same_row_twice_is_said(read):
    row = read(LIST + "3101654321;Otra vez S.A.;\n")
    assert reasons(row) == {4: "Esta identificación ya está en la fila 2."}


# -- reading customers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (";Sin número;;;", "Falta la identificación"),
        ("3101654321;;;;", "Falta el nombre"),
        ("3101654321;Sodas;nadie;;", "no es un correo"),
        ("3101654321;Sodas;;San José;", "La dirección va completa"),
        ("3101654321;Sodas;;;Crédito", "lleva su plazo"),
        ("3101654321;Sodas;;;Regalado", "no es una condición de venta"),
        ("X-99;Extranjero;;;", "ponga 05"),
    ],
)
def test_every_bad_customer_says_why(read, row, said):
    found = read(f"Cédula;Nombre;Correo;Provincia;Condición\n{row}\n")
    assert said in reasons(found)[2]


def test_places_and_conditions_by_name_or_by_code(read):
    row = read(
        "Cédula;Nombre;Provincia;Cantón;Distrito;Dirección;Condición;Plazo\n"
        "3101000111;Uno S.A.;San José;ESCAZU;san rafael;Frente al parque;crédito;30 días\n"
        "3101000222;Dos S.A.;1;2;3;Frente al parque;02;30\n"
    )
    assert row.bad == []
    places = [(one["provincia"], one["canton"], one["distrito"]) for one in row.good]
    assert places == [("1", "02", "03")] * 2
    assert [(one["condicion_venta"], one["plazo"]) for one in row.good] == [("02", 30)] * 2


# -- reading products ------------------------------------------------------------------------------


def test_prices_as_people_write_them(cafe, bring):
    bring(GOODS, "products")
    prices = dict(cafe.products.values_list("codigo", "precio"))
    assert prices == {"CAF-1": Decimal(3500), "CAF-2": Decimal("12.5")}
    assert dict(cafe.products.values_list("codigo", "tarifa_iva")) == {"CAF-1": "02", "CAF-2": "08"}


@pytest.mark.parametrize(
    ("typed", "mark", "price"),
    [
        ("1.234,56", "", "1234.56"),
        ("1,234.56", "", "1234.56"),
        ("₡ 1 234,56", "", "1234.56"),
        ("1.234", ",", "1234"),
        ("1,234", ".", "1234"),
        ("1.234", ".", "1.234"),
        ("1.234", "", None),
        ("-5", "", None),
        ("gratis", "", None),
        ("0", "", "0"),
        ("1e9", "", None),
        ("99999999999999", "", None),
    ],
)
def test_an_amount_is_never_guessed(typed, mark, price):
    if price is None:
        with pytest.raises(cells.CellError):
            cells.precio(typed, mark)
    else:
        assert cells.precio(typed, mark) == Decimal(price)


@pytest.mark.parametrize(
    ("column", "mark"),
    [
        (["1.234", "12,50"], ","),
        (["1,234", "12.50"], "."),
        (["1.234", "5.678"], ""),
        (["1.234.567", "1.234"], ","),
        (["1,5", "1.5"], ""),
        (["1500", "20"], ""),
    ],
)
def test_the_file_says_which_mark_is_for_decimals(column, mark):
    assert cells.decimal_mark(column) == mark


def test_one_ambiguous_price_is_read_like_the_others(cafe, bring):
    text = "Código;Detalle;CAByS;Precio;IVA\nA;Aaa;2391102010200;1.234;13\nB;Bbb;2391102010200;12,50;13\n"
    bring(text, "products")
    assert dict(cafe.products.values_list("codigo", "precio"))["A"] == 1234


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("13", "08"), ("13%", "08"), ("0,13", "08"), ("0.01", "02"), ("1", "02"), ("08", "08"),
        ("Exento", "10"), ("0", "10"), ("4 %", "04"), ("Sin IVA", ""), ("Tarifa general 13 %", "08"),
        ("15", None), ("mucho", None), ("05", None),
    ],
)  # fmt: skip
def test_a_tariff_in_any_words(typed, code):
    if code is None:
        with pytest.raises(cells.CellError):
            cells.tarifa_iva(typed)
    else:
        assert cells.tarifa_iva(typed) == code


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A;Café;2391102010200;mil;13;", "no se entiende"),
        ("A;Café;239110;1000;13;", "13 dígitos"),
        ("A;Café;2,39E+12;1000;13;", "recortó el código"),
        ("A;Ca;2391102010200;1000;13;", "al menos 3"),
        ("A;Café;2391102010200;;13;", "Falta el precio"),
        ("A;Café;2391102010200;1000;13;zorro", "no es una unidad"),
        ("A;Café;2391102010200;1000;;", "Falta la tarifa"),
    ],
)
def test_every_bad_product_says_why(read, row, said):
    found = read(f"Código;Detalle;CAByS;Precio;IVA;Unidad\n{row}\n", "products")
    assert said in reasons(found)[2]


def test_a_code_that_lost_its_zero_gets_it_back(read):
    row = read("Detalle;CAByS;Precio;IVA\nTrigo;111100000100;500;1\n", "products")
    assert row.good[0]["cabys"] == "0111100000100"


def test_a_price_with_iva_is_taken_apart(cafe, bring):
    text = "Detalle;CAByS;Precio con IVA;IVA\nTaza;2391102010200;1130;13\n"
    bring(text, "products")
    assert (cafe.products.get().precio, cafe.products.get().precio_con_iva) == (1000, 1130)


def test_the_catalogue_gives_the_tariff_and_the_warning(cafe, bring, catalogue):
    bring(
        "Código;Detalle;CAByS;Precio;IVA\n"
        "A;Café uno;2391102010200;100;\n"
        "B;Café dos;2391102010200;100;13\n"
        "C;Otra cosa;9999999999999;100;13\n",
        "products",
    )
    rows = {row.codigo: row for row in Product.objects.filter(company=cafe)}
    assert {code: row.tarifa_iva for code, row in rows.items()} == {"A": "02", "B": "08", "C": "08"}
    warned = {code: row.cabys_warning for code, row in rows.items()}
    assert warned == {"A": "", "B": "rate", "C": "unknown"}


# -- who may ---------------------------------------------------------------------------------------


def test_strangers_and_readers_do_not_get_at_an_import(owner, reader, stranger, as_client):
    where = sent(as_client(owner), LIST).url
    for address in (where, f"{where}malas.csv"):
        assert as_client(stranger).get(address).status_code == 404
        assert as_client(reader).get(address).status_code == 403
    assert as_client(stranger).post(f"{where}confirmar/").status_code == 404
    assert as_client(owner).get("/facturar/gatos/importar/").status_code == 404
    assert as_client(owner).get(where.replace("clientes", "productos")).status_code == 404


def test_old_imports_are_forgotten(owner, cafe, as_client):
    for _ in range(7):
        sent(as_client(owner), LIST)
    assert cafe.list_imports.count() == 5


def test_the_preview_of_many_bad_rows_stays_small(owner, as_client, django_assert_max_num_queries):
    rows = "".join(f"x{n};{'Nombre ' * 10};{'no-es-correo' * 5}\n" for n in range(5_000))
    client = as_client(owner)
    where = sent(client, "Cédula;Nombre;Correo\n" + rows).url
    with django_assert_max_num_queries(12):
        page = client.get(where)
    assert len(page.content) < 100_000
    assert "5\u00a0000 filas por corregir" in page.content.decode()
