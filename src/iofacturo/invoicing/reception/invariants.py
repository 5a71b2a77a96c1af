"""What must always hold among received documents, their bytes, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from iofacturo.invoicing import numbering
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.hacienda_word import HaciendaWord
from iofacturo.invoicing.reception.message import ReceiverMessage, ReceiverMessageXML
from iofacturo.invoicing.reception.received import Received, ReceivedXML
from iofacturo.invoicing.signed_xml import digest


def broken() -> Iterator[str]:
    """One line per offender."""
    yield from bodies()
    yield from replies()
    yield from numbers()
    yield from errands()
    yield from words()


def bodies() -> Iterator[str]:
    """Every document and every message has its bytes, those that came or were signed."""
    without = Received.objects.filter(~Exists(ReceivedXML.objects.filter(pk=OuterRef("pk"))))
    for pk, clave in without.values_list("pk", "clave"):
        yield f"Documento recibido {pk} ({clave}): falta su XML."
    for body in ReceivedXML.objects.select_related("received").iterator(chunk_size=200):
        if not body.intact:
            yield (
                f"Documento recibido {body.pk} ({body.received.clave}): su XML cambió después de "
                "guardado."
            )
    unsigned = ReceiverMessage.objects.filter(
        ~Exists(ReceiverMessageXML.objects.filter(pk=OuterRef("pk")))
    )
    for consecutivo in unsigned.values_list("consecutivo", flat=True):
        yield f"Mensaje receptor {consecutivo}: falta su XML."
    signed = ReceiverMessageXML.objects.select_related("message__received")
    for sealed in signed.iterator(chunk_size=200):
        message, xml = sealed.message, bytes(sealed.xml)
        number = f"<NumeroConsecutivoReceptor>{message.consecutivo}</"
        clave = f"<Clave>{message.received.clave}</Clave>"
        if not sealed.intact:
            yield f"Mensaje receptor {message.consecutivo}: su XML cambió después de guardado."
        elif number.encode() not in xml or clave.encode() not in xml:
            yield f"Mensaje receptor {message.consecutivo}: su XML es de otro mensaje."


STANDING = """
SELECT r.id, r.clave, r.reply, COUNT(m.id), COALESCE(MIN(m.mensaje), '')
FROM invoicing_received r
LEFT JOIN invoicing_receivermessage m ON m.received_id = r.id AND m.state <> 'rejected'
GROUP BY r.id, r.clave, r.reply
HAVING COUNT(m.id) > 1 OR COALESCE(MIN(m.mensaje), '') <> r.reply
"""
STRAYED = """
SELECT m.consecutivo FROM invoicing_receivermessage m
JOIN invoicing_received r ON r.id = m.received_id
WHERE m.company_id <> r.company_id OR r.apart <> ''
   OR substr(m.consecutivo, 9, 2) <> CASE m.mensaje WHEN '1' THEN '05' WHEN '2' THEN '06'
                                                    ELSE '07' END
"""


def replies() -> Iterator[str]:
    """One answer that stands for each document that says it was answered, and none else."""
    for pk, clave, reply, count, said in _rows(STANDING):
        yield (
            f"Documento recibido {pk} ({clave}): dice «{reply}» y tiene {count} respuestas en pie "
            f"({said or 'ninguna'})."
        )
    for (consecutivo,) in _rows(STRAYED):
        yield f"Mensaje receptor {consecutivo}: no es del documento, la serie o la empresa que dice."


def numbers() -> Iterator[str]:
    """The series of messages have no hole and no double, as those of documents."""
    yield from numbering.broken("invoicing_receivermessage")


def errands() -> Iterator[str]:
    """What Hacienda has not said is being asked, or stopped where people see it."""
    asked = Errand.objects.filter(received=OuterRef("pk"), message__isnull=True)
    for clave in Received.objects.filter(~Exists(asked), apart="").values_list("clave", flat=True):
        yield f"Documento recibido {clave}: nadie le pregunta a Hacienda."
    sent = Errand.objects.filter(message=OuterRef("pk"))
    silent = ReceiverMessage.objects.filter(~Exists(sent))
    for consecutivo in silent.values_list("consecutivo", flat=True):
        yield f"Mensaje receptor {consecutivo}: nadie lo está enviando."
    early = Errand.objects.filter(Q(state=Errand.DONE)).filter(
        Q(message__isnull=True, received__verdict=Received.ASKING)
        | Q(message__state__in=(ReceiverMessage.ISSUED, ReceiverMessage.SENT))
    )
    for clave in early.values_list("received__clave", flat=True):
        yield f"Documento recibido {clave}: su gestión se dio por terminada sin respuesta."


def words() -> Iterator[str]:
    """States come from what Hacienda said, and what it said is as it came."""
    said = HaciendaWord.objects.filter(received=OuterRef("pk"), message=None, attached=False)
    unsaid = Received.objects.filter(
        Q(verdict=Received.ACCEPTED) & ~Exists(said.filter(estado=HaciendaWord.ACCEPTED))
        | Q(verdict=Received.REJECTED) & ~Exists(said.filter(estado=HaciendaWord.REJECTED))
    )
    for clave, verdict in unsaid.values_list("clave", "verdict"):
        yield f"Documento recibido {clave}: nadie dijo en Hacienda que está «{verdict}»."
    about = HaciendaWord.objects.filter(message=OuterRef("pk"))
    unheard = ReceiverMessage.objects.filter(
        Q(state=ReceiverMessage.ACCEPTED) & ~Exists(about.filter(estado=HaciendaWord.ACCEPTED))
        | Q(state=ReceiverMessage.REJECTED) & ~Exists(about.filter(estado=HaciendaWord.REJECTED))
        | Q(state__in=(ReceiverMessage.ISSUED, ReceiverMessage.SENT)) & Exists(about)
    )
    for consecutivo, state in unheard.values_list("consecutivo", "state"):
        yield f"Mensaje receptor {consecutivo}: su estado «{state}» no es el que dijo Hacienda."
    for pk, xml, sha256 in HaciendaWord.objects.values_list("pk", "xml", "sha256").iterator(200):
        if digest(xml) != sha256:
            yield f"Palabra de Hacienda {pk}: su XML cambió después de guardado."


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
