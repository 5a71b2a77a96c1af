"""The circuit breaker: one row per environment of Hacienda, so that all workers know of an outage.

After `FAILURES` calls in a row that found nobody at Hacienda it opens: nothing is sent for a while,
then one document goes to try. Documents numbered while it is open are issued as «sin internet»
(situación 3); that is why the row is read in the statement that takes a number.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction

FAILURES = 10
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
PROBE = timedelta(minutes=1)  # how long a trial may take before another worker makes one

IS_OPEN = (
    "EXISTS (SELECT 1 FROM invoicing_breaker "
    "WHERE environment = %s AND invoicing_breaker.opened_at IS NOT NULL)"
)
"""For a statement that has to know; its one parameter is the environment."""


class Breaker(models.Model):
    """How an environment has answered lately. Closed while `opened_at` is empty."""

    environment = models.CharField(max_length=16, unique=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    pauses = models.PositiveSmallIntegerField(default=0)  # since it opened
    opened_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    on_trial = models.BooleanField(default=False)  # a document is out to see whether it is over

    class Meta:
        verbose_name = "cortacircuitos"
        verbose_name_plural = "cortacircuitos"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opened_at__isnull=True, retry_at__isnull=True)
                | models.Q(opened_at__isnull=False, retry_at__isnull=False),
                name="breaker_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.environment}: {'abierto' if self.opened_at else 'cerrado'}"


def is_open(environment: str) -> bool:
    """Whether this environment is known to be out."""
    return Breaker.objects.filter(environment=environment, opened_at__isnull=False).exists()


def rests(environment: str, now: datetime) -> bool:
    """Whether nothing may be sent for now."""
    return Breaker.objects.filter(environment=environment, retry_at__gt=now).exists()


def allowance(environment: str, wanted: int, now: datetime) -> int:
    """How many of *wanted* documents may go now: all, one on trial, or none."""
    row = Breaker.objects.filter(environment=environment).first()
    if row is None or row.opened_at is None or row.retry_at is None:
        return wanted
    if now < row.retry_at:
        return 0
    # Whoever moves the time forward makes the trial; the others wait for what comes of it.
    mine = Breaker.objects.filter(pk=row.pk, retry_at=row.retry_at).update(
        retry_at=now + PROBE, on_trial=True
    )
    return min(1, wanted) if mine else 0


def record(environment: str, *, answered: int, silent: int, now: datetime) -> None:
    """Write down that so many calls found Hacienda there and so many did not."""
    if answered:
        Breaker.objects.filter(environment=environment).exclude(
            failures=0, opened_at__isnull=True
        ).update(failures=0, pauses=0, opened_at=None, retry_at=None, on_trial=False)
        return
    if not silent:
        return
    with transaction.atomic():
        Breaker.objects.get_or_create(environment=environment)
        row = Breaker.objects.select_for_update().get(environment=environment)
        row.failures = min(row.failures + silent, 1_000_000)
        # While it is open only the trial counts: what else comes back was on its way before.
        if row.on_trial or (row.opened_at is None and row.failures >= FAILURES):
            row.pauses = min(row.pauses + 1, 100)
            row.opened_at = row.opened_at or now
            row.retry_at = now + pause(row.pauses)
            row.on_trial = False
        row.save()


def pause(times: int) -> timedelta:
    """How long to leave Hacienda alone before the next trial.

    >>> [pause(n).seconds for n in (1, 2, 5, 9)]
    [15, 30, 240, 300]
    """
    doubled: timedelta = FIRST_PAUSE * 2 ** min(times - 1, 10)
    return min(doubled, LONGEST_PAUSE)
