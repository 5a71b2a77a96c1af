"""Tickets in every state, and the one that a late request opened by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.demo.cast import Cast
from iofacturo.lib import clock
from iofacturo.support import assignment, closing, conversation, entry, opening, promise
from iofacturo.support.entry import Entry
from iofacturo.support.subject import Subject
from iofacturo.support.ticket import Ticket


def lay_out(cast: Cast, now: datetime) -> None:
    """Resolved, waiting for the customer, open with an answer due, and late by itself."""
    agent = cast.people["soporte"]
    owner, issuer = cast.people["duena"], cast.people["emisor"]

    def ago(business_hours: float) -> datetime:
        return _ago(now, timedelta(hours=business_hours))

    resolved = _opened(
        cast, "cafe", owner, ago(40), "¿Cómo agrego el nombre de fantasía a la factura?",
        "Queremos que en el PDF salga «Café de la Esquina» además de la razón social. "
        "¿Dónde se cambia?",
    )  # fmt: skip
    _replied(resolved, agent, ago(38.5), "Buenos días. En Empresa, «Datos de la empresa», llene el "
             "nombre comercial: sale en los documentos que emita desde ese momento. Los que ya "
             "emitió no cambian, porque están firmados.")  # fmt: skip
    _answered(resolved, owner, ago(37), "Listo, ya salió. Muchas gracias.")
    with clock.moved_to(ago(36.8)):
        closing.resolve(resolved, by=agent, side=Entry.STAFF, at=clock.now())

    about = cast.companies["cafe"].comprobantes.order_by("-fecha").first()
    asked = _opened(
        cast, "cafe", issuer, ago(1.5), "El cliente dice que no le llegó el correo",
        "Le emití la factura hoy y me dice que no la ve, ni en correo no deseado. ¿Se puede saber "
        "si salió?", Subject(comprobante=about), [owner],
    )  # fmt: skip
    with clock.moved_to(ago(1.2)):
        conversation.note(
            asked, by=agent, at=clock.now(),
            text="Revisar si el dominio del cliente rechaza nuestros correos.",
        )  # fmt: skip

    waiting = _opened(
        cast, "vivero", cast.people["vivero"], ago(12), "No puedo entrar desde el teléfono",
        "En la computadora sí entro, pero en el teléfono me dice que la contraseña no es.",
    )  # fmt: skip
    _replied(waiting, agent, ago(10), "Buenas tardes. ¿Nos puede enviar una captura de lo que ve? "
             "Mientras tanto, pruebe escribir la contraseña con el ojito abierto: algunos teclados "
             "ponen la primera letra en mayúscula.")  # fmt: skip

    promise.keep(now)
    late = Ticket.objects.filter(cause=Ticket.LATE, live=True).order_by("id").first()
    if late is not None and late.request is not None:
        assignment.assign(late, agent, by=agent, at=now)
        if not late.request.is_taken(now):
            text = "El plazo ya venció: ¿la puede tomar alguien?"
            assignment.hand_over(late, by=agent, at=now, text=text)


def _opened(
    cast: Cast, company: str, by: User, at: datetime, subject: str, text: str,
    about: Subject = Subject(), copies: Sequence[User] = (),  # noqa: B008 - frozen
) -> Ticket:  # fmt: skip
    with clock.moved_to(at):
        return opening.open_ticket(
            cast.companies[company], by=by, at=at, subject=subject, text=text,
            token=opening.new_token(), about=about, copies=copies,
        )  # fmt: skip


def _replied(ticket: Ticket, by: User, at: datetime, text: str) -> None:
    last = entry.last_public(ticket)
    with clock.moved_to(at):
        conversation.reply(ticket, by=by, at=at, text=text, seen=last.pk if last else 0)


def _answered(ticket: Ticket, by: User, at: datetime, text: str) -> None:
    with clock.moved_to(at):
        conversation.answer(ticket, by=by, at=at, text=text)


def _ago(now: datetime, span: timedelta) -> datetime:
    """The instant so much business time before *now*, to the half minute."""
    hours = calendar.current(now)
    low, high = now - timedelta(days=40), now
    while high - low > timedelta(seconds=30):
        middle = low + (high - low) / 2
        if hours.elapsed(middle, now) > span:
            low = middle
        else:
            high = middle
    return low
