"""Who belongs to a company, in which role."""

from django.db import models
from django.db.models import Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.permissions import COMPANY_ROLES, GRANTABLE, may
from iofacturo.accounts.user import User
from iofacturo.lib import clock


class Membership(models.Model):
    """A person in a company. A removed one stays as a row and opens nothing."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    company = models.ForeignKey(Company, models.PROTECT, related_name="memberships")
    role = models.CharField("rol", max_length=16, choices=COMPANY_ROLES)
    can_issue = models.BooleanField("puede emitir", default=False)  # granted to accountants
    can_renew = models.BooleanField("puede renovar", default=False)  # granted to accountants
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "miembro"
        verbose_name_plural = "miembros"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "user"],
                condition=Q(removed_at__isnull=True),
                name="membership_once",
            ),
            models.CheckConstraint(
                condition=Q(role="accountant") | Q(can_issue=False, can_renew=False),
                name="membership_grants_to_accountants",
            ),
        ]

    def may(self, act: str) -> bool:
        """Whether this person may do *act* (a name from `permissions.COMPANY_ACTS`)."""
        if self.removed_at is not None:
            return False
        granted = {name for name in GRANTABLE if getattr(self, f"can_{name}")}
        return may(self.role, act, granted)
