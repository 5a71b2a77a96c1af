"""The ledger page, all plans, their CSV, and Mi Plan's part about folios."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from tests.folios.test_folios_offers import make_plan

from iofacturo.folios import ledger
from iofacturo.folios.csv_file import safe
from iofacturo.lib import clock

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _now():
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def lots(cafe):
    """A plan that ends first and a courtesy that ends later, with some use."""
    plan = make_plan("plan-100", 100, "22000.00", name="Plan 100", months=6, at=NOW - 60 * DAY)
    paid, _ = ledger.grant_plan(
        cafe, plan.version_at(NOW), origin="request:SR-1", at=NOW - 50 * DAY
    )
    gift = ledger.grant(cafe, "courtesy", 10, origin="courtesy:1", at=NOW - 40 * DAY, months=12)
    for number in range(4):
        ledger.consume(
            cafe, f"clave-{number}", at=NOW - number * DAY, label=f"Factura electrónica {number}"
        )
    ledger.reverse(cafe, "clave-3", at=NOW)
    return paid, gift


def words(response) -> str:
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


def test_the_ledger_says_which_plan_and_why(cafe, owner, as_client, lots):
    response = as_client(owner).get("/mi-plan/libro/")
    assert response.status_code == 200
    page = words(response)
    assert "Factura electrónica 2" in page
    assert "Vence el 4 abr 2027, antes que Cortesía (14 oct 2027)." in page
    assert "Hacienda rechazó el comprobante: el folio volvió a su plan." in page
    assert "−1" in page
    assert "+100" in page


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("movimiento=reverse", "Devolución", "Factura electrónica 1"),
        ("movimiento=consume", "Factura electrónica 1", "+100"),
        ("desde=2026-11-23", "Factura electrónica 0", "Factura electrónica 1"),
        ("hasta=2026-11-22", "Factura electrónica 1", "Factura electrónica 0<"),
        ("comprobante=electrónica 2", "Factura electrónica 2", "Factura electrónica 1"),
        ("comprobante=clave-1", "Factura electrónica 1", "Factura electrónica 2"),
        ("comprobante=nada", "Ningún movimiento coincide", "Factura electrónica 1"),
        ("desde=ayer", "no se entiende", "Traceback"),
        ("desde=2026-12-01&hasta=2026-11-01", "es posterior", "Traceback"),
        ("plan=no-es", "Ese plan no es de esta empresa", "Traceback"),
        ("antes=basura", "Factura electrónica 1", "Traceback"),
        ("movimiento=raro", "Factura electrónica 1", "Traceback"),
    ],
)
def test_the_ledger_is_filtered(cafe, owner, as_client, lots, query, there, not_there):
    page = words(as_client(owner).get(f"/mi-plan/libro/?{query}"))
    table = page[page.index("<main") :]
    assert there in table
    assert not_there not in table


def test_one_plan_can_be_looked_at_alone(cafe, owner, as_client, lots):
    paid, gift = lots
    page = words(as_client(owner).get(f"/mi-plan/libro/?plan={gift.contract}"))
    assert "+10<" in page
    assert "Factura electrónica 1" not in page
    page = words(as_client(owner).get(f"/mi-plan/libro/?plan={paid.contract}"))
    assert "Factura electrónica 1" in page


def test_pages_follow_each_other_without_gaps_or_repeats(cafe, owner, as_client):
    ledger.grant(cafe, "courtesy", 500, origin="courtesy:1", at=NOW - DAY, months=12)
    for start in (0, 50, 100):
        documents = [ledger.Document(f"d{n}", f"FE {n:03}.") for n in range(start, start + 50)]
        ledger.consume_batch(cafe, documents, at=NOW - timedelta(minutes=start))
    client, url, seen = as_client(owner), "/mi-plan/libro/", []
    for _ in range(10):
        response = client.get(url)
        seen += [line.entry.pk for line in response.context["page"].rows]
        older = response.context["page"].older
        if not older:
            break
        url = f"/mi-plan/libro/?antes={older}"
    assert len(seen) == len(set(seen)) == 151


def test_the_csv_names_ones_own_people_and_not_the_providers(cafe, owner, reviewer, as_client):
    at = NOW - timedelta(days=1)
    ledger.grant(cafe, "migration", 5, origin="migration:quien", at=at, months=1, by=reviewer)
    ledger.consume(cafe, "quien", at=NOW, by=owner)
    answer = as_client(owner).get("/mi-plan/libro.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    people = {row["Movimiento"]: row["Persona"] for row in csv.DictReader(io.StringIO(text))}
    assert people == {"Uso": str(owner), "Entrega": "Equipo del proveedor"}
    assert str(reviewer) not in text


def test_the_csv_has_numbers_and_no_formulas(cafe, owner, as_client, lots):
    ledger.consume(cafe, "evil", at=NOW, label='=HYPERLINK("http://x")')
    response = as_client(owner).get("/mi-plan/libro.csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    evil = next(row for row in rows if row["Clave"] == "evil")
    assert evil["Comprobante"].startswith("'=")
    assert evil["Folios"] == "-1"
    assert {row["Movimiento"] for row in rows} == {"Uso", "Entrega", "Devolución"}
    assert sum(int(row["Folios"]) for row in rows) == 106
    filtered = as_client(owner).get("/mi-plan/libro.csv?movimiento=grant")
    assert b"".join(filtered.streaming_content).count(b"Entrega") == 2


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", " =1", "\u00a0=1"])
def test_text_that_looks_like_a_formula_is_made_harmless(text):
    assert safe(text) == "'" + text


def test_numbers_and_plain_text_are_left_alone():
    assert [safe(x) for x in (-1, 0, "FE 1", None, "")] == [-1, 0, "FE 1", "", ""]


def test_all_plans_add_up(cafe, owner, as_client, lots):
    response = as_client(owner).get("/mi-plan/planes/")
    page = words(response)
    assert "Plan 100" in page
    assert "Cortesía" in page
    for line in response.context["rows"]:
        assert line.total == line.consumed + line.remaining + line.expired + line.voided
    text = b"".join(as_client(owner).get("/mi-plan/planes.csv").streaming_content)
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert [(r["Plan"], r["Folios consumidos"], r["Estado"]) for r in rows] == [
        ("Cortesía", "0", "Vigente"), ("Plan 100", "3", "En uso"),
    ]  # fmt: skip


def test_an_ended_plan_says_how_many_expired_before_it_is_written_down(
    cafe, owner, as_client, lots
):
    paid, _ = lots
    with clock.moved_to(paid.expires_at):
        rows = as_client(owner).get("/mi-plan/planes/").context["rows"]
        ended = next(line for line in rows if line.lot == paid)
    assert (ended.state.word, ended.consumed, ended.remaining, ended.expired) == (
        "Vencido", 3, 0, 97,
    )  # fmt: skip


def test_empty_books_say_so(cafe, owner, as_client):
    assert "El libro está vacío" in words(as_client(owner).get("/mi-plan/libro/"))
    assert "todavía no tiene planes" in words(as_client(owner).get("/mi-plan/planes/"))


@pytest.mark.parametrize("url", ["/mi-plan/libro/", "/mi-plan/planes/"])
def test_a_stranger_sees_only_their_own(cafe, stranger, as_client, lots, url):
    page = words(as_client(stranger).get(url))
    assert "Factura electrónica" not in page
    assert "Plan 100" not in page
    paid, _ = lots
    page = words(as_client(stranger).get(f"/mi-plan/libro/?plan={paid.contract}"))
    assert "Ese plan no es de esta empresa" in page
    assert as_client(stranger).get(f"{url}?empresa={cafe.public_id}").status_code == 404


@pytest.mark.parametrize(
    "url", ["/mi-plan/libro/", "/mi-plan/libro.csv", "/mi-plan/planes/", "/mi-plan/planes.csv"]
)
def test_only_reading(owner, as_client, url):
    assert as_client(owner).post(url).status_code == 405


def test_queries_do_not_grow_with_the_ledger(
    cafe, owner, as_client, lots, django_assert_max_num_queries
):
    client = as_client(owner)
    client.get("/mi-plan/libro/")
    with django_assert_max_num_queries(12):
        client.get("/mi-plan/libro/")
    with django_assert_max_num_queries(12):
        client.get("/mi-plan/planes/")


def test_mi_plan_shows_the_folios(cafe, owner, as_client, lots):
    page = words(as_client(owner).get("/mi-plan/"))
    assert ">107<" in page
    assert "de 110" in page
    assert "Vigente hasta el 4 de abril de 2027. Se usa primero, porque vence antes." in page
    assert "<caption" in page
    assert "Últimos 5 planes" in page
    assert "Folios usados por día" in page
    assert "muy poco uso" in page


def test_a_line_of_the_ledger_leads_to_its_document(as_client, owner, cafe) -> None:
    ledger.grant(cafe, "courtesy", 5, origin="line", at=NOW, months=1)
    ledger.consume(cafe, "5" * 50, at=NOW, label="Factura electrónica 7")
    page = as_client(owner).get("/mi-plan/libro/").content.decode()
    assert f'<a href="/facturar/documentos/{"5" * 50}/">Factura electrónica 7</a>' in page
