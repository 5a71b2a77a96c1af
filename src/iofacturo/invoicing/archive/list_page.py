"""Documentos: what a company issued, the newest first, with search and filters."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.archive import filters, reading
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.lib import clock


@member("see")
@require_safe
def documents(request: SeatedRequest) -> HttpResponse:
    """`/facturar/documentos/`: forty a page; every filter is a GET parameter and they combine."""
    now = clock.now()
    series = filters.series_of(request.company)
    asked = filters.filters_from(request.GET.dict(), series)
    page = reading.page(
        request.company,
        asked,
        series,
        before=request.GET.get("antes", ""),
        since=request.GET.get("despues", ""),
    )
    here = reverse("invoicing:documents")
    tabs = [("Todos", asked.without("estado"), not asked.estado)]
    tabs += [
        (words, asked.without(estado=code), asked.estado == code)
        for code, words in filters.ESTADOS.items()
    ]
    return render(
        request,
        "invoicing/archive/documents.html",
        {
            "page": page,
            "filters": asked,
            "here": here,
            "tabs": tabs,
            "chips": list(asked.chips()),
            "shortcuts": filters.shortcuts(asked, clock.local(now).date()),
            "tipos": [(code, reading.NAMES[code]) for code, _ in Comprobante.TIPOS],
            "places": series.choices,
            "outage": reading.outage(request.company),
            "may_issue": request.membership.may("issue"),
            "typed": {name: request.GET.get(name, "")[:40] for name in ("desde", "hasta")},
        },
    )
