"""The provider's people."""

from django.db import models

from iofacturo.accounts.permissions import STAFF_ROLES, staff_may
from iofacturo.accounts.user import User
from iofacturo.lib import clock


class Staff(models.Model):
    user = models.OneToOneField(User, models.PROTECT, related_name="staff")
    role = models.CharField("rol", max_length=16, choices=STAFF_ROLES)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "persona del proveedor"
        verbose_name_plural = "personas del proveedor"

    def may(self, act: str) -> bool:
        """Whether this person may do *act* (a name from `permissions.STAFF_ACTS`)."""
        return self.removed_at is None and staff_may(self.role, act)
