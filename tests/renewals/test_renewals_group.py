"""Several companies renewed with one transfer: the rules of one hold for each of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.renewals import scene, several

from iofacturo.accounts.membership import Membership
from iofacturo.folios import promotion, summary
from iofacturo.folios.promotion import Promotion
from iofacturo.notifications.notice import Notice
from iofacturo.renewals import (
    approval,
    automatic,
    bank,
    billing,
    draft,
    invariants,
    matches,
    proof,
    review,
)
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.errors import NotAllowed, Repeated, Stale, WrongState
from iofacturo.renewals.group import RenewalGroup, on_slip
from iofacturo.renewals.invoice_intent import InvoiceIntent
from iofacturo.renewals.matching import Line, match
from iofacturo.renewals.portfolio import making
from iofacturo.renewals.portfolio.sending import Closed, NotSent
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.terms import TermsAcceptance

AT, DAY = several.AT, scene.DAY
pytestmark = pytest.mark.django_db


@pytest.fixture
def firms(house, accountant):
    return several.companies(accountant)


def paid(group: RenewalGroup, by, amount: object = None, detail: str = "") -> BankLine:
    """The group's money in a file of the bank."""
    amount = group.total if amount is None else amount
    return scene.imported(by, (amount, detail or f"planes {group.reference.lower()}")).lines.get()


def rows_of(group: RenewalGroup) -> list[RenewalRequest]:
    return sorted(group.standing(), key=lambda row: row.pk)


def close(user, company) -> None:
    """The company takes the right to renew away."""
    Membership.objects.filter(user=user, company=company).update(can_renew=False)


# -- making ----------------------------------------------------------------------------------------


def test_a_group_is_a_draft_of_each_company_under_one_reference(firms, accountant):
    group = several.drafted(firms, accountant)
    rows = rows_of(group)
    assert [row.company for row in rows] == firms
    assert {row.pay_reference for row in rows} == {group.reference}
    assert len({row.reference for row in rows} | {group.reference}) == 5
    assert {row.state for row in rows} == {RenewalRequest.DRAFT}
    assert list(invariants.broken()) == []


def test_the_same_form_makes_one_group(firms, accountant):
    choices = [(row, "500") for row in firms[:2]]
    first, _ = making.make(choices, by=accountant, at=AT, token="dos veces")
    again, _ = making.make(choices, by=accountant, at=AT, token="dos veces")
    assert first == again
    assert RenewalRequest.objects.count() == 2
    with pytest.raises(Repeated):
        making.make(choices[:1], by=accountant, at=AT, token="dos veces")


def test_only_where_the_seat_may_renew(firms, accountant):
    close(accountant, firms[1])
    group, failures = making.make(
        [(row, "500") for row in firms[:3]], by=accountant, at=AT, token="x"
    )
    assert list(failures) == [firms[1].public_id]
    assert isinstance(failures[firms[1].public_id], NotAllowed)
    assert [row.company for row in rows_of(group)] == [firms[0], firms[2]]


def test_billing_data_begin_with_what_was_confirmed_last(firms, accountant):
    before = scene.sent(firms[0], accountant)
    confirmed = billing.Billing.from_mapping(
        before.billing.as_billing().as_dict() | {"nombre": "Como la vez pasada S.A."}
    )
    billing.keep(before, confirmed, by=accountant, at=AT)
    group = several.drafted(firms[:1], accountant)
    assert rows_of(group)[0].typed.nombre == "Como la vez pasada S.A."


def test_companies_leave_and_come_back_with_the_proof_of_all(firms, accountant):
    group = several.drafted(firms[:2], accountant)
    several.attached(group, accountant)
    first, second = rows_of(group)
    making.remove(second, by=accountant, at=AT)
    assert not proof.standing(second).exists()
    again = making.add(group, firms[1], "100", by=accountant, at=AT)
    assert again.pk != second.pk
    shared = [proof.standing(row).get() for row in (first, again)]
    assert len({one.sha256 for one in shared}) == 1
    assert len({one.original for one in shared}) == 1
    assert making.add(group, firms[1], "500", by=accountant, at=AT) == again


def test_an_own_draft_of_a_group_is_not_sent_alone(firms, accountant, as_client):
    group = several.drafted(firms[:2], accountant)
    row = rows_of(group)[0]
    client = as_client(accountant)
    where = f"/mi-plan/renovar/{row.number}/?empresa={row.company.public_id}"
    for answer in (client.get(where), client.post(where, {"accion": "enviar"})):
        assert answer.status_code == 302
        assert answer.url == f"/cartera/grupos/{group.number}/"
    assert client.post(f"/mi-plan/renovar/{row.number}/guardar/").status_code == 409
    assert client.get(f"/mi-plan/renovar/?solicitud={row.number}").status_code == 404


# -- sending ---------------------------------------------------------------------------------------


def test_sending_sends_each_with_everything_of_its_own(firms, accountant):
    group = several.sent(firms, accountant)
    rows = rows_of(group)
    assert {row.state for row in rows} == {RenewalRequest.IN_REVIEW}
    assert group.total == sum(row.given.total for row in rows) == Decimal("300000.00")
    assert {row.submitted_at for row in rows} == {group.sent_at} == {AT}
    assert TermsAcceptance.objects.filter(request__in=rows, user=accountant).count() == 4
    assert {row.billing.request_id for row in rows} == {row.pk for row in rows}
    assert PaymentProof.objects.filter(request__in=rows, sent_at=AT).count() == 4
    assert {on_slip(row) for row in rows} == {group.total}
    told = Notice.objects.filter(user=accountant)
    assert [one.kind for one in told] == ["renewal.group_received"]
    assert group.reference in told[0].body
    assert list(invariants.broken()) == []


def test_pressing_twice_sends_once(firms, accountant):
    group = several.drafted(firms[:2], accountant)
    several.attached(group, accountant)
    fields = {"token": "una vez", "contents": {"todo": "igual"}}
    first = several.send(group, accountant, **fields)
    assert several.send(group, accountant, at=AT + timedelta(minutes=1), **fields) == first
    assert TermsAcceptance.objects.count() == 2
    with pytest.raises(Repeated):
        several.send(group, accountant, token="una vez", contents={"todo": "otro"})
    with pytest.raises(WrongState, match="ya se envió"):
        several.send(group, accountant)


def test_all_that_is_missing_is_told_beside_each_and_nothing_is_sent(firms, accountant):
    group = several.drafted(firms[:3], accountant)
    rows = rows_of(group)
    wrong = rows[1]
    draft.save(wrong, {"billing": {"tipo": "02", "numero": "12"}}, at=AT)
    with pytest.raises(NotSent) as caught:
        several.send(group, accountant, terms=set())
    problems = caught.value.problems
    assert set(problems[""]) == {"archivo", "terminos"}
    assert "Número de identificación" in problems[wrong.number]["factura"]
    assert set(problems) == {"", wrong.number}
    assert {row.state for row in rows_of(group)} == {RenewalRequest.DRAFT}


def test_one_that_fails_stops_all_and_none_goes_alone(firms, accountant):
    scene.promotion(limit_total=2)
    group = several.drafted(firms[:2], accountant)
    several.attached(group, accountant)
    second = rows_of(group)[1]
    with pytest.raises(WrongState, match="junto con otras"):
        scene.send(second, accountant)
    promotion.release(f"quote:{second.quote_id}", AT)
    Promotion.objects.update(used=2)  # somebody else had it
    with pytest.raises(NotSent) as caught:
        several.send(group, accountant)
    assert set(caught.value.problems) == {second.number}
    assert {row.state for row in rows_of(group)} == {RenewalRequest.DRAFT}
    assert TermsAcceptance.objects.count() == 0


def test_a_company_that_is_closed_meanwhile_drops_out(firms, accountant):
    group = several.drafted(firms[:3], accountant)
    several.attached(group, accountant)
    numbers = [row.number for row in rows_of(group)]
    close(accountant, firms[1])
    with pytest.raises(Closed):
        several.send(group, accountant, numbers=numbers)
    assert making.drop_closed(group, by=accountant, at=AT) == 1
    group.refresh_from_db()
    left = RenewalRequest.objects.get(company=firms[1])
    assert (left.group, left.state) == (None, RenewalRequest.DRAFT)
    assert not proof.standing(left).exists(), "the proof of others' money stays with the others"
    done = several.send(group, accountant)
    assert done.total == Decimal("150000.00")
    assert list(invariants.broken()) == []


def test_what_another_tab_changed_is_not_overwritten(firms, accountant):
    group = several.drafted(firms[:2], accountant)
    seen = group.version
    several.attached(group, accountant)
    with pytest.raises(Stale):
        several.send(group, accountant, seen=seen)


def test_a_promotion_counts_for_each_company_and_comes_back_when_one_leaves(firms, accountant):
    scene.promotion(limit_total=3)
    group = several.drafted(firms[:3], accountant)
    rows = rows_of(group)
    assert {row.given.total for row in rows} == {Decimal("63750.00")}
    assert Promotion.objects.get().used == 3
    late = several.drafted(firms[3:], accountant)
    assert rows_of(late)[0].given.total == Decimal("75000.00")
    making.discard(rows, by=accountant, at=AT)
    assert Promotion.objects.get().used == 0
    assert rows_of(group) == []


def test_a_lapsed_price_follows_the_rule_of_one_alone(firms, accountant):
    scene.promotion()
    group = several.drafted(firms[:2], accountant)
    several.attached(group, accountant)
    later = AT + 40 * DAY  # the promotion is over, the price is the higher one
    with pytest.raises(NotSent) as caught:
        several.send(group, accountant, at=later)
    assert all("venció" in caught.value.problems[row.number]["plan"] for row in rows_of(group))
    rows = rows_of(group)
    failures = making.refresh(rows, {}, by=accountant, at=later)
    assert set(failures) == {row.number for row in rows}, "a higher price needs consent"
    consents = {rows[0].number: Decimal("75000.00"), rows[1].number: Decimal("75000.00")}
    assert making.refresh(rows, consents, by=accountant, at=later) == {}
    group.refresh_from_db()
    assert several.send(group, accountant, at=later).total == Decimal("150000.00")


def test_money_dated_while_the_price_held_keeps_it(firms, accountant):
    scene.promotion()
    group = several.drafted(firms[:2], accountant)
    several.attached(group, accountant)
    done = several.send(group, accountant, at=AT + 40 * DAY, told={"fecha": "2026-11-24"})
    assert done.total == Decimal("127500.00")


# -- the money -------------------------------------------------------------------------------------


def test_the_groups_reference_with_the_exact_sum_pays_all_of_them(
    firms, accountant, senior, reviewer
):
    group = several.sent(firms, accountant)
    line = paid(group, senior)
    rows = rows_of(group)
    found = matches.current().by_line[line.pk]
    assert (found.tier, found.requests) == (1, tuple(row.number for row in rows))
    assert group.reference in found.evidence[0]
    for row in rows:
        assert matches.current().tier(row) == 1, "after each approval the rest fits again"
        approval.approve(row, by=reviewer, at=AT, version=row.version, found=[line.pk])
    assert line.left == 0
    assert sum(one.amount for one in line.allocations.all()) == line.amount
    assert {row.state for row in rows_of(group)} == {RenewalRequest.ACTIVE}
    assert [summary.available(firm, AT) for firm in firms] == [540] * 4
    intents = InvoiceIntent.objects.filter(request__group=group)
    assert {(one.request_id, one.total) for one in intents} == {
        (row.pk, Decimal("75000.00")) for row in rows
    }
    assert [bank.credit(firm) for firm in firms] == [0] * 4
    assert list(invariants.broken()) == []


@pytest.mark.parametrize(
    ("detail", "tier"),
    [("{0}", 1), ("10f{1}", 1), ("{1}", 1), ("pago {2}", 1), ("nada", 4)],
)
def test_how_people_write_the_reference(detail, tier, firms, accountant, senior):
    group = several.sent(firms[:3], accountant)
    code = group.reference.removeprefix("IOF")
    line = paid(group, senior, detail=detail.format(group.reference, code, group.reference[:-1]))
    assert matches.current().by_line[line.pk].tier == tier


@pytest.mark.parametrize("off", [Decimal("-1"), Decimal("1")])
def test_another_sum_is_for_a_person(off, firms, accountant, senior):
    group = several.sent(firms[:2], accountant)
    line = paid(group, senior, group.total + off)
    found = matches.current().by_line[line.pk]
    assert found.tier == 2
    assert "₡1,00" in found.evidence[1]


def test_a_payer_known_from_one_of_them_is_no_stranger_to_the_group(
    firms, accountant, senior, reviewer
):
    """Who paid for one company before is known as its payer, and pays for others too."""
    first = scene.sent(firms[0], accountant)
    typed = bank.Typed(AT.date(), first.given.total, "REF1", "Contador Chinchilla")
    approval.approve(first, by=reviewer, at=AT, version=first.version, lines=[typed])
    group = several.sent(firms[:3], accountant)
    line = paid(group, senior)
    known = {"Contador Chinchilla": {str(firms[0].pk)}}
    wanted = matches._wanted()
    line_ = Line(str(line.pk), line.booked_on, line.amount, detail=line.detail,
                 payer="Contador Chinchilla")  # fmt: skip
    assert match([line_], wanted, payers=known)[0].tier == 1
    assert match([line_], wanted[1:], payers=known)[0].tier == 2, "the sum is another"
    stranger_ = {"Contador Chinchilla": {"999999"}}
    assert match([line_], wanted, payers=stranger_)[0].tier == 3


def test_what_is_left_of_a_rejected_one_stays_with_its_company(firms, accountant, senior, reviewer):
    group = several.sent(firms[:3], accountant)
    line = paid(group, senior)
    first, second, third = rows_of(group)
    approval.approve(first, by=reviewer, at=AT, version=first.version, found=[line.pk])
    review.reject(
        second, by=reviewer, at=AT, version=second.version, reason="on_request", found=[line.pk]
    )
    assert bank.credit(second.company) == Decimal("75000.00")
    approval.approve(third, by=reviewer, at=AT, version=third.version, found=[line.pk])
    assert line.left == 0
    assert [bank.credit(row.company) for row in (first, third)] == [0, 0]
    assert list(invariants.broken()) == []


def test_the_rest_of_a_groups_line_never_becomes_anothers_credit(
    firms, accountant, senior, reviewer
):
    group = several.sent(firms[:2], accountant)
    line = paid(group, senior, group.total + 500)
    for row in rows_of(group):
        approval.approve(row, by=reviewer, at=AT, version=row.version, found=[line.pk])
    assert line.left == 500
    assert [bank.credit(firm) for firm in firms[:2]] == [0, 0]


def test_an_automatic_approval_takes_the_whole_group(firms, accountant, senior, settings):
    settings.AUTOMATIC_APPROVAL = True
    automatic._seen.clear()
    group = several.sent(firms, accountant)
    line = paid(group, senior)
    assert automatic.run(AT) == 4
    assert line.left == 0
    assert list(invariants.broken()) == []


def test_the_shared_proof_is_no_repetition_within_the_group(firms, accountant):
    group = several.sent(firms[:2], accountant)
    proofs = PaymentProof.objects.filter(request__group=group).select_related("request")
    assert [found for found in proof.uses(proofs).values() if found] == []
    other = scene.drafted(firms[2], accountant)
    data, cleaned = scene.picture("again")
    group_proof = proofs[0]
    cleaned.sha256, cleaned.phash = group_proof.sha256, group_proof.phash
    mine = proof.attach(other, data, cleaned, "otra.png", by=accountant, at=AT)
    used = proof.uses(PaymentProof.objects.filter(pk=mine.pk).select_related("request"))
    assert {use.proof.request.group for use in used[mine.pk]} == {group}


# -- the books -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda g: RenewalGroup.objects.filter(pk=g.pk).update(total=1), "suman"),
        (
            lambda g: RenewalRequest.objects.filter(group=g).update(group=None),
            "no tiene solicitudes",
        ),
        (
            lambda g: RenewalGroup.objects.filter(pk=g.pk).update(
                reference=g.requests.first().reference
            ),
            "referencia",
        ),
        (
            lambda g: RenewalGroup.objects.filter(pk=g.pk).update(
                sent_at=None, total=None, currency=""
            ),
            "no se ha enviado",
        ),
    ],
)
def test_verify_sees_a_group_that_was_tampered_with(harm, said, firms, accountant):
    group = several.sent(firms[:2], accountant)
    harm(group)
    broken = [line for line in invariants.broken() if group.number in line]
    assert broken
    assert said in " ".join(broken)


def test_a_group_holds_so_many(firms, accountant, monkeypatch):
    monkeypatch.setattr(making, "MOST_COMPANIES", 2)
    _, failures = making.make([(row, "500") for row in firms[:3]], by=accountant, at=AT, token="y")
    assert [str(error) for error in failures.values()] == ["En un grupo caben 2 empresas."]
