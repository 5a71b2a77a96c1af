"""How long each answer of ours took, in business time: what the board counts. Rows are only added.

An answer is what ends a promise: an approval that activates, a rejection, a correction that was
asked for. It is measured from the promise it ends (`due.DueTime`), under the calendar in force
when it was given, and never again: figures of the past stay as they were. What is approved while
it is the customer's turn ends no promise: it counts, but is not timed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import models

from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.lib import clock
from iofacturo.renewals import due
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.request import RenewalRequest

ZERO = Decimal(0)
MINUTE = timedelta(minutes=1)


class Turnaround(models.Model):
    """One answer. `minutes` are whole ones of business time, None where no promise was running; no
    `actor` is the system itself.
    """

    APPROVED, REJECTED, CORRECTION = "approved", "rejected", "correction"
    KINDS = [(APPROVED, "aprobada"), (REJECTED, "rechazada"), (CORRECTION, "corrección")]

    decision = models.OneToOneField(ReviewDecision, models.PROTECT, related_name="turnaround")
    day = models.DateField()  # in Costa Rica
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=KINDS)
    minutes = models.PositiveIntegerField(null=True)
    late = models.BooleanField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # what was approved; else zero
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name = "tiempo de respuesta"
        verbose_name_plural = "tiempos de respuesta"
        indexes = [
            # the whole of what the board reads, so that it reads nothing else
            models.Index(
                fields=["day", "actor", "kind", "currency", "late", "minutes", "amount"],
                name="turnaround_board",
            )
        ]


def record(request: RenewalRequest, decision: ReviewDecision) -> Turnaround | None:
    """Measure *decision*, in its own transaction; None for a request nothing was promised for."""
    promised = due.last(request)
    if promised is None or decision.action not in dict(Turnaround.KINDS):
        return None
    approved = decision.action == Turnaround.APPROVED
    timed = decision.from_state == RenewalRequest.IN_REVIEW
    return Turnaround.objects.create(
        decision=decision,
        day=clock.local(decision.at).date(),
        actor=decision.actor,
        kind=decision.action,
        minutes=minutes(promised.start, decision.at) if timed else None,
        late=timed and decision.at > promised.due_at,
        amount=request.given.total if approved else ZERO,
        currency=request.given.currency,
    )


def minutes(start: datetime, end: datetime) -> int:
    """Whole minutes of business time, under the calendar in force at *end*."""
    return calendar.current(end).elapsed(start, end) // MINUTE
