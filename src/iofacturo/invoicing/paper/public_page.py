"""What somebody with a public link sees: one document, what became of it, and its files."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hacienda import clave as claves
from iofacturo.accounts import visits
from iofacturo.accounts.access import anybody
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.paper import enclosure, public_link
from iofacturo.lib import clock


@anybody
@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """`/d/<token>/`. An unknown token and a revoked one are told the same."""
    if not visits.allowed(request, clock.now()):
        return _too_many(request)
    row = _document(token)
    context = {
        "row": row,
        "company": row.company,
        "token": token,
        "clave": claves.format(row.clave),
        "answer": enclosure.answer_xml(row) is not None,
    }
    return render(request, "invoicing/paper/public.html", context)


@anybody
@require_safe
def download(request: HttpRequest, token: str, which: str) -> HttpResponse:
    """`/d/<token>/pdf`, `/tiquete`, `/xml`, `/respuesta`."""
    if not visits.allowed(request, clock.now()):
        return _too_many(request)
    return enclosure.response(_document(token), which)


def _document(token: str) -> Comprobante:
    link = public_link.found(token)
    if link is None:
        raise Http404
    row: Comprobante = link.comprobante
    return row


def _too_many(request: HttpRequest) -> HttpResponse:
    answer = render(request, "429.html", status=429)
    answer["Retry-After"] = "60"
    return answer
