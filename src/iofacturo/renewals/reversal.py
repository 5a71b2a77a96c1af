"""Undoing an activation: never by deletion. What is unused ends; what was used stays used."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.folios import ledger
from iofacturo.folios.lot import FolioLot
from iofacturo.renewals import (
    approval,
    bank,
    decision,
    guard,
    invoice_intent,
    notices,
    provider_invoice,
)
from iofacturo.renewals.bank import MoneyEntry
from iofacturo.renewals.errors import Decided, Invalid
from iofacturo.renewals.request import RenewalRequest

BANK = "bank_withdrew"
REVERSALS = {
    BANK: "El banco retiró el dinero",
    "mistake": "Se activó por error",
    "on_request": "A petición del cliente",
}


def reverse(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    version: int,
    reason: str,
    note: str,
    amount: Decimal | None = None,
) -> RenewalRequest:
    """Void what is left of the request's lots and intend a credit note for its share.

    For seniors. The share is total x unused / granted of the paid lot, half up; *amount* may be
    lower. The credited money becomes the company's balance. When the bank took the payment back
    it is `taking_back` that reverses.
    """
    guard.permit(by, "second", request)
    check(reason, note)
    with transaction.atomic():
        request = RenewalRequest.lock(request.pk)
        if request.state != RenewalRequest.ACTIVE:
            raise Decided(decision.last(request))
        request.seen(version)
        undo(request, by=by, at=at, reason=reason, note=note, amount=amount)
    return request


def undo(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    reason: str,
    note: str,
    amount: Decimal | None = None,
    withdrawn: Decimal = bank.ZERO,
) -> None:
    """Reverse an active request that is locked already; the bank took *withdrawn* of its money.

    What was used of it and nobody paid any more is owed to us.
    """
    with transaction.atomic():
        unused, granted = _void(request, by=by, at=at, note=note.strip())
        credited = _credited(request, unused, granted, amount)
        before = request.state
        request.change(at=at, state=RenewalRequest.REVERSED, decided_at=at)
        intent = invoice_intent.for_reversal(request, credited, REVERSALS[reason], at)
        if intent is not None:
            provider_invoice.queue(intent, at)
        balance = credited - withdrawn
        _settle(request, balance, by=by, at=at)
        guard.record(request, "reversed", by, at, before, reason=reason, internal_note=note.strip(),
                     unused=unused, granted=granted, credited=str(credited),
                     withdrawn=str(withdrawn), credit_note=intent.pk if intent else None)  # fmt: skip
        notices.reversed_(request, reason, unused, credited, max(-balance, bank.ZERO), at=at)


def check(reason: str, note: str) -> None:
    """Invalid when reason or note is missing."""
    problems: dict[str, str] = {}
    if reason not in REVERSALS:
        problems["reason"] = "Escoja el motivo de la reversión."
    if not note.strip():
        problems["note"] = "Escriba qué pasó: queda en el historial."
    if problems:
        raise Invalid(problems)


def _void(request: RenewalRequest, *, by: User, at: datetime, note: str) -> tuple[int, int]:
    """End both lots; how many paid folios were unused, of how many."""
    unused, granted = 0, 0
    for lot in FolioLot.objects.filter(origin=approval.origin(request)).order_by("id"):
        ledger.expire(lot, at=at)  # what time ended is not given back
        entry = ledger.void(lot, by=by, at=at, reason=note)
        if lot.kind == "paid":
            unused, granted = min(-entry.qty, lot.granted), lot.granted
    return unused, granted


def _credited(
    request: RenewalRequest, unused: int, granted: int, amount: Decimal | None
) -> Decimal:
    share = invoice_intent.share(request.given.total, unused, granted)
    if amount is None:
        return share
    if not 0 <= amount <= share or amount != amount.quantize(invoice_intent.CENT):
        raise Invalid({"amount": "El monto va de cero a lo que corresponde a los folios sin usar."})
    return amount


def _settle(request: RenewalRequest, balance: Decimal, *, by: User, at: datetime) -> None:
    """What we owe the company afterwards, or it owes us."""
    kind = MoneyEntry.REFUND if balance > 0 else MoneyEntry.DEBT
    if balance:
        MoneyEntry.objects.create(
            company=request.company,
            kind=kind,
            amount=balance,
            currency=request.given.currency,
            request=request,
            operation=f"{kind}:{request.pk}",
            created_by=by,
            created_at=at,
        )
