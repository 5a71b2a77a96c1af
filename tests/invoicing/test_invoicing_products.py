"""Products of a company: as they stand in a line, found by what a counter types."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from tests.invoicing import scene
from tests.invoicing.scene import AT

from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from iofacturo.invoicing import draft, emission
from iofacturo.invoicing.catalogue import cells, product, product_form
from iofacturo.invoicing.models import CabysEdition, CabysItem, Product

pytestmark = pytest.mark.django_db

LIST = "/facturar/productos/"
NEW = "/facturar/productos/nuevo/"


def made(company, **values) -> Product:
    known = {"detalle": "Café molido 500 g", "cabys": "2391102010200", "unidad": "Unid"}
    known |= {"precio": Decimal(3500), "tarifa_iva": "02", "created_at": AT, "updated_at": AT}
    return Product.objects.create(company=company, **(known | values))


def form(**more) -> dict[str, str]:
    known = {
        "marca": "ABCDEFGH2345", "detalle": "Café molido 250 g", "codigo": "CAF-250",
        "cabys": "2391102010200", "unidad": "Unid", "precio": "2 500,50", "moneda": "CRC",
        "tarifa_iva": "08",
    }  # fmt: skip
    return known | more


def found(company, words: str) -> list[str]:
    return [row.detalle for row in product.search(company, words)]


@pytest.fixture
def catalogue():
    edition = CabysEdition.objects.create(
        imported_at=AT, digest="p", name="x", total=2, new=2, gone=0, rates=0
    )
    CabysItem.objects.create(codigo="2391102010200", descripcion="Café molido", impuesto="1")
    CabysItem.objects.create(
        codigo="4481606020000", descripcion="Tostadoras", impuesto="13", gone_in=edition
    )


def test_a_product_is_written_and_becomes_a_line(owner, cafe, as_client):
    assert as_client(owner).get(NEW).status_code == 200
    assert as_client(owner).post(NEW, form()).status_code == 302
    row = cafe.products.get()
    assert row.linea() == {
        "CodigoCABYS": "2391102010200",
        "CodigoComercial": [{"Tipo": "01", "Codigo": "CAF-250"}],
        "Cantidad": "1",
        "UnidadMedida": "Unid",
        "Detalle": "Café molido 250 g",
        "PrecioUnitario": "2500.5",
        "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": "08", "Tarifa": "13"}],
    }
    assert row.precio_con_iva == Decimal("2825.57")


@pytest.mark.parametrize("tarifa", ["08", "02", "09", "10", "01", "11"])
def test_what_a_product_states_can_be_issued(shop, owner, tarifa):
    line = made(shop, tarifa_iva=tarifa, codigo="X1").linea() | {"NumeroLinea": "1"}
    data = scene.stated(DetalleServicio={"LineaDetalle": [line]})
    issued = emission.issue_draft(draft.write(shop, data, by=owner, at=AT), by=owner, at=AT)
    assert issued.total == made(shop, tarifa_iva=tarifa).precio_con_iva


def test_a_price_with_iva_is_kept_without_it(owner, cafe, as_client):
    as_client(owner).post(NEW, form(precio="1 130,00", con_iva="on"))
    assert (cafe.products.get().precio, cafe.products.get().precio_con_iva) == (1000, 1130)


def test_what_carries_no_iva_is_kept_without(owner, cafe, as_client):
    as_client(owner).post(NEW, form(tarifa_iva="no"))
    row = cafe.products.get()
    assert (row.tarifa_iva, row.tax) == ("", "Sin IVA")
    assert "Impuesto" not in row.linea()
    page = as_client(owner).get(f"/facturar/productos/{row.public_id}/")
    assert page.context["form"]["tarifa_iva"].value() == "no"


def test_the_same_form_twice_makes_one_product(owner, cafe, as_client):
    client = as_client(owner)
    client.post(NEW, form())
    assert client.post(NEW, form()).status_code == 302
    assert cafe.products.count() == 1


def test_an_own_code_is_of_one_product(owner, cafe, as_client):
    made(cafe, codigo="CAF-250")
    page = as_client(owner).post(NEW, form())
    assert "ya es de «Café molido 500 g»" in page.content.decode()
    made(cafe)
    made(cafe)  # without a code there may be many


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cabys": "239110201020"}, "tiene 13 dígitos; este tiene 12"),
        ({"cabys": "café"}, "Búsquelo por palabras"),
        ({"precio": "1.234"}, "de dos maneras"),
        ({"precio": "gratis"}, "en números"),
        ({"precio": "9" * 20}, "no cabe"),
        ({"detalle": "ab"}, "al menos 3"),
        ({"unidad": "zorro"}, "opciones disponibles"),
        ({"tarifa_iva": "05"}, "opciones disponibles"),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(owner, cafe, as_client, change, said):
    page = as_client(owner).post(NEW, form(**change)).content.decode()
    assert said in page
    assert "CAF-250" in page
    assert not cafe.products.exists()


def test_a_product_is_changed_and_its_price_comes_back_as_it_was(owner, cafe, as_client):
    row = made(cafe, precio=Decimal("1234.567"))
    address = f"/facturar/productos/{row.public_id}/"
    shown = as_client(owner).get(address).context["form"]["precio"].value()
    as_client(owner).post(address, form(precio=shown, detalle="Otro nombre"))
    row.refresh_from_db()
    assert (row.detalle, row.precio) == ("Otro nombre", Decimal("1234.567"))


def test_an_archived_product_is_not_offered_and_comes_back(owner, cafe, as_client):
    row = made(cafe)
    client = as_client(owner)
    client.post(f"/facturar/productos/{row.public_id}/archivar/")
    assert found(cafe, "cafe") == []
    assert row.detalle in client.get(f"{LIST}?archivados=1").content.decode()
    client.post(f"/facturar/productos/{row.public_id}/archivar/", {"restaurar": "1"})
    assert found(cafe, "cafe") == [row.detalle]


def test_products_are_found_by_words_by_own_code_and_by_cabys(cafe):
    made(cafe, detalle="Café molido", codigo="CAF-1")
    made(cafe, detalle="Taza de cerámica", codigo="CAF-10", cabys="3722100000000")
    assert found(cafe, "MOLIDO cafe") == ["Café molido"]
    assert found(cafe, "ceram") == ["Taza de cerámica"]
    assert found(cafe, "37221") == ["Taza de cerámica"]
    assert found(cafe, "caf-10") == ["Taza de cerámica"]
    assert found(cafe, "CAF-1")[0] == "Café molido"  # typed whole comes first
    assert found(cafe, "olido") == []


def test_the_script_gets_what_it_needs(owner, cafe, as_client):
    row = made(cafe, codigo="A1")
    (one,) = as_client(owner).get("/facturar/buscar/productos/?q=cafe").json()["results"]
    assert one["linea"] == row.linea()
    assert (one["precio"], one["codigo"], one["unidad"]) == ("3500", "A1", "Unid")


def test_codes_are_found_through_the_door(owner, cafe, as_client, catalogue):
    told = as_client(owner).get("/facturar/buscar/cabys/?q=cafe").json()
    assert told["results"] == [
        {
            "codigo": "2391102010200", "descripcion": "Café molido", "tarifa": "02",
            "porcentaje": "1", "servicio": False,
        }
    ]  # fmt: skip


def test_without_a_catalogue_the_door_says_so_and_asks_hacienda(near, owner, cafe, as_client):
    told = as_client(owner).get("/facturar/buscar/cabys/?q=servicios").json()
    assert "no está cargado" in told["aviso"]
    assert "import-cabys" not in told["aviso"]  # a customer cannot load it
    assert as_client(owner).post(NEW, form()).status_code == 302  # by hand it works


def test_a_code_is_chosen_in_the_form_without_script(owner, cafe, as_client, catalogue):
    client = as_client(owner)
    page = client.post(NEW, form(cabys="", palabras="cafe molido", buscar_cabys="1"))
    assert 'value="2391102010200"' in page.content.decode()
    page = client.post(NEW, form(cabys="", palabras="cafe", elegir="2391102010200"))
    assert page.context["form"]["cabys"].value() == "2391102010200"
    assert page.context["form"]["tarifa_iva"].value() == "02"
    assert not cafe.products.exists()


# -- what the catalogue says -----------------------------------------------------------------------


def test_a_code_that_is_not_there_is_warned_of(owner, cafe, as_client, catalogue):
    as_client(owner).post(NEW, form(cabys="4481606020000"))
    as_client(owner).post(NEW, form(cabys="9999999999999", codigo="B", marca="BBBBBBBBBBBB"))
    assert set(cafe.products.values_list("cabys_warning", flat=True)) == {"gone", "unknown"}
    page = as_client(owner).get(f"{LIST}?aviso=1").content.decode()
    assert "ya no está en el catálogo" in page


def test_who_chose_another_tariff_by_hand_is_not_nagged(owner, cafe, as_client, catalogue):
    as_client(owner).post(NEW, form(tarifa_iva="08"))
    assert cafe.products.get().cabys_warning == ""


def test_a_warning_is_dismissed(owner, cafe, as_client):
    row = made(cafe, cabys_warning="rate")
    page = as_client(owner).get(LIST).content.decode()
    assert "Un producto tiene" in page
    as_client(owner).post(f"/facturar/productos/{row.public_id}/asi-esta-bien/")
    row.refresh_from_db()
    assert row.cabys_warning == ""


# -- who may, and how many -------------------------------------------------------------------------


def test_strangers_see_nothing_of_it(stranger, cafe, as_client):
    row = made(cafe)
    client = as_client(stranger)
    assert client.get(f"/facturar/productos/{row.public_id}/").status_code == 404
    for act in ("archivar", "asi-esta-bien"):
        assert client.post(f"/facturar/productos/{row.public_id}/{act}/").status_code == 404
    assert row.detalle not in client.get(LIST).content.decode()
    assert client.get("/facturar/buscar/productos/?q=cafe").json() == {"results": []}


def test_who_only_reads_looks_and_does_not_touch(reader, cafe, as_client):
    row = made(cafe)
    client = as_client(reader)
    assert row.detalle in client.get(LIST).content.decode()
    for address in (NEW, f"/facturar/productos/{row.public_id}/"):
        assert client.post(address, form()).status_code == 403


def test_the_list_costs_the_same_however_long_it_is(
    owner, cafe, as_client, django_assert_max_num_queries
):
    made(cafe)
    client = as_client(owner)
    with django_assert_max_num_queries(12) as few:
        client.get(LIST)
    rows = [
        Product(
            company=cafe, codigo=f"P{number}", detalle=f"Producto número {number:05}",
            cabys="2391102010200", unidad="Unid", precio=number, tarifa_iva="08",
            created_at=AT, updated_at=AT,
        )
        for number in range(5_000)
    ]  # fmt: skip
    for row in rows:
        row.fold()
    Product.objects.bulk_create(rows, batch_size=500)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = client.get(f"{LIST}?q=producto")
    assert len(page.content) < 100_000
    with django_assert_max_num_queries(12):
        assert len(client.get("/facturar/buscar/productos/?q=numero").json()["results"]) == 8


def test_the_list_goes_out_with_prices_as_numbers_and_texts_without_formulas(
    owner, cafe, as_client
):
    made(cafe, detalle="=1+1", precio=Decimal("3500.10"))
    data = b"".join(as_client(owner).get("/facturar/productos.csv")).decode("utf-8-sig")
    headings, row = csv.reader(io.StringIO(data))
    assert row[headings.index("Detalle")] == "'=1+1"
    assert row[headings.index("Precio sin IVA")] == "3500.1"


def test_every_unit_that_is_offered_or_understood_exists():
    offered = {code for _, group in product_form.units() for code, _ in group}
    assert offered == set(UNIDAD_MEDIDA)
    assert set(cells.UNITS.values()) <= set(UNIDAD_MEDIDA)
