"""The invariants see what they are for: each kind of forgery is named, and nothing else is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from tests.invoicing import scene
from tests.invoicing.scene import AT

from hacienda.respuesta import Respuesta
from iofacturo import verify
from iofacturo.folios import ledger
from iofacturo.invoicing import answer, emission, invariants
from iofacturo.invoicing.models import Comprobante, Series, Submission

pytestmark = pytest.mark.django_db


@contextmanager
def unguarded() -> Iterator[Callable[[str], None]]:
    """The tables without their triggers, for somebody who owns the database."""

    def run(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    if connection.vendor == "postgresql":
        run("SET CONSTRAINTS ALL IMMEDIATE")  # what is pending is settled before anything is off
        run("SET LOCAL session_replication_role = replica")
        yield run
        run("SET LOCAL session_replication_role = origin")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    for name, _ in triggers:
        run(f'DROP TRIGGER "{name}"')
    yield run
    for _, sql in triggers:
        run(sql.replace("%", "%%"))


@pytest.fixture
def forger(shop) -> Callable[[str], list[str]]:
    """Issues three documents, runs a statement behind the triggers' back, and reads the verdict."""
    for _ in range(3):
        emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert list(verify.broken()) == []

    def forge(sql: str) -> list[str]:
        with unguarded() as run:
            run(sql.replace("BYTES", r"'\x00'" if connection.vendor == "postgresql" else "x'00'"))
        return list(invariants.broken())

    return forge


SECOND = "(SELECT id FROM invoicing_comprobante WHERE substr(consecutivo, 20) = '2')"
FORGERIES = {
    f"UPDATE invoicing_signedxml SET xml = BYTES WHERE comprobante_id = {SECOND}": "XML cambió",
    f"DELETE FROM invoicing_signedxml WHERE comprobante_id = {SECOND}": "falta su XML",
    f"DELETE FROM invoicing_submission WHERE comprobante_id = {SECOND}": "nadie lo está enviando",
    f"UPDATE invoicing_comprobante SET state = 'accepted', answered_at = fecha WHERE id = {SECOND}":
        "no es el de las respuestas",
    f"UPDATE invoicing_comprobante SET situacion = '3' WHERE id = {SECOND}": "no dice lo mismo",
    f"UPDATE invoicing_comprobante SET folio_entry_id = 999999 WHERE id = {SECOND}": "no es el suyo",
    "UPDATE invoicing_series SET next_number = 9 WHERE tipo = '01'": "el próximo número es 9",
    "DELETE FROM invoicing_seriesstart": "hay un hueco antes del 1",
    "UPDATE invoicing_submission SET state = 'done'": "se dio por terminado",
}  # fmt: skip


@pytest.mark.parametrize(("sql", "said"), FORGERIES.items())
def test_a_forgery_is_named(forger, sql, said):
    lines = forger(sql)
    assert any(said in line for line in lines), lines


def test_a_missing_document_is_a_hole(forger, shop):
    row = shop.comprobantes.get(consecutivo__endswith="2")
    with unguarded() as run:
        run(f"UPDATE invoicing_draft SET comprobante_id = NULL WHERE comprobante_id = {row.pk}")
        for table in ("submission", "signedxml"):
            run(f"DELETE FROM invoicing_{table} WHERE comprobante_id = {row.pk}")
        run(f"DELETE FROM invoicing_comprobante WHERE id = {row.pk}")
    (line,) = invariants.broken()
    assert "hay un hueco antes del 3" in line


def test_a_folio_given_back_for_a_document_that_stands_is_named(forger, shop):
    row = shop.comprobantes.first()
    ledger.reverse(shop, row.clave, at=AT)
    (line,) = invariants.broken()
    assert row.clave in line
    assert "usa 0 folios" in line


def test_a_rejection_without_its_reversal_is_named(forger, shop):
    row = shop.comprobantes.first()
    answer.of(row.pk, Respuesta(clave=row.clave, estado="rechazado"), AT).save()
    Comprobante.objects.filter(pk=row.pk).update(state="rejected", answered_at=AT)
    Submission.objects.filter(pk=row.pk).update(state="done")
    (line,) = invariants.broken()
    assert "«rejected» y usa 1 folios" in line


def test_a_jump_that_somebody_declared_is_no_hole(shop, owner):
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    series = Series.objects.get(company=shop, tipo="01")
    series.start_at(50, by=owner, at=AT)
    assert list(invariants.broken()) == []
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert list(invariants.broken()) == []


def test_what_was_credited_beyond_the_sale_is_named(shop):
    """One note about two sales is held by their sum."""
    first, second = (emission.issue_draft(scene.drafted(shop), by=None, at=AT) for _ in range(2))
    about = scene.referring(first.clave)
    about["InformacionReferencia"] += scene.referring(second.clave)["InformacionReferencia"]
    both = emission.issue_draft(scene.drafted(shop, "NC", precio="2000", **about), by=None, at=AT)
    assert both.total == first.total + second.total
    assert list(invariants.broken()) == []
    with unguarded() as run:
        run(f"UPDATE invoicing_comprobante SET total = total + 1 WHERE id = {both.pk}")
    (said,) = invariants.credited()
    assert first.clave in said
    with unguarded() as run:
        run(f"UPDATE invoicing_comprobante SET total = total - 1 WHERE id = {both.pk}")
    assert list(invariants.credited()) == []
