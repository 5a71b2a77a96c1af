"""What has to reach Hacienda. The row is the queue.

A row is due at `due_at`. Whoever takes it moves that time ahead by a lease and signs with `lease`;
if they are killed, the lease lapses and the row is due again. Sending twice is harmless.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import models, transaction
from django.db.models import Q

from iofacturo.accounts.company import Company
from iofacturo.invoicing.comprobante import Comprobante

LEASE = timedelta(minutes=3)  # far above what the time-outs of a batch add up to
RETRY_PAUSES = (5, 15, 30, 60, 300, 900, 1800, 3600)  # seconds; the last one for days


class Submission(models.Model):
    """A document on its way to Hacienda and back."""

    WAITING, ASKING, DONE, STOPPED = "waiting", "asking", "done", "stopped"
    STATES = [
        (WAITING, "Por enviar"),
        (ASKING, "Esperando la respuesta"),
        (DONE, "Respondido"),
        (STOPPED, "Detenido"),
    ]
    CREDENTIALS, REFUSED = "credentials", "refused"

    comprobante = models.OneToOneField(
        Comprobante, models.PROTECT, primary_key=True, related_name="submission"
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="submissions", db_index=False, db_constraint=False
    )
    environment = models.CharField(max_length=16)
    state = models.CharField(max_length=8, choices=STATES, default=WAITING)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(default=0)  # of sending; counted on taking
    asked = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)  # in a row, of either
    doubtful = models.BooleanField(default=False)  # it may have arrived: ask before sending
    sent_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)  # when people were told that it takes long
    stopped_for = models.CharField(max_length=12, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "envío"
        verbose_name_plural = "envíos"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="stopped") & ~Q(stopped_for="")
                | ~Q(state="stopped") & Q(stopped_for=""),
                name="submission_why",
            )
        ]
        indexes = [
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(state__in=["waiting", "asking"]),
                name="submission_due",
            ),
            models.Index(
                fields=["company", "environment"],
                condition=Q(state="stopped"),
                name="submission_stopped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comprobante_id}: {self.get_state_display()}"


def due(environment: str, now: datetime) -> models.QuerySet[Submission]:
    """What may be taken at *now*, the longest waiting first."""
    return Submission.objects.filter(
        environment=environment, state__in=(Submission.WAITING, Submission.ASKING), due_at__lte=now
    ).order_by("due_at")


def claim(environment: str, most: int, now: datetime) -> list[Submission]:
    """Up to *most* due rows, held for `LEASE`, with their documents' rows."""
    if most <= 0:
        return []
    waiting = due(environment, now)
    lease = uuid4()
    with transaction.atomic():
        pks = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most])
        taken = due(environment, now).filter(pk__in=pks).order_by()
        if not pks or not taken.update(lease=lease, due_at=now + LEASE):
            return []
    return list(
        Submission.objects.filter(pk__in=pks, lease=lease).select_related("comprobante__company")
    )


def held(rows: list[Submission]) -> models.QuerySet[Submission]:
    """Those of *rows*, taken in one claim, that are still ours."""
    return Submission.objects.filter(
        pk__in=[row.pk for row in rows], lease__in={row.lease for row in rows}
    )


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: longer and longer, a fifth to either side."""
    seconds = RETRY_PAUSES[min(max(failures, 1), len(RETRY_PAUSES)) - 1]
    return timedelta(seconds=jittered(seconds))


def jittered(seconds: float) -> float:
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret


def hint(clave: str, at: datetime) -> bool:
    """Somebody says that Hacienda has an answer about *clave*: ask now; False if there is no need.

    A rejected document is asked about as well: Hacienda may have corrected itself.
    """
    rows = Submission.objects.filter(comprobante__clave=clave, lease__isnull=True)
    waiting = rows.filter(state=Submission.ASKING, due_at__gt=at).update(due_at=at)
    again = rows.filter(state=Submission.DONE, comprobante__state=Comprobante.REJECTED).update(
        state=Submission.ASKING, due_at=at, asked=0, failures=0
    )
    return bool(waiting or again)


def resume(company: Company, environment: str, *, at: datetime) -> int:
    """Send again what stopped because Hacienda did not take the company's user and password."""
    return company.submissions.filter(
        environment=environment, state=Submission.STOPPED, stopped_for=Submission.CREDENTIALS
    ).update(
        state=Submission.WAITING,
        stopped_for="",
        due_at=at,
        failures=0,
        doubtful=True,
        last_error="",
    )


def again(row: Submission, *, at: datetime) -> bool:
    """Send a stopped document once more, the same bytes; False when it is not stopped."""
    return bool(
        Submission.objects.filter(pk=row.pk, state=Submission.STOPPED).update(
            state=Submission.WAITING, stopped_for="", due_at=at, failures=0, doubtful=True
        )
    )
