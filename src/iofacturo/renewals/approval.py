"""Approving: money, folios, invoice and notice in one transaction, once, whoever else clicks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.folios import ledger
from iofacturo.folios.lot import FolioLot
from iofacturo.renewals import (
    bank,
    due,
    grace,
    guard,
    invoice_intent,
    notices,
    provider_invoice,
    turnaround,
)
from iofacturo.renewals import credit as credits
from iofacturo.renewals.bank import Typed
from iofacturo.renewals.due import DueTime
from iofacturo.renewals.errors import Invalid, LineTaken, NotAllowed, Underpaid
from iofacturo.renewals.request import RenewalRequest


def origin(request: RenewalRequest) -> str:
    """The origin of the lots that a request gives."""
    return f"request:{request.number}"


def approve(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    version: int,
    lines: Iterable[Typed] = (),
    found: Iterable[int] = (),
    keep_rest: bool = False,
    credit: Decimal = bank.ZERO,
    note: str = "",
) -> RenewalRequest:
    """Activate the plan that *lines* of the bank, and *credit* of the company's, pay for.

    *found* are ids of lines that are in the books already; with *keep_rest* what they bring above
    the total stays on them for the other requests they pay, else it becomes credit.
    *version* is the one the reviewer looked at. From the amount that needs two people on, the
    first approval is written down and the second one, by a senior who is somebody else,
    activates: look at `request.state`. A second click changes nothing: Decided says who did it.
    Underpaid, LineTaken, Stale, NotAllowed and Invalid leave everything as it was.
    """
    seat = guard.permit(by, "review", request)
    with transaction.atomic():
        request = guard.payable(request, by, at, version)
        if request.first_approved_by_id is not None:
            if request.first_approved_by_id == by.pk:
                raise NotAllowed("Usted ya dio la primera aprobación: falta la de otra persona.")
            if not seat.may("second"):
                raise NotAllowed("La segunda aprobación la da revisión principal.")
        promised = max(credit, request.credit_wanted)
        guard.note_money(request, lines, by=by, at=at, found=found, keep_rest=keep_rest,
                         promised=promised)  # fmt: skip
        promised = _promise(request, promised, at)
        _check_paid(request, note, promised)
        if guard.needs_second(request) and request.first_approved_by_id is None:
            _first(request, by=by, at=at, note=note)
        else:
            credits.use(request, promised, by=by, at=at)
            _activate(request, by=by, at=at, note=note)
    return request


def _promise(request: RenewalRequest, wanted: Decimal, at: datetime) -> Decimal:
    """What of *wanted* the money that came leaves to the company's credit, held from here on."""
    promised = min(wanted, max(request.given.total - bank.paid(request), bank.ZERO))
    if promised > request.credit_wanted:
        credits.lock(request.company_id)
        currency = request.given.currency
        if promised > credits.available(request.company, currency, but=request):
            raise LineTaken("El saldo a favor no alcanza para ese monto.")
        request.change(at=at, credit_wanted=promised)
    return min(promised, max(credits.usable(request), bank.ZERO))


def approve_by_itself(
    request: RenewalRequest,
    *,
    at: datetime,
    version: int,
    found: Iterable[int],
    keep_rest: bool = False,
    evidence: Iterable[str] = (),
) -> RenewalRequest:
    """The system's own approval, of money that the bank's file names; nobody is its actor.

    The one who calls it decides whether the house allows it (`automatic`). NotAllowed where two
    people must approve, for the provider's own company, and for what somebody approved in part.
    """
    with transaction.atomic():
        request = guard.payable(request, None, at, version)
        if guard.needs_second(request) or request.first_approved_by_id is not None:
            raise NotAllowed("Por su monto la aprueban dos personas.")
        if request.company.is_provider:
            raise NotAllowed("Es la empresa del proveedor: la revisa una persona.")
        guard.note_money(request, (), by=None, at=at, found=found, keep_rest=keep_rest,
                         promised=request.credit_wanted)  # fmt: skip
        promised, paid = credits.usable(request), bank.paid(request)
        if paid + promised < request.given.total:  # what is tolerated is for people to tolerate
            raise Underpaid(paid + promised, request.given.total, request.given.currency)
        _check_paid(request, "", promised)
        credits.use(request, promised, by=None, at=at)
        _activate(request, by=None, at=at, note=" ".join(evidence))
    return request


def _check_paid(request: RenewalRequest, note: str, promised: Decimal) -> None:
    paid, total = bank.paid(request) + promised, request.given.total
    if paid < total - guard.tolerance():
        raise Underpaid(paid, total, request.given.currency)
    if not note.strip() and not _in_time(request):
        raise Invalid(
            {"note": "El precio ya no estaba garantizado cuando llegó el dinero ni cuando se envió "
                     "la solicitud. Anote por qué se respeta."}
        )  # fmt: skip


def _in_time(request: RenewalRequest) -> bool:
    """Whether the quote was running when the request was sent, or when its money arrived."""
    quote = request.given
    if request.submitted_at is not None and quote.holds(request.submitted_at):
        return True
    return any(quote.covers(row.line.booked_on) for row in bank.lines_of(request))


def _first(request: RenewalRequest, *, by: User, at: datetime, note: str) -> None:
    before = request.state
    back: dict[str, Any] = {}
    if before == RenewalRequest.NEEDS_INFO:  # nothing more is asked for: it waits for us again
        rest = max(timedelta(seconds=request.seconds_left or 0), due.LEAST)
        promised = due.promise(request, cause=DueTime.ANSWERED, at=at, left=rest)
        back = {
            "state": RenewalRequest.IN_REVIEW, "due_at": promised.due_at,
            "due_calendar_id": promised.calendar_id, "seconds_left": None, "correct_until": None,
            "to_correct": [],
        }  # fmt: skip
    request.change(
        at=at, first_approved_by=by, first_approved_at=at, taken_by=None, taken_until=None, **back
    )
    guard.record(request, "first_approval", by, at, before,
                 internal_note=note.strip(), lines=_lines(request))  # fmt: skip


def _activate(request: RenewalRequest, *, by: User | None, at: datetime, note: str) -> None:
    quote, before = request.given, request.state
    guard.end(request, RenewalRequest.ACTIVE, at)
    lot, promo = ledger.grant_plan(
        request.company,
        quote.plan_version,
        origin=origin(request),
        at=at,
        by=by,
        promotion_version=quote.promotion_version,
    )
    repaid = grace.repay(request, [lot, promo] if promo else [lot], by=by, at=at)
    intent = invoice_intent.for_sale(request, at)
    provider_invoice.queue(intent, at)
    done = guard.record(request, "approved", by, at, before, internal_note=note.strip(),
                        lines=_lines(request), lot=lot.pk, invoice=intent.pk,
                        tolerance=str(guard.tolerance()))  # fmt: skip
    turnaround.record(request, done)
    notices.activated(request, lot, bank.excess(request), repaid, at=at)


def _lines(request: RenewalRequest) -> list[int]:
    return [row.line_id for row in bank.lines_of(request)]


def lots(request: RenewalRequest) -> list[FolioLot]:
    """What *request* gave, the paid lot first."""
    return list(FolioLot.objects.filter(origin=origin(request)).order_by("kind"))
