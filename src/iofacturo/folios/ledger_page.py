"""El libro de folios: what happened to each folio, which plan it came from, and why."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios import reading
from iofacturo.folios.csv_file import stream
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.lot import FolioLot
from iofacturo.folios.reading import Filters
from iofacturo.lib import clock

ASKED = ("plan", "movimiento", "desde", "hasta", "comprobante")
HEADINGS = (
    "Fecha", "Hora", "Movimiento", "Comprobante", "Clave", "Plan", "Contrato", "Folios",
    "Quedan en el plan", "Por qué", "Persona",
)  # fmt: skip


@member("see")
@require_safe
def ledger(request: SeatedRequest) -> HttpResponse:
    """`/mi-plan/libro/`: fifty entries a page, the newest first."""
    lots = lots_of(request.company)
    asked = {name: request.GET[name] for name in ASKED if request.GET.get(name)}
    filters = reading.filters_from(asked, lots.values())
    page = reading.page(request.company, filters, request.GET.get("antes", ""), lots)
    return render(
        request,
        "folios/ledger.html",
        {
            "page": page,
            "filters": filters,
            "asked": asked,
            "query": urlencode(asked),
            "beginning": not request.GET.get("antes"),
            "lots": lots.values(),
            "kinds": reading.MOVEMENTS.items(),
        },
    )


@member("see")
@require_safe
def ledger_csv(request: SeatedRequest) -> StreamingHttpResponse:
    """`/mi-plan/libro.csv`: everything the filters let through, however long."""
    lots = lots_of(request.company)
    filters = reading.filters_from(request.GET.dict(), lots.values())
    return stream("libro-de-folios.csv", HEADINGS, cells(request.company, filters, lots))


def lots_of(company: Company) -> dict[int, FolioLot]:
    """Every lot of *company* by id, the newest first."""
    return {lot.pk: lot for lot in company.lots.order_by("-activated_at", "-id")}


def cells(
    company: Company, filters: Filters, lots: dict[int, FolioLot]
) -> Iterator[tuple[object, ...]]:
    seated = set(Membership.objects.filter(company=company).values_list("user_id", flat=True))
    for entry in reading.entries(company, filters).iterator(chunk_size=1000):
        line = reading.line_of(entry, lots)
        local = clock.local(entry.at)
        yield (
            local.date().isoformat(),
            f"{local:%H:%M:%S}",
            line.told,
            entry.label,
            entry.document,
            line.lot.name,
            line.lot.contract,
            entry.qty,
            entry.balance,
            line.why,
            _person(entry, seated),
        )


def _person(entry: FolioEntry, seated: set[int]) -> str:
    """Who did it: one's own people by name, the provider's only as such, as on every page."""
    if entry.actor is None:
        return ""
    return str(entry.actor) if entry.actor_id in seated else "Equipo del proveedor"
