"""Which of the provider's people has a ticket, and handing its request over to the reviewers.

Support reads requests and decides none: a hand-over is a line with a note that the desk shows
beside the request for as long as it is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support import entry, notices
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid, Moved
from iofacturo.support.opening import message_problems, tidy
from iofacturo.support.ticket import Ticket


def team() -> list[User]:
    """Those of the provider who may have a ticket, by name."""
    seats = Staff.objects.filter(removed_at__isnull=True, user__is_active=True)
    rows = seats.select_related("user").order_by("user__name", "user__email")
    return [seat.user for seat in rows if seat.may("see")]


def assign(ticket: Ticket, to: User | None, *, by: User, at: datetime) -> None:
    """Give the ticket to *to*, or back to everybody."""
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        if ticket.assigned_to_id == (to.pk if to else None):
            return
        if to is not None and to not in team():
            raise Invalid({"persona": "Esa persona no está en el equipo."})
        ticket.change(at=at, assigned_to=to)
        kind = Entry.RELEASED if to is None else Entry.ASSIGNED
        row = entry.record(ticket, kind, by=by, side=Entry.STAFF, at=at, subject_user=to)
        if to is not None and to.pk != by.pk:
            notices.assigned(ticket, to, row, at=at)


def hand_over(ticket: Ticket, *, by: User, at: datetime, text: str) -> Entry:
    """Show the ticket's request to the reviewers with a note. Nothing of the request changes."""
    text = tidy(text)
    problems = message_problems(text)
    if problems:
        raise Invalid(
            {"entrega": "Escriba qué hay que revisar." if not text else problems["mensaje"]}
        )
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        request = ticket.request
        if request is None or request.state not in RenewalRequest.SENT:
            raise Moved("La solicitud de este ticket ya no está en revisión.")
        row = entry.record(ticket, Entry.HANDOVER, by=by, side=Entry.STAFF, at=at, text=text)
        notices.handed_over(ticket, row, at=at)
        return row


def handed_over(request: RenewalRequest) -> list[Entry]:
    """What support asks the reviewers about *request*, oldest first; nothing once it is decided."""
    if request.state not in RenewalRequest.SENT:
        return []
    rows = Entry.objects.filter(ticket__request=request, kind=Entry.HANDOVER)
    return list(rows.select_related("author", "ticket").order_by("id"))


def flagged(requests: Iterable[RenewalRequest]) -> set[int]:
    """Those of *requests* (ids) that support handed over; one query for all."""
    rows = Entry.objects.filter(ticket__request__in=list(requests), kind=Entry.HANDOVER)
    return set(rows.values_list("ticket__request", flat=True))
