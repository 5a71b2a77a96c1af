"""By when somebody of ours answers, in business hours under a version of the calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from iofacturo.business_time import calendar
from iofacturo.support.ticket import Ticket

BATCH = 200


def answer(at: datetime) -> datetime:
    """When a message that came at *at* is answered at the latest."""
    return calendar.current(at).due(at, _hours())


def promise(at: datetime) -> dict[str, Any]:
    """The fields of a ticket whose customer has waited since *at*."""
    now = calendar.current(at)
    return {"due_at": now.due(at, _hours()), "due_from": at, "due_calendar_id": now.version_id}


def reopening(at: datetime) -> datetime:
    """Until when a ticket resolved at *at* is opened again by an answer."""
    return at + timedelta(days=settings.TICKET_REOPEN_DAYS)


def recompute(now: datetime) -> int:
    """Compute again what was promised under another calendar; how many tickets."""
    version = calendar.current(now).version_id
    rows = Ticket.objects.filter(state=Ticket.OPEN, due_at__isnull=False, due_from__isnull=False)
    pks = list(rows.exclude(due_calendar=version).values_list("pk", flat=True)[:BATCH])
    return sum(_recompute(pk, now) for pk in pks)


def _recompute(pk: int, now: datetime) -> bool:
    current = calendar.current(now)
    with transaction.atomic():
        ticket = Ticket.lock(pk)
        if ticket.due_at is None or ticket.due_from is None:
            return False
        if ticket.due_calendar_id == current.version_id:
            return False
        Ticket.objects.filter(pk=pk).update(
            due_at=current.due(ticket.due_from, _hours()), due_calendar=current.version_id
        )
    return True


def _hours() -> timedelta:
    return timedelta(hours=settings.TICKET_HOURS)
