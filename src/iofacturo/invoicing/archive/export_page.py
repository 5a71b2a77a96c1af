"""Descargar: documents as a table or as files, made in the background; always free."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.archive import export, filters, reading
from iofacturo.invoicing.archive.export import Export, TooMany
from iofacturo.invoicing.archive.filters import Filters, Series
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.lib import clock

TYPES = {".csv": "text/csv; charset=utf-8", ".zip": "application/zip"}


@member("see")
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: SeatedRequest) -> HttpResponse:
    """`/facturar/exportar/`: ask for an export by POST; the last ones with their progress."""
    now = clock.now()
    series = filters.series_of(request.company)
    given = request.POST if request.method == "POST" else request.GET
    asked = filters.filters_from(given.dict(), series)
    kind, problem = given.get("formato", Export.FILES), ""
    if kind not in dict(Export.KINDS):
        kind, problem = Export.FILES, "Escoja qué quiere descargar."
    if request.method == "POST" and not asked.problems and not problem:
        try:
            row = export.ask(request.company, kind, asked, by=request.user, at=now)
        except TooMany as refusal:
            problem = str(refusal)
        else:
            answer = redirect("invoicing:exports")
            answer["Location"] += f"?{urlencode(asked.asked)}#{row.public_id}"
            return answer
    problems = [*asked.problems, *([problem] if problem else [])]
    status = 200 if request.method != "POST" else 422
    return render(
        request,
        "invoicing/archive/exports.html",
        _listed(request) | _form(asked, series, given.dict(), kind) | {"problems": problems},
        status=status,
    )


def _form(asked: Filters, series: Series, typed: dict[str, str], kind: str) -> dict[str, object]:
    return {
        "filters": asked,
        "kind": kind,
        "kinds": Export.KINDS,
        "tipos": [(code, reading.NAMES[code]) for code, _ in Comprobante.TIPOS],
        "estados": filters.ESTADOS.items(),
        "places": series.choices,
        "typed": {name: typed.get(name, "")[:40] for name in ("desde", "hasta")},
        "shortcuts": filters.shortcuts(asked, clock.local(clock.now()).date())[1:],
    }


def _listed(request: SeatedRequest) -> dict[str, object]:
    rows = export.latest(request.company)
    return {"rows": rows, "busy": any(row.waiting for row in rows)}


@member("see")
@never_cache
@require_safe
def progress(request: SeatedRequest) -> HttpResponse:
    """`/facturar/exportar/avance/`: the list alone, asked for again by itself while one is made."""
    return render(request, "invoicing/archive/_exports.html", _listed(request))


@member("see")
@require_safe
def download(request: SeatedRequest, public_id: str) -> FileResponse:
    """`/facturar/exportar/<id>/archivo`: the file, in pieces. 404 when it is not there any more."""
    row: Export = get_object_or_404(request.company.exports, public_id=public_id)
    if row.state != Export.READY or (row.expires_at and row.expires_at <= clock.now()):
        raise Http404
    try:
        file = default_storage.open(row.file, "rb")
    except FileNotFoundError:
        raise Http404 from None
    suffix = row.name[row.name.rindex(".") :]
    return FileResponse(file, as_attachment=True, filename=row.name, content_type=TYPES[suffix])
