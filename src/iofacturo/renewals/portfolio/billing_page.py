"""The billing data of one company of a group: checked, and kept in its draft."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import person
from iofacturo.accounts.seated import PersonRequest
from iofacturo.lib import clock
from iofacturo.renewals import billing as billings
from iofacturo.renewals import billing_form, billing_lookup, draft
from iofacturo.renewals.conflict import conflict
from iofacturo.renewals.errors import WrongState
from iofacturo.renewals.portfolio.group_page import row_of


@person
@require_http_methods(["GET", "HEAD", "POST"])
def billing(request: PersonRequest, number: str, request_number: str) -> HttpResponse:
    """`/cartera/grupos/GR-…/SR-…/factura/`: to whom its invoice is made out."""
    row = row_of(request, number, request_number)
    data, wrong = row.typed, bool(billings.check(row.typed)[1])
    status = 200
    if request.method == "POST":
        data = billing_form.read(request.POST)
        if request.POST.get("accion") == billing_lookup.ACT:
            word = billing_lookup.ask(row.company, data)
            (messages.success if word.found else messages.warning)(request, word.text)
            data = word.billing
        wrong = bool(billings.check(data)[1])
        remember = bool(request.POST.get("recordar"))
        try:
            kept = {**row.draft, "billing": data.as_dict(), "remember": remember}
            row = draft.save(row, kept, at=clock.now())
        except WrongState as error:
            return conflict(request, error)
        if not wrong and request.POST.get("accion") != billing_lookup.ACT:
            messages.success(request, f"Guardamos los datos de factura de {row.company.nombre}.")
            return redirect(f"/cartera/grupos/{number}/#fila-{row.number}")
        status = 422 if request.POST.get("accion") != billing_lookup.ACT else 200
    context = {
        "row": row,
        "number": number,
        "billing": billing_form.shown(data, problems=wrong),
        "wrong": wrong and request.method == "POST",
        "remember": row.draft.get("remember", False),
    }
    return render(request, "renewals/portfolio/billing.html", context, status=status)
