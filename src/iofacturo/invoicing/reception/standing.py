"""How a received document stands, in a badge and in one sentence; and its way so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.hacienda_word import HaciendaWord
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import Received

ICONS = {"done": "good", "now": "half", "next": "ring", "stop": "stop"}


@dataclass(frozen=True)
class Badge:
    word: str
    icon: str
    tone: str = ""

    def __str__(self) -> str:
        return self.word


def badge(row: Received) -> Badge:
    """What the list shows."""
    if row.apart:
        return Badge("Apartado", "alert", "warn")
    if row.verdict == Received.REJECTED:
        return Badge("Rechazado por Hacienda", "stop", "bad")
    if row.reply:
        return Badge(row.get_reply_display(), *REPLIED[row.reply])
    if row.verdict == Received.UNKNOWN:
        return Badge("Hacienda no lo conoce", "alert", "warn")
    if row.verdict == Received.ASKING:
        return Badge("Preguntando", "clock", "info")
    return Badge("Por responder", "inbox", "accent")


REPLIED = {"1": ("good", "ok"), "2": ("half", "ok"), "3": ("nope", "bad")}


@dataclass(frozen=True)
class Standing:
    """The one thing to know now. `wait` says that the page looks again by itself."""

    title: str
    text: str
    icon: str = "info"
    tone: str = ""
    wait: bool = False


def of(
    row: Received, question: Errand | None, message: ReceiverMessage | None, hindrance: str
) -> Standing:
    """*hindrance* is why it cannot be answered, as `reply.obstacle` says."""
    if row.apart:
        return Standing(row.get_apart_display(), APART[row.apart], "alert", "warn")
    if row.verdict == Received.REJECTED:
        return Standing(
            "Hacienda rechazó este documento",
            "No existe para efectos tributarios: no da crédito ni gasto y no se responde. "
            "Pídale a quien lo emitió uno nuevo.",
            "stop",
            "bad",
        )
    if message is not None and not message.rejected:
        return _answered(message)
    if question is not None and question.state == Errand.STOPPED:
        return Standing(
            "No pudimos preguntarle a Hacienda",
            question.last_error or "Hacienda no aceptó la consulta.",
            "stop",
            "bad",
        )
    if message is not None:
        return Standing(
            "Hacienda rechazó su respuesta",
            "El documento sigue por responder. Lea lo que dijo y responda de nuevo: "
            "llevará otro número.",
            "stop",
            "bad",
        )
    if row.verdict == Received.UNKNOWN:
        return Standing("Hacienda no conoce este documento", hindrance, "alert", "warn")
    if hindrance:
        waits = row.verdict == Received.ASKING
        return Standing(
            "Le estamos preguntando a Hacienda" if waits else "No se puede responder",
            hindrance,
            "clock" if waits else "alert",
            "" if waits else "warn",
            wait=waits,
        )
    if row.verdict == Received.ASKING:
        return Standing(
            "Falta su respuesta",
            "El proveedor adjuntó la respuesta de Hacienda, que lo acepta. Se lo estamos "
            "confirmando a ella; usted ya puede responder.",
            "inbox",
        )
    return Standing("Falta su respuesta", "Hacienda lo aceptó. Acéptelo o recházelo.", "inbox")


def _answered(message: ReceiverMessage) -> Standing:
    said = SAID[message.mensaje]
    errand = message.errand
    if message.state == ReceiverMessage.ACCEPTED:
        return Standing(
            f"Usted lo {said}",
            "Hacienda recibió su respuesta. No se cambia ni se retira: "
            + (
                "si fue un error, pídale a quien lo emitió un documento nuevo."
                if message.mensaje == ReceiverMessage.REJECT
                else "si fue un error, pídale a quien lo emitió una nota de crédito."
            ),
            "good",
            "ok",
        )
    if errand.state == Errand.STOPPED:
        return Standing(f"Usted lo {said}, y el envío se detuvo", errand.last_error, "stop", "bad")
    return Standing(
        f"Usted lo {said}",
        "Su respuesta está firmada y va camino a Hacienda. Usted no tiene que hacer nada.",
        "clock",
        wait=True,
    )


SAID = {"1": "aceptó", "2": "aceptó en parte", "3": "rechazó"}
APART = {
    Received.SIGNATURE: "El contenido no es el que se firmó, o no está firmado. No lo pague ni lo "
    "contabilice: pídale a quien lo emitió el XML que envió a Hacienda.",
    Received.SIGNER: "La firma es de otra persona que la que aparece como emisora. Confírmelo con "
    "ella por un medio que usted ya conozca.",
    Received.TRUST: "La firma no viene de las autoridades que este sistema conoce. Confirme con "
    "quien lo emitió que es suyo.",
    Received.CLAVE: "La clave pertenece a otro documento. Pídale a quien lo emitió el correcto.",
    Received.COPY: "Ya había otro archivo con la misma clave y distinto contenido; aquel es el que "
    "se responde. Pregúntele a quien lo emitió cuál vale.",
}


@dataclass(frozen=True)
class Step:
    """One line of its way: `state` is done, now, next or stop."""

    state: str
    word: str
    at: datetime | None = None
    who: str = ""
    text: str = ""
    quote: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.state]


def steps(
    row: Received,
    question: Errand | None,
    messages: Sequence[ReceiverMessage],
    words: Sequence[HaciendaWord],
) -> list[Step]:
    """The way of *row*, oldest first; all are its own, oldest first."""
    who = str(row.received_by) if row.received_by else ""
    told = [Step("done", "Recibido", row.received_at, who, row.file_name)]
    if row.apart:
        return told
    told += _verdict(row, question, [word for word in words if word.message_id is None])
    for message in messages:
        told += _message(message, [word for word in words if word.message_id == message.pk])
    if not row.reply and row.verdict != Received.REJECTED:
        told.append(Step("next", "Su respuesta"))
    return told


def _verdict(
    row: Received, question: Errand | None, words: Sequence[HaciendaWord]
) -> Iterator[Step]:
    for word in words:
        if word.attached:
            said = "aceptado" if word.accepted else "rechazado"
            text = f"Venía junto al documento y dice «{said}»: es una pista, se le pregunta a ella."
            yield Step("done", "Respuesta adjunta", word.at, text=text)
        elif word.accepted:
            yield Step("done", "Aceptado por Hacienda", word.at)
        else:
            yield Step("stop", "Rechazado por Hacienda", word.at)
    if row.verdict == Received.UNKNOWN:
        later = question is not None and question.state == Errand.ASKING
        text = "Seguimos preguntando." if later else "Ya no preguntamos más por nuestra cuenta."
        yield Step("now" if later else "stop", "Hacienda no lo conoce", row.verdict_at, text=text)
    elif row.verdict == Received.ASKING:
        stopped = question is not None and question.state == Errand.STOPPED
        quote = question.last_error if question is not None else ""
        yield Step("stop" if stopped else "now", "Pregunta a Hacienda", quote=quote)


def _message(message: ReceiverMessage, words: Sequence[HaciendaWord]) -> Iterator[Step]:
    who = str(message.issued_by) if message.issued_by else ""
    word = f"Usted lo {SAID[message.mensaje]}"
    number = f"Su respuesta número {message.number} de este tipo."
    yield Step("done", word, message.fecha, who, number, message.detalle)
    errand = message.errand
    if errand.sent_at is not None:
        yield Step("done", "Respuesta entregada a Hacienda", errand.sent_at)
    for said in words:
        if said.accepted:
            yield Step("done", "Respuesta recibida por Hacienda", said.at)
        else:
            yield Step("stop", "Respuesta rechazada por Hacienda", said.at, quote=said.detalle)
    if not words:
        if errand.state == Errand.STOPPED:
            yield Step("stop", "Envío detenido", quote=errand.last_error)
        else:
            what = "En camino a Hacienda" if errand.sent_at is None else "Hacienda la revisa"
            yield Step("now", what, quote=errand.last_error)
