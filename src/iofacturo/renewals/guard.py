"""What every act of the provider's people checks and shares: who, which version, whose hands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.lib import clock, formats
from iofacturo.renewals import bank, decision
from iofacturo.renewals.bank import BankLine, Typed
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.errors import Decided, LineTaken, NotAllowed, WrongState
from iofacturo.renewals.request import BILLING, RenewalRequest


def permit(by: User, act: str, request: RenewalRequest) -> Staff:
    """The staff seat of *by*; NotAllowed without the right, or for one's own company's request."""
    seat = Staff.objects.filter(user=by, removed_at=None).first()
    if seat is None or not seat.may(act):
        raise NotAllowed("Su rol no permite hacer esto.")
    if is_own(by, request):
        raise NotAllowed("Usted es de esta empresa: la solicitud la revisa otra persona.")
    return seat


def is_own(by: User, request: RenewalRequest) -> bool:
    """Whether *by* belongs or belonged to the request's company, or had a hand in sending it."""
    hands = {request.submitted_by_id, request.created_by_id}
    return by.pk in hands or Membership.objects.filter(user=by, company=request.company_id).exists()


def needs_second(request: RenewalRequest) -> bool:
    """Whether two people must approve this amount; one in another currency always."""
    quote = request.given
    return quote.currency != "CRC" or quote.total >= settings.SECOND_APPROVAL_FROM


def tolerance() -> Decimal:
    """How much may be missing, in the currency of the quote."""
    return Decimal(settings.UNDERPAID_TOLERANCE)


def in_review(request: RenewalRequest) -> RenewalRequest:
    """The locked request; Decided when it is no longer in review."""
    locked = RenewalRequest.lock(request.pk)
    if locked.state != RenewalRequest.IN_REVIEW:
        raise Decided(decision.last(locked))
    return locked


def mine(request: RenewalRequest, by: User | None, at: datetime, version: int) -> RenewalRequest:
    """The locked request, in review, as it was seen and not in another person's hands."""
    return _untaken(in_review(request), by, at, version)


def payable(request: RenewalRequest, by: User | None, at: datetime, version: int) -> RenewalRequest:
    """`mine`, and also one that waits for the customer: its money may come before the answer.

    Not while the billing data are wrong: the invoice would be.
    """
    locked = RenewalRequest.lock(request.pk)
    if locked.state not in RenewalRequest.SENT:
        raise Decided(decision.last(locked))
    if locked.state == RenewalRequest.NEEDS_INFO and BILLING in locked.to_correct:
        raise WrongState("Faltan los datos corregidos de la factura: el cliente aún no los envía.")
    return _untaken(locked, by, at, version)


def _untaken(locked: RenewalRequest, by: User | None, at: datetime, version: int) -> RenewalRequest:
    locked.seen(version)
    if locked.is_taken(at) and (by is None or locked.taken_by_id != by.pk):
        raise WrongState(f"La tiene {locked.taken_by} hasta las {hour(locked.taken_until)}")
    return locked


def note_money(
    request: RenewalRequest,
    lines: Iterable[Typed],
    *,
    by: User | None,
    at: datetime,
    found: Iterable[int] = (),
    keep_rest: bool = False,
    promised: Decimal = bank.ZERO,
) -> list[BankLine]:
    """Write the typed lines down and allocate what the request still needs of them and of *found*.

    Money that came goes before credit; only where the lines pay others besides (*keep_rest*) the
    *promised* credit is left out of what is taken from them. *found* are ids of lines that are in the books already. LineTaken when one is not.
    """
    keep_rest = keep_rest or request.group_id is not None  # one transfer pays others besides
    today = clock.local(at).date()
    wanted = set(found)
    rows = list(BankLine.objects.filter(pk__in=wanted))
    if len(rows) != len(wanted):
        raise LineTaken("Ese movimiento no está en el banco.")
    for line in lines:
        assert by is not None  # noqa: S101 - the system types nothing
        rows.append(
            bank.enter(line, request.given.payee, by=by, at=at, today=today, request=request)
        )
    if rows:
        credit = promised if keep_rest else bank.ZERO
        needed = max(request.given.total - bank.paid(request) - credit, bank.ZERO)
        bank.allocate(request, rows, needed, by=by, at=at, keep_rest=keep_rest)
    return rows


def end(request: RenewalRequest, state: str, at: datetime) -> None:
    """Leave the desk for *state*."""
    request.change(
        at=at,
        state=state,
        decided_at=at,
        taken_by=None,
        taken_until=None,
        seconds_left=None,
        correct_until=None,
        to_correct=[],
    )


def record(
    request: RenewalRequest, action: str, by: User | None, at: datetime, before: str, **fields: Any
) -> ReviewDecision:
    """The step of a person of the provider's; of the system where there is none."""
    return decision.record(
        request,
        action,
        by=by,
        side=ReviewDecision.STAFF if by else ReviewDecision.CLOCK,
        at=at,
        before=before,
        **fields,
    )


def hour(at: datetime | None) -> str:
    """The hour of *at* on a wall in Costa Rica; nothing for nothing."""
    return formats.hora(at) if at else ""
