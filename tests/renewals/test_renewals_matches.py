"""The bank's free lines against the requests: on our own rows, and without a person."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.renewals import scene

from iofacturo.folios import summary
from iofacturo.renewals import approval, automatic, invariants, matches, review
from iofacturo.renewals.bank import BankLine, credit
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.errors import LineTaken, NotAllowed
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.request import RenewalRequest

AT = scene.AT


@pytest.fixture
def on(settings) -> None:
    settings.AUTOMATIC_APPROVAL = True
    automatic._seen.clear()


def arrived(row: RenewalRequest, by, amount: object = None) -> BankLine:
    """Money with the reference of *row*, in a file."""
    paid = row.given.total if amount is None else amount
    return scene.imported(by, (paid, f"pago {row.reference}")).lines.get()


def test_a_reference_with_the_exact_amount_is_tier_one(sent, senior) -> None:
    line = arrived(sent, senior)
    found = matches.current().of(sent)
    assert [(one.tier, one.lines) for one in found] == [(1, (str(line.pk),))]
    assert matches.current().exact == [sent.number]
    assert matches.current() is matches.current(), "the same books are not matched twice"


def test_what_is_used_is_no_longer_matched(sent, senior, reviewer, cafe) -> None:
    line = arrived(sent, senior)
    approval.approve(sent, by=reviewer, at=AT, version=sent.version, found=[line.pk])
    assert matches.current().all == []
    assert summary.available(cafe, AT) == 500
    assert line.left == 0
    assert list(invariants.broken()) == []


def test_a_line_that_is_gone_is_told(sent, senior, reviewer, house, stranger) -> None:
    line = arrived(sent, senior)
    other = scene.sent(stranger.memberships.get().company, stranger)
    approval.approve(sent, by=reviewer, at=AT, version=sent.version, found=[line.pk])
    with pytest.raises(LineTaken, match="ya pagó la solicitud"):
        approval.approve(other, by=reviewer, at=AT, version=other.version, found=[line.pk])
    with pytest.raises(LineTaken, match="no está en el banco"):
        approval.approve(other, by=reviewer, at=AT, version=other.version, found=[line.pk + 99])


def test_one_line_for_two_requests_pays_both_and_nothing_becomes_credit(
    house, cafe, owner, senior, reviewer
) -> None:
    rows = [scene.sent(cafe, owner), scene.sent(cafe, owner, "100")]
    total = sum(row.given.total for row in rows)
    line = scene.imported(senior, (total, " y ".join(row.reference for row in rows))).lines.get()
    assert matches.current().by_line[line.pk].tier == 1
    for row in rows:
        approval.approve(
            row, by=reviewer, at=AT, version=row.version, found=[line.pk], keep_rest=True
        )
    assert line.left == 0
    assert credit(cafe) == 0
    assert list(invariants.broken()) == []


def test_two_lines_for_one_request(sent, senior, reviewer) -> None:
    text = f"abono {sent.reference}"
    lines = scene.imported(senior, ("50000.00", text), ("25000.00", text)).lines.all()
    found = matches.current().of(sent)[0]
    assert found.tier == 1
    assert set(found.lines) == {str(line.pk) for line in lines}
    approval.approve(sent, by=reviewer, at=AT, version=sent.version,
                     found=[int(pk) for pk in found.lines])  # fmt: skip
    assert matches.current().all == []


def test_the_payer_of_before_is_known(house, cafe, owner, senior, reviewer) -> None:
    first = scene.sent(cafe, owner)
    paid = scene.line(first.given.total)
    paid = type(paid)(paid.booked_on, paid.amount, paid.reference, payer="Contadora Ana")
    approval.approve(first, by=reviewer, at=AT, version=first.version, lines=[paid])
    second = scene.sent(cafe, owner)
    BankLine.objects.create(
        iban=second.given.payee.iban, booked_on=AT.date(), amount=second.given.total,
        reference="ZZ1", payer="CONTADORA ANA", created_by=senior, created_at=AT,
    )  # fmt: skip
    assert matches.current().of(second) == [], "names are looked up as the bank writes them"
    BankLine.objects.create(
        iban=second.given.payee.iban, booked_on=AT.date(), amount=second.given.total,
        reference="ZZ2", payer="Contadora Ana", created_by=senior, created_at=AT,
    )  # fmt: skip
    assert matches.current().of(second)[0].tier == 3


def test_money_for_a_draft_is_a_hint_and_no_match(drafted, senior) -> None:
    line = arrived(drafted, senior)
    assert matches.current().by_line[line.pk].tier == 4
    assert matches.hints([line]) == {line.pk: drafted}


# -- without a person ------------------------------------------------------------------------------


def test_it_is_off_unless_the_house_says_so(sent, senior, settings) -> None:
    arrived(sent, senior)
    assert settings.AUTOMATIC_APPROVAL is False
    assert automatic.run(AT) == 0


def test_what_nothing_speaks_against_approves_by_itself(on, sent, senior, cafe) -> None:
    arrived(sent, senior)
    assert automatic.run(AT) == 1
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE
    assert summary.available(cafe, AT) == 500
    step = ReviewDecision.objects.get(request=sent, action="approved")
    assert (step.actor, step.side, step.who) == (None, "clock", "el sistema")
    assert "El monto es exacto." in step.internal_note
    assert automatic.run(AT) == 0
    assert list(invariants.broken()) == []


@pytest.mark.parametrize("why", ["amount", "taken", "proof", "typed", "provider", "other", "less"])
def test_what_a_person_must_see_waits(
    on, why, sent, senior, reviewer, settings, cafe, house, stranger
) -> None:
    if why == "amount":
        settings.SECOND_APPROVAL_FROM = 75_000
    if why == "taken":
        review.take(sent, by=reviewer, at=AT)
    if why == "proof":
        PaymentProof.objects.filter(request=sent).update(amount=Decimal(1))
    if why == "provider":
        type(cafe).objects.filter(pk=cafe.pk).update(is_provider=True)
    if why == "other":  # the same file was sent for another company
        other = scene.sent(stranger.memberships.get().company, stranger)
        proof = PaymentProof.objects.get(request=sent)
        copy = PaymentProof.objects.get(request=other)
        PaymentProof.objects.filter(pk__in=[proof.pk, copy.pk]).update(bank_reference="T-9")
    if why == "typed":
        scene.entered(senior, 10)
        BankLine.objects.create(
            iban=sent.given.payee.iban, booked_on=AT.date(), amount=sent.given.total,
            reference="Z", detail=sent.reference, created_by=senior, created_at=AT,
        )  # fmt: skip
    else:
        arrived(sent, senior, "74999.99" if why == "less" else None)
    assert automatic.run(AT) == 0
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.IN_REVIEW


def test_the_system_never_signs_for_two_people(sent, senior, settings) -> None:
    line = arrived(sent, senior)
    settings.SECOND_APPROVAL_FROM = 75_000
    with pytest.raises(NotAllowed):
        approval.approve_by_itself(sent, at=AT, version=sent.version, found=[line.pk])


def test_a_price_that_lapsed_waits_for_a_person(on, sent, senior) -> None:
    late = sent.given.valid_until + timedelta(days=3)
    RenewalRequest.objects.filter(pk=sent.pk).update(submitted_at=late)
    day = f"{late:%d/%m/%Y}"
    scene.imported(senior, (sent.given.total, sent.reference, "Q1", day), at=late)
    assert automatic.run(late) == 0


def test_queries_do_not_grow_with_the_lines(sent, senior) -> None:
    def queries() -> int:
        matches._last.clear()
        with CaptureQueriesContext(connection) as seen:
            assert matches.current().of(sent)
        return len(seen)

    arrived(sent, senior)
    few = queries()
    scene.imported(senior, *((n + 1, f"nadie {n}") for n in range(500)))
    assert queries() == few
    assert few <= 10
