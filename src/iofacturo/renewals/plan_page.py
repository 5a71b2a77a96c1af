"""Mi Plan: what the company has, what it asked for, what it can buy."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.folios import offer, summary
from iofacturo.lib import clock
from iofacturo.renewals import bank, credit, invoice_page
from iofacturo.renewals.bank import MoneyEntry
from iofacturo.renewals.request import PAYMENT, RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.seated import SeatedRequest
from iofacturo.renewals.sent_form import new_token

MOVEMENTS = 6  # of its money, the newest
SHOWN = 8  # requests on the page; all of them in the CSV and behind «Ver todas»


@member("see")
@require_safe
def mi_plan(request: SeatedRequest) -> HttpResponse:
    """`/mi-plan/`: Resumen de plan and Renovación de plan. `?solicitudes=todas` shows them all."""
    now, company = clock.now(), request.company
    everything = request.GET.get("solicitudes") == "todas"
    rows = list(_requests(company)[: None if everything else SHOWN + 1])
    more = not everything and len(rows) > SHOWN
    had_plan = summary.has_ever_had_plan(company)
    may_renew = request.membership.may("renew")
    context: dict[str, Any] = {
        "now": now,
        "had_plan": had_plan,
        "may_renew": may_renew,
        "overview": summary.overview(company, now) if had_plan else None,
        "requests": [Row(one, now) for one in (rows[:SHOWN] if more else rows)],
        "more_requests": more,
        "waiting": [
            one
            for one in rows
            if one.state in RenewalRequest.SENT and PAYMENT not in one.to_correct
        ],
        "lacking": [
            (one, credit.missing(one))
            for one in rows
            if one.state == RenewalRequest.NEEDS_INFO and PAYMENT in one.to_correct
        ],
        "account": Account(company),
        "token": new_token(),
        "facturas": invoice_page.links(company) if had_plan else {},
    }
    if had_plan and may_renew:
        context |= choices(company, now, request.GET.get("plan", ""))
    return render(request, "renewals/mi_plan.html", context)


def choices(company: Company, now: datetime, chosen: str = "") -> dict[str, Any]:
    """What the plan cards need: the offers, the company's pace and the one that suits it."""
    return {
        "offers": offer.offers(company, now),
        "pace": summary.pace(company, now),
        "suggested": summary.suggested(company, now),
        "chosen": chosen,
    }


def _requests(company: Company) -> QuerySet[RenewalRequest]:
    return company.renewal_requests.select_related("quote", "taken_by").order_by("-id")


DRAFTS = (RenewalRequest.DRAFT, RenewalRequest.EXPIRED)


class Account:
    """The company's money with us, as it reads it."""

    def __init__(self, company: Company) -> None:
        self.entries = list(
            MoneyEntry.objects.filter(company=company)
            .select_related("request")
            .order_by("-id")[:MOVEMENTS]
        )
        self.balance = bank.credit(company) if self.entries else bank.ZERO
        self.held = credit.held(company) if self.entries else bank.ZERO
        self.orders = list(
            ReturnOrder.objects.filter(ReturnOrder.OPEN, company=company).order_by("-id")
        )

    @property
    def owed(self) -> Decimal:
        return max(-self.balance, bank.ZERO)


class Row:
    """One line of the table of requests."""

    def __init__(self, request: RenewalRequest, now: datetime) -> None:
        self.request, self.now = request, now
        self.word = request.word(now)
        unsent = request.submitted_at is None
        holds = request.given.holds(now)  # whether or not the clock has come by
        self.is_draft = request.state == RenewalRequest.DRAFT and holds
        self.is_lapsed = unsent and not self.is_draft and request.state in DRAFTS
        self.at = request.submitted_at or request.saved_at
        self.late = request.is_late(now)


HEADINGS = (
    "Número", "Referencia", "Plan", "Folios", "Total", "Moneda", "Estado", "Creada", "Enviada",
    "Respuesta a más tardar", "Resuelta",
)  # fmt: skip


@member("see")
@require_safe
def requests_csv(request: SeatedRequest) -> HttpResponse:
    """`/mi-plan/solicitudes.csv`: every request of the company; opens in a spreadsheet as text."""
    now = clock.now()
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="solicitudes.csv"'
    answer.write("\ufeff")
    writer = csv.writer(answer)
    writer.writerow(HEADINGS)
    for row in _requests(request.company).iterator(chunk_size=500):
        writer.writerow(_safe(_cells(row, now)))
    return answer


def _cells(row: RenewalRequest, now: datetime) -> list[str]:
    quote = row.given
    return [
        row.number,
        row.reference,
        quote.plan_name,
        str(quote.all_folios),
        str(quote.total),
        quote.currency,
        row.word(now),
        _moment(row.created_at),
        _moment(row.submitted_at),
        _moment(row.due_at if row.state == RenewalRequest.IN_REVIEW else None),
        _moment(row.decided_at),
    ]


def _moment(at: datetime | None) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else ""


def _safe(cells: Iterable[str]) -> list[str]:
    """Cells that a spreadsheet does not take for formulas."""
    return [f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell for cell in cells]
