"""Choosing a plan for each of several companies: what a group begins with, or is added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import person
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import PersonRequest
from iofacturo.folios import offer as offers
from iofacturo.folios.offer import Offer
from iofacturo.lib import clock
from iofacturo.renewals.conflict import conflict
from iofacturo.renewals.errors import RenewalError, Repeated
from iofacturo.renewals.group import MOST_COMPANIES
from iofacturo.renewals.portfolio import listing, making
from iofacturo.renewals.portfolio.listing import Row
from iofacturo.renewals.portfolio.seen_group import SeenGroup, found_group
from iofacturo.renewals.sent_form import new_token

FIELD = "c"  # a company's public id; `empresa` would make it the company of now


@dataclass(frozen=True)
class Choice:
    """A company with the plans that it can have, the one chosen so far and what is wrong."""

    row: Row
    offers: Sequence[Offer]
    chosen: str = ""
    problem: str = ""

    @property
    def company(self) -> Company:
        return self.row.company


@person
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: PersonRequest) -> HttpResponse:
    """`/cartera/renovar/?c=…&c=…`: a plan for each; a POST makes the group, or adds to `grupo`."""
    if not request.memberships:
        raise Http404
    now = clock.now()
    group = _group(request)
    rows = _rows(request, group, now)
    if request.method == "POST":
        return _chosen(request, group, rows, now)
    asked = {row.company.public_id for row in _asked(request, rows)}
    if group is None and not asked:
        messages.warning(request, "Escoja al menos una empresa para renovar.")
        return redirect("portfolio:portfolio")
    if group is None and len(asked) == 1:  # one alone has its own form, with its own reference
        return redirect(f"{reverse('renewals:choose')}?empresa={asked.pop()}")
    return _page(request, group, [row for row in rows if row.company.public_id in asked or group])


def _group(request: PersonRequest) -> SeenGroup | None:
    number = request.POST.get("grupo") or request.GET.get("grupo")
    if not number:
        return None
    seen = found_group(request, number)
    if not seen.is_draft:
        raise Http404
    return seen


def _rows(request: PersonRequest, group: SeenGroup | None, now: datetime) -> list[Row]:
    """The companies that can be chosen: those of a group already are left out."""
    there = {one.company_id for one in group.requests} if group else set()
    rows = listing.rows(request.memberships, now)
    free = [row for row in rows if row.can_choose and row.company.pk not in there]
    return sorted(free, key=lambda row: row.urgency)


def _asked(request: PersonRequest, rows: list[Row]) -> list[Row]:
    source = request.POST if request.method == "POST" else request.GET
    named = set(source.getlist(FIELD))
    return [row for row in rows if row.company.public_id in named]


def _chosen(
    request: PersonRequest, group: SeenGroup | None, rows: list[Row], now: datetime
) -> HttpResponse:
    asked = _asked(request, rows)
    gone = len(set(request.POST.getlist(FIELD))) - len(asked)
    common = request.POST.get("plan_todas", "")
    codes = {
        row.company.public_id: request.POST.get(f"plan-{row.company.public_id}", "") or common
        for row in asked
    }
    problems = _problems(asked, codes, now)
    asked_now = asked
    if group is not None:  # there every company is offered, and those without a plan are not meant
        problems = {name: said for name, said in problems.items() if codes[name]}
        asked_now = [row for row in asked if codes[row.company.public_id]]
    room = MOST_COMPANIES - (len(group.requests) if group else 0)
    problem = ""
    if gone:
        problem = _gone(gone)
    elif group is not None and not asked_now:
        problem = "Escoja el plan de al menos una empresa."
    elif len(asked_now) > room:
        problem = f"En un grupo caben {MOST_COMPANIES} empresas: quite {len(asked_now) - room}."
    if problem or problems or not asked:
        return _page(request, group, asked, codes, problems, problem or _some(problems))
    choices = [(row.company, codes[row.company.public_id]) for row in asked_now]
    try:
        return _made(request, group, choices, now)
    except Repeated as error:
        return conflict(request, error, reverse("portfolio:portfolio"))


def _made(
    request: PersonRequest,
    group: SeenGroup | None,
    choices: list[tuple[Company, str]],
    now: datetime,
) -> HttpResponse:
    failures: dict[str, RenewalError]
    if group is None:
        token = request.POST.get("token", "")
        made, failures = making.make(choices, by=request.user, at=now, token=token)
    else:
        made = group.group
        failures = making.add_all(made, choices, by=request.user, at=now)
    names = {company.public_id: company.nombre for company, _ in choices}
    for public_id, error in failures.items():
        messages.error(request, f"{names[public_id]} no entró al grupo: {error}")
    return redirect("portfolio:group", made.number)


def _problems(asked: list[Row], codes: dict[str, str], now: datetime) -> dict[str, str]:
    """What is wrong beside each company, by its public id."""
    known = offers.offers_for([row.company for row in asked], now)
    found: dict[str, str] = {}
    for row in asked:
        code = codes[row.company.public_id]
        if not code:
            found[row.company.public_id] = "Escoja un plan."
        elif code not in {one.code for one in known[row.company.pk]}:
            found[row.company.public_id] = "Ese plan ya no está a la venta. Escoja otro."
    return found


def _gone(count: int) -> str:
    if count == 1:
        return "Ya no puede renovar una de las empresas que escogió: salió de la lista."
    return f"Ya no puede renovar {count} de las empresas que escogió: salieron de la lista."


def _some(problems: dict[str, str]) -> str:
    count = len(problems)
    if not count:
        return "Escoja al menos una empresa."
    return "Falta un plan por escoger" if count == 1 else f"Faltan {count} planes por escoger"


def _page(
    request: PersonRequest,
    group: SeenGroup | None,
    rows: list[Row],
    codes: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    problem: str = "",
) -> HttpResponse:
    now = clock.now()
    known = offers.offers_for([row.company for row in rows], now)
    choices = [
        Choice(
            row,
            known[row.company.pk],
            (codes or {}).get(row.company.public_id, ""),
            (problems or {}).get(row.company.public_id, ""),
        )
        for row in rows
    ]
    context = {
        "group": group.group if group else None,
        "choices": choices,
        "common": offers.offers(None, now),
        "token": request.POST.get("token") or new_token(),
        "problem": problem,
    }
    status = 422 if problem else 200
    return render(request, "renewals/portfolio/choose.html", context, status=status)
