"""Several real processes at the same moment on both databases; the books are right afterwards."""

from collections import Counter
from decimal import Decimal

import pytest
from tests import cast
from tests.accounts.processes import race
from tests.renewals import scene

from iofacturo.folios.lot import FolioLot
from iofacturo.folios.promotion import Promotion
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.renewals import bank, invariants, review
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.invoice_intent import InvoiceIntent
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.terms import TermsAcceptance

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROUNDS = 2
AT = scene.AT

ACT = """
from datetime import date, datetime
from decimal import Decimal
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.renewals import claims, draft, review, submission
from iofacturo.renewals.bank import Typed
from iofacturo.renewals.errors import RenewalError
from iofacturo.renewals.request import RenewalRequest
at = datetime.fromisoformat("{at}")
try:
    {act}
except RenewalError as error:
    print(type(error).__name__)
"""
REQUEST = "RenewalRequest.objects.get(pk={pk})"
USER = "User.objects.get(pk={pk})"


def program(act: str) -> str:
    return ACT.format(at=AT.isoformat(), act=act)


def approving(row: RenewalRequest, by, reference: str = "BNK1", amount: str = "75000.00") -> str:
    return program(
        f"r = review.approve({REQUEST.format(pk=row.pk)}, by={USER.format(pk=by.pk)}, at=at, "
        f"version={row.version}, lines=[Typed(date(2026, 11, 23), Decimal('{amount}'), "
        f"'{reference}')]); print(r.state)"
    )


def rejecting(row: RenewalRequest, by) -> str:
    return program(
        f"r = review.reject({REQUEST.format(pk=row.pk)}, by={USER.format(pk=by.pk)}, at=at, "
        f"version={row.version}, reason='no_money'); print(r.state)"
    )


@pytest.fixture
def crew(senior, admin, reviewer, other_reviewer):
    with clock.moved_to(AT):
        scene.house(senior, admin)
    return [reviewer, other_reviewer, senior]


@pytest.fixture(autouse=True)
def _books_are_right(transactional_db):
    yield
    assert list(invariants.broken()) == []


def test_case_12_many_approve_at_once_and_one_does(crew, cafe, owner) -> None:
    for number in range(ROUNDS):
        row = scene.sent(cafe, owner)
        said = race(*(approving(row, crew[i % 3], f"B{number}-{i}") for i in range(6)))
        assert Counter(said)["active"] == 1, said
        assert set(said) <= {"active", "Decided"}
    assert FolioLot.objects.filter(kind="paid").count() == InvoiceIntent.objects.count() == ROUNDS
    assert BankLine.objects.count() == ROUNDS, "the losers left no money behind"
    told = Notice.objects.filter(kind="renewal.activated", user=owner)
    assert told.count() == ROUNDS


def test_case_12_approving_against_rejecting(crew, cafe, owner) -> None:
    for number in range(ROUNDS):
        row = scene.sent(cafe, owner)
        said = race(approving(row, crew[0], f"X{number}"), rejecting(row, crew[1]),
                    approving(row, crew[2], f"Y{number}"), rejecting(row, crew[0]))  # fmt: skip
        row.refresh_from_db()
        assert Counter(said)["Decided"] == 3, said
        assert row.state in said
        assert FolioLot.objects.filter(origin=f"request:{row.number}").count() == int(
            row.state == "active"
        )


def test_two_approvals_of_a_large_amount_are_two_people(crew, cafe, owner, settings) -> None:
    row = scene.sent(cafe, owner)
    prelude = "from django.conf import settings\nsettings.SECOND_APPROVAL_FROM = 75000\n"
    said = race(*(prelude + approving(row, person, "ONE") for person in crew))
    row.refresh_from_db()
    assert row.state == RenewalRequest.IN_REVIEW
    assert sorted(said) == ["Stale", "Stale", "in_review"]
    assert not FolioLot.objects.exists()


def submitting(row: RenewalRequest, by, token: str, what: str = "1") -> str:
    return program(
        f"r = submission.submit({REQUEST.format(pk=row.pk)}, by={USER.format(pk=by.pk)}, at=at, "
        f"token='{token}', contents={{'a': '{what}'}}, terms={row.given.terms_id}); "
        "print(r.state, r.pk)"
    )


def test_i14_many_copies_of_one_submission_make_one(crew, cafe, owner) -> None:
    for number in range(ROUNDS):
        row = scene.drafted(cafe, owner)
        scene.attached(row, owner)
        said = race(*(submitting(row, owner, f"same-{number}") for _ in range(6)))
        assert set(said) == {f"in_review {row.pk}"}
    assert TermsAcceptance.objects.count() == ROUNDS
    assert ReviewDecision.objects.filter(action="submitted").count() == ROUNDS
    assert Notice.objects.filter(kind="renewal.received", user=owner).count() == ROUNDS


def test_i14_the_same_token_with_other_contents_loses(crew, cafe, owner) -> None:
    row = scene.drafted(cafe, owner)
    scene.attached(row, owner)
    said = race(*(submitting(row, owner, "same", str(n)) for n in range(5)))
    assert Counter(said) == {f"in_review {row.pk}": 1, "Repeated": 4}


def test_i14_many_copies_of_one_choice_make_one_draft(crew, cafe, owner) -> None:
    choosing = program(
        f"r = draft.choose(Company.objects.get(pk={cafe.pk}), '500', by={USER.format(pk=owner.pk)}, "
        "at=at, token='one'); print(r.pk)"
    )
    assert len(set(race(*[choosing] * 6))) == 1
    assert RenewalRequest.objects.count() == 1


def test_sending_against_cancelling(crew, cafe, owner) -> None:
    for number in range(ROUNDS):
        row = scene.drafted(cafe, owner)
        scene.attached(row, owner)
        cancelling = program(
            f"r = draft.cancel({REQUEST.format(pk=row.pk)}, by={USER.format(pk=owner.pk)}, at=at); "
            "print(r.state)"
        )
        race(submitting(row, owner, f"s{number}"), cancelling)
        row.refresh_from_db()
        assert row.state in (RenewalRequest.IN_REVIEW, RenewalRequest.CANCELLED)


def test_case_22_i20_a_promotions_last_use_is_had_by_one(crew) -> None:
    with clock.moved_to(AT):
        scene.promotion(limit_total=1)
    programs = []
    for n in range(6):
        company = cast.company(f"Empresa {n} S.A.", f"310100010{n}")
        person = cast.seat(f"persona{n}", company, "owner")
        programs.append(
            program(
                f"r = draft.choose(Company.objects.get(pk={company.pk}), '500', "
                f"by={USER.format(pk=person.pk)}, at=at, token='t'); print(r.given.total)"
            )
        )
    said = Counter(race(*programs))
    assert said == {"63750.00": 1, "75000.00": 5}
    assert Promotion.objects.get().used == 1


def test_case_18_one_bank_line_pays_one_of_two_requests(crew, cafe, owner) -> None:
    for number in range(ROUNDS):
        one, two = scene.sent(cafe, owner), scene.sent(cafe, owner)
        said = race(
            approving(one, crew[0], f"LINE{number}"), approving(two, crew[1], f"LINE{number}")
        )
        assert sorted(said) == ["LineTaken", "active"]
    assert BankLine.objects.count() == ROUNDS


def test_one_credit_is_spent_once(crew, cafe, owner) -> None:
    first = scene.sent(cafe, owner)
    review.approve(first, by=crew[0], at=AT, version=first.version, lines=[scene.line(150000)])
    one, two = scene.sent(cafe, owner), scene.sent(cafe, owner)
    spending = [
        program(
            f"r = review.approve({REQUEST.format(pk=row.pk)}, by={USER.format(pk=crew[0].pk)}, "
            f"at=at, version={row.version}, credit=Decimal(75000)); print(r.state)"
        )
        for row in (one, two)
    ]
    assert sorted(race(*spending)) == ["LineTaken", "active"]
    assert bank.credit(cafe) == Decimal(0)


def test_any_number_of_workers_lapses_a_draft_once(crew, cafe, owner) -> None:
    rows = [scene.drafted(cafe, owner) for _ in range(5)]
    end = rows[0].given.valid_until
    lapsing = program(f"print(claims.lapse_quotes(datetime.fromisoformat('{end.isoformat()}')))")
    assert sum(int(n) for n in race(*[lapsing] * 4)) == len(rows)
    assert ReviewDecision.objects.filter(action="expired").count() == len(rows)


def test_a_large_amount_on_the_desk_of_two_seniors(crew, cafe, owner, other_senior) -> None:
    """Both give the second approval at once: one activates."""
    row = scene.sent(cafe, owner)
    prelude = "from django.conf import settings\nsettings.SECOND_APPROVAL_FROM = 75000\n"
    race(prelude + approving(row, crew[0], "ONE"))
    row.refresh_from_db()
    said = race(*(prelude + approving(row, who, "ONE") for who in (crew[2], other_senior)))
    assert sorted(said) == ["Decided", "active"]
    assert FolioLot.objects.count() == 1
