"""What has to be asked of Hacienda or brought to it for received documents. The row is the queue.

An errand without a message is a question: what does Hacienda say of this clave? One with a message
is sent and followed like a comprobante. Leases, pauses and the courier are those of deliveries.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models, transaction
from django.db.models import Q

from iofacturo.accounts.company import Company
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.submission import LEASE


class Errand(models.Model):
    """One question, or one message on its way."""

    WAITING, ASKING, DONE, STOPPED = "waiting", "asking", "done", "stopped"
    STATES = [
        (WAITING, "Por enviar"),
        (ASKING, "Esperando la respuesta"),
        (DONE, "Respondido"),
        (STOPPED, "Detenido"),
    ]
    CREDENTIALS, REFUSED = "credentials", "refused"

    received = models.ForeignKey(Received, models.PROTECT, related_name="errands", db_index=False)
    message = models.OneToOneField(
        ReceiverMessage, models.PROTECT, null=True, related_name="errand"
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="errands", db_index=False, db_constraint=False
    )
    environment = models.CharField(max_length=16)
    state = models.CharField(max_length=8, choices=STATES)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    asked = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)  # in a row
    doubtful = models.BooleanField(default=False)  # it may have arrived: ask before sending
    sent_at = models.DateTimeField(null=True)
    stopped_for = models.CharField(max_length=12, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "gestión ante Hacienda"
        verbose_name_plural = "gestiones ante Hacienda"
        constraints = [
            models.UniqueConstraint(
                fields=["received"], condition=Q(message__isnull=True), name="errand_one_question"
            ),
            models.CheckConstraint(
                condition=Q(message__isnull=False) | ~Q(state="waiting"), name="errand_only_asks"
            ),
            models.CheckConstraint(
                condition=Q(state="stopped") & ~Q(stopped_for="")
                | ~Q(state="stopped") & Q(stopped_for=""),
                name="errand_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(state__in=["waiting", "asking"]),
                name="errand_due",
            ),
            models.Index(
                fields=["company", "environment"],
                condition=Q(state="stopped"),
                name="errand_stopped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_id}: {self.get_state_display()}"


def due(environment: str, now: datetime) -> models.QuerySet[Errand]:
    """What may be taken at *now*, the longest waiting first."""
    return Errand.objects.filter(
        environment=environment, state__in=(Errand.WAITING, Errand.ASKING), due_at__lte=now
    ).order_by("due_at")


def claim(environment: str, most: int, now: datetime) -> list[Errand]:
    """Up to *most* due rows, held for `LEASE`, with what they are about."""
    if most <= 0:
        return []
    waiting, lease = due(environment, now), uuid4()
    with transaction.atomic():
        pks = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most])
        taken = due(environment, now).filter(pk__in=pks).order_by()
        if not pks or not taken.update(lease=lease, due_at=now + LEASE):
            return []
    return list(
        Errand.objects.filter(pk__in=pks, lease=lease).select_related(
            "received__company", "message"
        )
    )


def held(row: Errand) -> models.QuerySet[Errand]:
    """*row*, if nobody took it over meanwhile."""
    return Errand.objects.filter(pk=row.pk, lease=row.lease)


def resume(company: Company, environment: str, *, at: datetime) -> int:
    """Take up what stopped because Hacienda did not take the company's user and password."""
    stopped = company.errands.filter(
        environment=environment, state=Errand.STOPPED, stopped_for=Errand.CREDENTIALS
    )
    fresh = {"stopped_for": "", "due_at": at, "failures": 0, "last_error": ""}
    questions = stopped.filter(message__isnull=True).update(state=Errand.ASKING, **fresh)
    return questions + stopped.update(state=Errand.WAITING, doubtful=True, **fresh)


def again(row: Errand, *, at: datetime) -> bool:
    """Take up one errand that stopped, or a question that came to its end; False otherwise."""
    if row.message_id is None:
        return bool(
            Errand.objects.filter(pk=row.pk, lease__isnull=True, message__isnull=True).update(
                state=Errand.ASKING, stopped_for="", due_at=at, asked=0, failures=0, last_error=""
            )
        )
    return bool(
        Errand.objects.filter(pk=row.pk, state=Errand.STOPPED).update(
            state=Errand.WAITING, stopped_for="", due_at=at, failures=0, doubtful=True
        )
    )
