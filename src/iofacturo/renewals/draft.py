"""The customer's draft: choosing a plan, coming back to it, changing one's mind.

A draft is kept on our side from the first click, so that it survives leaving for the bank's
application and returning tomorrow on another device. A promotion is reserved with the quote, so
that whoever cannot have it learns it before transferring, not after.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios import offer as offers
from iofacturo.folios.errors import PromotionExhausted
from iofacturo.folios.offer import Offer
from iofacturo.renewals import (
    bank,
    decision,
    grace,
    notices,
    payee,
    proof,
    reservation,
    sent_form,
    terms,
    transfer,
)
from iofacturo.renewals import billing as billings
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.errors import Decided, NotOffered, PriceRose, WrongState
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.quote import Quote, guaranteed_until
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.review import PROOF_REJECTIONS

MOST_DRAFTS = 10  # of one company at one time: each may hold a promotion's last use
PLACES = 3  # how often an offer is looked up again when its promotion slips away


def choose(
    company: Company,
    code: str,
    *,
    by: User,
    at: datetime,
    token: str = "",
    previous: RenewalRequest | None = None,
    group: RenewalGroup | None = None,
) -> RenewalRequest:
    """A draft for the plan called *code*, with its quote. The same *token* gives the same draft.

    With *previous*, a rejected request of the same company, the draft begins with its data. With
    *group* it is paid together with those of other companies.
    NotOffered when the plan cannot be had; Repeated when the token came with another plan.
    """
    with transaction.atomic():
        contents = {"plan": code, "previous": previous.number if previous else ""}
        form, is_new = sent_form.accept(company, token, "choose", contents, by=by, at=at)
        if not is_new and form.request is not None:
            return form.request
        Company.objects.select_for_update(of=("self",)).get(pk=company.pk)
        _check_room(company)
        request = RenewalRequest.objects.create(
            company=company,
            previous=previous,
            group=group,
            created_at=at,
            created_by=by,
            changed_at=at,
            saved_at=at,
            draft={"billing": _first_billing(company, previous, group).as_dict()},
        )
        if previous is not None and _last_reason(previous) not in PROOF_REJECTIONS:
            proof.inherit(request, previous, by=by, at=at)
        give_quote(request, code, by=by, at=at)
        decision.record(
            request, "chosen", by=by, side=ReviewDecision.CUSTOMER, at=at, before="",
            quote=request.quote_id, previous=previous.number if previous else None,
        )  # fmt: skip
        form.request = request
        form.save(update_fields=["request"])
    return request


def _check_room(company: Company) -> None:
    drafts = RenewalRequest.objects.filter(company=company, state=RenewalRequest.DRAFT).count()
    if drafts >= MOST_DRAFTS:
        raise WrongState(
            f"Ya tiene {drafts} borradores sin enviar. Continúe uno o cancele los que no use."
        )


def _first_billing(
    company: Company, previous: RenewalRequest | None, group: RenewalGroup | None
) -> Billing:
    if group is not None:  # its maker checks many at once: what was confirmed last comes first
        return billings.last_confirmed(company)
    if previous is not None and previous.billing is not None:
        return previous.billing.as_billing()
    return billings.prefilled(company)


def _last_reason(request: RenewalRequest) -> str:
    row = decision.last(request)
    return row.reason if row else ""


# -- quoting -------------------------------------------------------------------------------------


def give_quote(request: RenewalRequest, code: str, *, by: User | None, at: datetime) -> Quote:
    """Quote the plan called *code* on *request* as it is offered now, reserving its promotion.

    Call inside a transaction that holds the request. The reservation of the quote before it is
    given back first, so that a company does not compete with itself.
    """
    reservation.release(request, at)
    for _ in range(PLACES):
        offer = offers.offer_for(request.company, code, at)
        if offer is None:
            raise NotOffered("Ese plan ya no está a la venta. Escoja otro, por favor.")
        try:
            with transaction.atomic():
                return _quote(request, offer, by=by, at=at)
        except PromotionExhausted:
            continue  # somebody else had the last use in this very moment
    raise NotOffered("La promoción cambió en este momento. Vuelva a escoger el plan, por favor.")


def _quote(request: RenewalRequest, offer: Offer, *, by: User | None, at: datetime) -> Quote:
    account = payee.current(at, offer.currency)
    text = terms.current(at)
    if account is None or text is None:
        raise NotOffered(
            "Todavía no podemos recibir pagos: falta configurar la cuenta o los términos. "
            "Escríbanos y le avisamos en cuanto esté."
        )
    quote = Quote.objects.create(
        request=request,
        plan_version=offer.plan_version,
        promotion_version=offer.promotion_version,
        plan_name=offer.name,
        promotion_name=offer.promotion_name,
        folios=offer.folios,
        bonus_folios=offer.bonus_folios,
        months=offer.months,
        cabys=offer.cabys,
        price=offer.price,
        discount=offer.discount,
        tax_rate=offer.tax_rate,
        tax=offer.tax,
        total=offer.total,
        currency=offer.currency,
        payee=account,
        terms=text,
        created_at=at,
        created_by=by,
        valid_until=guaranteed_until(at),
    )
    if offer.promotion_version is not None:
        reservation.hold(quote, request.company, at)
    request.change(at=at, quote=quote)
    return quote


def change_plan(request: RenewalRequest, code: str, *, by: User, at: datetime) -> RenewalRequest:
    """Another plan on the same draft; number and payment reference stay."""
    with transaction.atomic():
        request = _editable(request)
        before = request.state
        give_quote(request, code, by=by, at=at)
        _become_draft(request, at)
        _record(request, "quoted", by, at, before, quote=request.quote_id)
    return request


def refresh(
    request: RenewalRequest, *, by: User, at: datetime, consent: Decimal | None = None
) -> RenewalRequest:
    """Bring the quote of a draft up to date if its guarantee lapsed.

    The same or a lower price is applied; a higher one only when *consent* is that very price:
    PriceRose otherwise, and nothing changes.
    """
    with transaction.atomic():
        request = _editable(request)
        renew_quote(request, by=by, at=at, consent=consent)
    return request


def renew_quote(
    request: RenewalRequest, *, by: User, at: datetime, consent: Decimal | None = None
) -> None:
    """`refresh` for a request that is locked already."""
    old = request.given
    if old.holds(at) and request.state == RenewalRequest.DRAFT:
        return
    before = request.state
    if not old.holds(at):
        give_quote(request, old.plan_version.plan.code, by=by, at=at)
        now = request.given.total
        if now > old.total and consent != now:
            raise PriceRose(old.total, now)
    _become_draft(request, at)
    _record(request, "quoted", by, at, before, quote=request.quote_id,
            total_before=str(old.total), consented=consent is not None)  # fmt: skip


def _become_draft(request: RenewalRequest, at: datetime) -> None:
    if request.state != RenewalRequest.DRAFT:
        request.change(at=at, state=RenewalRequest.DRAFT, decided_at=None)


# -- keeping -------------------------------------------------------------------------------------


def save(
    request: RenewalRequest,
    typed: Mapping[str, Any],
    *,
    at: datetime,
    seen: int | None = None,
) -> RenewalRequest:
    """Keep what was typed, right or wrong. Stale when it was saved elsewhere since *seen*."""
    with transaction.atomic():
        request = _editable(request)
        request.seen(seen)
        if dict(request.draft) != dict(typed):
            request.change(at=at, draft=dict(typed), saved_at=at)
        else:
            request.change(saved_at=at)
        proof.annotate(request, transfer.read(request.draft.get("transfer", {})))
    return request


def cancel(request: RenewalRequest, *, by: User, at: datetime) -> RenewalRequest:
    """Withdraw a draft, or a sent request that nobody took. Again: nothing more happens."""
    with transaction.atomic():
        request = RenewalRequest.lock(request.pk)
        if request.state == RenewalRequest.CANCELLED:
            return request
        if not request.can_cancel(at):
            if request.state == RenewalRequest.IN_REVIEW:
                raise WrongState("Ya la estamos revisando: escríbanos si quiere detenerla.")
            raise Decided(decision.last(request))
        before, was_sent = request.state, request.submitted_at is not None
        request.change(at=at, state=RenewalRequest.CANCELLED, decided_at=at,
                       taken_by=None, taken_until=None)  # fmt: skip
        reservation.release(request, at)
        bank.release(request, by=by, at=at)
        owed = grace.end(request, by=by, at=at)
        _record(request, "cancelled", by, at, before)
        if was_sent:
            notices.cancelled(request, owed, at=at)
    return request


def _editable(request: RenewalRequest) -> RenewalRequest:
    locked = RenewalRequest.lock(request.pk)
    lapsed = locked.state == RenewalRequest.EXPIRED and locked.submitted_at is None
    if locked.state != RenewalRequest.DRAFT and not lapsed:
        raise Decided(decision.last(locked))
    return locked


def _record(
    request: RenewalRequest, action: str, by: User, at: datetime, before: str, **detail: Any
) -> None:
    decision.record(
        request, action, by=by, side=ReviewDecision.CUSTOMER, at=at, before=before, **detail
    )
