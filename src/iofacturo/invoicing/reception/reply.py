"""Answering a purchase: numbered, signed, stored and queued in one transaction, once.

The law gives a confirmation no way back: a MensajeReceptor is known by clave and number and nothing
says that a later one replaces it. So one answer stands for each document. What was accepted by
mistake is put right by the supplier's nota de crédito, what was rejected by a new document. Only
when Hacienda rejects the message itself may the document be answered again, under a new number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from hacienda import comprobante as ley
from hacienda import firma, mensaje_receptor, reglas
from hacienda.catalogos.mensaje import CODIGO_POR_MENSAJE
from hacienda.errors import InvalidError, Problem
from iofacturo.accounts.user import User
from iofacturo.invoicing import readiness, series
from iofacturo.invoicing.errors import InvoicingError, NotReady
from iofacturo.invoicing.readiness import Standing
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.hacienda_word import HaciendaWord
from iofacturo.invoicing.reception.message import ReceiverMessage, ReceiverMessageXML
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.signed_xml import digest

SUCURSAL, TERMINAL = 1, 1  # a company's answers go out in one series of each kind


class AlreadyAnswered(InvoicingError):
    """Somebody answered otherwise before."""

    def __init__(self, message: ReceiverMessage) -> None:
        self.message = message
        super().__init__(
            f"Este documento ya se respondió: {message.get_mensaje_display().lower()}. "
            "Una respuesta enviada no se cambia."
        )


class NotToBeAnswered(InvoicingError):
    """The document cannot be answered, or not yet."""


@dataclass(frozen=True)
class Decision:
    """What the company says of a document; amounts in the document's currency."""

    mensaje: str  # "1", "2", "3"
    detalle: str = ""
    condicion_impuesto: str = ""
    actividad: str = ""
    acreditar: Decimal | None = None
    gasto: Decimal | None = None


def obstacle(row: Received, words: Sequence[HaciendaWord] | None = None) -> str:
    """Why *row* cannot be answered now, in a sentence; empty when it can.

    *words* are those of Hacienda about it, for who has read them already.
    """
    if row.apart:
        return f"{row.get_apart_display()}: este archivo no se responde."
    if row.verdict == Received.REJECTED:
        return "Hacienda rechazó este documento: no existe para efectos tributarios."
    if row.verdict == Received.UNKNOWN:
        return (
            "Hacienda no conoce este documento. Pídale a quien lo emitió que lo envíe; "
            "mientras tanto no se puede responder."
        )
    if words is None:
        words = list(row.words.defer("xml"))
    words = [word for word in words if word.message_id is None]
    if any(word.differences for word in words if not word.attached):
        return "Hacienda aceptó otro documento con esta clave: sus montos no son los de este."
    if row.verdict == Received.ASKING and not any(_is_a_yes(word) for word in words):
        return "Todavía no sabemos si Hacienda lo aceptó. Le preguntamos sola y seguido."
    return ""


def _is_a_yes(word: HaciendaWord) -> bool:
    return word.accepted and not word.differences


def answer(row: Received, decision: Decision, *, by: User | None, at: datetime) -> ReceiverMessage:
    """The message about *row*, issued now or by the same decision before.

    Raises NotReady (nothing was numbered), NotToBeAnswered, AlreadyAnswered.
    """
    there = standing_message(row)
    if there is not None:
        return _same(there, decision)
    reason = obstacle(row)
    if reason:
        raise NotToBeAnswered(reason)
    company = row.company
    tipo = CODIGO_POR_MENSAJE[decision.mensaje]
    standing = readiness.standing(company, at)
    original = _original(row)
    _checked(_built(original, row, decision, 1, standing), at)  # before a number is taken
    series_id = standing.series.get((SUCURSAL, TERMINAL, tipo))
    if series_id is None:
        series_id = series.open_series(
            company, tipo, sucursal=SUCURSAL, terminal=TERMINAL, by=by, at=at
        ).pk
    with transaction.atomic():
        # whoever comes second waits here, and finds that it is answered
        open_still = company.received.filter(pk=row.pk, reply="", apart="")
        mine = open_still.exclude(verdict=Received.REJECTED).update(reply=decision.mensaje)
        if mine:
            number, _ = series.take(series_id, 1, settings.HACIENDA_ENV)
            built = _built(original, row, decision, number, standing)
            return _store(row, built, decision, firma.build_sign(built, standing.llave, when=at),
                          by=by, at=at)  # fmt: skip
    there = standing_message(row)
    if there is None:
        raise NotToBeAnswered("Este documento cambió mientras usted lo respondía. Véalo de nuevo.")
    return _same(there, decision)


def standing_message(row: Received) -> ReceiverMessage | None:
    """The answer that stands about *row*."""
    return row.messages.exclude(state=ReceiverMessage.REJECTED).first()


def _same(message: ReceiverMessage, decision: Decision) -> ReceiverMessage:
    if message.mensaje != decision.mensaje:
        raise AlreadyAnswered(message)
    return message


def _original(row: Received) -> ley.Comprobante:
    """The document, with clave and issuer as they are spelt properly."""
    document = row.document()
    issuer = ley.Identificacion(tipo=row.emisor_tipo, numero=row.emisor_numero)
    emisor = replace(document.emisor or ley.Emisor(), identificacion=issuer)
    return replace(document, clave=row.clave, emisor=emisor)


def _built(
    original: ley.Comprobante,
    row: Received,
    decision: Decision,
    number: int,
    standing: Standing,
) -> ley.MensajeReceptor:
    company = standing.company
    try:
        return mensaje_receptor.build(
            original,
            decision.mensaje,
            mensaje_receptor.consecutivo(
                decision.mensaje, number, sucursal=SUCURSAL, terminal=TERMINAL
            ),
            standing.at.astimezone(ley.COSTA_RICA).replace(microsecond=0),
            detalle=decision.detalle or None,
            codigo_actividad=decision.actividad or None,
            condicion_impuesto=decision.condicion_impuesto or None,
            impuesto_acreditar=decision.acreditar,
            gasto_aplicable=decision.gasto,
            receptor=ley.Identificacion(
                tipo=company.tipo_identificacion, numero=company.identificacion
            ),
        )
    except InvalidError as error:
        raise NotReady([Problem("respuesta-imposible", "", "error", error.message)]) from error


def _checked(built: ley.MensajeReceptor, at: datetime) -> None:
    problems = [one for one in reglas.check(built, today=at) if one.is_error]
    if problems:
        raise NotReady(problems)


def _store(
    row: Received,
    built: ley.MensajeReceptor,
    decision: Decision,
    xml: bytes,
    *,
    by: User | None,
    at: datetime,
) -> ReceiverMessage:
    message = ReceiverMessage.objects.create(
        received=row,
        company=row.company,
        mensaje=decision.mensaje,
        consecutivo=built.numero_consecutivo_receptor or "",
        fecha=built.fecha_emision_doc or at,
        detalle=built.detalle_mensaje or "",
        condicion_impuesto=built.condicion_impuesto or "",
        actividad=built.codigo_actividad or "",
        acreditar=built.monto_total_impuesto_acreditar,
        gasto=built.monto_total_de_gasto_aplicable,
        issued_by=by,
    )
    ReceiverMessageXML.objects.create(message=message, xml=xml, sha256=digest(xml))
    Errand.objects.create(
        received=row,
        message=message,
        company=row.company,
        environment=settings.HACIENDA_ENV,
        state=Errand.WAITING,
        due_at=at,
    )
    return message
