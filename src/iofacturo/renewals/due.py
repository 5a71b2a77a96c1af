"""By when we answer: business hours under a version of the calendar, each promise on record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction

from iofacturo.business_time import calendar
from iofacturo.business_time.calendar import Calendar
from iofacturo.renewals import decision, notices
from iofacturo.renewals.decision import ReviewDecision

if TYPE_CHECKING:
    from iofacturo.renewals.request import RenewalRequest

LEAST = timedelta(hours=1)  # for staff, after a correction


class DueTime(models.Model):
    """A promise: `hours` of business time from `start`, under `calendar`. Append-only."""

    SUBMITTED, ANSWERED, CALENDAR, REOPENED = "submitted", "answered", "calendar", "reopened"
    CAUSES = [(c, c) for c in (SUBMITTED, ANSWERED, CALENDAR, REOPENED)]

    request = models.ForeignKey("RenewalRequest", models.PROTECT, related_name="due_times")
    cause = models.CharField(max_length=10, choices=CAUSES)
    start = models.DateTimeField()
    seconds = models.PositiveIntegerField()  # of business time
    due_at = models.DateTimeField()
    before = models.DateTimeField(null=True)  # what was promised until now
    calendar = models.ForeignKey("business_time.CalendarVersion", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = "plazo"
        verbose_name_plural = "plazos"
        indexes = [models.Index(fields=["request", "id"], name="due_request")]


def expected(at: datetime) -> datetime:
    """When a request sent at *at* would be answered at the latest."""
    return calendar.current(at).due(at, settings.PROMISED_HOURS)


def promise(request: RenewalRequest, *, cause: str, at: datetime, left: timedelta) -> DueTime:
    """Write down a new due time, *left* business time from *at*. The caller stores it on the row."""
    now = calendar.current(at)
    return DueTime.objects.create(
        request=request,
        cause=cause,
        start=at,
        seconds=int(left.total_seconds()),
        due_at=now.due(at, left),
        before=request.due_at,
        calendar_id=_version(now),
        made_at=at,
    )


def whole() -> timedelta:
    """The business time we promise for a fresh request."""
    return timedelta(hours=float(settings.PROMISED_HOURS))


def left(request: RenewalRequest, at: datetime) -> timedelta:
    """Business time that remains of the running promise; zero when it is late."""
    promised = last(request)
    if promised is None:
        return whole()
    used = calendar.current(at).elapsed(promised.start, at)
    return max(timedelta(seconds=promised.seconds) - used, timedelta(0))


def last(request: RenewalRequest) -> DueTime | None:
    return DueTime.objects.filter(request=request).order_by("-id").first()


def recompute(at: datetime) -> int:
    """Compute every running promise again that was made under another calendar.

    Both times are kept, and the customer is told where the time moved. Answers how many requests
    were brought up to date. Safe to run by any number of workers at once.
    """
    from iofacturo.renewals.request import RenewalRequest

    version = calendar.current(at).version_id
    waiting = (
        RenewalRequest.objects.filter(state=RenewalRequest.IN_REVIEW)
        .exclude(due_calendar=version)
        .order_by("id")
        .values_list("pk", flat=True)[:200]
    )
    return sum(_recompute_one(pk, at) for pk in list(waiting))


def _recompute_one(pk: int, at: datetime) -> bool:
    from iofacturo.renewals.request import RenewalRequest

    now = calendar.current(at)
    with transaction.atomic():
        request = RenewalRequest.lock(pk)
        if request.state != RenewalRequest.IN_REVIEW or request.due_calendar_id == now.version_id:
            return False
        promised = last(request)
        if promised is None:
            return False
        due_at = now.due(promised.start, timedelta(seconds=promised.seconds))
        before = request.due_at
        if due_at == before:
            request.change(due_calendar_id=_version(now))
            return True
        DueTime.objects.create(
            request=request,
            cause=DueTime.CALENDAR,
            start=promised.start,
            seconds=promised.seconds,
            due_at=due_at,
            before=before,
            calendar_id=_version(now),
            made_at=at,
        )
        request.change(due_at=due_at, due_calendar_id=_version(now))
        decision.record(
            request,
            "rescheduled",
            by=None,
            side=ReviewDecision.CLOCK,
            at=at,
            before=request.state,
            due_before=before.isoformat() if before else None,
            due_after=due_at.isoformat(),
        )
        notices.rescheduled(request, before, at=at)
    return True


def _version(now: Calendar) -> int:
    assert now.version_id is not None  # noqa: S101 - a calendar from the database has one
    return now.version_id


def history(request: RenewalRequest) -> Iterable[DueTime]:
    """Every promise made for *request*, oldest first."""
    return DueTime.objects.filter(request=request).order_by("id")
