"""`/gestion/facturas/`: the invoices of the plans that are not through yet, and why.

Activating a plan never waits for its invoice; here the provider's people see what waits, what
Hacienda rejected, and what they can do about it.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.invoicing.paper import enclosure
from iofacturo.lib import clock
from iofacturo.renewals import billing, billing_form, invoice_page, provider_invoice
from iofacturo.renewals.errors import WrongState
from iofacturo.renewals.provider_invoice import ProviderInvoice

PAGE = 50
OPEN = (ProviderInvoice.CORRECTION, ProviderInvoice.WAITING, ProviderInvoice.ISSUED)


@staff("see")
@require_safe
def invoices(request: StaffRequest) -> HttpResponse:
    """What is open, what needs a person first; `?todas=1` what is through as well."""
    everything = request.GET.get("todas") == "1"
    rows = provider_invoice.rows().order_by("-changed_at", "-pk")
    if everything:
        found = list(rows[:PAGE])
    else:
        found = [row for state in OPEN for row in rows.filter(state=state)[:PAGE]]
    context = {
        "rows": found,
        "everything": everything,
        "may_review": request.staff.may("review"),
        "now": clock.now(),
    }
    return render(request, "backoffice/invoices.html", context)


@staff("review")
@require_POST
def hurry(request: StaffRequest, pk: int) -> HttpResponse:
    """Try at once what waits."""
    row = get_object_or_404(ProviderInvoice, pk=pk)
    if row.hurry(clock.now()):
        messages.success(request, "La intentamos emitir ahora; en unos segundos verá cómo le fue.")
    else:
        messages.info(request, "Ya no está por emitir.")
    return redirect("backoffice:invoices")


@staff("review")
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: StaffRequest, pk: int) -> HttpResponse:
    """The data of a rejected document, to be corrected and issued again."""
    row = get_object_or_404(provider_invoice.rows(), pk=pk)
    if row.state != ProviderInvoice.CORRECTION:
        return redirect("backoffice:invoices")
    form = billing_form.shown(row.typed())
    status = 200
    if request.method == "POST":
        form = billing_form.shown(billing_form.read(request.POST), problems=True)
        status = 422
        if form.is_valid():
            changed = form.checked != billing.check(row.typed())[0]
            try:
                row.correct(form.checked if changed else None, by=request.user, at=clock.now())
            except WrongState as done:
                messages.info(request, str(done))
            else:
                messages.success(request, f"{row}: se emite de nuevo.")
            return redirect("backoffice:invoices")
    context = {"row": row, "form": form, "billing": form}
    return render(request, "backoffice/invoice.html", context, status=status)


@staff("see")
@require_safe
def document(request: StaffRequest, pk: int, which: str) -> HttpResponse:
    """The newest document's PDF, XML or answer."""
    if which not in invoice_page.FILES:
        return redirect("backoffice:invoices")
    rows = provider_invoice.rows().filter(comprobante__isnull=False)
    row = get_object_or_404(rows.select_related("comprobante__signed_xml"), pk=pk)
    assert row.comprobante is not None  # noqa: S101 - asked for above
    return enclosure.response(row.comprobante, which)


urlpatterns = [
    path("facturas/", invoices, name="invoices"),
    path("facturas/<int:pk>/ahora/", hurry, name="invoice_hurry"),
    path("facturas/<int:pk>/correccion/", correction, name="invoice_correction"),
    path("facturas/<int:pk>/<str:which>", document, name="invoice_file"),
]
