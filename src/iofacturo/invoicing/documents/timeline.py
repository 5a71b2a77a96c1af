"""What happened to a document and what is still to come, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents.standing import elapsed
from iofacturo.invoicing.submission import Submission

ICONS = {"done": "good", "now": "half", "next": "ring", "stop": "stop"}
WITHOUT_INTERNET = "3"


@dataclass(frozen=True)
class Step:
    """One line: `state` is done, now, next or stop; `quote` is what somebody else wrote."""

    state: str
    word: str
    at: datetime | None = None
    who: str = ""
    text: str = ""
    quote: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.state]


def steps(row: Comprobante, answers: Sequence[Answer], now: datetime) -> list[Step]:
    """The whole way of *row*; *answers* are its own, oldest first."""
    told = [_issued(row)]
    if answers or row.submission.sent_at is not None:
        told.append(_sent(row))
    if row.final:
        return [*told, *(_answered(one, row) for one in answers)]
    return [*told, *(_answered(one, row) for one in answers), *_ahead(row, now)]


def turns(answers: Iterable[Answer]) -> list[Answer]:
    """*answers* without those that say what the one before said."""
    told: list[Answer] = []
    for one in answers:
        if told and told[-1].estado == one.estado:
            told[-1] = one  # the latest, which may say more
        else:
            told.append(one)
    return told


def _issued(row: Comprobante) -> Step:
    text = "Firmado y numerado."
    if row.situacion == WITHOUT_INTERNET:
        text += (
            " Hacienda no respondía en ese momento: va como emitido sin internet, que también vale."
        )
    who = str(row.issued_by) if row.issued_by else ""
    return Step("done", "Emitido", row.fecha, who, text)


def _sent(row: Comprobante) -> Step:
    sending = row.submission
    text = f"Al intento número {sending.attempts}." if sending.attempts > 1 else ""
    return Step("done", "Entregado a Hacienda", sending.sent_at, text=text)


def _answered(answer: Answer, row: Comprobante) -> Step:
    if not answer.accepted:
        return Step("stop", "Rechazado por Hacienda", answer.received_at)
    text = "Con avisos." if answer.warnings else ""
    if row.owes_folio:
        text = "Debe un folio: se toma en cuanto active un plan."
    return Step("done", "Aceptado por Hacienda", answer.received_at, text=text)


def _ahead(row: Comprobante, now: datetime) -> list[Step]:
    sending = row.submission
    answer = Step("next", "Respuesta de Hacienda", text="Le avisamos si la rechaza.")
    if sending.state == Submission.STOPPED:
        return [Step("stop", "Envío detenido", quote=sending.last_error), answer]
    if sending.state == Submission.WAITING:
        tries = sending.attempts or sending.failures
        text = (
            f"Van {tries} {'intento' if tries == 1 else 'intentos'} sin respuesta." if tries else ""
        )
        return [Step("now", "En camino a Hacienda", text=text, quote=sending.last_error), answer]
    since = sending.sent_at or row.fecha
    asked = sending.asked
    text = f"Lleva {elapsed(now - since)}."
    if asked > 1:
        text += f" Ya preguntamos {asked} veces."
    return [Step("now", "Hacienda lo revisa", text=text, quote=sending.last_error), answer]
