"""By when somebody of ours answers, in business hours."""

from datetime import datetime, timedelta

from django.conf import settings

from iofacturo.business_time import calendar


def answer(at: datetime) -> datetime:
    """When a message that came at *at* is answered at the latest."""
    return calendar.current(at).due(at, timedelta(hours=settings.TICKET_HOURS))


def reopening(at: datetime) -> datetime:
    """Until when a ticket resolved at *at* is opened again by an answer."""
    return at + timedelta(days=settings.TICKET_REOPEN_DAYS)
