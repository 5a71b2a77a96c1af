"""How a document stands, in the words of whoever issued it: what that means and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.submission import Submission
from iofacturo.lib import formats

SOON = timedelta(seconds=45)
POLLS = (
    (timedelta(minutes=2), 3),
    (timedelta(minutes=15), 10),
)  # this young: seconds between looks
SLOW_POLL = 60


@dataclass(frozen=True)
class Badge:
    """A state in one or two words, with its tone and icon."""

    word: str
    tone: str
    icon: str

    def __str__(self) -> str:
        return self.word


BADGES = {
    Comprobante.ISSUED: Badge("Por enviar", "warn", "retry"),
    Comprobante.SENT: Badge("En Hacienda", "info", "clock"),
    Comprobante.ACCEPTED: Badge("Aceptado", "ok", "good"),
    Comprobante.REJECTED: Badge("Rechazado", "bad", "stop"),
}
STOPPED = Badge("Detenido", "bad", "alert")


def badge(state: str, delivery: str = "") -> Badge:
    """The badge of a document in *state* whose submission is in the state *delivery*."""
    if delivery == Submission.STOPPED and state in (Comprobante.ISSUED, Comprobante.SENT):
        return STOPPED
    return BADGES[state]


@dataclass(frozen=True)
class Standing:
    """What to say at the top of a document's page. `next` is what happens without anybody's help."""

    badge: Badge
    tone: str
    icon: str
    title: str
    text: str
    next: str = ""
    poll: int = 0  # seconds until the page looks again by itself; never when 0
    remedy: str = ""  # what a person has to mend: credentials, refused


def of(row: Comprobante, now: datetime, *, warnings: int = 0, outage: bool = False) -> Standing:
    """How *row* stands at *now*; its submission is read with it. *outage*: Hacienda is known out."""
    sending = row.submission
    mark = badge(row.state, sending.state)
    if row.state == Comprobante.ACCEPTED:
        return _accepted(row, mark, warnings)
    if row.state == Comprobante.REJECTED:
        return _rejected(row, mark)
    if sending.state == Submission.STOPPED:
        return _stopped(row, mark)
    poll = next((pause for age, pause in POLLS if now - row.fecha < age), SLOW_POLL)
    if sending.state == Submission.WAITING:
        return _waiting(row, mark, now, poll, outage)
    return _asking(row, mark, now, poll)


def _accepted(row: Comprobante, mark: Badge, warnings: int) -> Standing:
    if warnings:
        return Standing(
            mark, "warn", "alert", "Hacienda lo aceptó, con un aviso",
            "El comprobante vale igual. Lea abajo qué conviene corregir para los próximos.",
        )  # fmt: skip
    said = (
        "Vale para el cliente y para su declaración."
        if row.tipo != "10"
        else "El pago quedó registrado."
    )
    return Standing(mark, "ok", "good", "Hacienda lo aceptó", said)


def _rejected(row: Comprobante, mark: Badge) -> Standing:
    return Standing(
        mark, "bad", "stop", "Hacienda lo rechazó",
        "Para efectos tributarios no existe: no lo entregue al cliente y no necesita nota de crédito. "
        "Corrija el dato y emita otro; su número no se vuelve a usar.",
    )  # fmt: skip


def _stopped(row: Comprobante, mark: Badge) -> Standing:
    if row.submission.stopped_for == Submission.CREDENTIALS:
        return Standing(
            mark, "bad", "key", "Hacienda no acepta el usuario de la empresa",
            "El comprobante está firmado, numerado y guardado, pero no se puede enviar. "
            "En cuanto se corrijan el usuario y la contraseña, sale solo.",
            remedy=Submission.CREDENTIALS,
        )  # fmt: skip
    return Standing(
        mark, "bad", "alert", "Hacienda no quiso recibirlo",
        "El comprobante está firmado y guardado. No lo volvemos a enviar por nuestra cuenta: "
        "lea el motivo y, si ya está resuelto, envíelo de nuevo.",
        remedy=Submission.REFUSED,
    )  # fmt: skip


def _waiting(row: Comprobante, mark: Badge, now: datetime, poll: int, outage: bool) -> Standing:
    sending = row.submission
    if outage or sending.failures:
        return Standing(
            mark, "warn", "retry", "Hacienda no está respondiendo",
            "El comprobante ya está firmado y numerado: no lo emita de nuevo. "
            "Puede entregárselo al cliente; lo enviamos apenas Hacienda vuelva.",
            next=_again("Volvemos a intentar", sending, now),
            poll=poll,
        )  # fmt: skip
    return Standing(
        mark, "info", "send", "Va camino a Hacienda",
        "El comprobante ya está firmado y numerado. No tiene que hacer nada.",
        next=_again("Sale", sending, now),
        poll=poll,
    )  # fmt: skip


def _asking(row: Comprobante, mark: Badge, now: datetime, poll: int) -> Standing:
    sending = row.submission
    since = sending.sent_at or row.fecha
    if sending.late_at is not None:
        return Standing(
            mark, "warn", "clock", "Hacienda está respondiendo con demora",
            f"Lo tiene desde hace {elapsed(now - since)}. El comprobante está emitido y puede entregarlo: "
            "no lo emita de nuevo.",
            next=_again("Preguntamos otra vez", sending, now),
            poll=poll,
        )  # fmt: skip
    return Standing(
        mark, "info", "clock", "Hacienda lo está revisando",
        f"Lo recibió hace {elapsed(now - since)}. Suele responder en segundos.",
        next=_again("Preguntamos otra vez", sending, now),
        poll=poll,
    )  # fmt: skip


def _again(what: str, sending: Submission, now: datetime) -> str:
    if sending.lease is not None:
        return "Estamos hablando con Hacienda en este momento."
    wait = sending.due_at - now
    if wait <= timedelta(0):
        return f"{what} en unos segundos."
    if wait < SOON:
        return f"{what} en {round(wait.total_seconds())} segundos."
    if wait < timedelta(hours=12):
        return f"{what} a las {formats.hora(sending.due_at)}"
    return f"{what} el {formats.momento(sending.due_at)}"


def elapsed(time: timedelta) -> str:
    """A stretch of time as people say it.

    >>> [elapsed(timedelta(seconds=s)) for s in (1, 50, 130, 4000, 9000, 200000)]
    ['1 segundo', '50 segundos', '2 minutos', '1 hora', '2 horas', '2 días']
    """
    seconds = max(int(time.total_seconds()), 1)
    for size, one, many in (
        (86_400, "día", "días"),
        (3600, "hora", "horas"),
        (60, "minuto", "minutos"),
    ):
        if seconds >= size:
            count = seconds // size
            return f"{count} {one if count == 1 else many}"
    return f"{seconds} {'segundo' if seconds == 1 else 'segundos'}"
