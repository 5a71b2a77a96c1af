"""Who belongs to a company, in which role."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.permissions import COMPANY_ROLES, GRANTABLE, may, rank
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

    def change(
        self, *, role: str, can_issue: bool = False, can_renew: bool = False, by: User, at: datetime
    ) -> None:
        """Give this person another role or other grants. Refused where the rules say no."""
        with transaction.atomic():
            seat, actor = self._together(by)
            actor.check_may_seat(seat.role, role)
            if seat.pk == actor.pk and rank(role) > rank(seat.role):
                raise Refused("Nadie puede subir su propio rol. Pídaselo a otra persona.")
            if seat.role == "owner" and role != "owner":
                seat.check_not_last_owner()
            before = seat.terms
            seat.role = role
            seat.can_issue = can_issue and role == "accountant"
            seat.can_renew = can_renew and role == "accountant"
            if seat.terms == before:
                return
            seat.save(update_fields=["role", "can_issue", "can_renew"])
            seat._record("membership.changed", by, at, before=before, after=seat.terms)

    def remove(self, *, by: User, at: datetime) -> None:
        """Close this seat; the person notices on their next request. One may remove oneself."""
        with transaction.atomic():
            seat, actor = self._together(by)
            if seat.pk != actor.pk:
                actor.check_may_seat(seat.role, seat.role)
            if seat.role == "owner":
                seat.check_not_last_owner()
            seat.removed_at, seat.removed_by = at, by
            seat.save(update_fields=["removed_at", "removed_by"])
            action = "membership.left" if seat.pk == actor.pk else "membership.removed"
            seat._record(action, by, at, before=seat.terms)

    def check_may_seat(self, *roles: str) -> None:
        """Refused unless this person may give and take each of *roles*."""
        if not self.may("members"):
            raise Refused("Su rol en esta empresa no permite cambiar a sus personas.")
        if "owner" in roles and not self.may("owners"):
            raise Refused("Solo una persona propietaria puede nombrar o cambiar a otra.")

    def check_not_last_owner(self) -> None:
        """Refused when nobody else owns the company. Call it under `Company.locked`."""
        others = self.company.memberships.filter(role="owner", removed_at__isnull=True)
        if not others.exclude(pk=self.pk).exists():
            raise Refused(
                "Es la única persona propietaria. Nombre antes a otra: "
                "una empresa no puede quedarse sin dueña."
            )

    @property
    def terms(self) -> dict[str, str | bool]:
        """Role and grants, as the audit keeps them."""
        return {"role": self.role, "can_issue": self.can_issue, "can_renew": self.can_renew}

    def _together(self, by: User) -> "tuple[Membership, Membership]":
        """This seat and that of *by* as they stand now, with the company's seats locked."""
        company = Company.locked(self.company_id)
        seats = {
            seat.user_id: seat
            for seat in company.memberships.filter(
                removed_at__isnull=True, user__in=[self.user_id, by.pk]
            ).select_related("company", "user")
        }
        if self.user_id not in seats:
            raise Refused("Esta persona ya no pertenece a la empresa.")
        if by.pk not in seats:
            raise Refused("Usted ya no pertenece a esta empresa.")
        return seats[self.user_id], seats[by.pk]

    def _record(self, action: str, by: User, at: datetime, **detail: object) -> None:
        audit.record(action, by=by, company=self.company, subject=self.user.email, at=at, **detail)
