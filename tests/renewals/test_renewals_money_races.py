"""Money that does not fit, by several real processes at the same moment, on both databases."""

from collections import Counter
from decimal import Decimal

import pytest
from tests.accounts.processes import race
from tests.renewals import scene
from tests.renewals.test_renewals_races import REQUEST, USER, program

from iofacturo.lib import clock
from iofacturo.renewals import bank, credit, invariants, returning, review, taking_back
from iofacturo.renewals.bank import Allocation, BankLine, LineReturn, MoneyEntry
from iofacturo.renewals.invoice_intent import InvoiceIntent
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AT = scene.AT
TODAY = clock.local(AT).date()
MORE = (
    "from django.conf import settings\nsettings.AUTOMATIC_APPROVAL = True\n"
    "from iofacturo.renewals import automatic, bank, late, returning, taking_back\n"
    "from iofacturo.renewals.bank import Allocation, BankLine, MoneyEntry\n"
    "from iofacturo.renewals.return_order import ReturnOrder\n"
    "from iofacturo.renewals.withdrawal import Withdrawal\n"
)


@pytest.fixture
def crew(senior, other_senior, admin, reviewer):
    with clock.moved_to(AT):
        scene.house(senior, admin)
    return [reviewer, senior, other_senior]


@pytest.fixture(autouse=True)
def _books_are_right(transactional_db):
    yield
    assert list(invariants.broken()) == []


def do(act: str, by) -> str:
    return MORE + program(act.replace("BY", USER.format(pk=by.pk)))


def test_a_withdrawal_is_settled_once(crew, cafe, owner) -> None:
    row = scene.sent(cafe, owner)
    line = scene.imported(crew[1], (row.given.total, row.reference)).lines.get()
    review.approve(row, by=crew[0], at=AT, version=row.version, found=[line.pk])
    noted = taking_back.note(line, booked_on=TODAY, detail="x", by=crew[0], at=AT)
    row.refresh_from_db()
    settling = (
        f"taking_back.settle(Withdrawal.objects.get(pk={noted.pk}), by=BY, at=at, note='x'); "
        "print('settled')"
    )
    reversing = (
        f"review.reverse({REQUEST.format(pk=row.pk)}, by=BY, at=at, version={row.version}, "
        "reason='bank_withdrew', note='x'); print('reversed')"
    )
    said = Counter(
        race(
            do(settling, crew[1]),
            do(settling, crew[2]),
            do(settling, crew[1]),
            do(reversing, crew[2]),
        )
    )
    assert said["settled"] + said["reversed"] == 1, said
    assert set(said) <= {"settled", "reversed", "WrongState", "Decided"}
    assert InvoiceIntent.objects.filter(kind=InvoiceIntent.CREDIT_NOTE).count() == 1
    row.refresh_from_db()
    assert row.state == RenewalRequest.REVERSED
    assert Withdrawal.objects.filter(settled_at__isnull=False).count() == 1


def test_a_line_is_taken_back_or_paid_with_never_both(crew, cafe, owner) -> None:
    row = scene.sent(cafe, owner)
    line = scene.imported(crew[1], (row.given.total, row.reference)).lines.get()
    the_line = f"BankLine.objects.get(pk={line.pk})"
    noting = (
        f"w = taking_back.note({the_line}, booked_on=date({TODAY:%Y, %m, %d}), detail='x', "
        "by=BY, at=at); taking_back.settle(w, by=BY, at=at, note='x'); print('taken')"
    )
    paying = (
        f"r = review.approve({REQUEST.format(pk=row.pk)}, by=BY, at=at, version={row.version}, "
        f"found=[{line.pk}]); print(r.state)"
    )
    sending_back = (
        f"returning.open_for_line({the_line}, reason='twice', note='x', by=BY, at=at); "
        "print('returning')"
    )
    said = race(do(noting, crew[1]), do(paying, crew[0]), do(sending_back, crew[0]),
                do(noting, crew[2]))  # fmt: skip
    assert Counter(said)["taken"] == 1, said
    row.refresh_from_db()
    assert row.state in (RenewalRequest.IN_REVIEW, RenewalRequest.REVERSED)
    assert not bank.free().exists()
    assert not ReturnOrder.objects.filter(ReturnOrder.OPEN).exists()


def test_late_money_revives_once(crew, cafe, owner) -> None:
    row = scene.sent(cafe, owner)
    review.ask_correction(row, by=crew[0], at=AT, version=row.version, reason="not_arrived")
    from iofacturo.renewals import claims

    claims.expire_corrections(AT + 10 * scene.DAY)
    row.refresh_from_db()
    line = scene.imported(crew[1], (row.given.total, row.reference)).lines.get()
    reviving = (
        f"r = late.revive({REQUEST.format(pk=row.pk)}, by=BY, at=at, version={row.version}, "
        f"found=[{line.pk}]); print(r.state)"
    )
    by_itself = "print(automatic.run(at))"
    said = Counter(
        race(
            do(reviving, crew[0]),
            do(reviving, crew[1]),
            do(by_itself, crew[0]),
            do(by_itself, crew[0]),
        )
    )
    row.refresh_from_db()
    assert row.state == RenewalRequest.ACTIVE
    assert said["active"] + said["1"] == 1, said
    assert Allocation.objects.count() == 1


def test_credit_is_returned_or_spent_never_both(crew, cafe, owner) -> None:
    line = scene.imported(crew[1], ("75000.00", "adelanto")).lines.get()
    bank.credit_line(line, cafe, by=crew[0], at=AT, note="x")
    rows = [scene.sent(cafe, owner), scene.sent(cafe, owner)]
    spending = [
        do(f"r = review.approve({REQUEST.format(pk=row.pk)}, by=BY, at=at, version={row.version}, "
           "credit=Decimal(75000)); print(r.state)", crew[0])
        for row in rows
    ]  # fmt: skip
    sending_back = [
        do(f"returning.open_for_credit(Company.objects.get(pk={cafe.pk}), Decimal({amount}), "
           "reason='asked', note='x', by=BY, at=at); print('returning')", who)
        for amount, who in ((75000, crew[0]), (75000, crew[1]), (50000, crew[2]))
    ]  # fmt: skip
    said = Counter(race(*spending, *sending_back))
    assert said["active"] + said["returning"] == 1, said
    assert credit.available(cafe) == (25000 if ReturnOrder.objects.filter(amount=50000) else 0)


def test_a_return_is_paid_once(crew, cafe) -> None:
    line = scene.entered(crew[0], 500)
    order = returning.open_for_line(line, reason="unknown", note="x", by=crew[0], at=AT)
    returning.order(order, iban=scene.IBAN, holder="x", by=crew[1], at=AT)
    day = f"date({TODAY:%Y, %m, %d})"
    the_order = f"ReturnOrder.objects.get(pk={order.pk})"
    paying = (
        f"returning.pay({the_order}, reference='T1', paid_on={day}, by=BY, at=at, today={day}); "
        "print('paid')"
    )
    dropping = f"returning.drop({the_order}, why='x', by=BY, at=at); print('dropped')"
    said = Counter(race(*(do(paying, who) for who in (*crew[1:], crew[1])), do(dropping, crew[2])))
    assert said["paid"] + said["dropped"] == 1, said
    assert LineReturn.objects.count() == said["paid"]


def test_the_database_refuses_what_two_write_past_our_code(crew, cafe) -> None:
    line = scene.entered(crew[0], 100)
    bank.credit_line(scene.entered(crew[0], 60), cafe, by=crew[0], at=AT, note="x")
    writing = [
        MORE + program(
            "from django.db import IntegrityError, transaction\n    try:\n        "
            f"MoneyEntry.objects.create(line_id={line_pk}, company_id={cafe.pk}, kind='{kind}', "
            f"amount=Decimal('{amount}'), operation='{kind}{n}', created_at=at, "
            f"created_by_id={crew[0].pk})\n        print('written')\n    "
            "except IntegrityError:\n        print('refused')"
        )
        for kind, amount, line_pk in (("credited", 60, line.pk), ("used", -60, None))
        for n in range(3)
    ]  # fmt: skip
    said = Counter(race(*writing))
    assert MoneyEntry.objects.filter(kind="credited", line=line).count() == 1
    assert MoneyEntry.objects.filter(kind="used").count() in (1, 2)
    assert said["written"] == MoneyEntry.objects.count() - 1, said
    assert bank.credit(cafe) >= Decimal(0)
    assert BankLine.objects.get(pk=line.pk).left == 40
