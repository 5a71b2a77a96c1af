"""What both sides are told about a ticket, and when: one function for each moment.

Each is called in the transaction of what it tells, under a key that exists once. A mail about a
conversation carries what was written, so that it can be answered from wherever it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from iofacturo import notifications
from iofacturo.accounts.user import User
from iofacturo.lib import formats
from iofacturo.support import address, participant
from iofacturo.support.entry import Entry
from iofacturo.support.ticket import Ticket

FILES = "Trae archivos: puede verlos en el portal."


def _tell(
    ticket: Ticket,
    kind: str,
    users: Iterable[User],
    subject: str,
    *body: str,
    key: str,
    at: datetime,
) -> None:
    """Tell people of the company, by mail and on screen."""
    notifications.notify(
        f"ticket.{kind}",
        company=ticket.company,
        users=users,
        subject=subject,
        body="\n\n".join(line for line in body if line),
        url=reverse("support:ticket", args=[ticket.number]),
        key=f"ticket:{ticket.pk}:{key}",
        reply_to=address.of(ticket),
        at=at,
    )


def _team(
    ticket: Ticket,
    kind: str,
    users: Iterable[User],
    subject: str,
    *body: str,
    key: str,
    at: datetime,
) -> None:
    """Tell people of the provider."""
    notifications.notify(
        f"ticket.{kind}",
        users=users,
        subject=subject,
        body="\n\n".join(line for line in [*body, f"Empresa: {ticket.company}"] if line),
        url=reverse("backoffice:ticket", args=[ticket.number]),
        key=f"ticket:{ticket.pk}:{key}",
        at=at,
    )


def _desk(ticket: Ticket) -> list[User]:
    """Who of the provider is told: whoever has it, else those whose work it is."""
    from iofacturo.accounts.staff import Staff

    if ticket.assigned_to is not None and ticket.assigned_to.is_active:
        return [ticket.assigned_to]
    seats = Staff.objects.filter(removed_at=None, user__is_active=True).select_related("user")
    rows = list(seats.order_by("id"))
    return [seat.user for seat in rows if seat.role == "support"]


def _promise(ticket: Ticket) -> str:
    if ticket.due_at is None:
        return ""
    return f"Le respondemos a más tardar el {formats.momento(ticket.due_at)}"


def opened(ticket: Ticket, row: Entry, *, at: datetime) -> None:
    _tell(
        ticket,
        "opened",
        participant.people(ticket),
        f"Recibimos su ticket {ticket.number}: {ticket.subject}",
        _promise(ticket),
        f"{ticket.who} escribió:\n{row.text}",
        key="opened",
        at=at,
    )
    _team(
        ticket, "new", _desk(ticket), f"Ticket {ticket.number}: {ticket.subject}", row.text,
        key="new", at=at,
    )  # fmt: skip


def customer_wrote(ticket: Ticket, row: Entry, *, at: datetime) -> None:
    """To our side, and to the colleagues of whoever wrote."""
    others = [user for user in participant.people(ticket) if user.pk != row.author_id]
    files = FILES if row.files.exists() else ""
    _tell(
        ticket, "written", others, f"{row.author} escribió en el ticket {ticket.number}",
        row.text, files, key=f"entry:{row.pk}", at=at,
    )  # fmt: skip
    _team(
        ticket, "reply", _desk(ticket), f"Mensaje en el ticket {ticket.number}: {ticket.subject}",
        row.text, files, key=f"desk:{row.pk}", at=at,
    )  # fmt: skip


def replied(ticket: Ticket, row: Entry, *, at: datetime) -> None:
    """Our answer. With *ticket* resolved by it, until when it can be taken up again."""
    _tell(
        ticket,
        "answered",
        participant.people(ticket),
        f"Respondimos su ticket {ticket.number}: {ticket.subject}",
        row.text,
        FILES if row.files.exists() else "",
        "" if ticket.live else _resolved(ticket),
        key=f"entry:{row.pk}",
        at=at,
    )


def resolved(ticket: Ticket, *, at: datetime) -> None:
    _tell(
        ticket,
        "resolved",
        participant.people(ticket),
        f"Su ticket {ticket.number} quedó resuelto",
        _resolved(ticket),
        key=f"resolved:{stamp(at)}",
        at=at,
    )


def copied(ticket: Ticket, user: User, row: Entry, *, at: datetime) -> None:
    _tell(
        ticket, "copied", [user], f"{row.author} le puso en copia del ticket {ticket.number}",
        ticket.subject, key=f"entry:{row.pk}", at=at,
    )  # fmt: skip


def late(ticket: Ticket, due_at: datetime, *, again: bool, at: datetime) -> None:
    """We broke our word: said before anybody has to ask."""
    assert ticket.request is not None  # noqa: S101 - a late ticket has its request
    what = "Volvimos a abrir" if again else "Abrimos"
    _tell(
        ticket,
        "late",
        participant.people(ticket),
        f"Vamos tarde con su solicitud {ticket.request.number}",
        f"Debíamos responderle el {formats.momento(due_at)} y no lo hicimos. Le pedimos disculpas.",
        f"{what} el ticket {ticket.number} para darle seguimiento: usted no tiene que hacer nada. "
        "Se resuelve solo cuando su solicitud tenga respuesta, y si quiere agregar algo puede "
        "escribir en él.",
        key=f"late:{stamp(due_at)}",
        at=at,
    )
    _team(
        ticket, "new", _desk(ticket), f"Plazo vencido: {ticket.request.number}",
        f"Debía responderse el {formats.momento(due_at)}",
        key=f"desk-late:{stamp(due_at)}", at=at,
    )  # fmt: skip


def settled(ticket: Ticket, text: str, *, at: datetime) -> None:
    """The request of a late ticket was decided."""
    _tell(
        ticket, "resolved", participant.people(ticket),
        f"Su ticket {ticket.number} quedó resuelto", text, _resolved(ticket),
        key=f"resolved:{stamp(at)}", at=at,
    )  # fmt: skip


def assigned(ticket: Ticket, user: User, row: Entry, *, at: datetime) -> None:
    _team(
        ticket, "assigned", [user], f"El ticket {ticket.number} es suyo: {ticket.subject}",
        f"Lo asignó {row.author}.", key=f"entry:{row.pk}", at=at,
    )  # fmt: skip


def handed_over(ticket: Ticket, row: Entry, *, at: datetime) -> None:
    """To whoever has the request on the desk, else to all who review and are not of the company."""
    from iofacturo.accounts.staff import Staff

    request = ticket.request
    assert request is not None  # noqa: S101 - asked before
    if request.is_taken(at) and request.taken_by is not None:
        users = [request.taken_by]
    else:
        seats = Staff.objects.filter(removed_at=None, user__is_active=True).exclude(
            user__memberships__company=ticket.company, user__memberships__removed_at=None
        )
        users = [seat.user for seat in seats.select_related("user") if seat.may("review")]
    notifications.notify(
        "ticket.handover",
        users=users,
        subject=f"Soporte pide revisar {request.number}",
        body=f"{row.author}: {row.text}\n\nEmpresa: {ticket.company}",
        url=reverse("backoffice:renewal", args=[request.number]),
        key=f"ticket:{ticket.pk}:entry:{row.pk}",
        at=at,
    )


def _resolved(ticket: Ticket) -> str:
    assert ticket.closes_at is not None  # noqa: S101 - it was just resolved
    return (
        f"Si le queda algo pendiente, responda antes del {formats.dia_largo(ticket.closes_at)} "
        "y el ticket se abre de nuevo."
    )


def stamp(at: datetime) -> str:
    """An instant in a notice's key."""
    return at.strftime("%Y%m%d%H%M%S%f")
