"""`/soporte/`: the tickets one may read, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.business_time import calendar
from iofacturo.lib import clock
from iofacturo.support.participant import Participant
from iofacturo.support.ticket import Ticket

PAGE = 25
FILTERS = [("abiertos", "Abiertos"), ("todos", "Todos")]


@dataclass(frozen=True)
class Row:
    """A ticket with its badge at an instant."""

    ticket: Ticket
    word: str
    tone: str
    icon: str
    late: bool


def row(ticket: Ticket, at: datetime) -> Row:
    tone, icon = Ticket.BADGES[ticket.state_at(at)]
    return Row(ticket, ticket.word(at), tone, icon, ticket.is_late(at))


@member("see")
@require_safe
def tickets(request: SeatedRequest) -> HttpResponse:
    """One page; `?antes=` names the last ticket of the page before."""
    now = clock.now()
    chosen = request.GET.get("ver", FILTERS[0][0])
    if chosen not in dict(FILTERS):
        raise Http404
    found = page(request.membership, before=request.GET.get("antes", ""), live=chosen == "abiertos")
    return render(
        request,
        "support/tickets.html",
        {
            "rows": [row(ticket, now) for ticket in found[:PAGE]],
            "next": found[PAGE - 1].number if len(found) > PAGE else "",
            "first": not request.GET.get("antes"),
            "chosen": chosen,
            "filters": FILTERS,
            "all": request.membership.may("members"),
            "hours": calendar.current(now).describe(),
        },
    )


def page(seat: Membership, *, before: str = "", live: bool = False) -> list[Ticket]:
    """One ticket more than a page shows. Who sees only their own reads through what they are in."""
    last = None
    if before:
        last = Ticket.seen_by(seat).filter(number=before).values_list("pk", flat=True).first()
        if last is None:
            raise Http404
    rows = Ticket.objects.filter(company=seat.company_id).select_related("author", "request")
    if seat.may("members"):
        rows = rows.filter(live=True) if live else rows
        return list((rows.filter(pk__lt=last) if last else rows).order_by("-id")[: PAGE + 1])
    mine = Participant.objects.filter(
        company=seat.company_id, user=seat.user_id, removed_at__isnull=True
    )
    mine = mine.filter(ticket__live=True) if live else mine
    mine = mine.filter(ticket__lt=last) if last else mine
    pks = list(mine.order_by("-ticket_id").values_list("ticket_id", flat=True)[: PAGE + 1])
    return list(rows.filter(pk__in=pks).order_by("-id"))
