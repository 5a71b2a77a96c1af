"""Plain statements answer what the ORM answers, on both databases, inside transactions and out."""

import random
from decimal import ROUND_HALF_UP, Decimal

import pytest
from babel.numbers import format_decimal
from django.db import IntegrityError, connection, transaction
from tests import cast

from iofacturo.accounts import seats
from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.lib import formats, statement


def test_a_row_reads_as_the_orm_reads_it(cafe) -> None:
    asked = f"SELECT {statement.columns(Company, 'c')} FROM accounts_company c WHERE c.id = %s"
    ((*values,),) = statement.rows(asked, [cafe.pk])
    found = statement.read(Company, values)
    orm = Company.objects.get(pk=cafe.pk)
    for field in Company._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(orm, field.attname), field.attname
    assert found.emails == ["facturas@ejemplo.cr"]
    assert found.created_at.tzinfo is not None
    assert not found._state.adding


def test_it_takes_part_in_the_transaction(cafe) -> None:
    with transaction.atomic():
        statement.run("UPDATE accounts_company SET nombre = %s WHERE id = %s", ["Otro", cafe.pk])
        transaction.set_rollback(True)
    assert Company.objects.get(pk=cafe.pk).nombre == cafe.nombre


def test_its_errors_are_djangos(cafe) -> None:
    again = "UPDATE accounts_company SET identificacion = %s WHERE id = %s"
    other = cast.company("Otra S.A.", "3101000009")
    with pytest.raises(IntegrityError), transaction.atomic():
        statement.run(again, [cafe.identificacion, other.pk])
    assert connection.is_usable()


def test_many_times_over_it_stays_right(cafe) -> None:
    for n in range(20):  # past the threshold from which statements are kept prepared
        assert statement.rows("SELECT id FROM accounts_company WHERE id > %s", [n * 10**6]) == (
            [(cafe.pk,)] if not n else []
        )


def test_seats_are_those_of_now(owner, cafe, stranger, reviewer, nobody) -> None:
    second = cast.company("Abeja S.A.", "3101000008")
    Membership.objects.create(user=owner, company=second, role="reader")
    found, staff = seats.of(owner)
    assert [seat.company for seat in found] == [second, cafe]
    assert [seat.role for seat in found] == ["reader", "owner"]
    assert staff is None
    assert seats.of(reviewer) == ([], reviewer.staff)
    assert seats.of(nobody) == ([], None)
    Membership.objects.filter(company=second).update(removed_at=second.created_at)
    assert [seat.company for seat in seats.of(owner)[0]] == [cafe]


def test_numbers_are_written_as_babel_writes_them() -> None:
    chance = random.Random(7)
    for _ in range(400):
        decimals = chance.randrange(6)
        size = 10 ** chance.randrange(1, 13)
        number = Decimal(chance.randrange(-size, size)).scaleb(-chance.randrange(8))
        rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        wanted = format_decimal(rounded, format=pattern, locale=formats.LOCALE)
        assert formats.numero(number, decimals) == wanted
