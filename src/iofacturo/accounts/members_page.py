"""`/empresa/personas/`: who belongs to the company, and inviting others."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from iofacturo.accounts import invitation as invitations
from iofacturo.accounts.access import member
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import Invitation
from iofacturo.accounts.member_forms import InvitationForm, SeatForm
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.permissions import COMPANY_ROLES
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.lib import clock

ROLES = {
    "owner": "Todo, también nombrar a otras personas propietarias.",
    "administrator": "Emitir, renovar, configurar y manejar a las demás personas.",
    "issuer": "Emitir, anular y recibir documentos.",
    "accountant": "Ver todo. Emitir o renovar, solo si se le da permiso.",
    "reader": "Ver documentos, planes y folios.",
}


@member("members")
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: SeatedRequest) -> HttpResponse:
    """The list and, by POST, a new invitation."""
    now = clock.now()
    form = InvitationForm(request.POST or None, actor=request.membership)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            request.membership.check_may_seat(data["role"])
            invitations.invite(request.company, **data, by=request.user, at=now)
        except Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"Enviamos la invitación a {data['email']}.")
            return redirect("accounts:members")
    return render(
        request,
        "accounts/members.html",
        {
            "form": form,
            "seats": request.company.memberships.filter(removed_at__isnull=True)
            .select_related("user")
            .order_by("user__name", "user__email", "id"),
            "invitations": _pending(request),
            "now": now,
            "owner": request.membership.may("owners"),
            "roles": [(label, ROLES[name]) for name, label in COMPANY_ROLES],
        },
    )


@member("members")
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: SeatedRequest, pk: int) -> HttpResponse:
    """One person's role and grants."""
    row = _seat(request, pk)
    form = SeatForm(request.POST or None, actor=request.membership, seat=row)
    if request.method == "POST" and form.is_valid():
        try:
            row.change(**form.cleaned_data, by=request.user, at=clock.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Guardamos el rol de {row.user}.")
            own = row.pk == request.membership.pk
            return redirect("accounts:company" if own else "accounts:members")
    return render(request, "accounts/seat.html", {"form": form, "seat": row})


@member("members")
@require_http_methods(["GET", "HEAD", "POST"])
def removal(request: SeatedRequest, pk: int) -> HttpResponse:
    """Asks first, then takes the person out."""
    row = _seat(request, pk)
    if request.method == "POST":
        try:
            row.remove(by=request.user, at=clock.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, f"{row.user} ya no entra a {str(request.company).rstrip('.')}."
            )
        return redirect("accounts:members")
    return render(request, "accounts/seat_removal.html", {"seat": row})


@member("see")
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SeatedRequest) -> HttpResponse:
    """Anybody may give up their own seat, the last owner excepted."""
    if request.method == "POST":
        try:
            request.membership.remove(by=request.user, at=clock.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("accounts:company")
        messages.success(request, f"Salió de {str(request.company).rstrip('.')}.")
        return redirect("portal")
    return render(request, "accounts/leave.html")


@member("members")
@require_POST
def resend(request: SeatedRequest, pk: int) -> HttpResponse:
    row = _invitation(request, pk)
    try:
        request.membership.check_may_seat(row.role)
        row.resend(by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Enviamos otra vez la invitación a {row.email}.")
    return redirect("accounts:members")


@member("members")
@require_POST
def withdraw(request: SeatedRequest, pk: int) -> HttpResponse:
    row = _invitation(request, pk)
    try:
        request.membership.check_may_seat(row.role)
        row.withdraw(by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Retiramos la invitación a {row.email}.")
    return redirect("accounts:members")


def _seat(request: SeatedRequest, pk: int) -> Membership:
    """A living seat of this company; an owner's opens for owners only."""
    row = get_object_or_404(
        request.company.memberships.select_related("user", "company"),
        pk=pk,
        removed_at__isnull=True,
    )
    if row.role == "owner" and not request.membership.may("owners"):
        raise Http404
    return row


def _pending(request: SeatedRequest):
    rows = request.company.invitations.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
    return rows.order_by("email", "id")


def _invitation(request: SeatedRequest, pk: int) -> Invitation:
    return get_object_or_404(request.company.invitations.select_related("company"), pk=pk)
