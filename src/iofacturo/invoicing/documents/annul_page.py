"""Annulling a document: what will happen, the reason, and it is done."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios import summary
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import acts, annulment, limits, preparation
from iofacturo.invoicing.documents.page import found
from iofacturo.invoicing.errors import InvoicingError, NotReady
from iofacturo.lib import clock
from iofacturo.lib.visible import visible


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def annul(request: SeatedRequest, clave: str) -> HttpResponse:
    """`…/anular/`: asks for the reason; the note is issued at once."""
    now, row = clock.now(), found(request.company, clave)
    if request.method != "POST":
        return _page(request, row, now)
    razon = visible(request.POST.get("razon", ""))
    if not annulment.LEAST_REASON <= len(razon) <= annulment.LONGEST_REASON:
        return _page(request, row, now, razon=razon, wrong=True, status=422)
    try:
        note = annulment.annul(row, razon, by=request.user, at=now)
    except (Exhausted, InvoicingError) as error:
        return _page(request, row, now, razon=razon, error=error, status=422)
    messages.success(request, f"{note.label} quedó emitida: anula {row.label}.")
    return redirect("invoicing:document", note.clave)


def _page(
    request: SeatedRequest,
    row: Comprobante,
    now: datetime,
    *,
    razon: str = "",
    wrong: bool = False,
    error: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = limits.balance(row)
    context = {
        "row": row,
        "razon": razon,
        "wrong": wrong,
        "longest": annulment.LONGEST_REASON,
        "balance": standing,
        "refusal": annulment.refusal(row, standing),
        "folios": summary.left(request.company, now),
        "error": error,
        "exhausted": isinstance(error, Exhausted),
        "unlawful": isinstance(error, preparation.NotLawful),
        "problems": [one for one in error.problems if one.is_error]
        if isinstance(error, NotReady)
        else [],
        "setup_url": acts.address("setup") if request.membership.may("configure") else "",
        "editor": bool(acts.address("draft", public_id="x" * 12)),
    }
    return render(request, "invoicing/documents/annul.html", context, status=status)
