"""Todos los planes: every lot the company ever had."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios import summary
from iofacturo.folios.csv_file import stream
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock

HEADINGS = (
    "Plan", "Clase", "Contrato", "Activación", "Vigente hasta", "Folios contratados",
    "Folios consumidos", "Folios restantes", "Folios vencidos", "Folios anulados", "Estado",
)  # fmt: skip


Links = Callable[[Company], dict[str, dict[str, str]]]
_links: list[Links] = []


def invoices_from(links: Links) -> None:
    """Let a room above say where the invoices are: `{origin of a lot: {"url", "label"}}`."""
    _links.append(links)


@member("see")
@require_safe
def plans(request: SeatedRequest) -> HttpResponse:
    """`/mi-plan/planes/`: all of them, the newest first."""
    now = clock.now()
    context = {
        "now": now,
        "rows": summary.lines(request.company, now),
        "facturas": {
            origin: link for links in _links for origin, link in links(request.company).items()
        },
    }
    return render(request, "folios/plans.html", context)


def _last_day(lot: FolioLot) -> str:
    """Grace ends with an answer: until then it has no day."""
    if not lot.is_grace:
        return lot.last_day.isoformat()
    return clock.local(lot.voided_at).date().isoformat() if lot.voided_at else ""


@member("see")
@require_safe
def plans_csv(request: SeatedRequest) -> StreamingHttpResponse:
    """`/mi-plan/planes.csv`: the same, for a spreadsheet."""
    rows = (
        (
            line.name,
            line.lot.get_kind_display(),
            line.lot.contract,
            clock.local(line.lot.activated_at).date().isoformat(),
            _last_day(line.lot),
            line.total,
            line.consumed,
            line.remaining,
            line.expired,
            line.voided,
            line.state.word,
        )
        for line in summary.lines(request.company, clock.now())
    )
    return stream("planes.csv", HEADINGS, rows)
