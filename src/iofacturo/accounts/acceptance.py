"""`/empresa/invitacion/<token>/`: taking the seat one was offered."""

from datetime import datetime

from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from iofacturo.accounts import invitation as invitations
from iofacturo.accounts.access import anybody
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import Invitation, StaffInvitation
from iofacturo.accounts.member_forms import NewPersonForm
from iofacturo.accounts.middleware import SESSION_KEY
from iofacturo.accounts.user import User
from iofacturo.lib import clock

Offer = Invitation | StaffInvitation


@anybody
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who is logged in with the invited e-mail accepts; who has no account makes it here."""
    offer = invitations.find(token)
    now = clock.now()
    if offer is None or not offer.is_open(now):
        return render(request, "accounts/invitation_closed.html", {"offer": offer}, status=410)
    context = {"offer": offer, "where": _where(offer)}
    if isinstance(request.user, User):
        if not offer.is_for(request.user):
            return render(request, "accounts/invitation_other.html", context, status=403)
        return _join(request, request.user, offer, context, now)
    if User.objects.filter(email__iexact=offer.email).exists():
        return render(request, "accounts/invitation_login.html", context)
    return _make_account(request, offer, context, now)


def _join(
    request: HttpRequest, user: User, offer: Offer, context: dict, now: datetime
) -> HttpResponse:
    if request.method == "POST":
        try:
            offer.accept(user, at=now)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("/")
        return _enter(request, offer)
    return render(request, "accounts/invitation_join.html", context)


def _make_account(request: HttpRequest, offer: Offer, context: dict, now: datetime) -> HttpResponse:
    form = NewPersonForm(request.POST or None, email=offer.email)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = offer.accept_as_new(name=data["name"], password=data["password1"], at=now)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("account_login")
        perform_login(request, user, email_verification="none")
        return _enter(request, offer)
    return render(request, "accounts/invitation_new.html", {**context, "form": form})


def _enter(request: HttpRequest, offer: Offer) -> HttpResponse:
    messages.success(request, f"Ya tiene su lugar en {str(_where(offer)).rstrip('.')}.")
    if isinstance(offer, StaffInvitation):
        return redirect("gestion")
    request.session[SESSION_KEY] = offer.company.public_id
    return redirect("portal")


def _where(offer: Offer) -> str:
    return offer.company.nombre if isinstance(offer, Invitation) else "el equipo de gestión"
