"""The page of one document: how it stands, what it says, and what can be done with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hacienda import clave as claves
from hacienda import identificacion
from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing import breaker
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import acts, detail, folio, limits, relatives, standing, timeline
from iofacturo.invoicing.documents.lines_page import Page
from iofacturo.lib import clock


def found(company: Company, clave: str) -> Comprobante:
    """The company's document, with what every part of its page reads. 404 for any other."""
    rows = company.comprobantes.select_related("submission", "issued_by", "company")
    row: Comprobante = get_object_or_404(rows, clave=clave)
    return row


@member("see")
@never_cache
@require_safe
def document(request: SeatedRequest, clave: str) -> HttpResponse:
    """`/facturar/documentos/<clave>/`."""
    now = clock.now()
    rows = request.company.comprobantes.select_related(
        "submission", "issued_by", "company", "signed_xml", "folio_entry__lot"
    )
    row = get_object_or_404(rows, clave=clave)
    value = row.document()
    page = Page.of(len(value.detalle_servicio), request.GET.get("linea", ""))
    referred, referring = relatives.of(row, value)
    balance = (
        limits.balance_of(row, referring)
        if len(referring) < relatives.MOST
        else limits.balance(row)
    )
    context = _living(request, row, now) | {
        "acts": acts.of(row, request.membership, balance, value.condicion_venta or ""),
        "balance": balance,
        "annulled": balance.is_annulled,
        "groups": claves.format(row.clave),
        "cedula": identificacion.format(row.receptor_tipo, row.receptor_numero),
        "page": page,
        "lines": detail.lines(value, page.first, page.last),
        "amounts": detail.totals(value),
        "conditions": detail.conditions(value),
        "referred": referred,
        "referring": referring,
        "use": folio.of(row, now),
    }
    return render(request, "invoicing/documents/document.html", context)


@member("see")
@never_cache
@require_safe
def state(request: SeatedRequest, clave: str) -> HttpResponse:
    """`…/estado/`: the part of the page that changes until Hacienda has answered, for htmx."""
    now, row = clock.now(), found(request.company, clave)
    answer = render(request, "invoicing/documents/_state.html", _living(request, row, now))
    if request.GET.get("visto") != _seen(row):  # the rest of the page says other things now
        answer["HX-Refresh"] = "true"
    return answer


def _living(request: SeatedRequest, row: Comprobante, now: datetime) -> dict[str, Any]:
    answers = timeline.turns(row.answers.order_by("id"))
    last = answers[-1] if answers else None
    outage = not row.final and breaker.is_open(settings.HACIENDA_ENV)
    warnings = last.lines if last is not None else []
    return {
        "now": now,
        "row": row,
        "answer": last,
        "said": warnings,
        "standing": standing.of(row, now, warnings=len(warnings), outage=outage),
        "steps": timeline.steps(row, answers, now),
        "acts": acts.of(row, request.membership),
        "seen": _seen(row),
        "may_configure": request.membership.may("configure"),
        "setup_url": acts.address("setup_access"),
        "list_url": acts.address("documents"),
    }


def _seen(row: Comprobante) -> str:
    """What decides how the page looks; the looking again stops when it is another."""
    return f"{row.state}-{row.submission.state}"
