"""Everything that happened in a ticket, in order: messages, internal notes and acts. Only added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from iofacturo.accounts.user import User
from iofacturo.support.ticket import Ticket


class Entry(models.Model):
    """One line of a conversation. Append-only.

    Customers read the kinds in PUBLIC; the others are for the provider's people.
    """

    MESSAGE, NOTE = "message", "note"
    RESOLVED, REOPENED, CLOSED, PAUSED, RESUMED = (
        "resolved", "reopened", "closed", "paused", "resumed",
    )  # fmt: skip
    COPIED, UNCOPIED = "copied", "uncopied"
    ASSIGNED, RELEASED, HANDOVER = "assigned", "released", "handover"
    TOLD = {
        MESSAGE: "mensaje",
        NOTE: "nota interna",
        RESOLVED: "resuelto",
        REOPENED: "reabierto",
        CLOSED: "cerrado",
        PAUSED: "en pausa",
        RESUMED: "en curso otra vez",
        COPIED: "persona en copia",
        UNCOPIED: "persona fuera de la copia",
        ASSIGNED: "asignado",
        RELEASED: "sin asignar",
        HANDOVER: "entregado a revisión",
    }
    PUBLIC = (MESSAGE, RESOLVED, REOPENED, CLOSED, PAUSED, RESUMED, COPIED, UNCOPIED)
    CUSTOMER, STAFF, CLOCK = "customer", "staff", "clock"
    SIDES = [(CUSTOMER, "cliente"), (STAFF, "proveedor"), (CLOCK, "reloj")]
    WEB, MAIL = "web", "mail"

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=list(TOLD.items()))
    side = models.CharField(max_length=8, choices=SIDES)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(blank=True)
    to_state = models.CharField(max_length=8)
    subject_user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=4, default=WEB)
    token = models.CharField(max_length=64, blank=True)  # of the form that made it
    fingerprint = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "entrada"
        verbose_name_plural = "entradas"
        indexes = [models.Index(fields=["ticket", "id"], name="entry_ticket")]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "token"], condition=~Q(token=""), name="entry_form_once"
            ),
            models.CheckConstraint(
                condition=Q(side="clock", author__isnull=True)
                | Q(side__in=("customer", "staff"), author__isnull=False),
                name="entry_has_author",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("note", "assigned", "released", "handover"))
                | Q(side="staff"),
                name="entry_internal_is_staff",
            ),
        ]

    @property
    def is_public(self) -> bool:
        return self.kind in self.PUBLIC


def record(
    ticket: Ticket, kind: str, *, by: User | None, side: str, at: datetime, **fields: Any
) -> Entry:
    """Write the line down, in the transaction of what it tells; the state is that after the act."""
    return Entry.objects.create(
        ticket=ticket, kind=kind, side=side, author=by, at=at, to_state=ticket.state, **fields
    )


def last_public(ticket: Ticket) -> Entry | None:
    """The newest line that the customer reads."""
    return ticket.entries.filter(kind__in=Entry.PUBLIC).order_by("-id").first()
