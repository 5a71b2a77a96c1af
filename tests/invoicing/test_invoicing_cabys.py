"""The CAByS catalogue: brought in whole, found by what people type, followed when it changes."""

from __future__ import annotations

import io
import os
import time
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from tests.invoicing.scene import AT

from hacienda.errors import InvalidError
from iofacturo.invoicing.catalogue import cabys, cabys_import
from iofacturo.invoicing.models import CabysChange, CabysEdition, CabysItem, Product
from iofacturo.notifications.notice import Notice

pytestmark = pytest.mark.django_db

ROWS = [
    ("2391102010200", "Café tostado, sin descafeinar, molido", "1"),
    ("2391102020000", "Café tostado, descafeinado", "13"),
    ("0161001010000", "Café cereza, orgánico", "1"),
    ("8314100000200", "Servicios de diseño y desarrollo de páginas web", "13"),
    ("8314300000000", "Servicios de diseño y desarrollo de software originales", "13"),
    ("9721001000000", "Servicios de peluquería para el cabello", "13"),
    ("8222100000000", "Servicios de contabilidad", "13"),
    ("8213000000100", "Servicios de asesoramiento jurídico", "13"),
    ("2349002020800", "Pan pita o pan árabe, congelado", "1"),
    ("4481606020000", "Tostadoras de pan", "13"),
    ("2933000000100", "Calzado de cuero", "13"),
    ("9310101000000", "Consulta médica general", "4"),
    ("9210000000000", "Servicios de educación preescolar", "exento"),
    ("7111100000000", "Transferencias", ""),
]
FULL = (
    Path(os.environ.get("HACIENDA_XSD_DIR") or "../shared/xsd").resolve().parent
    / "catalogs"
    / "cabys.csv"
)


def csv_of(rows: list[tuple[str, str, str]]) -> bytes:
    lines = ["codigo,descripcion,impuesto"]
    lines += [f'{code},"{text}",{rate}' for code, text, rate in rows]
    return "\n".join(lines).encode()


@pytest.fixture
def bring(tmp_path):
    """Import rows, or the bytes of a file, at a day."""

    def bring(rows=ROWS, *, day: int = 0, name: str = "cabys.csv", force: bool = False):
        path = tmp_path / name
        path.write_bytes(rows if isinstance(rows, bytes) else csv_of(rows))
        return cabys_import.import_file(path, at=AT + timedelta(days=day), force=force)

    return bring


@pytest.fixture
def catalogue(bring):
    return bring()


def made(company, **values) -> Product:
    known = {"detalle": "Café molido 500 g", "cabys": "2391102010200", "unidad": "Unid"}
    known |= {"precio": "3500", "tarifa_iva": "02", "created_at": AT, "updated_at": AT}
    return Product.objects.create(company=company, **(known | values))


def first(words: str) -> str:
    return cabys.search(words)[0].descripcion


# -- searching -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("cafe molido", "Café tostado, sin descafeinar, molido"),
        ("CAFÉ MOL", "Café tostado, sin descafeinar, molido"),
        ("molido café", "Café tostado, sin descafeinar, molido"),
        ("diseño web", "Servicios de diseño y desarrollo de páginas web"),
        ("diseno web", "Servicios de diseño y desarrollo de páginas web"),
        ("corte de pelo", "Servicios de peluquería para el cabello"),
        ("zapatos", "Calzado de cuero"),
        ("asesoría legal", "Servicios de asesoramiento jurídico"),
        ("pan", "Pan pita o pan árabe, congelado"),
        ("servicios de contabilidad", "Servicios de contabilidad"),
        ("contador", "Servicios de contabilidad"),
        ("83143", "Servicios de diseño y desarrollo de software originales"),
        ("2391102010200", "Café tostado, sin descafeinar, molido"),
    ],
)
def test_what_a_seller_types_finds_what_is_sold(catalogue, typed, wanted):
    assert first(typed) == wanted


def test_what_nothing_has_is_not_found(catalogue):
    assert cabys.search("zzzzz") == []
    assert cabys.search("") == []
    assert cabys.search("   %_ ") == []
    assert cabys.search("\x00\u202e") == []


def test_no_more_are_found_than_asked_for(catalogue):
    assert len(cabys.search("servicios", most=2)) == 2


def test_an_entry_proposes_its_tax(catalogue):
    rates = {item.codigo: (item.tarifa, item.porcentaje) for item in CabysItem.objects.all()}
    assert rates["2391102010200"] == ("02", 1)
    assert rates["8314100000200"] == ("08", 13)
    assert rates["9310101000000"] == ("04", 4)
    assert rates["9210000000000"] == ("10", 0)
    assert rates["7111100000000"] == ("", None)


def test_without_a_catalogue_nothing_is_found_and_nothing_breaks():
    assert cabys.in_force() is None
    assert cabys.search("cafe") == []


# -- bringing it in ------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(bring, catalogue):
    again = bring(day=1)
    assert again.edition is None
    assert (CabysEdition.objects.count(), CabysItem.objects.count()) == (1, len(ROWS))


def test_what_changed_is_written_down(bring, catalogue):
    rows = [row for row in ROWS if row[0] != "4481606020000"]
    rows[0] = (rows[0][0], rows[0][1], "13")
    rows[1] = (rows[1][0], "Café tostado y descafeinado", rows[1][2])
    rows.append(("2399999001200", "Crema en polvo para café", "13"))
    done = bring(rows, day=1)
    assert (done.new, done.gone, done.rates, done.texts) == (1, 1, 1, 1)
    told = CabysChange.objects.values_list("codigo", "kind", "before", "after")
    assert set(told) == {("2391102010200", "rate", "1", "13"), ("4481606020000", "gone", "13", "")}
    assert cabys.search("tostadora") == []
    assert cabys.find("4481606020000").gone_in == done.edition


def test_what_comes_back_is_there_again(bring, catalogue):
    bring([row for row in ROWS if row[0] != "4481606020000"], day=1)
    bring(ROWS, day=2)
    assert first("tostadora") == "Tostadoras de pan"
    assert CabysChange.objects.filter(kind="back", codigo="4481606020000").count() == 1


def test_a_part_of_the_catalogue_does_not_replace_it(bring, catalogue):
    with pytest.raises(InvalidError, match="incompleto"):
        bring(ROWS[:5], day=1)
    assert CabysItem.objects.filter(gone_in__isnull=True).count() == len(ROWS)
    assert bring(ROWS[:5], day=1, force=True).gone == len(ROWS) - 5


def test_the_workbook_itself_is_read(bring):
    book = openpyxl.Workbook()
    book.active.title = "Portada"
    book.active.append(["Catálogo de bienes y servicios"])
    sheet = book.create_sheet("Catálogo")
    sheet.append(["Banco Central"])
    sheet.append(["Categoría 1", "Código del bien o servicio", "Descripción del bien o servicio", "Impuesto"])  # fmt: skip
    for code, text, rate in ROWS:
        # a sheet keeps codes as numbers and percentages as fractions
        value = int(rate) / 100 if rate.isdigit() else rate
        sheet.append(["x", int(code), text, value])
    out = io.BytesIO()
    book.save(out)
    assert bring(out.getvalue(), name="cabys.xlsx").total == len(ROWS)
    assert cabys.find("0161001010000").porcentaje == 1
    assert cabys.find("9210000000000").tarifa == "10"


@pytest.mark.parametrize(
    "data",
    [b"", b"hola", b"codigo,descripcion\n1,2\n", b"PK\x03\x04 no es un libro", b"\xff\xfe\x00\x00"],
)
def test_a_file_that_is_no_catalogue_is_refused(bring, data):
    with pytest.raises(InvalidError):
        bring(data)
    assert not CabysItem.objects.exists()


def test_a_workbook_that_unpacks_to_a_disk_full_is_refused(bring, monkeypatch):
    from iofacturo.invoicing.catalogue import cabys_file

    monkeypatch.setattr(cabys_file, "MOST_UNPACKED", 10_000)
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "0" * 100_000)
    with pytest.raises(InvalidError, match="demasiado grande"):
        bring(out.getvalue())


# -- products follow ------------------------------------------------------------------------------


def test_products_get_a_warning_when_their_code_changes(bring, catalogue, cafe, owner, reader):
    rated = made(cafe)
    dropped = made(cafe, cabys="4481606020000", tarifa_iva="08", detalle="Tostadora")
    fine = made(cafe, cabys="8222100000000", tarifa_iva="08", detalle="Contabilidad")
    rows = [(c, t, "13" if c == "2391102010200" else r) for c, t, r in ROWS if c != "4481606020000"]
    done = bring(rows, day=1)
    assert (done.warned, done.companies) == (2, 1)
    state = {p.pk: p.cabys_warning for p in Product.objects.all()}
    assert state == {rated.pk: "rate", dropped.pk: "gone", fine.pk: ""}
    told = Notice.objects.filter(kind="cabys.changed")
    assert {notice.user for notice in told} == {owner}  # who may only read is not told
    bring(rows, day=2)
    assert told.count() == 1


def test_a_warning_goes_when_the_code_comes_back(bring, catalogue, cafe):
    row = made(cafe, cabys="4481606020000", tarifa_iva="08")
    bring([r for r in ROWS if r[0] != "4481606020000"], day=1)
    bring(ROWS, day=2)
    row.refresh_from_db()
    assert row.cabys_warning == ""


def test_archived_products_are_left_in_peace(bring, catalogue, cafe):
    made(cafe, cabys="4481606020000", tarifa_iva="08", archived_at=AT)
    assert bring([r for r in ROWS if r[0] != "4481606020000"], day=1).warned == 0


# -- the real one --------------------------------------------------------------------------------


@pytest.mark.skipif(not FULL.exists(), reason="there is no catalogs/cabys.csv beside the schemas")
def test_the_whole_catalogue_comes_in_and_answers_at_once():
    done = cabys_import.import_file(FULL, at=AT)
    assert done.total > 20_000
    assert cabys_import.import_file(FULL, at=AT).edition is None
    for typed in ("cafe molido", "diseño web", "corte de pelo", "asesoría legal", "zapatos"):
        assert cabys.search(typed), typed
    took = []
    for typed in ("cafe molido", "a", "servicio de contabilidad", "reparacion celulares", "s") * 4:
        before = time.process_time()  # whatever else this machine does
        cabys.search(typed)
        took.append(time.process_time() - before)
    assert sorted(took)[len(took) // 2] < 0.03
