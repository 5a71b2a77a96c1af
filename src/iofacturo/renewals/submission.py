"""Sending a request, once, whatever is clicked; and answering what was asked to be corrected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.folios.errors import PromotionExhausted
from iofacturo.renewals import billing as billings
from iofacturo.renewals import (
    credit,
    decision,
    draft,
    due,
    grace,
    notices,
    proof,
    reservation,
    sent_form,
    transfer,
    unsent_money,
)
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.due import DueTime
from iofacturo.renewals.errors import Decided, Invalid, WrongState
from iofacturo.renewals.proof import PaymentProof, Upload
from iofacturo.renewals.request import BILLING, PAYMENT, PROOF, RenewalRequest
from iofacturo.renewals.terms import TermsAcceptance


def submit(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    token: str,
    contents: Mapping[str, Any],
    terms: int | None,
    typed: Mapping[str, Any] | None = None,
    upload: Upload | None = None,
    ip: str | None = None,
    seen: int | None = None,
    consent: Decimal | None = None,
    remember: bool = False,
    together: bool = False,
) -> RenewalRequest:
    """Send a draft to review. *contents* is all the form held, *terms* the version it accepted.

    *typed* and *upload* are kept with it in the same transaction, so that the twin of a double
    click finds either nothing or everything. `remember` offers the billing data the next time.
    A draft of a group is only sent *together* with the others.
    Raises Invalid with every problem, PriceRose, Stale, Repeated or Decided; then nothing was
    sent. With the same token and contents again: the same request, and nothing happens twice.
    """
    with transaction.atomic():
        form, is_new = sent_form.accept(request.company, token, "submit", contents, by=by, at=at)
        if not is_new and form.request_id is not None:
            return RenewalRequest.objects.select_related("quote", "billing").get(pk=form.request_id)
        request = RenewalRequest.lock(request.pk)
        if request.state not in (RenewalRequest.DRAFT, RenewalRequest.EXPIRED) or (
            request.submitted_at is not None
        ):
            raise Decided(decision.last(request))
        if request.in_making and not together:
            raise WrongState("Se prepara junto con otras empresas y se envía con ellas.")
        request.seen(seen)
        _keep(request, typed, upload, by=by, at=at)
        _settle_quote(request, by=by, at=at, consent=consent)
        billing = _check_draft(request, terms)
        _send(request, billing, by=by, at=at, ip=ip)
        if remember:
            billings.remember(request.company, billing, by=by, at=at)
        form.request = request
        form.save(update_fields=["request"])
    return request


def _keep(
    request: RenewalRequest,
    typed: Mapping[str, Any] | None,
    upload: Upload | None,
    *,
    by: User,
    at: datetime,
) -> None:
    if upload is not None:
        proof.add(request, upload, by=by, at=at)
        request.version = RenewalRequest.lock(request.pk).version
    if typed is not None and dict(typed) != dict(request.draft):
        request.change(at=at, draft=dict(typed), saved_at=at)
    proof.annotate(request, transfer.read(request.draft.get("transfer", {})))


def problems(request: RenewalRequest, *, terms: int | None) -> dict[str, str]:
    """What is missing or wrong before *request* can be sent, by field name."""
    _, found = billings.check(request.typed)
    if not proof.standing(request).exists() and credit.planned(request) < request.given.total:
        found = {"archivo": "Falta el comprobante de la transferencia."} | found
    if terms != request.given.terms_id:
        found["terminos"] = "Para enviar la solicitud hace falta aceptar los términos."
    return found


def _check_draft(request: RenewalRequest, terms: int | None) -> Billing:
    found = problems(request, terms=terms)
    if found:
        raise Invalid(found)
    return billings.check(request.typed)[0]


def is_honoured(request: RenewalRequest, at: datetime) -> bool:
    """Whether its price holds at *at*, or held on the day that a proof or the bank tells."""
    quote = request.given
    if quote.holds(at):
        return True
    dated = proof.standing(request).filter(paid_on__isnull=False).values_list("paid_on", flat=True)
    if any(day and quote.covers(day) for day in dated):
        return True
    return unsent_money.came_in_time(request)


def _settle_quote(
    request: RenewalRequest, *, by: User, at: datetime, consent: Decimal | None
) -> None:
    """A running guarantee is kept; so is a lapsed one when the money is dated inside it."""
    if not is_honoured(request, at):
        draft.renew_quote(request, by=by, at=at, consent=consent)
        return
    try:
        with transaction.atomic():
            reservation.hold(request.given, request.company, at)
    except PromotionExhausted as error:
        raise Invalid(
            {"plan": f"{error} Escoja el plan de nuevo para ver el precio de hoy."}
        ) from None


def _send(
    request: RenewalRequest, billing: Billing, *, by: User, at: datetime, ip: str | None
) -> None:
    snapshot = billings.keep(request, billing, by=by, at=at)
    terms = request.given.terms
    TermsAcceptance.objects.create(
        request=request, terms=terms, sha256=terms.sha256, user=by, at=at, ip=ip
    )
    PaymentProof.objects.filter(request=request, removed_at=None, sent_at=None).update(sent_at=at)
    promised = due.promise(request, cause=DueTime.SUBMITTED, at=at, left=due.whole())
    before = request.state
    credit.lock(request.company_id)  # what is promised here is nobody else's
    request.change(
        at=at,
        credit_wanted=credit.planned(request),
        state=RenewalRequest.IN_REVIEW,
        billing=snapshot,
        submitted_at=at,
        submitted_by=by,
        due_at=promised.due_at,
        due_calendar_id=promised.calendar_id,
        decided_at=None,
    )
    decision.record(
        request, "submitted", by=by, side=ReviewDecision.CUSTOMER, at=at, before=before,
        due_at=promised.due_at.isoformat(), honoured=not request.given.holds(at),
    )  # fmt: skip
    notices.received(request, grace.begin(request, by=by, at=at), at=at)


def answer(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    token: str,
    contents: Mapping[str, Any],
    billing: Billing | None = None,
    upload: Upload | None = None,
    typed: Mapping[str, Any] | None = None,
    message: str = "",
    seen: int | None = None,
) -> RenewalRequest:
    """Send a correction back to review; the clock goes on with what was left, an hour at least.

    Only what was asked for is looked at: a new proof, the rest of the payment, the billing data.
    """
    with transaction.atomic():
        form, is_new = sent_form.accept(request.company, token, "answer", contents, by=by, at=at)
        if not is_new and form.request_id is not None:
            return RenewalRequest.objects.select_related("quote", "billing").get(pk=form.request_id)
        request = RenewalRequest.lock(request.pk)
        if request.state != RenewalRequest.NEEDS_INFO:
            raise Decided(decision.last(request))
        request.seen(seen)
        _keep(request, typed, upload, by=by, at=at)
        checked = _check_answer(request, billing)
        _resume(request, checked, by=by, at=at, message=message)
        form.request = request
        form.save(update_fields=["request"])
    return request


def _check_answer(request: RenewalRequest, billing: Billing | None) -> Billing | None:
    found: dict[str, str] = {}
    checked = None
    if BILLING in request.to_correct:
        checked, found = billings.check(billing or Billing())
    wants_file = {PROOF, PAYMENT} & set(request.to_correct)
    if wants_file and not proof.standing(request).filter(sent_at=None).exists():
        found = {"archivo": "Falta el nuevo comprobante de la transferencia."} | found
    if found:
        raise Invalid(found)
    return checked


def _resume(
    request: RenewalRequest, billing: Billing | None, *, by: User, at: datetime, message: str
) -> None:
    changed: dict[str, Any] = {}
    if billing is not None:
        changed["billing"] = billings.keep(request, billing, by=by, at=at)
    PaymentProof.objects.filter(request=request, removed_at=None, sent_at=None).update(sent_at=at)
    left = max(timedelta(seconds=request.seconds_left or 0), due.LEAST)
    promised = due.promise(request, cause=DueTime.ANSWERED, at=at, left=left)
    before = request.state
    request.change(
        at=at,
        state=RenewalRequest.IN_REVIEW,
        due_at=promised.due_at,
        due_calendar_id=promised.calendar_id,
        seconds_left=None,
        correct_until=None,
        to_correct=[],
        **changed,
    )
    decision.record(
        request, "answered", by=by, side=ReviewDecision.CUSTOMER, at=at, before=before,
        note=message.strip()[:2000], due_at=promised.due_at.isoformat(),
    )  # fmt: skip
    notices.answered(request, at=at)
