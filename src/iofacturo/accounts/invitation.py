"""A seat offered by mail: whoever opens the link takes it, once, within a week."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.letter import Letter, absolute
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.permissions import COMPANY_ROLES, STAFF_ROLES
from iofacturo.accounts.staff import Staff
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

    role: "models.CharField[str, str]"
    objects: "ClassVar[models.Manager[Any]]"
    ACCEPTED: ClassVar[str]
    RESENT: ClassVar[str]
    WITHDRAWN: ClassVar[str]

    class Meta:
        abstract = True

    def seat(self, user: User, *, at: datetime) -> None:
        """Give *user* the place that was offered."""
        raise NotImplementedError

    def record(self, action: str, *, by: User | None, at: datetime, **detail: Any) -> None:
        """Write down what happened to the invitation."""
        raise NotImplementedError

    def mail(self, token: str, *, at: datetime) -> None:
        """Send the link; it is written down nowhere else."""
        raise NotImplementedError

    @property
    def expires_at(self) -> datetime:
        """Seven days after the mail that was sent last."""
        return self.sent_at + LASTS

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at

    def is_for(self, user: User) -> bool:
        """Whether the invited e-mail is this person's own, confirmed one."""
        return (
            user.email.lower() == self.email
            or EmailAddress.objects.filter(
                user=user, email__iexact=self.email, verified=True
            ).exists()
        )

    def accept(self, user: User, *, at: datetime) -> None:
        """Take the seat, once. Refused when it is another's, was used, withdrawn or lapsed."""
        if not self.is_for(user):
            raise Refused("Esta invitación es para otro correo.")
        try:
            with transaction.atomic():
                self._claim(at, accepted_by=user)
                self.seat(user, at=at)
                self.record(self.ACCEPTED, by=user, at=at, role=self.role)
        except IntegrityError:  # the last line of `membership_once`
            raise Refused("Usted ya tiene un lugar aquí.") from None

    def accept_as_new(self, *, name: str, password: str, at: datetime) -> User:
        """Make the account of the invited person and take the seat: both or neither.

        Opening the link proved that the e-mail is theirs, so it counts as confirmed.
        """
        try:
            with transaction.atomic():
                self._claim(at)
                user = User.objects.create_user(self.email, password, name=name)
                EmailAddress.objects.create(
                    user=user, email=self.email, verified=True, primary=True
                )
                type(self).objects.filter(pk=self.pk).update(accepted_by=user)
                self.seat(user, at=at)
                self.record(self.ACCEPTED, by=user, at=at, role=self.role)
        except IntegrityError:
            raise Refused(
                "Ya hay una cuenta con este correo: inicie sesión y abra el enlace."
            ) from None
        return user

    def resend(self, *, by: User, at: datetime) -> None:
        """Send another link, good for a week from now; the one before stops working."""
        token = new_token()
        with transaction.atomic():
            open_rows = type(self).objects.filter(
                pk=self.pk, accepted_at__isnull=True, withdrawn_at__isnull=True
            )
            if open_rows.update(digest=digest(token), sent_at=at) != 1:
                raise Refused("La invitación ya se usó o se retiró.")
            self.sent_at = at
            self.record(self.RESENT, by=by, at=at)
            self.mail(token, at=at)

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Close the link before anybody used it."""
        with transaction.atomic():
            open_rows = type(self).objects.filter(
                pk=self.pk, accepted_at__isnull=True, withdrawn_at__isnull=True
            )
            if open_rows.update(withdrawn_at=at) != 1:
                raise Refused("La invitación ya se usó o se retiró.")
            self.record(self.WITHDRAWN, by=by, at=at)

    def _claim(self, at: datetime, **values: object) -> None:
        """Of all who try at once, one passes."""
        claimed = (
            type(self)
            .objects.filter(
                pk=self.pk,
                accepted_at__isnull=True,
                withdrawn_at__isnull=True,
                sent_at__gt=at - LASTS,
            )
            .update(accepted_at=at, **values)
        )
        if claimed != 1:
            raise Refused("La invitación ya se usó, se retiró o venció.")


class Invitation(Offer):
    """To a company."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="invitations")
    role = models.CharField("rol", max_length=16, choices=COMPANY_ROLES)
    can_issue = models.BooleanField("puede emitir", default=False)
    can_renew = models.BooleanField("puede renovar", default=False)

    ACCEPTED = "invitation.accepted"
    RESENT = "invitation.resent"
    WITHDRAWN = "invitation.withdrawn"

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

    def seat(self, user: User, *, at: datetime) -> None:
        Membership.objects.create(
            user=user,
            company=self.company,
            role=self.role,
            can_issue=self.can_issue,
            can_renew=self.can_renew,
            created_at=at,
            created_by=self.created_by,
        )

    def record(self, action: str, *, by: User | None, at: datetime, **detail: Any) -> None:
        audit.record(action, by=by, company=self.company, subject=self.email, at=at, **detail)

    def mail(self, token: str, *, at: datetime) -> None:
        _invite_by_mail(self, token, self.company.nombre, at)


class StaffInvitation(Offer):
    """To the provider's own people."""

    role = models.CharField("rol", max_length=16, choices=STAFF_ROLES)

    ACCEPTED = "staff_invitation.accepted"
    RESENT = "staff_invitation.resent"
    WITHDRAWN = "staff_invitation.withdrawn"

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

    def seat(self, user: User, *, at: datetime) -> None:
        """Somebody who left the team before gets their row back."""
        seat, made = Staff.objects.get_or_create(
            user=user,
            defaults={"role": self.role, "created_at": at, "created_by": self.created_by},
        )
        if made:
            return
        if seat.removed_at is None:
            raise Refused("Usted ya está en el equipo.")
        seat.role, seat.removed_at, seat.removed_by = self.role, None, None
        seat.save(update_fields=["role", "removed_at", "removed_by"])

    def record(self, action: str, *, by: User | None, at: datetime, **detail: Any) -> None:
        audit.record(action, by=by, subject=self.email, at=at, **detail)

    def mail(self, token: str, *, at: datetime) -> None:
        _invite_by_mail(self, token, "el equipo de gestión", at)


def _invite_by_mail(invitation: Offer, token: str, where: str, at: datetime) -> None:
    context: dict[str, object] = {
        "invitation": invitation,
        # on one line: a name must not be able to add paragraphs to the mail
        "sender": " ".join(str(invitation.created_by or "").split()),
        "where": " ".join(where.split()),
        "url": absolute("accounts:invitation", token),
    }
    Letter.from_template("accounts/invitation", context).send(invitation.email, at=at)


def invite(
    company: Company,
    email: str,
    *,
    role: str,
    can_issue: bool = False,
    can_renew: bool = False,
    by: User | None,
    at: datetime,
) -> Invitation:
    """Offer *email* a seat and send the mail. Whether *by* may do so is the caller's to check."""
    email = email.strip().lower()
    with transaction.atomic():
        Company.locked(company.pk)
        taken = company.memberships.filter(user__email=email, removed_at__isnull=True)
        if taken.exists():
            raise Refused("Ese correo ya es de una persona de la empresa.")
        for old in company.invitations.filter(
            email=email, accepted_at__isnull=True, withdrawn_at__isnull=True
        ):
            if old.is_open(at):
                raise Refused(
                    "Ya hay una invitación abierta para ese correo. Puede enviarla otra vez."
                )
            old.withdrawn_at = at
            old.save(update_fields=["withdrawn_at"])
        token = new_token()
        invitation = Invitation.objects.create(
            company=company,
            email=email,
            role=role,
            can_issue=can_issue and role == "accountant",
            can_renew=can_renew and role == "accountant",
            digest=digest(token),
            created_by=by,
            created_at=at,
            sent_at=at,
        )
        invitation.record("invitation.sent", by=by, at=at, role=role)
        invitation.mail(token, at=at)
        return invitation


def invite_staff(
    email: str, *, role: str, by: User | None, at: datetime
) -> tuple[StaffInvitation, str]:
    """Offer *email* a place in the provider's team; the invitation and its link's token."""
    email = email.strip().lower()
    with transaction.atomic():
        if Staff.objects.filter(user__email=email, removed_at__isnull=True).exists():
            raise Refused("Ese correo ya es de una persona del equipo.")
        for old in StaffInvitation.objects.filter(
            email=email, accepted_at__isnull=True, withdrawn_at__isnull=True
        ):
            if old.is_open(at):
                raise Refused(
                    "Ya hay una invitación abierta para ese correo. Puede enviarla otra vez."
                )
            old.withdrawn_at = at
            old.save(update_fields=["withdrawn_at"])
        token = new_token()
        invitation = StaffInvitation.objects.create(
            email=email, role=role, digest=digest(token), created_by=by, created_at=at, sent_at=at
        )
        invitation.record("staff_invitation.sent", by=by, at=at, role=role)
        invitation.mail(token, at=at)
        return invitation, token


def find(token: str) -> Invitation | StaffInvitation | None:
    """The invitation a link leads to, open or not."""
    key = digest(token)
    return (
        Invitation.objects.filter(digest=key).select_related("company", "created_by").first()
        or StaffInvitation.objects.filter(digest=key).select_related("created_by").first()
    )
