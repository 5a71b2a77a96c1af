"""Exports: what is in them, that they survive killed workers, that they are free for ever."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.accounts.processes import database_url
from tests.invoicing import scene

from iofacturo.invoicing import delivery, emission
from iofacturo.invoicing.archive import claims, export, exporting, table
from iofacturo.invoicing.archive.export import Export
from iofacturo.invoicing.archive.filters import Filters
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/facturar/exportar/"
NOW = scene.AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _monday(settings, tmp_path):
    settings.DATA = tmp_path
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def sold(shop):
    """Documents of several kinds, with a hostile name among them."""
    receptor = scene.stated()["Receptor"]
    exempt = scene.stated()["DetalleServicio"]["LineaDetalle"][0] | {
        "NumeroLinea": "2",
        "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": "10", "Tarifa": "0"}],
    }
    lines = [*scene.stated()["DetalleServicio"]["LineaDetalle"], exempt]
    rows = [
        emission.issue(scene.ready(shop, "a"), by=None),
        emission.issue(
            scene.ready(shop, "b", Receptor=receptor | {"Nombre": "=cmd|' /C calc'!A0"}), by=None
        ),
        emission.issue(scene.ready(shop, "c", DetalleServicio={"LineaDetalle": lines}), by=None),
    ]
    credit = scene.ready(shop, "d", tipo="NC", **scene.referring(rows[0].clave))
    return [*rows, emission.issue(credit, by=None)]


def asked(company, user, kind=Export.FILES, **more):
    return export.ask(company, kind, Filters(**more), by=user, at=clock.now())


def made(row):
    """The export when the worker is done with it, and its bytes."""
    for _ in range(50):
        exporting.run(clock.now())
        row.refresh_from_db()
        if not row.waiting:
            break
    assert row.state == Export.READY
    with default_storage.open(row.file) as file:
        return file.read()


def read_table(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_the_zip_holds_the_bytes_that_were_signed_the_answers_and_the_table(sold, owner, near):
    delivery.run(NOW)
    delivery.run(NOW + timedelta(minutes=1))
    row = asked(sold[0].company, owner)
    with zipfile.ZipFile(io.BytesIO(made(row))) as judge:
        assert judge.testzip() is None
        names = judge.namelist()
        for one in sold:
            one.refresh_from_db()
            assert judge.read(f"{exporting.file_name(one)}.xml") == one.xml
            answer = one.answer
            assert answer is not None
            assert judge.read(f"{exporting.file_name(one)}-respuesta.xml") == bytes(answer.xml)
        assert len(names) == 2 * len(sold) + 1
        rows = read_table(judge.read("documentos.csv"))
    assert [one["Clave"] for one in rows] == [one.clave for one in sold]
    assert exporting.file_name(sold[3]) == "2026-11/2026-11-23-NC-00100001030000000001"
    assert row.done == row.total == 4


def test_with_pdf_when_asked_for(sold, owner):
    row = asked(sold[0].company, owner, Export.ALL)
    with zipfile.ZipFile(io.BytesIO(made(row))) as judge:
        papers = [name for name in judge.namelist() if name.endswith(".pdf")]
        assert len(papers) == len(sold)
        assert all(judge.read(name).startswith(b"%PDF-") for name in papers)


def test_a_spreadsheet_takes_no_name_for_a_formula_and_numbers_for_numbers(sold, owner):
    body = made(asked(sold[0].company, owner, Export.TABLE))
    rows = read_table(body)
    assert rows[1]["Cliente"] == "'=cmd|' /C calc'!A0"
    credit = rows[3]
    assert credit["Total"] == "-2260.00"
    assert credit["IVA 13 %"] == "-260.00"
    assert credit["Referencia"] == sold[0].clave
    assert tuple(rows[0]) == table.HEADINGS


def test_the_columns_of_a_row_add_up_to_its_total(sold, owner):
    parts = [h for h in table.HEADINGS if h.startswith(("Base", "IVA", "Otros"))]
    parts += ["Exento", "No sujeto", "Exonerado"]
    for row in read_table(made(asked(sold[0].company, owner, Export.TABLE))):
        total = sum((Decimal(row[part]) for part in parts), Decimal(0))
        assert total == Decimal(row["Total"]), row
    mixed = sold[2]
    assert mixed.total == Decimal(4260)


def test_filters_choose_what_is_in_it(sold, owner):
    rows = read_table(made(asked(sold[0].company, owner, Export.TABLE, tipo="03")))
    assert [one["Clave"] for one in rows] == [sold[3].clave]
    none = made(asked(sold[0].company, owner, Export.TABLE, q="xiomara"))
    assert read_table(none) == []


def test_what_is_issued_after_asking_is_not_in_it(sold, owner):
    row = asked(sold[0].company, owner, Export.TABLE)
    emission.issue(scene.ready(sold[0].company, "late"), by=None)
    assert len(read_table(made(row))) == len(sold)


def test_queries_do_not_grow_with_documents(sold, owner, monkeypatch):
    company = sold[0].company

    def queries(kind):
        row = asked(company, owner, kind)
        with CaptureQueriesContext(connection) as seen:
            made(row)
        return len(seen)

    before = queries(Export.FILES)
    readies = [scene.ready(company, f"more{n}") for n in range(20)]
    emission.issue_batch(readies, by=None)
    assert queries(Export.FILES) <= before + 1


def test_it_works_in_slices_and_goes_on_where_it_stopped(sold, owner, monkeypatch):
    monkeypatch.setattr(exporting, "SLICE_SECONDS", -1)
    monkeypatch.setattr(exporting, "CHUNK", 1)
    row = asked(sold[0].company, owner)
    exporting.run(NOW)
    row.refresh_from_db()
    assert (row.state, row.done, row.total) == (Export.WAITING, 1, 4)
    body = made(row)
    with zipfile.ZipFile(io.BytesIO(body)) as judge:
        assert judge.testzip() is None
        assert len(read_table(judge.read("documentos.csv"))) == 4


def test_a_machine_that_lost_its_files_begins_again(sold, owner, monkeypatch):
    monkeypatch.setattr(exporting, "SLICE_SECONDS", -1)
    monkeypatch.setattr(exporting, "CHUNK", 1)
    row = asked(sold[0].company, owner)
    exporting.run(NOW)
    exporting.clear(row)
    assert len(zipfile.ZipFile(io.BytesIO(made(row))).namelist()) == 5


def test_another_machine_waits_before_it_takes_over_and_begins_again(
    sold, owner, monkeypatch, settings, tmp_path
):
    monkeypatch.setattr(exporting, "SLICE_SECONDS", -1)
    monkeypatch.setattr(exporting, "CHUNK", 1)
    row = asked(sold[0].company, owner)
    exporting.run(NOW)
    settings.DATA = tmp_path / "other"
    assert exporting.claim(NOW) is None
    taken = exporting.claim(NOW + exporting.SILENT + timedelta(seconds=1))
    assert (taken.pk, taken.done, taken.position) == (row.pk, 0, {})


def test_who_lost_the_lease_writes_nothing(sold, owner):
    row = asked(sold[0].company, owner)
    mine = exporting.claim(NOW)
    exporting.claim(NOW + exporting.LEASE)
    with pytest.raises(exporting.Lost):
        exporting.work(mine, NOW)
    row.refresh_from_db()
    assert (row.state, row.done) == (Export.WAITING, 0)


def test_after_many_failures_it_is_given_up_and_told(sold, owner, monkeypatch):
    monkeypatch.setattr(exporting.table, "cells", lambda *_: 1 / 0)
    row = asked(sold[0].company, owner)
    at = NOW
    for _ in range(len(exporting.PAUSES) + 1):
        exporting.run(at)
        at += timedelta(hours=1)
    row.refresh_from_db()
    assert row.state == Export.FAILED
    assert Notice.objects.get(kind="export.failed").user == owner
    assert list(exporting.workplace().glob("*.zip")) == []


def test_it_is_told_once_when_it_is_ready(sold, owner):
    made(asked(sold[0].company, owner))
    assert Notice.objects.get(kind="export.ready").user == owner


# -- asking ------------------------------------------------------------------------------------


def test_asked_twice_it_is_the_same_and_no_third_one_at_once(sold, owner):
    first = asked(sold[0].company, owner)
    assert asked(sold[0].company, owner).pk == first.pk
    asked(sold[0].company, owner, Export.TABLE)
    with pytest.raises(export.TooMany):
        asked(sold[0].company, owner, tipo="01")
    made(first)
    assert asked(sold[0].company, owner).pk != first.pk


def test_a_form_asks_shows_the_progress_and_the_file_comes_down(sold, reader, as_client):
    client = as_client(reader)
    assert "Todavía no ha pedido descargas" in client.get(URL).content.decode()
    form = {"formato": "tabla", "desde": "2026-11-01", "hasta": "2026-11-30"}
    answer = client.post(URL, form, follow=True)
    assert "En preparación" in answer.content.decode()
    assert "Noviembre de 2026" in answer.content.decode()
    assert "En preparación" in client.get(reverse("invoicing:exports_progress")).content.decode()
    row = Export.objects.get()
    door = reverse("invoicing:export_file", args=[row.public_id])
    assert client.get(door).status_code == 404
    made(row)
    file = client.get(door)
    assert len(read_table(b"".join(file.streaming_content))) == 4
    assert file["Content-Disposition"].endswith('.csv"')


def test_a_form_that_makes_no_sense_is_told(sold, owner, as_client):
    client = as_client(owner)
    for form, words in (
        ({"formato": "exe"}, "Escoja qué quiere descargar."),
        ({"formato": "tabla", "desde": "ayer"}, "La fecha «desde» no se entiende."),
    ):
        answer = client.post(URL, form)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Export.objects.exists()


def test_it_stays_free_after_every_plan_expired(sold, accountant, as_client):
    company = sold[0].company
    with clock.moved_to(NOW + timedelta(days=3 * 365)):
        from iofacturo.folios import claims as folios
        from iofacturo.folios import summary

        folios.run(clock.now())
        assert summary.available(company, clock.now()) == 0
        assert as_client(accountant).post(URL, {"formato": "archivos"}).status_code == 302
        made(Export.objects.get())


def test_a_stranger_gets_404(sold, owner, stranger, as_client):
    row = asked(sold[0].company, owner)
    made(row)
    door = reverse("invoicing:export_file", args=[row.public_id])
    assert as_client(owner).get(door).status_code == 200
    assert as_client(stranger).get(door).status_code == 404
    assert row.public_id not in as_client(stranger).get(URL).content.decode()


def test_after_a_week_it_is_gone(sold, owner, as_client):
    row = asked(sold[0].company, owner)
    made(row)
    name = row.file
    later = NOW + export.KEPT
    with clock.moved_to(later):
        door = reverse("invoicing:export_file", args=[row.public_id])
        assert as_client(owner).get(door).status_code == 404
        assert claims.run(later) == 1
        row.refresh_from_db()
        assert (row.state, row.file) == (Export.EXPIRED, "")
        assert not default_storage.exists(name)
        assert "Se borró a los 7 días" in as_client(owner).get(URL).content.decode()


def test_a_missing_file_is_a_broken_book(sold, owner):
    from iofacturo.invoicing.archive import invariants

    row = asked(sold[0].company, owner)
    made(row)
    assert list(invariants.broken()) == []
    default_storage.delete(row.file)
    assert list(invariants.broken()) == [f"Descarga {row.public_id}: falta su archivo."]
    Export.objects.filter(pk=row.pk).update(state=Export.EXPIRED, file="")


# -- kill -9 -----------------------------------------------------------------------------------


DIES = """
import os, signal
import django
django.setup()
from datetime import datetime
from iofacturo.invoicing.archive import exporting

exporting.CHUNK = 1
real = exporting._hold

def hold(row, **changes):
    real(row, **changes)
    if row.done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

exporting._hold = hold
exporting.run(datetime.fromisoformat("{at}"))
"""


@pytest.mark.race
def test_a_killed_worker_is_followed_by_another(sold, owner, tmp_path):
    row = asked(sold[0].company, owner)
    told = subprocess.run(
        [sys.executable, "-c", DIES.format(at=NOW.isoformat())],
        env={**os.environ, "DATABASE_URL": database_url(), "IOFACTURO_DATA": str(tmp_path)},
        timeout=120,
        check=False,
    )
    assert told.returncode == -signal.SIGKILL
    row.refresh_from_db()
    assert (row.state, row.done) == (Export.WAITING, 2)
    assert exporting.claim(NOW) is None  # the dead one still holds it
    with clock.moved_to(NOW + 2 * exporting.LEASE):
        body = made(row)
    with zipfile.ZipFile(io.BytesIO(body)) as judge:
        assert judge.testzip() is None
        assert len(judge.namelist()) == 5
        assert len(read_table(judge.read("documentos.csv"))) == 4
