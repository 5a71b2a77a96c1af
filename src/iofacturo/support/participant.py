"""The people of a company in one ticket: its author, and those in copy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.support.ticket import Ticket


class Participant(models.Model):
    """Somebody who is told what happens in a ticket and reads it, for as long as they have a seat."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="participants")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "participante"
        verbose_name_plural = "participantes"
        indexes = [
            models.Index(fields=["company", "user", "-ticket"], name="participant_list"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "user"],
                condition=Q(removed_at__isnull=True),
                name="participant_once",
            )
        ]


def people(ticket: Ticket) -> list[User]:
    """Those of *ticket* who still have a seat in its company and can log in, the author first."""
    seat = Membership.objects.filter(
        company=ticket.company_id, user=OuterRef("user"), removed_at__isnull=True,
        user__is_active=True,
    )  # fmt: skip
    rows = Participant.objects.filter(Exists(seat), ticket=ticket, removed_at__isnull=True)
    return [row.user for row in rows.select_related("user").order_by("id")]


def colleagues(ticket: Ticket) -> list[User]:
    """People of the company who could be put in copy and are not yet."""
    inside = {user.pk for user in people(ticket)}
    return [user for user in of(ticket.company) if user.pk not in inside]


def of(company: Company, *, but: User | None = None) -> list[User]:
    """Everybody with a seat in *company*, by name."""
    seats = company.memberships.filter(removed_at__isnull=True, user__is_active=True)
    rows = seats.select_related("user").order_by("user__name", "user__email", "id")
    return [seat.user for seat in rows if but is None or seat.user_id != but.pk]


def add(ticket: Ticket, users: Iterable[User], *, by: User | None, at: datetime) -> list[User]:
    """Put *users* in; answers those who were not there yet."""
    there = set(ticket.participants.filter(removed_at__isnull=True).values_list("user", flat=True))
    fresh = [user for user in dict.fromkeys(users) if user.pk not in there]
    Participant.objects.bulk_create(
        Participant(
            ticket=ticket, company_id=ticket.company_id, user=user, added_at=at, added_by=by
        )
        for user in fresh
    )
    return fresh


def remove(ticket: Ticket, user: User, *, at: datetime) -> bool:
    rows = ticket.participants.filter(user=user, removed_at__isnull=True)
    return bool(rows.update(removed_at=at))
