"""The books of received documents: the database refuses changes, and every forgery is named."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from tests.invoicing import purchases
from tests.invoicing.scene import AT
from tests.invoicing.test_invoicing_books import unguarded

from hacienda.respuesta import Respuesta
from iofacturo import verify
from iofacturo.invoicing import invariants
from iofacturo.invoicing.reception import hacienda_word, reply
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.reply import Decision

pytestmark = pytest.mark.django_db


def scene_of(shop) -> None:
    """Three that were accepted, one of them with Hacienda's word on our answer; one open."""
    for number in range(3):
        row = purchases.accepted(shop)
        message = reply.answer(row, Decision("1"), by=None, at=AT)
        if not number:
            hacienda_word.keep(Respuesta(row.clave, "aceptado"), row, message=message, at=AT)
            ReceiverMessage.objects.filter(pk=message.pk).update(state="accepted", answered_at=AT)
            Errand.objects.filter(message=message).update(state=Errand.DONE)
    purchases.accepted(shop)


@pytest.fixture
def forger(shop) -> Callable[[str], list[str]]:
    scene_of(shop)
    assert list(verify.broken()) == []

    def forge(sql: str) -> list[str]:
        with unguarded() as run:
            run(sql.replace("BYTES", r"'\x00'" if connection.vendor == "postgresql" else "x'00'"))
        return list(invariants.broken())

    return forge


SECOND = "(SELECT id FROM invoicing_receivermessage WHERE substr(consecutivo, 20) = '2')"
FIRST = "(SELECT id FROM invoicing_receivermessage WHERE substr(consecutivo, 20) = '1')"
OF_SECOND = f"(SELECT received_id FROM invoicing_receivermessage WHERE id = {SECOND})"
FORGERIES = {
    f"UPDATE invoicing_receivedxml SET xml = BYTES WHERE received_id = {OF_SECOND}":
        "su XML cambió",
    f"DELETE FROM invoicing_receivedxml WHERE received_id = {OF_SECOND}": "falta su XML",
    f"UPDATE invoicing_receivermessagexml SET xml = BYTES WHERE message_id = {SECOND}":
        "su XML cambió",
    f"DELETE FROM invoicing_receivermessagexml WHERE message_id = {SECOND}": "falta su XML",
    "UPDATE invoicing_receivermessagexml SET "
    f"xml = (SELECT xml FROM invoicing_receivermessagexml WHERE message_id = {FIRST}), "
    f"sha256 = (SELECT sha256 FROM invoicing_receivermessagexml WHERE message_id = {FIRST}) "
    f"WHERE message_id = {SECOND}": "es de otro mensaje",
    f"UPDATE invoicing_received SET reply = '' WHERE id = {OF_SECOND}": "respuestas en pie",
    f"UPDATE invoicing_received SET reply = '3' WHERE id = {OF_SECOND}": "respuestas en pie",
    f"UPDATE invoicing_receivermessage SET mensaje = '3', detalle = 'nada' WHERE id = {SECOND}":
        "no es del documento",
    f"UPDATE invoicing_receivermessage SET consecutivo = '00100001050000000009' "
    f"WHERE id = {SECOND}": "hueco antes del 9",
    "UPDATE invoicing_series SET next_number = 9 WHERE tipo = '05'": "el próximo número es 9",
    f"DELETE FROM invoicing_errand WHERE message_id = {SECOND}": "nadie lo está enviando",
    "DELETE FROM invoicing_errand WHERE message_id IS NULL": "nadie le pregunta",
    f"UPDATE invoicing_errand SET state = 'done' WHERE message_id = {SECOND}":
        "terminada sin respuesta",
    f"UPDATE invoicing_receivermessage SET state = 'rejected', answered_at = fecha "
    f"WHERE id = {FIRST}": "no es el que dijo Hacienda",
    f"UPDATE invoicing_receivermessage SET state = 'accepted', answered_at = fecha "
    f"WHERE id = {SECOND}": "no es el que dijo Hacienda",
    f"UPDATE invoicing_received SET verdict = 'rejected' WHERE id = {OF_SECOND}":
        "nadie dijo en Hacienda",
    "UPDATE invoicing_haciendaword SET xml = BYTES WHERE message_id IS NOT NULL":
        "su XML cambió",
}  # fmt: skip


@pytest.mark.parametrize(("sql", "said"), FORGERIES.items(), ids=range(len(FORGERIES)))
def test_every_forgery_is_named(forger, sql, said):
    lines = forger(sql)
    assert lines, "nobody saw it"
    assert any(said in line for line in lines), lines


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE invoicing_received SET total = 1",
        "UPDATE invoicing_received SET apart = 'copy'",
        "DELETE FROM invoicing_received",
        "UPDATE invoicing_receivedxml SET received_id = 1",
        "DELETE FROM invoicing_receivedxml",
        "UPDATE invoicing_receivedtax SET iva = 0",
        "UPDATE invoicing_receivermessage SET consecutivo = '1'",
        "DELETE FROM invoicing_receivermessage",
        "UPDATE invoicing_receivermessagexml SET sha256 = ''",
        "UPDATE invoicing_haciendaword SET estado = 'rechazado'",
        "DELETE FROM invoicing_haciendaword",
        "UPDATE invoicing_receptionbatch SET outcomes = '[]'",
    ],
)
def test_the_database_refuses_to_change_what_was_received_or_said(shop, sql):
    scene_of(shop)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_two_answers_that_stand_are_impossible(shop):
    row = purchases.accepted(shop)
    first = reply.answer(row, Decision("1"), by=None, at=AT)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReceiverMessage.objects.create(
            received=row, company=shop, mensaje="1", consecutivo="00100001050000000002", fecha=AT
        )
    assert row.messages.get() == first
