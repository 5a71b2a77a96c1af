"""The provider's people."""

from datetime import datetime

from django.db import models, transaction

from iofacturo.accounts import audit
from iofacturo.accounts.errors import Refused
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

    def change(self, *, role: str, by: User, at: datetime) -> None:
        """Give this person another role. Nobody changes their own; an administrator stays."""
        with transaction.atomic():
            seat = self._checked(by)
            if seat.role == role:
                return
            before, seat.role = seat.role, role
            seat.save(update_fields=["role"])
            audit.record(
                "staff.changed", by=by, subject=seat.user.email, at=at, before=before, after=role
            )

    def remove(self, *, by: User, at: datetime) -> None:
        """Take this person out of the team; they notice on their next request."""
        with transaction.atomic():
            seat = self._checked(by)
            seat.removed_at, seat.removed_by = at, by
            seat.save(update_fields=["removed_at", "removed_by"])
            audit.record("staff.removed", by=by, subject=seat.user.email, at=at, before=seat.role)

    def _checked(self, by: User) -> "Staff":
        """This seat as it stands now, when *by* may change it.

        All administrators are locked in order, so of two who remove each other one comes late.
        Since the one who acts is an administrator and never acts on themself, one always stays.
        """
        administrators = Staff.objects.select_for_update(of=("self",), no_key=True).filter(
            role="administrator", removed_at__isnull=True
        )
        if by.pk not in {seat.user_id for seat in administrators.order_by("pk")}:
            raise Refused("Solo una persona administradora puede cambiar al equipo.")
        seat = (
            Staff.objects.select_for_update(of=("self",), no_key=True)
            .select_related("user")
            .filter(pk=self.pk, removed_at__isnull=True)
            .first()
        )
        if seat is None:
            raise Refused("Esta persona ya no está en el equipo.")
        if seat.user_id == by.pk:
            raise Refused("Nadie puede cambiar su propio lugar. Pídaselo a otra persona.")
        return seat
