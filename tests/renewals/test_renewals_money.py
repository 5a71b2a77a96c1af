"""Money that does not fit: parts, credit, returns, what the bank takes back, what comes late."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from tests.renewals import scene

from iofacturo.folios import ledger, summary
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.renewals import (
    automatic,
    bank,
    bank_statement,
    claims,
    credit,
    invariants,
    late,
    line_guard,
    matches,
    returning,
    review,
    statement_import,
    statement_profile,
    submission,
    taking_back,
)
from iofacturo.renewals.bank import Allocation, BankLine, LineReturn, MoneyEntry
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.errors import (
    Decided,
    Invalid,
    LineTaken,
    NotAllowed,
    PriceRose,
    Underpaid,
    WrongState,
)
from iofacturo.renewals.invoice_intent import InvoiceIntent
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

AT, HOUR, DAY = scene.AT, scene.HOUR, scene.DAY
TOTAL = Decimal(75000)
TODAY = clock.local(AT).date()


@pytest.fixture(autouse=True)
def _books_are_right(db):
    yield
    if not line_guard.missing(connection):  # one test takes a guard away
        assert list(invariants.broken()) == []


@pytest.fixture
def came(senior) -> Callable[..., BankLine]:
    """A line of a file: (amount, detail, reference?, day?)."""

    def come(*row: object, at=AT) -> BankLine:
        return scene.imported(senior, row, at=at).lines.get()

    return come


def underpaid(sent, reviewer, came, amount: object = "60000.00") -> BankLine:
    """The request waits for the rest of its money."""
    line = came(amount, sent.reference)
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="underpaid",
                          found=[line.pk])  # fmt: skip
    sent.refresh_from_db()
    return line


def activated(sent, reviewer, came, used: int = 0, amount: object = "75000.00") -> BankLine:
    line = came(amount, f"pago {sent.reference}", "PAGO1")
    review.approve(sent, by=reviewer, at=AT, version=sent.version, found=[line.pk])
    for n in range(used):
        ledger.consume(sent.company, f"doc-{n}", at=AT)
    sent.refresh_from_db()
    return line


# -- a part, then the rest -------------------------------------------------------------------------


def test_the_rest_of_the_money_completes_the_same_request(sent, owner, reviewer, came) -> None:
    first = underpaid(sent, reviewer, came)
    told = Notice.objects.get(user=owner, kind="renewal.correction")
    assert told.title == "Falta transferir ₡15\u00a0000,00"
    rest = came("15000.00", sent.reference)
    assert matches.current().tier(sent) == 1, "the bank's rest is exact although the customer waits"
    review.approve(sent, by=reviewer, at=AT, version=sent.version, found=[rest.pk])
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE
    paying = Allocation.objects.filter(request=sent).values_list("line", "amount").order_by("pk")
    assert list(paying) == [(first.pk, 60000), (rest.pk, 15000)]


def test_the_rest_approves_by_itself_where_the_house_says_so(
    sent, reviewer, came, settings
) -> None:
    settings.AUTOMATIC_APPROVAL = True
    underpaid(sent, reviewer, came)
    assert automatic.run(AT) == 0
    came("15000.00", sent.reference)
    assert automatic.run(AT) == 1
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE


def test_what_waits_for_billing_data_is_not_paid_into_a_wrong_invoice(
    sent, cafe, owner, reviewer, came
) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="billing")
    sent.refresh_from_db()
    line = came("75000.00", sent.reference)
    with pytest.raises(WrongState, match="datos corregidos"):
        review.approve(sent, by=reviewer, at=AT, version=sent.version, found=[line.pk])
    submission.answer(sent, by=owner, at=AT, token="a", contents={},
                      billing=Billing.of_company(cafe))  # fmt: skip
    sent.refresh_from_db()
    review.approve(sent, by=reviewer, at=AT, version=sent.version, found=[line.pk])


def test_a_first_approval_of_what_waited_brings_it_back_to_the_desk(
    sent, reviewer, senior, came, settings
) -> None:
    settings.SECOND_APPROVAL_FROM = 50_000
    underpaid(sent, reviewer, came)
    rest = came("15000.00", sent.reference)
    review.approve(sent, by=reviewer, at=AT, version=sent.version, found=[rest.pk])
    sent.refresh_from_db()
    assert (sent.state, sent.correct_until) == (RenewalRequest.IN_REVIEW, None)
    assert sent.due_at is not None
    review.approve(sent, by=senior, at=AT, version=sent.version)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE


# -- credit ----------------------------------------------------------------------------------------


def with_credit(cafe, came, reviewer, amount: object = "20000.00") -> None:
    bank.credit_line(came(amount, "adelanto"), cafe, by=reviewer, at=AT, note="lo anunciaron")


def sent_with_credit(cafe, owner) -> RenewalRequest:
    row = scene.drafted(cafe, owner)
    scene.attached(row, owner)
    return scene.send(row, owner, typed={**row.draft, "use_credit": True})


def test_credit_is_held_when_sent_and_spent_when_activated(house, cafe, owner, reviewer, came):
    with_credit(cafe, came, reviewer)
    row = sent_with_credit(cafe, owner)
    assert row.credit_wanted == 20000
    assert (bank.credit(cafe), credit.available(cafe)) == (20000, 0)
    other = sent_with_credit(cafe, owner)
    assert other.credit_wanted == 0, "it is promised already"
    line = came("55000.00", row.reference)
    assert matches.current().tier(row) == 1
    review.approve(row, by=reviewer, at=AT, version=row.version, found=[line.pk])
    assert bank.credit(cafe) == 0
    review.reject(other, by=reviewer, at=AT, version=other.version, reason="duplicate")


def test_whoever_transfers_all_keeps_the_credit(house, cafe, owner, reviewer, came) -> None:
    with_credit(cafe, came, reviewer)
    row = sent_with_credit(cafe, owner)
    line = came("75000.00", row.reference)
    review.approve(row, by=reviewer, at=AT, version=row.version, found=[line.pk])
    assert (bank.credit(cafe), credit.available(cafe)) == (20000, 20000)


def test_credit_of_a_request_that_ends_is_free_again(house, cafe, owner, reviewer, came) -> None:
    with_credit(cafe, came, reviewer)
    row = sent_with_credit(cafe, owner)
    with pytest.raises(Underpaid):
        review.approve(row, by=reviewer, at=AT, version=row.version)
    review.reject(row, by=reviewer, at=AT, version=row.version, reason="no_money")
    assert credit.available(cafe) == 20000


# -- returns ---------------------------------------------------------------------------------------


def test_a_return_takes_a_senior_and_from_the_amount_on_two(
    house, cafe, owner, reviewer, senior, other_senior, came, settings
) -> None:
    settings.SECOND_APPROVAL_FROM = 20_000
    with_credit(cafe, came, reviewer)
    with pytest.raises(Invalid, match="hasta"):
        returning.open_for_credit(
            cafe, Decimal(20001), reason="asked", note="x", by=reviewer, at=AT
        )
    order = returning.open_for_credit(cafe, Decimal(20000), reason="asked", note="la pidió",
                                      by=reviewer, at=AT)  # fmt: skip
    assert credit.available(cafe) == 0, "it is on its way"
    with pytest.raises(NotAllowed):
        returning.order(order, iban=scene.IBAN, holder="Café", by=reviewer, at=AT)
    with pytest.raises(Invalid, match="IBAN"):
        returning.order(order, iban="CR05015202001026284067", holder="Café", by=senior, at=AT)
    order = returning.order(order, iban=scene.IBAN, holder="Café", by=senior, at=AT)
    paying = {"reference": "T-1", "paid_on": TODAY, "at": AT, "today": TODAY}
    with pytest.raises(WrongState):
        returning.pay(order, by=senior, **paying)
    with pytest.raises(NotAllowed):
        returning.sign(order, by=senior, at=AT)
    order = returning.sign(order, by=other_senior, at=AT)
    with pytest.raises(WrongState):
        returning.order(order, iban=scene.IBAN, holder="Otra", by=senior, at=AT)
    stale = ReturnOrder.objects.get(pk=order.pk)
    order = returning.pay(order, by=senior, **paying)
    with pytest.raises(WrongState):
        returning.pay(stale, by=other_senior, **paying)
    assert bank.credit(cafe) == 0
    assert "T1" in Notice.objects.get(user=owner, kind="renewal.returned").body
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnOrder.objects.filter(pk=order.pk).update(amount=1)


def test_a_return_that_is_dropped_frees_the_money(house, cafe, reviewer, senior, came) -> None:
    line = came("500.00", "de nadie")
    order = returning.open_for_line(line, reason="unknown", note="x", by=reviewer, at=AT)
    assert (line.left, order.amount) == (0, 500)
    with pytest.raises(LineTaken):
        returning.open_for_line(line, reason="unknown", note="x", by=reviewer, at=AT)
    returning.drop(order, why="apareció", by=reviewer, at=AT)
    assert line.left == 500
    bank.credit_line(line, cafe, by=reviewer, at=AT, note="era de ellos")
    with pytest.raises(WrongState):
        returning.order(order, iban=scene.IBAN, holder="x", by=senior, at=AT)


def test_nobody_returns_money_to_their_own_company(house, cafe, reviewer, came) -> None:
    from iofacturo.accounts.membership import Membership

    with_credit(cafe, came, reviewer)
    Membership.objects.create(user=reviewer, company=cafe, role="reader")
    with pytest.raises(NotAllowed):
        returning.open_for_credit(cafe, Decimal(1), reason="asked", note="x", by=reviewer, at=AT)


# -- what the bank takes back ----------------------------------------------------------------------


def out(*rows: tuple[object, ...], on: str = "24/11/2026") -> bytes:
    """A file of money that went out: (amount, detail, reference)."""
    lines = [f'{on},{reference},"{detail}","{amount}",' for amount, detail, reference in rows]
    return "\n".join([scene.HEADER, *lines]).encode()


def taken_in(data: bytes, by, at=AT + DAY):
    row = scene.uploaded(by, data, at)
    return statement_import.confirm(row, row.read(), by=by, at=at, today=clock.local(at).date())


def test_a_file_that_takes_a_payment_back_voids_what_is_unused(
    sent, cafe, owner, reviewer, senior, came
) -> None:
    line = activated(sent, reviewer, came, used=100)
    taken_in(out(("75000.00", "REVERSION SINPE", "PAGO1"), ("99.00", "comision", "X")), senior)
    row = Withdrawal.objects.get()
    assert (row.line, row.booked_on.isoformat()) == (line, "2026-11-24")
    assert summary.available(cafe, AT + DAY) == 400, "nothing happens until somebody settles it"
    with pytest.raises(statement_import.NothingNew):
        taken_in(out(("75000.00", "REVERSION SINPE", "PAGO1")), senior)
    with pytest.raises(NotAllowed):
        taking_back.settle(row, by=reviewer, at=AT + DAY, note="x")
    taking_back.settle(row, by=senior, at=AT + DAY, note="confirmado en el banco")
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.REVERSED
    assert summary.available(cafe, AT + DAY) == 0
    assert FolioLot.objects.get(kind="paid").consumed == 100
    assert InvoiceIntent.objects.get(kind=InvoiceIntent.CREDIT_NOTE).total == 60000
    assert bank.credit(cafe) == -15000
    told = Notice.objects.get(user=owner, kind="renewal.reversed").body
    assert "quedan pendientes ₡15\u00a0000,00" in told
    with pytest.raises(WrongState):
        taking_back.settle(row, by=senior, at=AT + DAY, note="otra vez")
    assert not bank.free().filter(pk=line.pk).exists()


def test_equal_payments_are_taken_back_one_by_one(house, cafe, reviewer, senior) -> None:
    same = ("10.00", "x", "SAME")
    scene.imported(senior, same, same)
    taken_in(out(("10.00", "devuelto", "SAME")), senior)
    assert Withdrawal.objects.count() == 1
    taken_in(out(("10.00", "devuelto", "SAME"), ("10.00", "devuelto", "SAME")), senior)
    assert Withdrawal.objects.values("line").distinct().count() == 2
    for row in Withdrawal.objects.all():
        taking_back.settle(row, by=senior, at=AT + DAY, note="x")
    assert not bank.free().exists()


def test_money_that_merely_leaves_is_no_withdrawal(sent, reviewer, senior, came) -> None:
    activated(sent, reviewer, came)
    data = out(("75000.00", "pago a proveedor", "OTRA"), ("74999.00", "rev", "PAGO1"))
    taken_in(data + b"\n24/11/2026,N1,algo,,1.00", senior)
    assert not Withdrawal.objects.exists()


def test_a_dismissed_withdrawal_leaves_the_line_as_it_was(sent, reviewer, senior, came) -> None:
    line = came("75000.00", sent.reference, "PAGO1")
    row = taking_back.note(line, booked_on=TODAY, detail="lo vi", by=reviewer, at=AT)
    with pytest.raises(WrongState):
        taking_back.note(line, booked_on=TODAY, detail="lo vi", by=senior, at=AT)
    with pytest.raises(LineTaken, match="retiró"):
        review.approve(sent, by=reviewer, at=AT, version=sent.version, found=[line.pk])
    assert matches.current().tier(sent) == 4
    taking_back.dismiss(row, why="era otro", by=senior, at=AT)
    assert matches.current().tier(sent) == 1
    review.approve(sent, by=reviewer, at=AT, version=sent.version, found=[line.pk])


def test_one_withdrawal_undoes_every_plan_and_credit_of_the_line(
    house, cafe, stranger, owner, reviewer, senior, came
) -> None:
    rows = [scene.sent(cafe, owner), scene.sent(cafe, owner)]
    line = came("160000.00", f"{rows[0].reference} {rows[1].reference}", "PAGO2")
    for row in rows:
        review.approve(row, by=reviewer, at=AT, version=row.version, found=[line.pk],
                       keep_rest=True)  # fmt: skip
    bank.credit_line(line, cafe, by=reviewer, at=AT, note="el resto")
    row = taking_back.note(line, booked_on=TODAY, detail="lo vi", by=reviewer, at=AT)
    taking_back.settle(row, by=senior, at=AT, note="x")
    assert set(RenewalRequest.objects.values_list("state", flat=True)) == {"reversed"}
    assert InvoiceIntent.objects.filter(kind=InvoiceIntent.CREDIT_NOTE).count() == 2
    assert bank.credit(cafe) == 0, "10 000 of credit came from it, and are gone"


def test_a_request_that_waits_loses_the_money_and_waits_on(
    sent, owner, reviewer, senior, came
) -> None:
    line = underpaid(sent, reviewer, came)
    row = taking_back.note(line, booked_on=TODAY, detail="lo vi", by=reviewer, at=AT)
    taking_back.settle(row, by=senior, at=AT, note="x")
    version = sent.version
    sent.refresh_from_db()
    assert (sent.state, bank.paid(sent)) == (RenewalRequest.NEEDS_INFO, 0)
    assert sent.version > version, "nobody decides on what they saw before"
    assert (
        "retiró ₡60\u00a0000,00" in Notice.objects.get(user=owner, kind="renewal.withdrawn").title
    )


def test_reversing_for_the_bank_settles_its_lines(sent, cafe, reviewer, senior, came) -> None:
    line = activated(sent, reviewer, came, used=100, amount="80000.00")
    review.reverse(sent, by=senior, at=AT, version=sent.version, reason="bank_withdrew", note="x")
    assert bank.credit(cafe) == -15000, "the 5 000 of credit are gone with it"
    row = Withdrawal.objects.get()
    assert (row.line, row.settled_by) == (line, senior)
    with pytest.raises(Decided):
        review.reverse(sent, by=senior, at=AT, version=sent.version + 1, reason="bank_withdrew",
                       note="x")  # fmt: skip


# -- what comes late -------------------------------------------------------------------------------


def expired(sent, reviewer, came=None, amount: object = None):
    """Its correction was never answered; what had come is credit."""
    if came is not None:
        underpaid(sent, reviewer, came, amount)
    else:
        review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="not_arrived")
    after = AT + 10 * DAY
    claims.expire_corrections(after)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.EXPIRED
    return after


def test_late_money_revives_by_the_day_on_which_the_bank_has_it(
    sent, owner, reviewer, came
) -> None:
    after = expired(sent, reviewer)
    line = came("75000.00", sent.reference, "R1", "24/11/2026", at=after)
    assert matches.current().late == {sent.number: [line.pk]}
    found = late.of(sent, [line])
    assert (found.in_time, found.exact) == (True, True)
    late.revive(sent, by=reviewer, at=after, version=sent.version, found=[line.pk])
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE
    kinds = Notice.objects.filter(user=owner).values_list("kind", flat=True)
    assert "renewal.activated" in kinds
    assert "renewal.resurrected" not in kinds, "one act, one message"
    with pytest.raises(Decided):
        late.revive(sent, by=reviewer, at=after, version=sent.version, found=[line.pk])


def test_what_came_before_and_became_credit_counts_again(sent, cafe, reviewer, came) -> None:
    after = expired(sent, reviewer, came, "60000.00")
    assert bank.credit(cafe) == 60000
    line = came("15000.00", sent.reference, "R2", "25/11/2026", at=after)
    found = late.of(sent, [line])
    assert (found.credit, found.exact) == (60000, True)
    late.revive(sent, by=reviewer, at=after, version=sent.version, found=[line.pk])
    assert bank.credit(cafe) == 0


def test_after_the_guarantee_a_person_says_why(sent, reviewer, came, settings) -> None:
    settings.AUTOMATIC_APPROVAL = True
    after = expired(sent, reviewer)
    line = came("75000.00", sent.reference, "R3", "02/12/2026", at=after)
    assert not late.of(sent, [line]).in_time
    assert automatic.run(after) == 0
    with pytest.raises(Invalid, match="después del plazo"):
        late.revive(sent, by=reviewer, at=after, version=sent.version, found=[line.pk])
    late.revive(sent, by=reviewer, at=after, version=sent.version, found=[line.pk], note="feriado")
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE


@pytest.mark.parametrize(("amount", "day", "revives"), [
    ("75000.00", "24/11/2026", 1), ("75000.01", "24/11/2026", 0), ("74999.99", "24/11/2026", 0),
    ("75000.00", "29/11/2026", 0), ("75000.00", "28/11/2026", 1),
])  # fmt: skip
def test_exact_money_in_time_revives_by_itself(
    sent, reviewer, came, settings, amount, day, revives
) -> None:
    settings.AUTOMATIC_APPROVAL = True
    after = expired(sent, reviewer)
    came(amount, sent.reference, "R4", day, at=after)
    assert automatic.run(after) == revives
    assert automatic.run(after) == 0
    sent.refresh_from_db()
    assert sent.state == ("active" if revives else "expired")


def test_late_money_that_is_too_little_pays_nothing(sent, reviewer, came) -> None:
    after = expired(sent, reviewer)
    line = came("70000.00", sent.reference, "R5", "24/11/2026", at=after)
    assert late.of(sent, [line]).missing == 5000
    with pytest.raises(Underpaid):
        late.revive(sent, by=reviewer, at=after, version=sent.version, found=[line.pk])
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.EXPIRED


def test_money_for_a_draft_is_told_and_its_day_is_honoured(drafted, owner, came) -> None:
    price = drafted.given.total
    came("75000.00", drafted.reference, "R6", "25/11/2026", at=AT + 3 * DAY)
    told = Notice.objects.get(user=owner, kind="renewal.money_waits")
    assert "se le respeta" in told.body
    scene.plan(net="88495.58", at=AT + 4 * DAY)
    after = AT + 10 * DAY
    claims.lapse_quotes(after)
    scene.attached(drafted, owner, after)
    row = scene.send(drafted, owner, after)
    assert (row.state, row.given.total) == (RenewalRequest.IN_REVIEW, price)
    assert matches.current().tier(row) == 1


def test_money_after_the_guarantee_honours_no_old_price(drafted, owner, came) -> None:
    came("75000.00", drafted.reference, "R7", "29/11/2026", at=AT + 7 * DAY)
    assert "se le respeta" not in Notice.objects.get(user=owner, kind="renewal.money_waits").body
    scene.plan(net="88495.58", at=AT + 4 * DAY)
    after = AT + 10 * DAY
    claims.lapse_quotes(after)
    scene.attached(drafted, owner, after)
    with pytest.raises(PriceRose):
        scene.send(drafted, owner, after)


# -- the last line ---------------------------------------------------------------------------------


def test_the_database_itself_adds_up(sent, cafe, senior, reviewer, came) -> None:
    line = came("100.00", "x", "L1")
    by = {"created_by": senior, "created_at": AT}
    order = {"opened_by": senior, "opened_at": AT, "reason": "unknown", "note": "x"}
    money = {"company": cafe, "kind": "credited", "operation": "o1"}
    for write in (
        lambda: Allocation.objects.create(line=line, request=sent, amount=101, **by),
        lambda: Allocation.objects.create(line=line, request=sent, amount=-1, **by),
        lambda: MoneyEntry.objects.create(line=line, amount=101, **money, **by),
        lambda: LineReturn.objects.create(line=line, amount=101, reason="twice", note="x", **by),
        lambda: ReturnOrder.objects.create(line=line, amount=101, **order),
        lambda: MoneyEntry.objects.create(company=cafe, kind="used", amount=-1, operation="o2", **by),
        lambda: MoneyEntry.objects.create(
            company=cafe, kind="returned", amount=-1, operation="o3", **by
        ),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
    ReturnOrder.objects.create(line=line, amount=Decimal("0.70"), **order)
    MoneyEntry.objects.create(line=line, amount=Decimal("99.20"), **money, **by)
    Allocation.objects.create(line=line, request=sent, amount=Decimal("0.10"), **by)
    assert line.left == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Allocation.objects.create(line=line, request=sent, amount=Decimal("0.01"), **by)


def test_a_missing_trigger_is_named(db) -> None:
    name = sorted(line_guard.names(connection.vendor))[0]
    table = name.split("_adds_up")[0].split("_not_below")[0].split("_credit")[0]
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else f" ON {table}"
        cursor.execute(f"DROP TRIGGER {name}{on}")
    assert line_guard.missing(connection) == [name]
    assert any(name in told for told in invariants.broken())


# -- a file and its account ------------------------------------------------------------------------


def test_a_file_that_names_another_account_is_refused(house, senior) -> None:
    known = statement_profile.of("BAC Credomatic")
    ours = bank_statement.accounts()[0].iban
    rows = scene.csv(("1.00", "x"))
    for heading, told in (
        ("Cuenta: CR23015108410026012345", "ninguna de las cuentas"),
        ("Cuenta IBAN,CR23 0151 0841 0026 0123 45", "ninguna de las cuentas"),
    ):
        with pytest.raises(Invalid, match=told):
            bank_statement.receive(
                "a.csv", heading.encode() + b"\n" + rows, known, ours, by=senior, at=AT
            )
    row = bank_statement.receive(
        "a.csv", f"Cuenta: {scene.IBAN}\n".encode() + rows, known, "", by=senior, at=AT
    )
    assert row.iban == ours, "the file says its account"
