"""A seat offered by mail: whoever opens the link takes it, once, within a week."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.permissions import COMPANY_ROLES, STAFF_ROLES
from iofacturo.accounts.user import User
from iofacturo.lib import clock

LASTS = timedelta(days=7)


def new_token() -> str:
    """192 bits of chance, for the link in the mail."""
    return secrets.token_urlsafe(24)


def digest(token: str) -> str:
    """What is kept of a token: who reads the table cannot open the door."""
    return hashlib.sha256(token.encode()).hexdigest()


class Offer(models.Model):
    """What both kinds of invitation share."""

    email = models.EmailField("correo electrónico", max_length=160)  # lower case
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField(default=clock.now, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def expires_at(self) -> datetime:
        """Seven days after the mail that was sent last."""
        return self.sent_at + LASTS

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at


class Invitation(Offer):
    """To a company."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="invitations")
    role = models.CharField("rol", max_length=16, choices=COMPANY_ROLES)
    can_issue = models.BooleanField("puede emitir", default=False)
    can_renew = models.BooleanField("puede renovar", default=False)

    class Meta:
        verbose_name = "invitación"
        verbose_name_plural = "invitaciones"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(role="accountant") | Q(can_issue=False, can_renew=False),
                name="invitation_grants_to_accountants",
            ),
        ]


class StaffInvitation(Offer):
    """To the provider's own people."""

    role = models.CharField("rol", max_length=16, choices=STAFF_ROLES)

    class Meta:
        verbose_name = "invitación al equipo"
        verbose_name_plural = "invitaciones al equipo"
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="staff_invitation_open_once",
            )
        ]
