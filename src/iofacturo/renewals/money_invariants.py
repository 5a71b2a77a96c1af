"""The books of money: what every line brought is accounted for, and so is every company's credit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.db import connection
from django.db.models import F, Q, Sum

from iofacturo.renewals import bank, line_guard
from iofacturo.renewals.bank import Allocation, BankLine, LineReturn, MoneyEntry
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal


def broken() -> Iterator[str]:
    """One line in Spanish for each offender, with its ids."""
    yield from _guards()
    yield from _lines()
    yield from _currencies()
    yield from _balances()
    yield from _orders()
    yield from _withdrawals()


def _guards() -> Iterator[str]:
    for name in line_guard.missing(connection):
        yield f"falta el guardián {name}: la base no vigila el dinero"


def _lines() -> Iterator[str]:
    """I9: allocated + credited + returned + on its way back + taken back + free = the amount."""
    for line in bank.with_used(BankLine.objects.all()).filter(
        Q(used__gt=F("amount")) | Q(used__lt=0)
    ):
        yield f"movimiento del banco {line.pk}: paga {line.used - line.amount} más de lo que trae"
    below = (
        Allocation.objects.order_by()
        .values("line", "request")
        .annotate(n=Sum("amount"))
        .filter(n__lt=0)
    )
    for row in below:
        yield f"movimiento del banco {row['line']}: asignación negativa ({row['n']})"
    for entry in MoneyEntry.objects.filter(request__isnull=False).exclude(
        request__company=F("company")
    ):
        yield f"movimiento de saldo {entry.pk}: es de otra empresa que su solicitud"


def _currencies() -> Iterator[str]:
    for allocation in Allocation.objects.exclude(line__currency=F("request__quote__currency")):
        yield f"asignación {allocation.pk}: paga una solicitud en otra moneda"
    for entry in MoneyEntry.objects.filter(line__isnull=False).exclude(
        line__currency=F("currency")
    ):
        yield f"movimiento de saldo {entry.pk}: en otra moneda que su movimiento del banco"
    for order in ReturnOrder.objects.filter(line__isnull=False).exclude(
        line__currency=F("currency")
    ):
        yield f"devolución {order.pk}: en otra moneda que su movimiento del banco"


def _balances() -> Iterator[str]:
    """What was spent of a credit was there when it was spent."""
    running: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    spent = (MoneyEntry.USED, MoneyEntry.RETURNED)
    rows = MoneyEntry.objects.order_by("id").values_list(
        "pk", "company", "currency", "kind", "amount"
    )
    for pk, company, currency, kind, amount in rows.iterator():
        running[company, currency] += amount
        if kind in spent and running[company, currency] < 0:
            yield f"movimiento de saldo {pk}: gasta un saldo que la empresa {company} no tenía"


def _orders() -> Iterator[str]:
    """A paid return stands once in the books, over its amount; any other not at all."""
    written: dict[int, Decimal] = dict(
        LineReturn.objects.filter(order__isnull=False).values_list("order", "amount")
    )
    for operation, amount in MoneyEntry.objects.filter(kind=MoneyEntry.RETURNED).values_list(
        "operation", "amount"
    ):
        kind, _, number = operation.partition(":")
        if kind == "returned" and number.isdecimal():
            written[int(number)] = written.get(int(number), Decimal(0)) - amount
    for order in ReturnOrder.objects.iterator():
        expected = order.amount if order.paid_at else Decimal(0)
        if written.pop(order.pk, Decimal(0)) != expected:
            yield f"devolución {order.pk}: lo que dice el banco no es lo que se ordenó"
    for pk in written:
        yield f"devolución {pk}: está en los libros y nadie la ordenó"


def _withdrawals() -> Iterator[str]:
    """Of what the bank took back nothing is left, and no plan that it paid goes on."""
    settled = Withdrawal.objects.filter(settled_at__isnull=False).values("line")
    for line in bank.with_used(BankLine.objects.filter(pk__in=settled)).exclude(used=F("amount")):
        yield f"movimiento del banco {line.pk}: el banco lo retiró y le quedan {line.amount - line.used}"
    going_on = (*RenewalRequest.SENT, RenewalRequest.ACTIVE)
    standing = (
        Allocation.objects.filter(line__in=settled, request__state__in=going_on)
        .order_by()
        .values("line", "request__number")
        .annotate(n=Sum("amount"))
        .filter(n__gt=0)
    )
    for row in standing:
        yield f"solicitud {row['request__number']}: sigue con dinero que el banco retiró"


__all__ = ["broken"]
