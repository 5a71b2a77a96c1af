"""What must hold among people and companies, whatever happened at once."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from hacienda import identificacion
from iofacturo.accounts.company import Company
from iofacturo.accounts.invitation import Invitation, StaffInvitation
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff


def broken() -> Iterator[str]:
    """One line in Spanish for each offender."""
    yield from _ownerless()
    yield from _leaderless()
    yield from _identifications()
    yield from _invitations()


def _ownerless() -> Iterator[str]:
    """The last owner stays: who ever had an owner has one."""
    ever = Membership.objects.filter(company=OuterRef("pk"), role="owner")
    for company in Company.objects.filter(Exists(ever)).exclude(
        Exists(ever.filter(removed_at__isnull=True))
    ):
        yield f"empresa {company.public_id} ({company.nombre}): se quedó sin propietaria"


def _leaderless() -> Iterator[str]:
    team = Staff.objects.filter(role="administrator")
    if team.exists() and not team.filter(removed_at__isnull=True).exists():
        yield "equipo: no queda ninguna persona administradora"


def _identifications() -> Iterator[str]:
    for company in Company.objects.only("public_id", "tipo_identificacion", "identificacion"):
        tipo, number = company.tipo_identificacion, company.identificacion
        if (
            not identificacion.is_valid(tipo, number)
            or identificacion.compact(tipo, number) != number
        ):
            yield f"empresa {company.public_id}: la identificación {tipo} {number} no puede ser"


def _invitations() -> Iterator[str]:
    """An accepted invitation has its person and was not withdrawn, and they got their seat."""
    for kind in (Invitation, StaffInvitation):
        accepted = kind.objects.filter(accepted_at__isnull=False)
        name = kind._meta.verbose_name
        for row in accepted.filter(Q(accepted_by__isnull=True) | Q(withdrawn_at__isnull=False)):
            yield f"{name} {row.pk} ({row.email}): aceptada sin persona, o aceptada y retirada"
    seat = Membership.objects.filter(company=OuterRef("company"), user=OuterRef("accepted_by"))
    for row in Invitation.objects.filter(accepted_by__isnull=False).exclude(Exists(seat)):
        yield f"invitación {row.pk} ({row.email}): aceptada y sin lugar en la empresa"
    for gone in Membership.objects.filter(removed_at__lt=F("created_at")):
        yield f"miembro {gone.pk}: salió antes de entrar"
