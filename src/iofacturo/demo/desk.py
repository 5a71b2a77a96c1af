"""Requests in every state, for the reviewers' desk."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from iofacturo.business_time import calendar
from iofacturo.demo import purchase, several
from iofacturo.demo.cast import Cast
from iofacturo.demo.catalogue import Shop
from iofacturo.demo.counter import CAFE, Counter
from iofacturo.demo.history import SODA_FOLIOS
from iofacturo.demo.office import Office
from iofacturo.demo.purchase import Buyer
from iofacturo.lib import clock
from iofacturo.renewals import (
    bank,
    bank_statement,
    draft,
    reversal,
    review,
    statement_import,
    statement_profile,
)
from iofacturo.renewals.request import RenewalRequest

# What was answered in the last weeks: business hours ago, who, the plan, after how many minutes,
# by whom. One of them late.
ANSWERED = (
    (196, "roble", "plan-100", 22, "revisor"), (187, "roble", "plan-50", 74, "revisora"),
    (176, "arenal", "plan-50", 31, "revisor"), (161, "vivero", "plan-50", 118, "revisor"),
    (150, "optica", "plan-100", 45, "revisora"), (137, "optica", "plan-50", 287, "revisor"),
    (121, "arenal", "plan-100", 63, "revisora"), (104, "vivero", "plan-50", 27, "revisor"),
    (88, "optica", "plan-50", 52, "revisora"), (71, "roble", "plan-50", 150, "revisor"),
    (41, "arenal", "plan-50", 19, "revisora"), (24, "optica", "plan-50", 34, "revisor"),
)  # fmt: skip


def lay_out(cast: Cast, shop: Shop, office: Office, now: datetime) -> None:
    """Draft, sent, taken, late, correction, second approval, rejected, cancelled, lapsed, reversed."""
    buyer = {
        key: Buyer(cast.companies[key], cast.people[owner])
        for key, owner in (
            ("cafe", "duena"), ("arenal", "extrana"), ("soda", "soda"), ("vivero", "vivero"),
            ("optica", "optica"), ("roble", "roble"),
        )
    }  # fmt: skip
    reviewer, senior = cast.people["revisor"], cast.people["revisora"]
    hours = calendar.current(now)

    def ago(business_hours: float) -> datetime:
        """The instant so many business hours before now."""
        low, high = now - timedelta(days=40), now
        wanted = timedelta(hours=business_hours)
        while high - low > timedelta(seconds=30):
            middle = low + (high - low) / 2
            if hours.elapsed(middle, now) > wanted:
                low = middle
            else:
                high = middle
        return low

    _sell(buyer["soda"], office, (now - timedelta(days=80 - 5 * n) for n in range(SODA_FOLIOS)))
    for back, who, plan, minutes, by in ANSWERED:
        purchase.buy(buyer[who], plan, ago(back), office, cast.people[by], minutes=minutes)
    _reversed(buyer["vivero"], office, reviewer, senior, ago(60))
    _rejected(buyer["soda"], reviewer, ago(48))
    _lapsed(buyer["optica"], now - timedelta(days=30))
    _cancelled(buyer["arenal"], ago(20))
    purchase.buy(buyer["arenal"], "plan-250", ago(30), office, reviewer)
    _needs_info(buyer["vivero"], reviewer, ago(9))
    purchase.submit(buyer["roble"], "plan-50", ago(4.7))  # late: nobody took it
    _waits_for_second(buyer["roble"], reviewer, ago(2.5))
    taken = purchase.submit(buyer["optica"], "plan-100", ago(1.2))
    purchase.take(taken, reviewer, now - timedelta(minutes=3))
    waiting = purchase.submit(buyer["soda"], "plan-100", ago(0.2))
    sent = waiting.submitted_at or now
    _sell(buyer["soda"], office, (sent + timedelta(minutes=2 + n) for n in range(3)))  # of grace
    others = [
        purchase.submit(buyer["arenal"], "plan-100", ago(0.5)),
        purchase.submit(buyer["vivero"], "plan-50", ago(0.4)),
    ]
    several.renew(cast, ago(0.6))
    purchase.choose(buyer["cafe"], "plan-500", now - timedelta(hours=2))
    _statement([waiting, *others], reviewer, now)


def _statement(waiting: list[RenewalRequest], reviewer, now: datetime) -> None:
    """The bank's file of today: money of requests that wait, and money of nobody."""
    day = f"{clock.local(waiting[0].submitted_at or now):%d/%m/%Y}"
    text = "\n".join((
        "Fecha,Referencia,Descripción,Débitos,Créditos",
        *(
            f'{day},{purchase.bank_reference(row, row.submitted_at or now)},'
            f'"SINPE plan {row.reference.lower()}",,"{row.given.total}"'
            for row in waiting
        ),
        f'{day},70011223,"Pago de plan, gracias",,"15000.00"',
        f'{day},70011224,"Comisión del banco","350.00",',
    ))  # fmt: skip
    bac = statement_profile.of("BAC Credomatic")
    assert bac is not None  # noqa: S101 - it comes with the house
    iban = waiting[0].given.payee.iban
    row = bank_statement.receive("movimientos.csv", text.encode(), bac, iban, by=reviewer, at=now)
    today = clock.local(now).date()
    statement_import.confirm(row, row.read(), by=reviewer, at=now, today=today)


def _sell(buyer: Buyer, office: Office, moments: Iterable[datetime]) -> None:
    """One tiquete at each moment."""
    counter = Counter(CAFE[2:5], random.Random(11))
    for at in moments:
        with clock.moved_to(at):
            office.issue(buyer.company, counter.tiquete(), by=buyer.user, at=at)


def _rejected(buyer: Buyer, reviewer, at: datetime) -> None:
    request = purchase.submit(buyer, "plan-50", at)
    request = purchase.take(request, reviewer, at + timedelta(minutes=20))
    with clock.moved_to(at + timedelta(minutes=30)):
        review.reject(
            request,
            by=reviewer,
            at=clock.now(),
            version=request.version,
            reason=next(iter(review.REJECTIONS)),
            message="En la cuenta no aparece ninguna transferencia con esa referencia.",
        )


def _cancelled(buyer: Buyer, at: datetime) -> None:
    request = purchase.submit(buyer, "plan-100", at)
    with clock.moved_to(at + timedelta(minutes=5)):
        draft.cancel(request, by=buyer.user, at=clock.now())


def _lapsed(buyer: Buyer, at: datetime) -> None:
    """A draft whose price was guaranteed until a day that passed."""
    from iofacturo.renewals import claims

    request = purchase.choose(buyer, "plan-100", at)
    end = request.given.valid_until + timedelta(minutes=1)
    with clock.moved_to(end):
        claims.run(end)


def _needs_info(buyer: Buyer, reviewer, at: datetime) -> None:
    request = purchase.submit(buyer, "plan-100", at, amount=Decimal("20000"))
    request = purchase.take(request, reviewer, at + timedelta(minutes=15))
    with clock.moved_to(at + timedelta(minutes=25)):
        review.ask_correction(
            request,
            by=reviewer,
            at=clock.now(),
            version=request.version,
            reason="underpaid",
            lines=[
                bank.Typed(
                    booked_on=clock.local(at).date(),
                    amount=Decimal("20000.00"),
                    reference=purchase.bank_reference(request, at),
                    payer=buyer.company.nombre,
                )
            ],
        )


def _waits_for_second(buyer: Buyer, reviewer, at: datetime) -> None:
    request = purchase.submit(buyer, "plan-1000", at)
    purchase.approve(request, reviewer, at + timedelta(minutes=30))


def _reversed(buyer: Buyer, office: Office, reviewer, senior, at: datetime) -> None:
    request = purchase.buy(buyer, "plan-50", at, office, reviewer)
    with clock.moved_to(at + timedelta(hours=3)):
        reversal.reverse(
            request,
            by=senior,
            at=clock.now(),
            version=request.version,
            reason="on_request",
            note="La empresa pidió deshacer la compra el mismo día.",
        )
    office.invoice(at + timedelta(hours=3, minutes=1))
