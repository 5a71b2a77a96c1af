"""`/gestion/equipo/`: the provider's own people and their roles."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from iofacturo.accounts import access, invitation
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import StaffInvitation
from iofacturo.accounts.member_forms import StaffInvitationForm, StaffRoleForm
from iofacturo.accounts.permissions import STAFF_ROLES
from iofacturo.accounts.seated import StaffRequest
from iofacturo.accounts.staff import Staff
from iofacturo.lib import clock

ROLES = {
    "support": "Ver las solicitudes, las empresas y sus folios.",
    "reviewer": "Además, tomar, corregir, rechazar y aprobar por debajo del monto.",
    "senior": "Además, la segunda aprobación, revertir, ajustar folios y la cuenta de cobro.",
    "administrator": "Planes, promociones, términos, calendario, empresas y equipo.",
}


@access.staff("staff")
@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: StaffRequest) -> HttpResponse:
    """The team and, by POST, a new invitation."""
    now = clock.now()
    form = StaffInvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation.invite_staff(**form.cleaned_data, by=request.user, at=now)
        except Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"Enviamos la invitación a {form.cleaned_data['email']}.")
            return redirect("backoffice:staff")
    team = list(
        Staff.objects.filter(removed_at__isnull=True)
        .select_related("user")
        .order_by("user__name", "user__email")
    )
    second = Authenticator.objects.filter(user__in=[seat.user_id for seat in team])
    context = {
        "form": form,
        "team": team,
        "with_mfa": set(second.values_list("user_id", flat=True)),
        "invitations": StaffInvitation.objects.filter(
            accepted_at__isnull=True, withdrawn_at__isnull=True
        ).order_by("email", "id"),
        "roles": [(label, ROLES[name]) for name, label in STAFF_ROLES],
        "now": now,
    }
    return render(request, "backoffice/staff.html", context)


@access.staff("staff")
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: StaffRequest, pk: int) -> HttpResponse:
    seat = _seat(pk)
    form = StaffRoleForm(request.POST or None, initial={"role": seat.role})
    if request.method == "POST" and form.is_valid():
        try:
            seat.change(role=form.cleaned_data["role"], by=request.user, at=clock.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Guardamos el rol de {seat.user}.")
            return redirect("backoffice:staff")
    return render(request, "backoffice/staff_role.html", {"form": form, "seat": seat})


@access.staff("staff")
@require_http_methods(["GET", "HEAD", "POST"])
def removal(request: StaffRequest, pk: int) -> HttpResponse:
    """Asks first, then takes the person out of the team."""
    seat = _seat(pk)
    if request.method == "POST":
        try:
            seat.remove(by=request.user, at=clock.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{seat.user} ya no está en el equipo.")
        return redirect("backoffice:staff")
    return render(request, "backoffice/staff_removal.html", {"seat": seat})


@access.staff("staff")
@require_POST
def invitation_resend(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(StaffInvitation, pk=pk)
    try:
        row.resend(by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Enviamos otra vez la invitación a {row.email}.")
    return redirect("backoffice:staff")


@access.staff("staff")
@require_POST
def invitation_withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(StaffInvitation, pk=pk)
    try:
        row.withdraw(by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Retiramos la invitación a {row.email}.")
    return redirect("backoffice:staff")


def _seat(pk: int) -> Staff:
    rows = Staff.objects.filter(removed_at__isnull=True).select_related("user")
    return get_object_or_404(rows, pk=pk)


urlpatterns = [
    path("equipo/", staff, name="staff"),
    path("equipo/<int:pk>/", role, name="staff_role"),
    path("equipo/<int:pk>/quitar/", removal, name="staff_removal"),
    path(
        "equipo/invitaciones/<int:pk>/reenviar/", invitation_resend, name="staff_invitation_resend"
    ),
    path(
        "equipo/invitaciones/<int:pk>/retirar/",
        invitation_withdraw,
        name="staff_invitation_withdraw",
    ),
]
