"""The renewal request: its number, its reference, its state, and who may do what with it when.

    draft ──submit──▶ in_review ──approve──▶ active ──reverse──▶ reversed
      │ │                │  │ ▲
      │ └─lapse─▶ expired◀┐ │ └─answer── needs_info ◀─ask─ (in_review)
      └─cancel─▶ cancelled┘ └──reject──▶ rejected           needs_info ──lapse──▶ expired

A draft whose guarantee lapsed (`expired`) is kept and becomes a draft again with a new quote. The
acts live in the files of their own names: `draft`, `submission`, `answer`, `review`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib import clock
from iofacturo.renewals import number as numbers
from iofacturo.renewals import reference as references
from iofacturo.renewals.billing import Billing, BillingSnapshot
from iofacturo.renewals.errors import Stale
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.quote import Quote


class IsWaiting(models.Func):
    """Whether a state is one of `SENT`, with the states written out: only so SQLite sees that the
    small index of what waits answers it, whatever it believes of how many requests each state has.
    """

    template = "%(expressions)s IN ('in_review', 'needs_info')"
    output_field = models.BooleanField()


class RenewalRequest(models.Model):
    """One attempt to buy one plan.

    Never written with `save()`: every change goes through `change`, which counts `version` up and
    refuses when somebody else was quicker. `draft` holds what was typed, right or wrong.
    """

    DRAFT, IN_REVIEW, NEEDS_INFO = "draft", "in_review", "needs_info"
    ACTIVE, REJECTED, CANCELLED = "active", "rejected", "cancelled"
    EXPIRED, REVERSED = "expired", "reversed"
    STATES = [
        (DRAFT, "Borrador"),
        (IN_REVIEW, "Enviada"),
        (NEEDS_INFO, "Corrección solicitada"),
        (ACTIVE, "Activada"),
        (REJECTED, "Rechazada"),
        (CANCELLED, "Cancelada"),
        (EXPIRED, "Vencida"),
        (REVERSED, "Revertida"),
    ]
    OPEN = (DRAFT, IN_REVIEW, NEEDS_INFO)
    SENT = (IN_REVIEW, NEEDS_INFO)
    BADGES = {
        DRAFT: ("", "draft"),
        IN_REVIEW: ("info", "clock"),
        NEEDS_INFO: ("warn", "edit"),
        ACTIVE: ("ok", "good"),
        REJECTED: ("bad", "stop"),
        CANCELLED: ("", "void"),
        EXPIRED: ("warn", "calendar"),
        REVERSED: ("", "void"),
    }

    company = models.ForeignKey(Company, models.PROTECT, related_name="renewal_requests")
    number = models.CharField("número", max_length=11, unique=True, default=numbers.new)
    reference = models.CharField("referencia", max_length=10, unique=True, default=references.new)
    state = models.CharField("estado", max_length=12, choices=STATES, default=DRAFT)
    version = models.PositiveIntegerField(default=1)
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors")
    group = models.ForeignKey(RenewalGroup, models.PROTECT, null=True, related_name="requests")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    quote = models.ForeignKey(Quote, models.PROTECT, null=True, related_name="+")
    billing = models.ForeignKey(BillingSnapshot, models.PROTECT, null=True, related_name="+")
    draft = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)
    due_calendar = models.ForeignKey(
        "business_time.CalendarVersion", models.PROTECT, null=True, related_name="+"
    )
    seconds_left = models.PositiveIntegerField(null=True)  # business time, while the clock stands
    correct_until = models.DateTimeField(null=True)
    to_correct = models.JSONField(default=list)  # of PARTS

    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_until = models.DateTimeField(null=True)
    first_approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    first_approved_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    # what the company pays of it with its credit, taken when it is activated
    credit_wanted = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    class Meta:
        verbose_name = "solicitud de renovación"
        verbose_name_plural = "solicitudes de renovación"
        indexes = [
            models.Index(fields=["company", "-id"], name="request_company"),
            models.Index(fields=["state", "due_at", "id"], name="request_queue"),
            models.Index(
                fields=["state", "due_at"],
                condition=Q(state__in=["in_review", "needs_info"]),
                name="request_waiting",
            ),
            models.Index(
                fields=["correct_until"],
                condition=Q(state="needs_info"),
                name="request_correction",
            ),
            models.Index(fields=["changed_at"], condition=Q(state="draft"), name="request_drafts"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "company"],
                condition=Q(group__isnull=False) & ~Q(state="cancelled"),
                name="request_once_in_group",
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=["in_review", "needs_info", "active", "rejected", "reversed"]
                )
                | Q(submitted_at__isnull=False, quote__isnull=False, billing__isnull=False),
                name="request_sent_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_review") | Q(due_at__isnull=False),
                name="request_review_is_due",
            ),
            models.CheckConstraint(
                condition=Q(first_approved_by__isnull=True)
                | ~Q(first_approved_by=F("submitted_by")),
                name="request_not_self_approved",
            ),
            models.CheckConstraint(condition=Q(credit_wanted__gte=0), name="request_credit"),
        ]

    def __str__(self) -> str:
        return self.number

    # -- reading -----------------------------------------------------------------------------

    @classmethod
    def lock(cls, pk: int) -> Self:
        """The row as it is now, held until the end of the transaction."""
        return (
            cls.objects.select_for_update(of=("self",))
            .select_related("quote", "company", "billing", "due_calendar", "group")
            .get(pk=pk)
        )

    @classmethod
    def open_for(cls, company: Company, at: datetime) -> list[Self]:
        """What *company* has begun and not finished, the newest first; at most twenty."""
        return list(
            cls.objects.filter(company=company, state__in=cls.OPEN)
            .select_related("quote")
            .order_by("-id")[:20]
        )

    @classmethod
    def waiting(cls) -> models.QuerySet[Self]:
        """What was sent and not decided, of all companies, however long the past is."""
        return cls.objects.filter(IsWaiting("state"))

    def is_taken(self, at: datetime) -> bool:
        """Whether somebody's lease runs at *at*."""
        return (
            self.taken_by_id is not None and self.taken_until is not None and at < self.taken_until
        )

    def can_cancel(self, at: datetime) -> bool:
        """A draft always; a sent one while nobody took it and no money was noted."""
        if self.state in (self.DRAFT, self.EXPIRED):
            return self.submitted_at is None
        return (
            self.state == self.IN_REVIEW
            and not self.is_taken(at)
            and self.first_approved_by_id is None
        )

    def is_late(self, at: datetime) -> bool:
        return self.state == self.IN_REVIEW and self.due_at is not None and at > self.due_at

    def word(self, at: datetime) -> str:
        """The state as people read it: `Enviada` becomes `En revisión` once somebody took it."""
        if self.state == self.IN_REVIEW and (self.is_taken(at) or self.first_approved_by_id):
            return "En revisión"
        return self.get_state_display()

    @property
    def last_day_to_correct(self) -> date | None:
        """The last day on which a correction is taken, in Costa Rica."""
        if self.correct_until is None:
            return None
        return clock.local(self.correct_until - timedelta(microseconds=1)).date()

    @property
    def tone(self) -> str:
        return self.BADGES[self.state][0]

    @property
    def icon(self) -> str:
        return self.BADGES[self.state][1]

    @property
    def given(self) -> Quote:
        """The quote, where there must be one."""
        assert self.quote is not None  # noqa: S101 - every request is born with its quote
        return self.quote

    @property
    def in_making(self) -> bool:
        """Whether it is being prepared together with others, and is sent with them."""
        return self.group is not None and self.group.sent_at is None

    @property
    def pay_reference(self) -> str:
        """The reference that goes into its transfer: the group's where others share it."""
        return self.group.reference if self.group is not None else self.reference

    @property
    def typed(self) -> Billing:
        """The billing data of the draft as typed."""
        return Billing.from_mapping(self.draft.get("billing", {}))

    # -- writing -----------------------------------------------------------------------------

    def change(self, *, at: datetime | None = None, **fields: Any) -> None:
        """Write *fields* if the row is still the one that was read; Stale otherwise."""
        if at is not None:
            fields["changed_at"] = at
        rows = RenewalRequest.objects.filter(pk=self.pk, version=self.version).update(
            version=F("version") + 1, **fields
        )
        if rows != 1:
            raise Stale
        self.version += 1
        for name, value in fields.items():
            setattr(self, name, value)

    def seen(self, version: int | None) -> None:
        """Stale if the person looked at another version than this one."""
        if version is not None and version != self.version:
            raise Stale(self.changed_at)


PAYMENT, PROOF, BILLING = "payment", "proof", "billing"
PARTS = {
    PAYMENT: "Completar el pago",
    PROOF: "Comprobante de la transferencia",
    BILLING: "Datos para la factura",
}
