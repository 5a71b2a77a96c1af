"""`/empresa/datos/`: what is known of the company, and changing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from hacienda import ubicacion
from iofacturo.accounts import company_data
from iofacturo.accounts.access import member
from iofacturo.accounts.company_forms import CompanyForm
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.lib import clock


@member("see")
@require_safe
def company(request: SeatedRequest) -> HttpResponse:
    row = request.company
    place = ubicacion.describe(row.provincia, row.canton, row.distrito)
    return render(request, "accounts/company.html", {"company": row, "place": place})


@member("configure")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SeatedRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None, company=request.company)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        if company_data.edit(request.company, form.values(), by=request.user, at=now):
            messages.success(request, "Guardamos los datos de la empresa.")
        return redirect("accounts:company")
    return render(request, "accounts/company_edit.html", {"form": form})
