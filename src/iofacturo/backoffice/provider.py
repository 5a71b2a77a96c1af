"""`/gestion/proveedor/`: the provider's own company.

Its identification goes into every document as `ProveedorSistemas`, and it issues the invoices of
the plans it sells; so it has a courtesy lot that does not run out.
"""

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from hacienda import ubicacion
from iofacturo.accounts import company_data
from iofacturo.accounts.access import staff
from iofacturo.accounts.company import Company
from iofacturo.accounts.company_forms import IdentifiedCompanyForm
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.seated import StaffRequest
from iofacturo.accounts.user import User
from iofacturo.folios import ledger
from iofacturo.lib import clock

OWN_FOLIOS = 10**9
OWN_MONTHS = 100 * 12


def own_company() -> Company | None:
    """The provider's company, once somebody wrote it down."""
    return Company.objects.filter(is_provider=True).first()


def found(values: dict, *, by: User | None, at: datetime) -> Company:
    """The provider's company with its lot. Refused when there is one or the number is taken."""
    with transaction.atomic():
        row = company_data.register(values, by=by, at=at, provider=True)
        ledger.grant(
            row,
            "courtesy",
            OWN_FOLIOS,
            origin="courtesy:provider",
            months=OWN_MONTHS,
            name="Uso propio",
            by=by,
            at=at,
        )
    return row


@staff("companies")
@require_safe
def provider(request: StaffRequest) -> HttpResponse:
    row = own_company()
    if row is None:
        return redirect("backoffice:provider_edit")
    place = ubicacion.describe(row.provincia, row.canton, row.distrito)
    return render(request, "backoffice/provider.html", {"company": row, "place": place})


@staff("companies")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: StaffRequest) -> HttpResponse:
    """Writes the company down the first time, corrects it afterwards."""
    row = own_company()
    form = IdentifiedCompanyForm(request.POST or None, company=row)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            if row is None:
                found(form.values(), by=request.user, at=now)
            else:
                company_data.edit(row, form.values(), by=request.user, at=now)
        except Refused as refusal:
            form.add_error("identificacion", str(refusal))
        else:
            messages.success(request, "Guardamos los datos del proveedor.")
            return redirect("backoffice:provider")
    return render(request, "backoffice/provider_edit.html", {"form": form, "company": row})


urlpatterns = [
    path("proveedor/", provider, name="provider"),
    path("proveedor/cambiar/", edit, name="provider_edit"),
]
