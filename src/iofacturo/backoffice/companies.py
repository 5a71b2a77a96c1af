"""`/gestion/empresas/`: the customers, one cédula one company."""

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hacienda import ubicacion
from iofacturo.accounts import company_data
from iofacturo.accounts import invitation as invitations
from iofacturo.accounts.access import staff
from iofacturo.accounts.company import Company
from iofacturo.accounts.company_forms import IdentifiedCompanyForm
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import Invitation
from iofacturo.accounts.seated import StaffRequest
from iofacturo.accounts.user import User
from iofacturo.backoffice.forms_companies import FirstLotForm, NewCompanyForm, OwnerForm
from iofacturo.folios import ledger, summary
from iofacturo.invoicing import rejections
from iofacturo.lib import clock, folding

PAGE = 50
LATEST = 10


@staff("companies")
@require_safe
def companies(request: StaffRequest) -> HttpResponse:
    """Search by words of the name or by number; PAGE at a time, by keyset."""
    words = request.GET.get("q", "").strip()[:100]
    found = search(words)
    after = Company.objects.filter(public_id=request.GET.get("desde", "")[:12]).first()
    if after is not None:
        found = found.filter(Q(folded__gt=after.folded) | Q(folded=after.folded, pk__gt=after.pk))
    rows = list(found[: PAGE + 1])
    more = rows[PAGE - 1].public_id if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "more": more, "q": words, "first": after is None}
    return render(request, "backoffice/companies.html", context)


def search(words: str) -> QuerySet[Company]:
    """Companies with every word of *words*, without regard to accents, case and dashes."""
    found = Company.objects.order_by("folded", "pk")
    for word in folding.fold(words).split():
        number = word.replace("-", "")
        found = found.filter(folded__contains=number if number.isdigit() else word)
    return found


@staff("companies")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StaffRequest) -> HttpResponse:
    """A company, the invitation of its owner and its first lot: all of it or nothing."""
    form = NewCompanyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            with transaction.atomic():
                row = company_data.register(form.values(), by=request.user, at=now)
                email = form.cleaned_data["owner_email"]
                invitations.invite(row, email, role="owner", by=request.user, at=now)
                if form.lot:
                    give_first_lot(row, **form.lot, by=request.user, at=now)
        except Refused as refusal:
            form.add_error("identificacion", str(refusal))
        else:
            messages.success(request, f"Registramos {row} e invitamos a {email}.")
            return redirect("backoffice:company", row.public_id)
    return render(request, "backoffice/company_new.html", {"form": form})


def give_first_lot(
    company: Company, *, kind: str, folios: int, months: int, by: User, at: datetime
) -> None:
    """The folios a customer begins with. Refused when it already had some."""
    with transaction.atomic():
        Company.locked(company.pk)
        if company.lots.exists():
            raise Refused("Esta empresa ya tuvo folios. Use Ajustes o una renovación.")
        ledger.grant(
            company, kind, folios, origin=f"first:{company.public_id}", months=months, by=by, at=at
        )


@staff("companies")
@require_safe
def company(request: StaffRequest, public_id: str) -> HttpResponse:
    return _page(request, _company(public_id))


@staff("companies")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: StaffRequest, public_id: str) -> HttpResponse:
    """All of its data, identification included."""
    row = _company(public_id)
    form = IdentifiedCompanyForm(request.POST or None, company=row)
    if request.method == "POST" and form.is_valid():
        try:
            company_data.edit(row, form.values(), by=request.user, at=clock.now())
        except Refused as refusal:
            form.add_error("identificacion", str(refusal))
        else:
            messages.success(request, "Guardamos los datos de la empresa.")
            return redirect("backoffice:company", row.public_id)
    return render(request, "backoffice/company_edit.html", {"form": form, "company": row})


@staff("companies")
@require_POST
def invite(request: StaffRequest, public_id: str) -> HttpResponse:
    """An owner, the first one or one who lost the way in."""
    row = _company(public_id)
    form = OwnerForm(request.POST)
    if form.is_valid():
        email = form.cleaned_data["owner_email"]
        try:
            invitations.invite(row, email, role="owner", by=request.user, at=clock.now())
        except Refused as refusal:
            form.add_error("owner_email", str(refusal))
        else:
            messages.success(request, f"Enviamos la invitación a {email}.")
            return redirect("backoffice:company", row.public_id)
    return _page(request, row, owner_form=form)


@staff("companies")
@require_POST
def first_lot(request: StaffRequest, public_id: str) -> HttpResponse:
    row = _company(public_id)
    form = FirstLotForm(request.POST)
    if form.is_valid():
        try:
            give_first_lot(row, **form.cleaned_data, by=request.user, at=clock.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Entregamos {form.cleaned_data['folios']} folios.")
            return redirect("backoffice:company", row.public_id)
    return _page(request, row, lot_form=form)


@staff("companies")
@require_POST
def invitation_resend(request: StaffRequest, public_id: str, pk: int) -> HttpResponse:
    invitation = _invitation(public_id, pk)
    try:
        invitation.resend(by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Enviamos otra vez la invitación a {invitation.email}.")
    return redirect("backoffice:company", public_id)


@staff("companies")
@require_POST
def invitation_withdraw(request: StaffRequest, public_id: str, pk: int) -> HttpResponse:
    invitation = _invitation(public_id, pk)
    try:
        invitation.withdraw(by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Retiramos la invitación a {invitation.email}.")
    return redirect("backoffice:company", public_id)


def _company(public_id: str) -> Company:
    return get_object_or_404(Company, public_id=public_id)


def _invitation(public_id: str, pk: int) -> Invitation:
    return get_object_or_404(_company(public_id).invitations.select_related("company"), pk=pk)


def _page(
    request: StaffRequest,
    row: Company,
    owner_form: OwnerForm | None = None,
    lot_form: FirstLotForm | None = None,
) -> HttpResponse:
    """The company with its people, its lots and its requests."""
    now = clock.now()
    pending = row.invitations.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
    context = {
        "company": row,
        "place": ubicacion.describe(row.provincia, row.canton, row.distrito),
        "seats": row.memberships.filter(removed_at__isnull=True).select_related("user"),
        "invitations": pending.order_by("email", "id"),
        "lots": [(line.lot, line.state) for line in summary.lines(row, now)[:LATEST]],
        "requests": row.renewal_requests.order_by("-created_at")[:LATEST],
        "rejections": rejections.worst(row, clock.local(now).date()),
        "owner_form": owner_form or OwnerForm(),
        "lot_form": lot_form or FirstLotForm(),
        "now": now,
    }
    return render(request, "backoffice/company.html", context)


urlpatterns = [
    path("empresas/", companies, name="companies"),
    path("empresas/nueva/", new, name="company_new"),
    path("empresas/<str:public_id>/", company, name="company"),
    path("empresas/<str:public_id>/cambiar/", edit, name="company_edit"),
    path("empresas/<str:public_id>/invitar/", invite, name="company_invite"),
    path("empresas/<str:public_id>/primeros-folios/", first_lot, name="company_first_lot"),
    path(
        "empresas/<str:public_id>/invitaciones/<int:pk>/reenviar/",
        invitation_resend,
        name="company_invitation_resend",
    ),
    path(
        "empresas/<str:public_id>/invitaciones/<int:pk>/retirar/",
        invitation_withdraw,
        name="company_invitation_withdraw",
    ),
]
