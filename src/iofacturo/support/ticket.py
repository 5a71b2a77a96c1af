"""A ticket: who asked what about which request or document, and where the conversation stands.

    ──open──▶ open ──staff answers──▶ waiting ──customer answers──▶ open
                │  ▲                     │
                └──┴──── resolve ────────┴──▶ resolved ──N days──▶ closed
                   └── answered in time ─────────┘

`late` is the cause of the one ticket that a broken promise opens by itself for its request.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support import number as numbers


def mail_token() -> str:
    """What stands in a ticket's own mail address: 160 bits of chance, in lower case.

    The part before an at sign loses its capitals on the way, so that base64 will not do.
    """
    return base64.b32encode(secrets.token_bytes(20)).decode().lower()


class Ticket(models.Model):
    """One conversation with one company.

    `due_at` is by when somebody of ours must answer; nothing while the customer has the word.
    Rows change under `lock`, through `change`.
    """

    OPEN, WAITING, RESOLVED, CLOSED = "open", "waiting", "resolved", "closed"
    STATES = [
        (OPEN, "Abierto"),
        (WAITING, "En espera del cliente"),
        (RESOLVED, "Resuelto"),
        (CLOSED, "Cerrado"),
    ]
    LIVE = (OPEN, WAITING)
    BADGES = {
        OPEN: ("info", "clock"),
        WAITING: ("warn", "edit"),
        RESOLVED: ("ok", "good"),
        CLOSED: ("", "lock"),
    }
    PERSON, LATE = "person", "late"
    CAUSES = [(PERSON, "una persona"), (LATE, "un plazo vencido")]

    company = models.ForeignKey(Company, models.PROTECT, related_name="tickets")
    number = models.CharField("número", max_length=11, unique=True, default=numbers.new)
    mail_token = models.CharField(max_length=32, unique=True, default=mail_token, editable=False)
    cause = models.CharField(max_length=6, choices=CAUSES, default=PERSON)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    subject = models.CharField("asunto", max_length=140)
    request = models.ForeignKey(RenewalRequest, models.PROTECT, null=True, related_name="tickets")
    comprobante = models.ForeignKey(Comprobante, models.PROTECT, null=True, related_name="tickets")
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors")
    created_at = models.DateTimeField()

    state = models.CharField("estado", max_length=8, choices=STATES, default=OPEN)
    live = models.BooleanField(default=True)  # open or waiting: one value, so that an index leads
    changed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    due_from = models.DateTimeField(null=True)  # of a late ticket nothing: its request has the time
    due_calendar = models.ForeignKey(
        "business_time.CalendarVersion", models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)  # the first time
    assigned_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)  # until then an answer opens it again
    followed = models.CharField(max_length=12, blank=True)  # of a late one: its request's state

    class Meta:
        verbose_name = "ticket"
        verbose_name_plural = "tickets"
        indexes = [
            models.Index(fields=["company", "-id"], name="ticket_company"),
            models.Index(fields=["company", "live", "-id"], name="ticket_company_live"),
            models.Index(fields=["state", "due_at", "id"], name="ticket_queue"),
            models.Index(fields=["state", "-id"], name="ticket_state"),
            models.Index(
                fields=["state", "due_at", "id"],
                condition=Q(assigned_to__isnull=True),
                name="ticket_unassigned",
            ),
            models.Index(fields=["assigned_to", "live", "due_at", "id"], name="ticket_mine"),
            models.Index(fields=["cause", "live", "id"], name="ticket_cause"),
            models.Index(fields=["state", "closes_at"], name="ticket_closing"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(cause="late"), name="ticket_late_once"
            ),
            models.CheckConstraint(
                condition=Q(cause="person", author__isnull=False)
                | Q(cause="late", author__isnull=True, request__isnull=False),
                name="ticket_has_cause",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "waiting"), live=True)
                | Q(state__in=("resolved", "closed"), live=False),
                name="ticket_live",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(state="open"), name="ticket_due_is_open"
            ),
            models.CheckConstraint(
                condition=Q(live=True, resolved_at__isnull=True, closes_at__isnull=True)
                | Q(live=False, resolved_at__isnull=False, closes_at__isnull=False),
                name="ticket_resolved_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    # -- reading -----------------------------------------------------------------------------

    @classmethod
    def lock(cls, pk: int) -> Self:
        """The row as it is now, held until the end of the transaction."""
        return (
            cls.objects.select_for_update(of=("self",))
            .select_related("company", "request", "author", "assigned_to")
            .get(pk=pk)
        )

    @classmethod
    def seen_by(cls, seat: Membership) -> models.QuerySet[Ticket]:
        """What *seat* may read: who manages the people sees all of the company's, others their own.

        One's own are those one opened and those one was put in copy of.
        """
        from iofacturo.support.participant import Participant

        rows = cls.objects.filter(company=seat.company_id)
        if seat.may("members"):
            return rows
        mine = Participant.objects.filter(
            ticket=OuterRef("pk"), user=seat.user_id, removed_at__isnull=True
        )
        return rows.filter(Exists(mine))

    def state_at(self, at: datetime) -> str:
        """The state at *at*: a resolved one is closed when its time is over, told or not."""
        if self.state == self.RESOLVED and self.closes_at is not None and at >= self.closes_at:
            return self.CLOSED
        return self.state

    def is_closed(self, at: datetime) -> bool:
        return self.state_at(at) == self.CLOSED

    def is_late(self, at: datetime) -> bool:
        """Whether we owe an answer since before *at*."""
        return self.due_at is not None and at > self.due_at

    def word(self, at: datetime) -> str:
        """The state as customers read it."""
        found = self.state_at(at)
        return "En espera de usted" if found == self.WAITING else dict(self.STATES)[found]

    @property
    def is_automatic(self) -> bool:
        return self.cause == self.LATE

    @property
    def who(self) -> str:
        return str(self.author) if self.author_id else "el sistema"

    # -- writing -----------------------------------------------------------------------------

    def change(self, *, at: datetime, **fields: Any) -> None:
        """Write *fields* on a row that is held by `lock`."""
        if "state" in fields:
            fields["live"] = fields["state"] in self.LIVE
        fields["changed_at"] = at
        Ticket.objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)
