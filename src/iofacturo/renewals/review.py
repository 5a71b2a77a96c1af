"""The provider's side of a request: take it, ask, reject, approve, reverse.

Every act is one transaction that locks the request first, checks that it is still the version
the person saw, writes the change, its decision row and its notice. A second click, a second
person or a request from the past changes nothing and is told who decided and when.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.lib import clock
from iofacturo.renewals import (
    bank,
    credit,
    decision,
    due,
    grace,
    guard,
    notices,
    reservation,
    turnaround,
)
from iofacturo.renewals.approval import approve
from iofacturo.renewals.bank import Typed
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.due import DueTime
from iofacturo.renewals.errors import Decided, Invalid, WrongState
from iofacturo.renewals.guard import is_own, needs_second, permit, tolerance
from iofacturo.renewals.request import BILLING, PAYMENT, PROOF, RenewalRequest
from iofacturo.renewals.reversal import REVERSALS
from iofacturo.renewals.taking_back import reverse

LEASE = timedelta(minutes=20)
DAYS_TO_ANSWER = 5  # business days for a correction, until it expires

CORRECTIONS = {
    "underpaid": ("Falta una parte del pago", (PAYMENT,)),
    "unreadable": ("El comprobante no se lee", (PROOF,)),
    "other_transfer": ("El comprobante es de otra transferencia", (PROOF,)),
    "not_arrived": ("El dinero no ha llegado a la cuenta", (PROOF,)),
    "billing": ("Los datos para la factura tienen un error", (BILLING,)),
}
REJECTIONS = {
    "no_money": "No encontramos el dinero en la cuenta",
    "not_ours": "La transferencia no llegó a nuestra cuenta",
    "used_proof": "El comprobante ya se usó en otra solicitud",
    "altered_proof": "El comprobante no corresponde con el banco",
    "duplicate": "La solicitud está repetida",
    "on_request": "A petición del cliente",
}
PROOF_REJECTIONS = {"used_proof", "altered_proof", "not_ours"}  # a successor starts without it


# -- the desk ------------------------------------------------------------------------------------


def take(request: RenewalRequest, *, by: User, at: datetime) -> RenewalRequest:
    """Hold the request for LEASE; the holder renews it the same way. Decided or NotAllowed.

    The first time somebody takes it, the customer is told.
    """
    permit(by, "review", request)
    with transaction.atomic():
        request = guard.in_review(request)
        if request.is_taken(at) and request.taken_by_id != by.pk:
            raise WrongState(
                f"La tiene {request.taken_by} hasta las {guard.hour(request.taken_until)}"
            )
        renewing = request.is_taken(at)
        first = not ReviewDecision.objects.filter(request=request, action="taken").exists()
        # The lease is no news for anybody who read the request: `version` stands still.
        RenewalRequest.objects.filter(pk=request.pk).update(taken_by=by, taken_until=at + LEASE)
        request.taken_by, request.taken_until = by, at + LEASE
        if not renewing:
            guard.record(request, "taken", by, at, request.state)
        if first:
            notices.taken(request, at=at)
    return request


def release(request: RenewalRequest, *, by: User, at: datetime) -> RenewalRequest:
    """Give the request back to the queue; only its holder can."""
    with transaction.atomic():
        request = guard.in_review(request)
        if request.taken_by_id != by.pk:
            raise WrongState("Usted no tiene esta solicitud.")
        RenewalRequest.objects.filter(pk=request.pk).update(taken_by=None, taken_until=None)
        request.taken_by, request.taken_until = None, None
        guard.record(request, "released", by, at, request.state)
    return request


def hand_over(
    request: RenewalRequest, *, by: User, at: datetime, to: User | None, reason: str
) -> RenewalRequest:
    """Pass the request on, to *to* with a new lease, or to the queue; only its holder can.

    *reason* is for colleagues. Whoever gets it must be able to decide it, and is told.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": "Escriba por qué la pasa: queda en el historial."})
    with transaction.atomic():
        request = guard.in_review(request)
        if request.taken_by_id != by.pk:
            raise WrongState("Usted no tiene esta solicitud: tómela antes de pasarla.")
        if to is not None and to not in colleagues(request, by):
            raise Invalid({"to": "Esa persona no puede decidir esta solicitud."})
        until = at + LEASE if to else None
        RenewalRequest.objects.filter(pk=request.pk).update(taken_by=to, taken_until=until)
        request.taken_by, request.taken_until = to, until
        guard.record(request, "handed_over", by, at, request.state, internal_note=reason,
                     to=str(to) if to else None)  # fmt: skip
        if to is not None:
            notices.handed_over(request, to, by, reason, at=at)
    return request


def colleagues(request: RenewalRequest, by: User) -> list[User]:
    """Who else could decide *request*: the ones a case can be handed to."""
    act = "second" if request.first_approved_by_id else "review"
    barred = [by.pk, request.submitted_by_id, request.created_by_id, request.first_approved_by_id]
    seats = (
        Staff.objects.filter(removed_at=None, user__is_active=True)
        .exclude(user__in=[pk for pk in barred if pk])
        .exclude(user__in=Membership.objects.filter(company=request.company_id).values("user"))
    )
    return [seat.user for seat in seats.select_related("user").order_by("pk") if seat.may(act)]


def ask_correction(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    version: int,
    reason: str,
    message: str = "",
    lines: Iterable[Typed] = (),
    found: Iterable[int] = (),
) -> RenewalRequest:
    """Ask the customer for something; the clock stands still until the answer.

    *reason* is a key of CORRECTIONS. With `underpaid` the money that did arrive is noted from
    *lines*, and from *found*, ids of lines in the books; the customer reads the exact difference.
    """
    if reason not in CORRECTIONS:
        raise Invalid({"reason": "Escoja el motivo de la corrección."})
    permit(by, "review", request)
    with transaction.atomic():
        request = guard.mine(request, by, at, version)
        detail: dict[str, str] = {}
        if reason == "underpaid":
            guard.note_money(request, lines, by=by, at=at, found=found)
            missing = credit.missing(request)
            if missing <= tolerance():
                raise Invalid({"lines": "Con esos movimientos el pago está completo: apruébela."})
            detail = {"paid": str(bank.paid(request)), "missing": str(missing)}
        parts = list(CORRECTIONS[reason][1])
        rest = due.left(request, at)
        before = request.state
        request.change(
            at=at,
            state=RenewalRequest.NEEDS_INFO,
            seconds_left=int(rest.total_seconds()),
            correct_until=_last_day_to_answer(at),
            to_correct=parts,
            taken_by=None,
            taken_until=None,
            first_approved_by=None,
            first_approved_at=None,
        )
        done = guard.record(request, "correction", by, at, before, reason=reason,
                            note=message.strip(), seconds_left=request.seconds_left,
                            **detail)  # fmt: skip
        turnaround.record(request, done)
        notices.correction(request, reason, message.strip(), detail.get("missing"), at=at)
    return request


def reject(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    version: int,
    reason: str,
    message: str = "",
    found: Iterable[int] = (),
) -> RenewalRequest:
    """Turn the request down, for a key of REJECTIONS. Money noted for it becomes credit.

    *found* are ids of lines in the books that pay it with others: its part of them is noted first.
    """
    if reason not in REJECTIONS:
        raise Invalid({"reason": "Escoja el motivo del rechazo."})
    permit(by, "review", request)
    with transaction.atomic():
        request = guard.mine(request, by, at, version)
        guard.note_money(request, (), by=by, at=at, found=found, keep_rest=True)
        before = request.state
        guard.end(request, RenewalRequest.REJECTED, at)
        reservation.release(request, at)
        released = bank.release(request, by=by, at=at)
        owed = grace.end(request, by=by, at=at)
        done = guard.record(request, "rejected", by, at, before, reason=reason,
                            note=message.strip(), credited=str(released))  # fmt: skip
        turnaround.record(request, done)
        notices.rejected(request, reason, message.strip(), released, owed, at=at)
    return request


def resurrect(request: RenewalRequest, *, by: User, at: datetime, note: str) -> RenewalRequest:
    """Reopen an expired request because its money was found late; a new due time begins."""
    permit(by, "review", request)
    if not note.strip():
        raise Invalid({"note": "Escriba dónde apareció el dinero."})
    with transaction.atomic():
        request = RenewalRequest.lock(request.pk)
        if request.state != RenewalRequest.EXPIRED:
            raise Decided(decision.last(request))
        reopen(request, by=by, at=at, note=note)
        reservation.hold_again(request, at)
    return request


def reopen(
    request: RenewalRequest, *, by: User | None, at: datetime, note: str, tell: bool = True
) -> RenewalRequest:
    """Bring an expired request that is locked already back to the desk, with a new due time.

    Without *tell* the customer hears of it from what follows in the same act.
    """
    if request.submitted_at is None or request.billing_id is None:
        raise WrongState("El cliente nunca la envió: no hay qué revisar.")
    promised = due.promise(request, cause=DueTime.REOPENED, at=at, left=due.whole())
    before = request.state
    request.change(
        at=at,
        state=RenewalRequest.IN_REVIEW,
        due_at=promised.due_at,
        due_calendar_id=promised.calendar_id,
        seconds_left=None,
        correct_until=None,
        to_correct=[],
        decided_at=None,
    )
    guard.record(request, "resurrected", by, at, before, internal_note=note.strip())
    if tell:
        notices.resurrected(request, at=at)
    return request


def _last_day_to_answer(at: datetime) -> datetime:
    """The midnight that ends the last business day for the answer."""
    day = calendar.current(at).add_business_days(clock.local(at).date(), DAYS_TO_ANSWER)
    return clock.midnight(day + timedelta(days=1))


__all__ = [
    "CORRECTIONS", "DAYS_TO_ANSWER", "LEASE", "REJECTIONS", "REVERSALS", "Typed", "approve",
    "ask_correction", "colleagues", "hand_over", "is_own", "needs_second", "permit", "reject",
    "release", "resurrect", "reverse", "take", "tolerance",
]  # fmt: skip
