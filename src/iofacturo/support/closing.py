"""Resolving a ticket, opening it again, and closing it when nobody did."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.support import due, entry, notices
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Moved
from iofacturo.support.ticket import Ticket

BATCH = 100


def resolve(ticket: Ticket, *, by: User, side: str, at: datetime) -> None:
    """Say that it is done; Moved when it was already."""
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        if not ticket.live:
            raise Moved("Este ticket ya estaba resuelto.")
        settle(ticket, by=by, side=side, at=at)
        if side == Entry.STAFF:
            notices.resolved(ticket, at=at)


def settle(ticket: Ticket, *, by: User | None, side: str, at: datetime, text: str = "") -> None:
    """The locked *ticket* is resolved; an answer within some days opens it again."""
    ticket.change(
        at=at,
        state=Ticket.RESOLVED,
        due_at=None,
        resolved_at=at,
        closes_at=due.reopening(at),
    )
    entry.record(ticket, Entry.RESOLVED, by=by, side=side, at=at, text=text)


def reopen(ticket: Ticket, *, by: User, at: datetime) -> None:
    """Staff take back what was resolved too early; Moved when it is open or closed."""
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        if ticket.live or ticket.is_closed(at):
            raise Moved("Solo se reabre un ticket resuelto que todavía no se cerró.")
        open_again(ticket, by=by, side=Entry.STAFF, at=at)


def open_again(ticket: Ticket, *, by: User | None, side: str, at: datetime) -> None:
    """The locked *ticket* is open, and due as if it had just come."""
    ticket.change(
        at=at,
        state=Ticket.OPEN,
        resolved_at=None,
        closes_at=None,
        **due.promise(at),
    )
    entry.record(ticket, Entry.REOPENED, by=by, side=side, at=at)


def close(now: datetime) -> int:
    """Write down that resolved tickets nobody answered are closed; how many."""
    rows = Ticket.objects.filter(state=Ticket.RESOLVED, closes_at__lte=now)
    pks = list(rows.order_by("closes_at").values_list("pk", flat=True)[:BATCH])
    return sum(_close(pk, now) for pk in pks)


def _close(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        ticket = Ticket.lock(pk)
        if ticket.state != Ticket.RESOLVED or not ticket.is_closed(now):
            return False
        ticket.change(at=now, state=Ticket.CLOSED)
        entry.record(ticket, Entry.CLOSED, by=None, side=Entry.CLOCK, at=now)
    return True
