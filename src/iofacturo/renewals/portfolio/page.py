"""`/cartera/`: the person's companies side by side, and their table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import person
from iofacturo.accounts.seated import PersonRequest
from iofacturo.folios import csv_file
from iofacturo.lib import clock
from iofacturo.renewals.portfolio import seen_group
from iofacturo.renewals.portfolio.listing import URGENCY, Listing, Row


@person
@require_safe
def portfolio(request: PersonRequest) -> HttpResponse:
    """`/cartera/?q=…&estado=…&orden=…&pagina=…`: the most urgent first."""
    now = clock.now()
    listing = _asked(request)
    context = {
        "now": now,
        "listing": listing,
        "groups": seen_group.mine(request.user, request.memberships),
        "may_renew": any(row.can_choose for row in listing.every),
        "query": _query(listing),
        "query_tab": urlencode(_words(listing) | _order(listing)),
    }
    return render(request, "renewals/portfolio/portfolio.html", context)


def _asked(request: PersonRequest) -> Listing:
    if not request.memberships:
        raise Http404
    return Listing(request.memberships, request.GET, clock.now())


def _words(listing: Listing) -> dict[str, str]:
    return {"q": listing.words} if listing.words else {}


def _order(listing: Listing) -> dict[str, str]:
    return {"orden": listing.order} if listing.order != URGENCY else {}


def _query(listing: Listing) -> str:
    """What the address asks for, without its page."""
    chosen = {"estado": listing.filter} if listing.filter else {}
    return urlencode(_words(listing) | chosen | _order(listing))


HEADINGS = (
    "Empresa", "Identificación", "Su rol", "Puede renovar", "Estado", "Folios restantes",
    "Folios de sus planes vigentes", "Vence primero", "Días para vencer", "Vence el último",
    "Folios por mes, a su ritmo", "Alcanza hasta", "Días que alcanza", "Solicitudes enviadas",
    "Respuesta a más tardar", "Borradores",
)  # fmt: skip


@person
@require_safe
def portfolio_csv(request: PersonRequest) -> HttpResponseBase:
    """`/cartera/cartera.csv`: every row that the address asks for; text is text, numbers numbers."""
    return csv_file.stream("cartera.csv", HEADINGS, _cells(_asked(request)))


def _cells(listing: Listing) -> Iterator[list[object]]:
    for row in listing.found:
        outlook = row.outlook
        yield [
            row.company.nombre,
            row.company.cedula,
            row.seat.get_role_display(),
            "sí" if row.may_renew else "no",
            row.badge[2],
            outlook.available,
            outlook.total,
            _day(outlook.first_end),
            row.days_to_expiry,
            _day(outlook.last_end),
            outlook.pace.per_month if outlook.pace else None,
            _day(outlook.covered),
            row.days_left if outlook.covered else None,
            len(row.waiting),
            _due(row),
            len(row.drafts),
        ]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _due(row: Row) -> str:
    """By when the first of its requests is answered."""
    due = min((one.due_at for one in row.waiting if one.due_at), default=None)
    return f"{clock.local(due):%Y-%m-%d %H:%M}" if due else ""
