"""The list of documents: order, pages by key, filters and search, against a plain oracle."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import cast
from tests.invoicing import scene

from iofacturo.folios.entry import FolioEntry
from iofacturo.invoicing import emission, row_writer
from iofacturo.invoicing.archive import counterpart, filters, reading, search, streams
from iofacturo.invoicing.models import Answer, Breaker, Comprobante, Counterpart, Submission
from iofacturo.lib import clock, folding

pytestmark = pytest.mark.django_db
URL = "/facturar/documentos/"
PEOPLE = [
    ("02", "3101654321", "Soda La Esquina S.A."),
    ("02", "3101654322", "Panadería Peña & Hijos"),
    ("01", "106130584", "María Peña Mora"),
    ("01", "106130585", "Mariano Mora Solís"),
    ("05", "AB12345", "José O'Brien"),
    ("", "", ""),
    ("", "", "Alguien sin número"),
    ("02", "3101654321", "Soda la Esquina, Sociedad Anónima"),
]


@pytest.fixture
def forger():
    """The rows of these tests are written by hand: the books are not asked."""


def rows(company, count, *, seed=1, start=0, states=None):
    """*count* documents of all sorts, of made-up numbers; no XML, no folio."""
    dice = random.Random(seed)
    made = []
    numbers: dict[str, int] = {}
    for n in range(start, start + count):
        tipo = dice.choice(("01", "01", "04", "03", "10"))
        place = dice.choice(("00100001", "00100001", "00100002", "00200001"))
        numbers[place + tipo] = numbers.get(place + tipo, start) + 1
        consecutivo = f"{place}{tipo}{numbers[place + tipo]:010}"
        kind, numero, nombre = dice.choice(PEOPLE)
        state = dice.choice(states or ("accepted", "accepted", "rejected", "issued", "sent"))
        at = scene.AT - timedelta(days=dice.randrange(60), seconds=dice.randrange(3) * 60)
        made.append(
            Comprobante(
                company=company, clave=f"506{company.pk:07}{n:040}", tipo=tipo,
                consecutivo=consecutivo, situacion="1", fecha=at, receptor_tipo=kind,
                receptor_numero=numero, receptor_nombre=nombre, folded=folding.fold(nombre),
                total=Decimal(n), moneda="CRC", operation=f"x{n}", fingerprint="",
                folio_entry_id=company.pk * 1_000_000 + n + 1, state=state,
                answered_at=at if state in ("accepted", "rejected") else None,
            )
        )  # fmt: skip
    row_writer.insert(made)
    counterpart.remember(made)
    Submission.objects.bulk_create(
        Submission(comprobante_id=row.pk, company=company, environment="sandbox-local",
                   due_at=scene.AT) for row in made
    )  # fmt: skip
    return made


@pytest.fixture
def many(cafe, forger):
    """Three hundred documents at three places."""
    for sucursal, terminal in ((1, 1), (1, 2), (2, 1)):
        for tipo in scene.TIPOS:
            cafe.series.create(sucursal=sucursal, terminal=terminal, tipo=tipo, created_at=scene.AT)
    rows(cafe, 300)
    return cafe


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(scene.AT + timedelta(hours=1)):
        yield


def walked(company, asked, *, page=None):
    """All claves that the pages hold, from the first to the last, and the number of pages."""
    series = filters.series_of(company)
    found, key, pages = [], "", 0
    chosen = filters.filters_from(asked, series)
    while True:
        here = reading.page(company, chosen, series, before=key)
        found += [line.row.clave for line in here.lines]
        pages += 1
        key = here.older
        if not key:
            return found


def words(text):
    return re.findall(r"[^\W_]+", folding.fold(text))


def matches(row, asked):
    """Whether a row is what was asked for, told in plain Python."""
    local = clock.local(row.fecha).date()
    state = {"aceptado": ("accepted",), "proceso": ("issued", "sent"), "rechazado": ("rejected",)}
    if asked.get("tipo") and row.tipo != asked["tipo"]:
        return False
    if asked.get("estado") and row.state not in state[asked["estado"]]:
        return False
    if asked.get("lugar") and not row.consecutivo.startswith(asked["lugar"]):
        return False
    if asked.get("desde") and local < date.fromisoformat(asked["desde"]):
        return False
    if asked.get("hasta") and local > date.fromisoformat(asked["hasta"]):
        return False
    if asked.get("q"):
        return said(row, asked["q"])
    return True


def said(row, q):
    digits = re.sub(r"[\s.\-]", "", q)
    named = all(
        any(own.startswith(word) for own in words(row.receptor_nombre)) for word in words(q)
    )
    if digits.isdigit():
        if len(digits) == 50:
            return row.clave == digits
        if len(digits) == 20:
            return row.consecutivo == digits
        number = int(row.consecutivo[10:]) == int(digits) and len(digits) <= 10
        person = row.receptor_numero.startswith(digits) and len(digits) >= 9
        return number or person or (named and len(digits) < 9)
    return named


def oracle(company, asked):
    rows = sorted(company.comprobantes.all(), key=lambda row: (row.fecha, row.pk), reverse=True)
    return [row.clave for row in rows if matches(row, asked)]


DAYS = [scene.AT.date() - timedelta(days=n) for n in range(0, 65, 8)]
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "tipo": st.sampled_from(["01", "03", "04", "09"]),
        "estado": st.sampled_from(["aceptado", "proceso", "rechazado"]),
        "lugar": st.sampled_from(["001", "00100002", "002", "00200001"]),
        "desde": st.sampled_from([day.isoformat() for day in DAYS]),
        "hasta": st.sampled_from([day.isoformat() for day in DAYS]),
        "q": st.sampled_from(
            ["peña", "PENA", "mar", "mora mari", "esq", "soda la", "3-101-654321", "310165432", "7",
             "0000000007", "o'brien", "brien jose", "zzz", "1-0613-0584", "alguien", "mora s",
             "00100001010000000003"]
        ),
    },
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED)
def test_every_combination_of_filters_and_search_is_what_plain_python_finds(many, asked):
    assert walked(many, asked) == oracle(many, asked)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED)
def test_a_search_that_stops_at_the_window_goes_on_and_misses_nothing(many, asked, monkeypatch):
    real_rows, real_horizon = streams.rows, streams.horizon
    with monkeypatch.context() as patch:
        patch.setattr(streams, "rows", lambda *a, **k: real_rows(*a, **k, window=7))
        patch.setattr(streams, "horizon", lambda *a, **k: real_horizon(*a, **k, window=7))
        patch.setattr(streams, "MOST", 3)
        patch.setattr(counterpart, "STREAMS", 2)
        patch.setattr(reading, "PAGE", 5)
        assert walked(many, asked) == oracle(many, asked)


def test_many_people_with_a_word_are_compared_document_by_document(many, monkeypatch):
    monkeypatch.setattr(counterpart, "MANY", 2)
    for q in ("mora", "la", "mar mora", "s"):
        assert walked(many, {"q": q}) == oracle(many, {"q": q})


def test_pages_lead_forward_and_back_over_the_same_documents(many):
    series = filters.series_of(many)
    nothing = filters.Filters()
    pages, key = [], ""
    while True:
        page = reading.page(many, nothing, series, before=key)
        pages.append([line.row.pk for line in page.lines])
        if not page.older:
            break
        key = page.older
    back = [pages[-1]]
    while page.newer:
        page = reading.page(many, nothing, series, since=page.newer)
        back.append([line.row.pk for line in page.lines])
    assert back[::-1] == pages
    assert len(pages) == 8


def test_new_documents_do_not_move_the_pages_that_follow(many):
    series = filters.series_of(many)
    nothing = filters.Filters()
    first = reading.page(many, nothing, series)
    before = reading.page(many, nothing, series, before=first.older)
    rows(many, 60, seed=2, start=1000)
    after = reading.page(many, nothing, series, before=first.older)
    old = {line.row.pk for line in before.lines}
    seen = [line.row.pk for line in first.lines]
    assert not old & set(seen)
    kept = [line.row.pk for line in after.lines if int(line.row.clave[-40:]) < 1000]
    assert kept == [line.row.pk for line in before.lines][: len(kept)]


def test_pending_is_what_somebody_has_to_see_to(many):
    stopped = many.comprobantes.filter(state="issued").order_by("pk").first()
    Submission.objects.filter(pk=stopped.pk).update(state="stopped", stopped_for="refused")
    first, second = many.comprobantes.filter(state="rejected").order_by("pk")[:2]
    rows(many, 1, start=2000)
    row_writer.insert([successor(many, first.clave)])
    found = set(walked(many, {"estado": "pendiente"}))
    assert {stopped.clave, second.clave} <= found
    assert first.clave not in found
    rejected = many.comprobantes.filter(state="rejected").exclude(pk=first.pk)
    assert found == {stopped.clave, *rejected.values_list("clave", flat=True)}


def successor(company, referencia):
    return Comprobante(
        company=company, clave=f"507{3000:047}", tipo="01", consecutivo="00100001010000009999",
        situacion="1", fecha=scene.AT, total=1, moneda="CRC", operation="successor",
        fingerprint="", folio_entry_id=99_999_999, referencia=referencia,
    )  # fmt: skip


# -- the page ----------------------------------------------------------------------------------


def test_emission_notes_who_is_new_once(shop):
    for n in range(3):
        emission.issue(scene.ready(shop, f"a{n}"), by=None)
    named = scene.stated()["Receptor"] | {"Nombre": "Peña & Cía."}
    emission.issue(scene.ready(shop, "b", Receptor=named), by=None)
    assert sorted(shop.counterparts.values_list("words", flat=True)) == [
        " #3101654321 cliente de prueba s a", " #3101654321 pena cia",
    ]  # fmt: skip


def test_what_is_not_issued_is_not_noted(shop):
    with transaction.atomic():
        emission.issue(scene.ready(shop, "a"), by=None)
        transaction.set_rollback(True)
    assert not Counterpart.objects.exists()


def test_it_shows_the_newest_first_with_their_state_and_files(many, as_client, reader):
    page = as_client(reader).get(URL)
    assert page.status_code == 200
    html = page.content.decode()
    newest = many.comprobantes.order_by("-fecha", "-id")[: reading.PAGE]
    places = [html.index(reverse("invoicing:document", args=[row.clave])) for row in newest]
    assert places == sorted(places)
    assert "Consumidor final" in html


@pytest.mark.parametrize("count", [1, 300])
def test_a_page_takes_few_queries_and_little_weight(cafe, forger, owner, as_client, count):
    for tipo in scene.TIPOS:
        cafe.series.create(sucursal=1, terminal=1, tipo=tipo, created_at=scene.AT)
        cafe.series.create(sucursal=1, terminal=2, tipo=tipo, created_at=scene.AT)
    rows(cafe, count, states=("rejected", "issued"))
    for row in cafe.comprobantes.filter(state="rejected"):
        Answer.objects.create(
            comprobante=row, estado="rechazado", xml=b"", sha256=str(row.pk), received_at=scene.AT,
            detalle="codigo, mensaje, fila, columna\n-400, no esta, 0, 0\n-37, RUT, 0, 0",
        )  # fmt: skip
    Breaker.objects.create(environment="sandbox-local", opened_at=scene.AT, retry_at=scene.AT)
    client = as_client(owner)
    client.get(URL)
    for query in ("", "?q=mora+pe", "?estado=pendiente&q=s", "?tipo=01&lugar=001&estado=rechazado"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page = client.get(URL + query)
        assert page.status_code == 200
        assert len(seen) <= 12, [one["sql"][:150] for one in seen]
        assert len(page.content) < 100_000


def test_a_rejection_is_told_in_plain_words(many, as_client, owner):
    row = many.comprobantes.filter(state="rejected").order_by("-fecha", "-id").first()
    Answer.objects.create(
        comprobante=row, estado="rechazado", xml=b"", sha256="x", received_at=scene.AT,
        detalle="codigo, mensaje, fila, columna\n-400, El codigo no esta, 0, 0\n-37, RUT, 0, 0",
    )  # fmt: skip
    html = as_client(owner).get(URL, {"estado": "rechazado"}).content.decode()
    assert "Un código CAByS no está en el catálogo vigente." in html
    assert "Y otro motivo más." in html


def test_an_outage_of_hacienda_is_told_with_what_waits(many, as_client, owner):
    Breaker.objects.create(environment="sandbox-local", opened_at=scene.AT, retry_at=scene.AT)
    waiting = many.comprobantes.filter(state="issued").count()
    assert f"{waiting} comprobantes esperan turno" in as_client(owner).get(URL).content.decode()


def test_nothing_yet_leads_to_issuing_and_nothing_found_says_what_was_searched(
    cafe, owner, reader, as_client
):
    empty = as_client(owner).get(URL).content.decode()
    assert "Todavía no ha emitido documentos" in empty
    assert "Emitir el primero" in empty
    assert "Emitir el primero" not in as_client(reader).get(URL).content.decode()
    none = as_client(owner).get(URL, {"q": "<b>nadie</b>", "tipo": "03"}).content.decode()
    assert "No encontramos documentos" in none
    assert "«&lt;b&gt;nadie&lt;/b&gt;»" in none


def test_each_filter_is_a_chip_that_takes_it_away(many, owner, as_client):
    asked = {"q": "mora", "tipo": "01", "estado": "aceptado", "lugar": "002",
             "desde": "2026-11-01", "hasta": "2026-11-30"}  # fmt: skip
    html = as_client(owner).get(URL, asked).content.decode()
    for words in ("«mora»", "Factura electrónica", "Aceptado", "Sucursal 2", "Noviembre de 2026"):
        assert words in html
    chips = dict(filters.filters_from(asked, filters.series_of(many)).chips())
    assert "desde" not in chips["Noviembre de 2026"]
    assert "tipo=01" in chips["Noviembre de 2026"]


def test_a_stranger_sees_only_her_own(many, stranger, as_client):
    html = as_client(stranger).get(URL, {"q": "mora"}).content.decode()
    assert "No encontramos documentos" in html
    theirs = many.comprobantes.first().clave
    assert theirs not in as_client(stranger).get(URL, {"q": theirs}).content.decode().replace(
        f'value="{theirs}"', ""
    ).replace(f"q={theirs}", "")


def test_a_clave_may_be_pasted_with_spaces(many, owner, as_client):
    row = many.comprobantes.first()
    spaced = " ".join(row.clave[i : i + 5] for i in range(0, 50, 5))
    assert walked(many, {"q": spaced}) == [row.clave]


def test_a_number_may_be_called_as_people_call_it(many):
    for q, tipo in (("Factura 3", "01"), ("nc 3", "03"), ("Nota de crédito 0003", "03")):
        expected = [
            row.clave for row in many.comprobantes.filter(tipo=tipo).order_by("-fecha", "-id")
            if int(row.consecutivo[10:]) == 3
        ]  # fmt: skip
        assert walked(many, {"q": q}) == expected


HOSTILE = [
    {"desde": "2026-02-31"}, {"desde": "9999-99-99", "hasta": "-1"}, {"desde": "0001-01-01"},
    {"q": "a" * 10_000}, {"q": "%_\\' OR 1=1 --"}, {"q": "\u202eabc"}, {"q": "٣٣٣"}, {"q": "-"},
    {"q": "1" * 49}, {"q": "9" * 5000}, {"tipo": "99"}, {"tipo": "05"}, {"estado": "x"},
    {"lugar": "999"}, {"lugar": "%"}, {"antes": "x"}, {"antes": "9" * 18 + "-1"},
    {"antes": "1-" + "9" * 18}, {"despues": "9" * 400}, {"despues": "0-0"}, {"antes": "²-²"},
    {"desde": "2026-11-30", "hasta": "2026-11-01"}, {"q": "\ud800".encode("utf-8", "replace")},
]  # fmt: skip


@pytest.mark.parametrize("asked", HOSTILE, ids=range(len(HOSTILE)))
def test_no_query_string_breaks_it(many, owner, as_client, asked):
    page = as_client(owner).get(URL, asked)
    assert page.status_code == 200
    assert len(page.content) < 100_000


def test_a_nul_is_no_search(many, owner, as_client):
    assert as_client(owner).get(URL + "?q=%00").status_code == 400


def plan(company, asked):
    """What the database says it will do for the first page."""
    series = filters.series_of(company)
    chosen = filters.filters_from(asked, series)
    found = search.meaning(chosen.q, company, series) if chosen.q else None
    how = streams.reading(company, chosen, found, series)
    sql, params = streams._merged(how, streams.COLUMNS, None, False, 41)
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # three hundred rows need no index
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")  # unless there is no other way
        cursor.execute(explain + sql, params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "comprobante_newest"),
        ({"desde": "2026-11-01"}, "comprobante_newest"),
        ({"estado": "rechazado"}, "comprobante_shelf"),
        ({"tipo": "03"}, "comprobante_shelf"),
        ({"lugar": "002", "tipo": "03"}, "comprobante_place"),
        ({"q": "soda"}, "comprobante_counterpart"),
        ({"q": "3-101-654321", "estado": "rechazado"}, "comprobante_counterpart"),
    ],
)
def test_an_index_that_leads_with_the_company_has_the_order(many, asked, index):
    told = plan(many, asked)
    assert index in told
    assert "USE TEMP B-TREE FOR ORDER BY" not in told
    assert "Sort  (" not in told
    assert "Incremental Sort" not in told


def test_free_for_ever(cafe, forger, owner, as_client):
    """Without a single folio the list is open."""
    rows(cafe, 2)
    assert not FolioEntry.objects.exists()
    assert as_client(owner).get(URL).status_code == 200


def test_colleagues_of_every_role_see_it(many, accountant, issuer, reader, as_client):
    for user in (accountant, issuer, reader):
        assert as_client(user).get(URL).status_code == 200
    assert as_client(cast.person("otra")).get(URL).status_code == 404


def test_it_refuses_post(many, owner, as_client):
    assert as_client(owner).post(URL).status_code == 405


def test_months_are_named(many):
    told = filters.shortcuts(filters.Filters(), date(2026, 1, 15))
    assert [words for words, _, _ in told] == [
        "Hoy", "Enero de 2026", "Diciembre de 2025", "Noviembre de 2025", "Año 2026",
    ]  # fmt: skip
