"""One renewal as people make it: choose, transfer, attach, accept, send; take, approve."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.demo import slip
from iofacturo.demo.office import Office
from iofacturo.lib import clock
from iofacturo.renewals import approval, bank, draft, proof, review, submission
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.sent_form import new_token
from iofacturo.uploads import cleaning


@dataclass(frozen=True)
class Buyer:
    company: Company
    user: User


def choose(buyer: Buyer, plan: str, at: datetime, previous: RenewalRequest | None = None):
    with clock.moved_to(at):
        return draft.choose(buyer.company, plan, by=buyer.user, at=at, previous=previous)


def attach(request: RenewalRequest, buyer: Buyer, at: datetime, amount: Decimal | None = None):
    """A slip over *amount* (the exact one unless said otherwise)."""
    paid = amount if amount is not None else request.given.total
    data = slip.draw(
        amount=paid,
        reference=request.reference,
        at=at,
        bank_reference=bank_reference(request, at),
        payer=buyer.company.nombre,
    )
    name = f"transferencia-{clock.local(at):%d-%m}.png"
    with clock.moved_to(at):
        cleaned = cleaning.clean(data, name)
        proof.attach(request, data, cleaned, name, by=buyer.user, at=at)


def send(request: RenewalRequest, buyer: Buyer, at: datetime) -> RenewalRequest:
    with clock.moved_to(at):
        return submission.submit(
            request,
            by=buyer.user,
            at=at,
            token=new_token(),
            contents={"request": request.number},
            terms=request.given.terms_id,
            ip="127.0.0.1",
        )


def submit(buyer: Buyer, plan: str, at: datetime, amount: Decimal | None = None) -> RenewalRequest:
    """Choose, attach and send; sent at *at*."""
    request = choose(buyer, plan, at - timedelta(minutes=25))
    attach(request, buyer, at - timedelta(minutes=6), amount)
    return send(request, buyer, at)


def take(request: RenewalRequest, by: User, at: datetime) -> RenewalRequest:
    with clock.moved_to(at):
        return review.take(request, by=by, at=at)


def approve(request: RenewalRequest, by: User, at: datetime) -> RenewalRequest:
    """Take and approve with the line the bank shows."""
    request = take(request, by, at - timedelta(minutes=4))
    sent = request.submitted_at or at
    line = bank.Typed(
        booked_on=clock.local(sent).date(),
        amount=request.given.total,
        reference=bank_reference(request, sent),
        payer=request.company.nombre,
    )
    lines = [] if request.first_approved_by_id else [line]
    with clock.moved_to(at):
        return approval.approve(request, by=by, at=at, version=request.version, lines=lines)


def buy(
    buyer: Buyer, plan: str, at: datetime, office: Office, reviewer: User,
    second: User | None = None, minutes: int = 38,
) -> RenewalRequest:  # fmt: skip
    """The whole way to the provider's invoice, with *second* for amounts that need two.

    Answered after so many *minutes* of business time.
    """
    request = submit(buyer, plan, at)
    answered = calendar.current(at).due(at, timedelta(minutes=minutes))
    request = approve(request, reviewer, answered)
    if request.state != RenewalRequest.ACTIVE and second is not None:
        request = approve(request, second, answered + timedelta(minutes=9))
    office.invoice((request.decided_at or answered) + timedelta(minutes=1))
    return request


def bank_reference(request: RenewalRequest, at: datetime) -> str:
    """A number as banks give them, the same for the same request."""
    return f"{clock.local(at):%Y%m%d}015{request.pk:08d}"
