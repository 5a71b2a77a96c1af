"""Every step of a request, as it happened: the timeline. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from iofacturo.accounts.user import User

if TYPE_CHECKING:
    from iofacturo.renewals.request import RenewalRequest


class ReviewDecision(models.Model):
    """One act on a request. Append-only.

    `note` is for the customer, `internal_note` for colleagues. `detail` holds what the act needs
    to be understood later: line ids, the missing amount, both due times.
    """

    CUSTOMER, STAFF, CLOCK = "customer", "staff", "clock"
    SIDES = [(CUSTOMER, "cliente"), (STAFF, "proveedor"), (CLOCK, "reloj")]
    TOLD = {
        "chosen": "plan escogido",
        "quoted": "precio actualizado",
        "submitted": "enviada",
        "taken": "tomada",
        "released": "devuelta a la cola",
        "handed_over": "pasada a otra persona",
        "correction": "corrección solicitada",
        "answered": "corrección enviada",
        "first_approval": "primera aprobación",
        "approved": "aprobada y activada",
        "rejected": "rechazada",
        "cancelled": "cancelada",
        "expired": "vencida",
        "resurrected": "reabierta",
        "reversed": "revertida",
        "rescheduled": "plazo recalculado",
    }

    request = models.ForeignKey("RenewalRequest", models.PROTECT, related_name="decisions")
    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    side = models.CharField(max_length=8, choices=SIDES)
    action = models.CharField(max_length=16, choices=[(key, key) for key in TOLD])
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    reason = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)
    internal_note = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    version = models.PositiveIntegerField()  # of the request, after the act

    class Meta:
        verbose_name = "paso"
        verbose_name_plural = "pasos"
        indexes = [models.Index(fields=["request", "id"], name="decision_request")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(side="clock", actor__isnull=True)
                | models.Q(side__in=("customer", "staff"), actor__isnull=False),
                name="decision_has_actor",
            )
        ]

    @property
    def told(self) -> str:
        return self.TOLD[self.action]

    @property
    def who(self) -> str:
        """The actor for colleagues."""
        return str(self.actor) if self.actor_id else "el sistema"

    @property
    def who_for_customer(self) -> str:
        """Customers read their own people's names, and the team instead of a reviewer's."""
        if self.side == self.CUSTOMER:
            return str(self.actor)
        return "el equipo de revisión" if self.side == self.STAFF else "el sistema"


def record(
    request: RenewalRequest,
    action: str,
    *,
    by: User | None,
    side: str,
    at: datetime,
    before: str,
    reason: str = "",
    note: str = "",
    internal_note: str = "",
    **detail: Any,
) -> ReviewDecision:
    """Write the step down, in the transaction of the step. *detail* must be JSON."""
    return ReviewDecision.objects.create(
        request=request,
        at=at,
        actor=by,
        side=side,
        action=action,
        from_state=before,
        to_state=request.state,
        reason=reason,
        note=note,
        internal_note=internal_note,
        detail=detail,
        version=request.version,
    )


def last(request: RenewalRequest) -> ReviewDecision | None:
    """The step that brought *request* where it is."""
    return (
        ReviewDecision.objects.filter(request=request)
        .select_related("actor")
        .order_by("-id")
        .first()
    )
