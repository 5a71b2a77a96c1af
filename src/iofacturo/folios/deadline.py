"""What falls due for a lot: the warnings before its end, and writing down its end.

The row is the queue: it is made with the lot and done once, by whichever worker comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock

WARNINGS = {"30_days": 30, "7_days": 7, "1_day": 1}
HOUR = timedelta(hours=8)  # of the day: nobody is warned at midnight


class Deadline(models.Model):
    """One thing to do for one lot at *due_at*; *done_at* says that it was."""

    KINDS = [("end", "Fin"), *((kind, f"{days} días antes") for kind, days in WARNINGS.items())]

    lot = models.ForeignKey(FolioLot, models.PROTECT, related_name="deadlines")
    kind = models.CharField(max_length=8, choices=KINDS)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "kind"], name="deadline_once")]
        indexes = [
            models.Index(fields=["due_at"], name="deadline_open", condition=Q(done_at__isnull=True))
        ]


def deadlines_of(lot: FolioLot) -> Iterator[Deadline]:
    """The rows that a new *lot* needs; a replacement is too short-lived to be warned about.

    Nor is grace, which ends with an answer and not on a day.
    """
    yield Deadline(lot=lot, kind="end", due_at=lot.expires_at)
    if lot.only_for or lot.is_grace:
        return
    for kind, days in WARNINGS.items():
        due_at = clock.midnight(lot.last_day - timedelta(days=days)) + HOUR
        if due_at > lot.activated_at:
            yield Deadline(lot=lot, kind=kind, due_at=due_at)


def due(now: datetime, limit: int) -> list[int]:
    """The ids of what is due, the oldest first."""
    waiting = Deadline.objects.filter(done_at__isnull=True, due_at__lte=now)
    return list(waiting.order_by("due_at", "id").values_list("pk", flat=True)[:limit])


def take(pk: int, now: datetime) -> Deadline | None:
    """Mark the row as done, in the caller's transaction; None when somebody else did it."""
    if not Deadline.objects.filter(pk=pk, done_at__isnull=True).update(done_at=now):
        return None
    return Deadline.objects.select_related("lot__company").get(pk=pk)
