"""A company's credit with us: what it has, what is promised of it, and paying with it.

What is promised is held: of requests that were sent with it, and of returns on their way. It is
spent when the plan is activated, in that transaction.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.renewals import bank
from iofacturo.renewals.bank import ZERO, MoneyEntry
from iofacturo.renewals.errors import LineTaken
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder


def lock(company_id: int) -> None:
    """Whoever spends or promises a company's credit holds the company, after its requests and lines."""
    Company.objects.select_for_update(of=("self",), no_key=True).get(pk=company_id)


def held(company: Company, currency: str = "CRC", *, but: RenewalRequest | None = None) -> Decimal:
    """What is promised, *but* that request's part left out."""
    sent = RenewalRequest.objects.filter(
        company=company, state__in=RenewalRequest.SENT, quote__currency=currency
    )
    if but is not None:
        sent = sent.exclude(pk=but.pk)
    orders = ReturnOrder.objects.filter(ReturnOrder.OPEN, company=company, currency=currency)
    wanted = sent.aggregate(n=Sum("credit_wanted"))["n"] or ZERO
    leaving = orders.aggregate(n=Sum("amount"))["n"] or ZERO
    return Decimal(wanted + leaving)


def available(
    company: Company, currency: str = "CRC", *, but: RenewalRequest | None = None
) -> Decimal:
    """What may be promised now; never below zero."""
    there = bank.credit(company, currency)
    return max(there - held(company, currency, but=but), ZERO) if there > 0 else ZERO


def planned(request: RenewalRequest) -> Decimal:
    """What the draft would pay with credit, if it says so; the rest must be transferred."""
    if not request.draft.get("use_credit"):
        return ZERO
    quote = request.given
    return min(quote.total, available(request.company, quote.currency, but=request))


def usable(request: RenewalRequest) -> Decimal:
    """What of the credit that *request* was sent with can still be spent on it."""
    if not request.credit_wanted or request.state not in RenewalRequest.SENT:
        return ZERO
    free = available(request.company, request.given.currency, but=request)
    return min(request.credit_wanted, max(request.given.total - bank.paid(request), ZERO), free)


def missing(request: RenewalRequest) -> Decimal:
    """What must still be transferred for *request*, its credit counted."""
    return max(request.given.total - bank.paid(request) - usable(request), ZERO)


def use(request: RenewalRequest, amount: Decimal, *, by: User | None, at: datetime) -> None:
    """Pay *amount* of *request* from the company's credit; LineTaken if there is not that much."""
    if amount <= 0:
        return
    lock(request.company_id)
    if amount > available(request.company, request.given.currency, but=request):
        raise LineTaken("El saldo a favor no alcanza para ese monto.")
    MoneyEntry.objects.create(
        company=request.company,
        kind=MoneyEntry.USED,
        amount=-amount,
        currency=request.given.currency,
        request=request,
        operation=f"used:{request.pk}:{request.version}",
        created_by=by,
        created_at=at,
    )


__all__ = ["available", "held", "lock", "missing", "planned", "usable", "use"]
