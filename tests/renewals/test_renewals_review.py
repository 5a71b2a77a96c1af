"""The provider's side: taking, asking, rejecting, approving, reversing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.renewals import scene

from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.folios import ledger, summary
from iofacturo.folios.lot import FolioLot
from iofacturo.notifications.notice import Notice
from iofacturo.renewals import approval, bank, decision, invariants, review, submission
from iofacturo.renewals.bank import Allocation, BankLine, MoneyEntry
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.errors import (
    Decided,
    Invalid,
    LineTaken,
    NotAllowed,
    Stale,
    Underpaid,
    WrongState,
)
from iofacturo.renewals.invoice_intent import InvoiceIntent, share
from iofacturo.renewals.request import RenewalRequest

AT, HOUR, DAY = scene.AT, scene.HOUR, scene.DAY
TOTAL = Decimal("75000.00")


@pytest.fixture(autouse=True)
def _books_are_right(db):
    yield
    assert list(invariants.broken()) == []


def approve(request, by, at=AT + HOUR, amount=TOTAL, **fields):
    request.refresh_from_db()
    fields = {"version": request.version, "lines": [scene.line(amount)]} | fields
    return review.approve(request, by=by, at=at, **fields)


def test_approving_gives_folios_an_invoice_and_a_decision(sent, reviewer, cafe) -> None:
    approve(sent, reviewer)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE
    assert summary.available(cafe, AT + HOUR) == 500
    lot = FolioLot.objects.get()
    assert lot.last_day == date(2027, 11, 23)
    intent = InvoiceIntent.objects.get()
    assert intent.total == TOTAL
    assert intent.data["Linea"]["MontoTotalLinea"] == "75000.00"
    assert intent.data["Receptor"]["Identificacion"] == {"Tipo": "02", "Numero": "3101000001"}
    assert decision.last(sent).action == "approved"


def test_a_second_click_is_told_who_decided(sent, reviewer, other_reviewer) -> None:
    approve(sent, reviewer)
    with pytest.raises(Decided) as told:
        approve(sent, other_reviewer)
    assert "Revisor" in str(told.value)
    assert FolioLot.objects.count() == 1


def test_case_12_one_approves_while_another_rejects(sent, reviewer, other_reviewer) -> None:
    version = sent.version
    approve(sent, reviewer)
    with pytest.raises(Decided):
        review.reject(sent, by=other_reviewer, at=AT, version=version, reason="no_money")


def test_case_13_a_version_that_was_not_seen_is_not_approved(sent, reviewer) -> None:
    with pytest.raises(Stale):
        approve(sent, reviewer, version=sent.version - 1)
    assert not FolioLot.objects.exists()


def test_case_15_nobody_approves_their_own_companys_request(sent, cafe, reviewer, owner) -> None:
    Membership.objects.create(user=reviewer, company=cafe, role="reader")
    Staff.objects.create(user=owner, role="senior")
    for person in (reviewer, owner):
        for act in (
            lambda p: approve(sent, p),
            lambda p: review.take(sent, by=p, at=AT),
            lambda p: review.reject(sent, by=p, at=AT, version=sent.version, reason="no_money"),
        ):
            with pytest.raises(NotAllowed):
                act(person)


@pytest.mark.parametrize("person", ["support", "admin", "owner", "stranger"])
def test_who_may_not_review_may_not_approve(sent, person, request) -> None:
    with pytest.raises(NotAllowed):
        approve(sent, request.getfixturevalue(person))


# -- money ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["0.01", "1.00", "500.00", "37500.00"])
def test_case_16_underpaid_says_the_exact_difference(sent, reviewer, missing) -> None:
    with pytest.raises(Underpaid) as told:
        approve(sent, reviewer, amount=TOTAL - Decimal(missing))
    assert told.value.missing == Decimal(missing)
    assert not BankLine.objects.exists(), "nothing is kept of an act that failed"


def test_case_16_within_the_tolerance_it_is_approved(sent, reviewer, settings) -> None:
    settings.UNDERPAID_TOLERANCE = 5
    approve(sent, reviewer, amount=TOTAL - 5)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE


def test_case_16_a_second_transfer_completes_the_same_request(sent, owner, reviewer) -> None:
    review.ask_correction(
        sent, by=reviewer, at=AT + HOUR, version=sent.version, reason="underpaid",
        lines=[scene.line(60000)],
    )  # fmt: skip
    sent.refresh_from_db()
    assert sent.to_correct == ["payment"]
    assert decision.last(sent).detail["missing"] == "15000.00"
    scene.attached(sent, owner, AT + 2 * HOUR)
    sent.refresh_from_db()
    submission.answer(sent, by=owner, at=AT + 2 * HOUR, token="a", contents={})
    approve(sent, reviewer, amount=15000, at=AT + 3 * HOUR)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE
    assert bank.paid(sent) == TOTAL


def test_asking_for_the_rest_of_a_whole_payment_makes_no_sense(sent, reviewer) -> None:
    with pytest.raises(Invalid):
        review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="underpaid",
                              lines=[scene.line(TOTAL)])  # fmt: skip


def test_case_17_overpaid_becomes_credit_and_pays_the_next_one(sent, cafe, owner, reviewer) -> None:
    approve(sent, reviewer, amount=TOTAL + 10000)
    assert bank.credit(cafe) == 10000
    told = Notice.objects.get(user=owner, title="Su plan está activo").body
    assert "Pagó ₡10\u00a0000,00 de más" in told
    following = scene.sent(cafe, owner, at=AT + HOUR)
    review.approve(following, by=reviewer, at=AT + 2 * HOUR, version=following.version,
                   lines=[scene.line(TOTAL - 10000)], credit=Decimal(10000))  # fmt: skip
    assert bank.credit(cafe) == 0
    following.refresh_from_db()
    assert following.state == RenewalRequest.ACTIVE


def test_credit_that_is_not_there_pays_nothing(sent, reviewer) -> None:
    with pytest.raises(LineTaken):
        approve(sent, reviewer, lines=[], credit=TOTAL)


def test_case_18_a_line_never_pays_twice(sent, cafe, owner, reviewer) -> None:
    paid = scene.line(TOTAL)
    approve(sent, reviewer, lines=[paid])
    other = scene.sent(cafe, owner)
    with pytest.raises(LineTaken) as told:
        approve(other, reviewer, lines=[paid])
    assert sent.number in str(told.value)


def test_case_24_one_transfer_for_two_requests_is_split(house, cafe, owner, reviewer) -> None:
    first, second = scene.sent(cafe, owner, "100"), scene.sent(cafe, owner, "100")
    whole = scene.line(44000)
    approve(first, reviewer, lines=[whole])
    assert bank.credit(cafe) == 22000, "the rest waits as credit"
    approve(second, reviewer, lines=[], credit=Decimal(22000))
    second.refresh_from_db()
    assert second.state == RenewalRequest.ACTIVE


def test_case_24_two_transfers_for_one_request(sent, reviewer) -> None:
    approve(sent, reviewer, lines=[scene.line(50000), scene.line(25000)])
    assert Allocation.objects.count() == 2


def test_case_23_money_in_another_currency_pays_nothing(sent, reviewer) -> None:
    row = BankLine.objects.create(
        iban=sent.given.payee.iban, booked_on=AT.date(), amount=TOTAL, currency="USD",
        reference="USD1", created_by=reviewer, created_at=AT,
    )  # fmt: skip
    with pytest.raises(LineTaken):
        approve(sent, reviewer, lines=[scene.line(TOTAL, "USD1", row.booked_on)])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("75000.001")}, "amount"),
        ({"booked_on": date(2026, 11, 24)}, "booked_on"),
        ({"reference": " -- "}, "reference"),
    ],
)
def test_a_line_must_make_sense(sent, reviewer, change, field) -> None:
    typed = {"booked_on": date(2026, 11, 23), "amount": TOTAL, "reference": "X1"} | change
    with pytest.raises(Invalid) as told:
        approve(sent, reviewer, lines=[bank.Typed(**typed)])
    assert field in told.value.problems


def test_bank_lines_are_never_changed(sent, reviewer) -> None:
    from django.db import IntegrityError, transaction

    approve(sent, reviewer)
    for row, change in [
        (BankLine, {"amount": 1}),
        (Allocation, {"amount": 1}),
        (decision.ReviewDecision, {"note": "otra cosa"}),
        (InvoiceIntent, {"total": 1}),
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.objects.all().update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.objects.all()._raw_delete("default")


# -- two people ----------------------------------------------------------------------------------


def test_above_the_amount_two_people_approve(sent, reviewer, senior, settings) -> None:
    settings.SECOND_APPROVAL_FROM = 75000
    approve(sent, reviewer)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.IN_REVIEW
    assert sent.first_approved_by == reviewer
    assert sent.word(AT) == "En revisión"
    approve(sent, senior, lines=[])
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE


def test_the_second_approval_is_a_seniors_and_somebody_elses(
    sent, reviewer, other_reviewer, senior, settings
) -> None:
    settings.SECOND_APPROVAL_FROM = 75000
    approve(sent, senior)
    for person in (senior, other_reviewer):
        with pytest.raises(NotAllowed):
            approve(sent, person, lines=[])
    assert not FolioLot.objects.exists()


def test_the_same_line_typed_again_by_the_second_person_counts_once(
    sent, reviewer, senior, settings
) -> None:
    settings.SECOND_APPROVAL_FROM = 75000
    typed = scene.line(TOTAL)
    approve(sent, reviewer, lines=[typed])
    approve(sent, senior, lines=[typed])
    assert bank.paid(sent) == TOTAL
    assert BankLine.objects.count() == 1


def test_a_correction_forgets_the_first_approval(sent, owner, reviewer, senior, settings) -> None:
    settings.SECOND_APPROVAL_FROM = 75000
    approve(sent, reviewer)
    sent.refresh_from_db()
    review.ask_correction(sent, by=senior, at=AT + HOUR, version=sent.version, reason="billing")
    sent.refresh_from_db()
    assert sent.first_approved_by is None


# -- the lease -----------------------------------------------------------------------------------


def test_a_taken_request_is_not_another_persons(sent, reviewer, other_reviewer) -> None:
    review.take(sent, by=reviewer, at=AT)
    sent.refresh_from_db()
    assert sent.word(AT) == "En revisión"
    for act in (
        lambda: review.take(sent, by=other_reviewer, at=AT),
        lambda: approve(sent, other_reviewer, at=AT),
        lambda: review.release(sent, by=other_reviewer, at=AT),
    ):
        with pytest.raises(WrongState):
            act()


def test_the_lease_lapses_and_is_renewed_by_its_holder(sent, reviewer, other_reviewer) -> None:
    review.take(sent, by=reviewer, at=AT)
    later = AT + review.LEASE - timedelta(seconds=1)
    review.take(sent, by=reviewer, at=later)
    with pytest.raises(WrongState):
        review.take(sent, by=other_reviewer, at=AT + review.LEASE)
    review.take(sent, by=other_reviewer, at=later + review.LEASE)
    sent.refresh_from_db()
    assert sent.taken_by == other_reviewer


def test_taking_is_no_news_for_who_read_the_request(sent, reviewer) -> None:
    version = sent.version
    review.take(sent, by=reviewer, at=AT)
    approve(sent, reviewer, version=version)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE


def test_releasing_gives_it_back(sent, reviewer, other_reviewer) -> None:
    review.take(sent, by=reviewer, at=AT)
    review.release(sent, by=reviewer, at=AT)
    review.take(sent, by=other_reviewer, at=AT)


# -- asking and rejecting ------------------------------------------------------------------------


def test_the_clock_stands_still_and_goes_on_with_an_hour_at_least(sent, owner, reviewer) -> None:
    asked = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)  # 1:30 p. m., half an hour left
    review.ask_correction(sent, by=reviewer, at=asked, version=sent.version, reason="billing")
    sent.refresh_from_db()
    assert sent.seconds_left == 1800
    answered = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # Wednesday, 9:00 a. m.
    submission.answer(sent, by=owner, at=answered, token="a", contents={},
                      billing=Billing.of_company(sent.company))  # fmt: skip
    sent.refresh_from_db()
    assert sent.due_at == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)


def test_the_clock_goes_on_with_what_was_left(sent, owner, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT + HOUR, version=sent.version, reason="billing")
    sent.refresh_from_db()
    answered = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    submission.answer(sent, by=owner, at=answered, token="a", contents={},
                      billing=Billing.of_company(sent.company))  # fmt: skip
    sent.refresh_from_db()
    assert sent.due_at == answered + 3 * HOUR


def test_only_what_was_asked_for_is_corrected(sent, owner, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="unreadable")
    sent.refresh_from_db()
    with pytest.raises(Invalid) as told:
        submission.answer(sent, by=owner, at=AT + HOUR, token="a", contents={})
    assert list(told.value.problems) == ["archivo"]
    scene.attached(sent, owner, AT + HOUR)
    billing = sent.billing
    sent.refresh_from_db()
    changed = Billing.of_company(sent.company)
    submission.answer(sent, by=owner, at=AT + HOUR, token="a", contents={}, billing=changed)
    sent.refresh_from_db()
    assert sent.billing == billing


@pytest.mark.parametrize("act", [review.reject, review.ask_correction])
def test_a_reason_comes_from_the_list(sent, reviewer, act) -> None:
    with pytest.raises(Invalid):
        act(sent, by=reviewer, at=AT, version=sent.version, reason="porque sí")


def test_rejecting_gives_noted_money_back_as_credit(sent, cafe, owner, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="underpaid",
                          lines=[scene.line(60000)])  # fmt: skip
    sent.refresh_from_db()
    scene.attached(sent, owner)
    sent.refresh_from_db()
    submission.answer(sent, by=owner, at=AT + HOUR, token="a", contents={})
    sent.refresh_from_db()
    review.reject(sent, by=reviewer, at=AT + HOUR, version=sent.version, reason="on_request")
    assert bank.credit(cafe) == 60000


def test_late_money_reopens_an_expired_request(sent, owner, reviewer) -> None:
    from iofacturo.renewals import claims

    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="not_arrived")
    sent.refresh_from_db()
    assert claims.expire_corrections(sent.correct_until - timedelta(seconds=1)) == 0
    assert claims.expire_corrections(sent.correct_until) == 1
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.EXPIRED
    later = sent.correct_until or AT + 30 * DAY
    review.resurrect(sent, by=reviewer, at=later, note="Llegó al otro día")
    approve(sent, reviewer, at=later + HOUR)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE


# -- reversal ------------------------------------------------------------------------------------


def activated(sent, reviewer, used: int = 0):
    approve(sent, reviewer)
    for n in range(used):
        ledger.consume(sent.company, f"doc-{n}", at=AT + 2 * HOUR)
    sent.refresh_from_db()
    return sent


def test_reversing_voids_what_is_unused_and_credits_its_share(sent, cafe, reviewer, senior) -> None:
    activated(sent, reviewer, used=7)
    review.reverse(sent, by=senior, at=AT + DAY, version=sent.version, reason="on_request",
                   note="Se equivocó de plan")  # fmt: skip
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.REVERSED
    assert summary.available(cafe, AT + DAY) == 0
    note = InvoiceIntent.objects.get(kind=InvoiceIntent.CREDIT_NOTE)
    assert note.total == share(TOTAL, 493, 500) == Decimal("73950.00")
    assert note.data["InformacionReferencia"]["Codigo"] == "02"
    assert bank.credit(cafe) == note.total
    assert FolioLot.objects.get().consumed == 7


def test_reversing_an_unused_plan_credits_everything(sent, reviewer, senior) -> None:
    activated(sent, reviewer)
    review.reverse(sent, by=senior, at=AT + DAY, version=sent.version, reason="mistake", note="x")
    note = InvoiceIntent.objects.get(kind=InvoiceIntent.CREDIT_NOTE)
    assert (note.net, note.tax, note.total) == (sent.given.net, sent.given.tax, TOTAL)


def test_case_33_money_the_bank_takes_back_leaves_a_debt(sent, cafe, reviewer, senior) -> None:
    activated(sent, reviewer, used=100)
    review.reverse(sent, by=senior, at=AT + DAY, version=sent.version, reason="bank_withdrew",
                   note="Transferencia devuelta")  # fmt: skip
    assert bank.credit(cafe) == -Decimal("15000.00")
    assert MoneyEntry.objects.get().kind == MoneyEntry.DEBT


def test_staff_may_lower_the_credit_and_not_raise_it(sent, reviewer, senior) -> None:
    activated(sent, reviewer)
    for amount in (TOTAL + 1, Decimal(-1), Decimal("0.001")):
        with pytest.raises(Invalid):
            review.reverse(sent, by=senior, at=AT + DAY, version=sent.version, reason="mistake",
                           note="x", amount=amount)  # fmt: skip
    review.reverse(sent, by=senior, at=AT + DAY, version=sent.version, reason="mistake",
                   note="Acordado con el cliente", amount=Decimal("500.50"))  # fmt: skip
    assert InvoiceIntent.objects.get(kind="credit_note").total == Decimal("500.50")


def test_only_a_senior_reverses_and_only_once(sent, reviewer, senior) -> None:
    activated(sent, reviewer)
    with pytest.raises(NotAllowed):
        review.reverse(sent, by=reviewer, at=AT, version=sent.version, reason="mistake", note="x")
    review.reverse(sent, by=senior, at=AT + DAY, version=sent.version, reason="mistake", note="x")
    with pytest.raises(Decided):
        review.reverse(sent, by=senior, at=AT + DAY, version=sent.version, reason="mistake",
                       note="x")  # fmt: skip


def test_i15_activating_never_changes_older_lots(sent, cafe, owner, reviewer) -> None:
    approve(sent, reviewer)
    before = FolioLot.objects.values().get()
    approve(scene.sent(cafe, owner, "100"), reviewer, amount=22000)
    assert FolioLot.objects.filter(pk=before["id"]).values().get() == before


def test_i11_the_invoice_is_the_quotes_whatever_the_catalogue_says(sent, reviewer) -> None:
    scene.plan("500", net="99999.00", at=AT)
    approve(sent, reviewer)
    assert InvoiceIntent.objects.get().total == TOTAL


def test_a_bonus_is_a_lot_of_its_own_with_the_same_end(house, cafe, owner, reviewer) -> None:
    scene.promotion("regalo", kind="bonus", percent=None, bonus_folios=50)
    request = scene.sent(cafe, owner)
    approve(request, reviewer)
    paid, promo = approval.lots(request)
    assert (paid.kind, paid.granted, promo.kind, promo.granted) == ("paid", 500, "promo", 50)
    assert paid.expires_at == promo.expires_at
