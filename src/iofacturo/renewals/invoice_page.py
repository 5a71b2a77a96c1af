"""The provider's invoice as its customer meets it: the files, and the form that corrects its data.

The documents are the provider's. A customer reaches them through a request of their own company,
and through nothing else.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.invoicing.paper import enclosure
from iofacturo.lib import clock
from iofacturo.renewals import billing_form, billing_lookup, provider_invoice
from iofacturo.renewals.errors import WrongState
from iofacturo.renewals.provider_invoice import ProviderInvoice
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.seated import SeatedRequest

FILES = ("pdf", "xml", "respuesta")


def _found(request: SeatedRequest, number: str) -> RenewalRequest:
    rows = request.company.renewal_requests.select_related("company", "quote", "billing")
    found: RenewalRequest = get_object_or_404(rows, number=number)
    return found


def links(company: Company) -> dict[str, dict[str, str]]:
    """The PDF of each of the company's plans, by the origin of its folios, for the tables."""
    return {
        origin: {
            "url": reverse("renewals:invoice_file", args=[number, row.clave, "pdf"]),
            "label": f"N.º {int(row.consecutivo[10:])}",
        }
        for origin, (number, row) in provider_invoice.invoices_of(company).items()
    }


@member("see")
@require_safe
def download(request: SeatedRequest, number: str, clave: str, which: str) -> HttpResponse:
    """`…/factura/<clave>/pdf`, `/xml`, `/respuesta`: of the documents of one's own request."""
    if which not in FILES:
        raise Http404
    rows = provider_invoice.documents(_found(request, number))
    row = get_object_or_404(rows.select_related("signed_xml", "company"), clave=clave)
    return enclosure.response(row, which)


@member("renew")
@require_http_methods(["GET", "HEAD", "POST"])
def invoice(request: SeatedRequest, number: str) -> HttpResponse:
    """`…/factura/`: what Hacienda did not like, and the data to correct."""
    now, found = clock.now(), _found(request, number)
    row = next((one for one in provider_invoice.of(found) if one.asks_customer), None)
    if row is None or row.state != ProviderInvoice.CORRECTION:
        return redirect("renewals:status", number)
    if request.POST.get("accion") == billing_lookup.ACT:
        word = billing_lookup.ask(request.company, billing_form.read(request.POST))
        (messages.success if word.found else messages.warning)(request, word.text)
        return _page(request, row, billing_form.shown(word.billing))
    if request.method == "POST":
        return _corrected(request, row, now)
    return _page(request, row, billing_form.shown(row.typed()))


def _corrected(request: SeatedRequest, row: ProviderInvoice, now: datetime) -> HttpResponse:
    form = billing_form.BillingForm(
        data=billing_form.write(billing_form.read(request.POST))  # without what disagrees
    )
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        row.correct(form.checked, by=request.user, at=now)
    except WrongState as done:
        messages.info(request, str(done))
    else:
        messages.success(request, "Guardamos los datos. Emitimos la factura de nuevo con ellos.")
    return redirect("renewals:status", row.request.number)


def _page(
    request: SeatedRequest,
    row: ProviderInvoice,
    form: billing_form.BillingForm,
    status: int = 200,
) -> HttpResponse:
    context = {"found": row.request, "row": row, "form": form, "billing": form}
    return render(request, "renewals/invoice.html", context, status=status)
