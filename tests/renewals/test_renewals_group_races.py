"""A group pressed from several real processes at once: it is made once and sent once, whole."""

from collections import Counter

import pytest
from tests.accounts.processes import race
from tests.renewals import several

from iofacturo.notifications.notice import Notice
from iofacturo.renewals import invariants
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.terms import TermsAcceptance

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AT = several.AT
ACT = """
from datetime import datetime
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.renewals.errors import RenewalError
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.portfolio import making, sending
from iofacturo.renewals.request import RenewalRequest
at = datetime.fromisoformat("{at}")
by = User.objects.get(pk={by})
try:
    {act}
except RenewalError as error:
    print(type(error).__name__)
"""


def program(act: str, by) -> str:
    return ACT.format(at=AT.isoformat(), act=act, by=by.pk)


def sending(group: RenewalGroup, by, token: str) -> str:
    rows = list(group.standing())
    numbers, terms = [row.number for row in rows], {row.given.terms_id for row in rows}
    return program(
        f"g = sending.send(RenewalGroup.objects.get(pk={group.pk}), by=by, at=at, "
        f"token='{token}', contents={{'n': 1}}, numbers={numbers}, terms={terms}, told={{}}, "
        f"seen={group.version}); print('sent')",
        by,
    )


def removing(row: RenewalRequest, by) -> str:
    return program(
        f"making.remove(RenewalRequest.objects.get(pk={row.pk}), by=by, at=at); print('removed')",
        by,
    )


def making(rows, by, token: str) -> str:
    pks = [row.pk for row in rows]
    return program(
        f"g, _ = making.make([(c, '500') for c in Company.objects.filter(pk__in={pks})"
        f".order_by('pk')], by=by, at=at, token='{token}'); print(g.number)",
        by,
    )


@pytest.fixture
def firms(transactional_db, house, accountant):
    yield several.companies(accountant)
    assert list(invariants.broken()) == []


@pytest.mark.parametrize("same_form", [True, False], ids=["one form", "two forms"])
def test_many_sends_at_once_are_one(same_form, firms, accountant) -> None:
    group = several.drafted(firms, accountant)
    several.attached(group, accountant)
    tokens = ["one"] * 4 if same_form else [f"form {number}" for number in range(4)]
    said = Counter(race(*(sending(group, accountant, token) for token in tokens)))
    assert said == ({"sent": 4} if same_form else {"sent": 1, "WrongState": 3})
    rows = list(group.standing())
    assert {row.state for row in rows} == {RenewalRequest.IN_REVIEW}
    assert TermsAcceptance.objects.filter(request__in=rows).count() == len(firms)
    assert Notice.objects.filter(kind="renewal.group_received", user=accountant).count() == 1


def test_a_company_taken_out_while_it_is_sent_goes_with_all_or_stays_out(firms, accountant) -> None:
    group = several.drafted(firms, accountant)
    several.attached(group, accountant)
    row = next(iter(group.standing()))
    said = race(sending(group, accountant, "one"), removing(row, accountant))
    group.refresh_from_db()
    if "sent" in said:
        assert group.requests.filter(state=RenewalRequest.IN_REVIEW).count() == len(firms)
        assert "removed" not in said
    else:
        assert "removed" in said
        assert group.sent_at is None
        assert group.standing().count() == len(firms) - 1


def test_the_same_form_pressed_at_once_makes_one_group(firms, accountant) -> None:
    said = race(*[making(firms[:3], accountant, "one")] * 4)
    assert len(set(said)) == 1, said
    assert RenewalGroup.objects.count() == 1
    assert RenewalRequest.objects.count() == 3
