"""The payee account and the terms: versions, two people, nothing edited."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from schwifty import IBAN
from tests.renewals import scene

from iofacturo.accounts.audit import AuditEvent
from iofacturo.renewals import payee, terms
from iofacturo.renewals.errors import Invalid, NotAllowed, WrongState
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.terms import TermsVersion

AT, DAY = scene.AT, scene.DAY
OTHER = IBAN.generate("CR", bank_code="0152", account_code="02001026284067").compact
GOOD = {"bank": "Banco", "iban": scene.IBAN, "holder": "Proveedor S.A.", "cedula": "3-101-123456"}


@pytest.mark.django_db
def test_one_person_proposes_and_another_confirms(senior, admin) -> None:
    row = payee.propose(**GOOD, by=senior, at=AT)
    assert payee.current(AT) is None
    with pytest.raises(NotAllowed):
        row.confirm(by=senior, at=AT)
    row.confirm(by=admin, at=AT)
    assert payee.current(AT) == row
    assert [event.action for event in AuditEvent.objects.order_by("id")] == [
        "payee.proposed", "payee.confirmed",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_database_itself_wants_two_people(senior) -> None:
    row = payee.propose(**GOOD, by=senior, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayeeAccount.objects.filter(pk=row.pk).update(confirmed_by=senior, confirmed_at=AT)


@pytest.mark.django_db
def test_a_version_is_never_edited(senior, admin) -> None:
    row = scene.account(senior, admin)
    for change in ({"iban": OTHER}, {"holder": "Otro"}, {"bank": "Otro"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PayeeAccount.objects.filter(pk=row.pk).update(**change)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("iban", "CR05 0152 0200 1026 2840 67"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("iban", ""),
        ("iban", "CR05"),
        ("bank", " "),
        ("holder", ""),
        ("cedula", "3-101"),
    ],
)
def test_what_cannot_be_an_account_is_refused(senior, field, value) -> None:
    with pytest.raises(Invalid) as told:
        payee.propose(**(GOOD | {field: value}), by=senior, at=AT)
    assert list(told.value.problems) == [field]


@pytest.mark.django_db
def test_an_iban_is_taken_with_spaces_and_in_lower_case(senior) -> None:
    row = payee.propose(**(GOOD | {"iban": f" {scene.IBAN.lower()} "}), by=senior, at=AT)
    assert row.iban == "CR05015202001026284066"


@pytest.mark.django_db
def test_one_change_at_a_time_and_it_can_be_withdrawn(senior, admin) -> None:
    row = payee.propose(**GOOD, by=senior, at=AT)
    with pytest.raises(WrongState):
        payee.propose(**GOOD, by=admin, at=AT)
    row.withdraw(by=admin, at=AT)
    with pytest.raises(WrongState):
        row.confirm(by=admin, at=AT)
    payee.propose(**GOOD, by=admin, at=AT)


def test_a_quote_keeps_the_account_it_was_given(drafted, owner, senior, admin) -> None:
    scene.account(senior, admin, OTHER, AT)
    drafted.refresh_from_db()
    assert drafted.given.payee.iban == "CR05015202001026284066"
    later = scene.drafted(drafted.company, owner, "100", AT + DAY)
    assert later.given.payee.iban == OTHER
    assert later.given.payee.changed_on.isoformat() == "2026-11-23"


@pytest.mark.django_db
def test_terms_are_versioned_and_never_edited(admin) -> None:
    first = terms.publish("Uno", effective_at=AT, by=admin, at=AT)
    second = terms.publish("Dos", effective_at=AT + DAY, by=admin, at=AT)
    assert terms.current(AT) == first
    assert terms.current(AT + DAY) == second
    assert terms.current(AT - DAY) is None
    with pytest.raises(IntegrityError), transaction.atomic():
        TermsVersion.objects.update(text="Otro")
    for text, start in [("  ", AT), ("Tres", AT - DAY)]:
        with pytest.raises(ValueError):
            terms.publish(text, effective_at=start, by=admin, at=AT)


def test_the_money_of_a_quote_adds_up(drafted) -> None:
    quote = drafted.given
    assert quote.price - quote.discount + quote.tax == quote.total
    assert quote.per_month == Decimal("6250.00")
