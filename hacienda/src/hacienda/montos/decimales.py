"""Decimals of money: rounding, percentages, prices with tax included."""

from __future__ import annotations

from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import Final

from hacienda.errors import InvalidError

UNIT: Final = Decimal("0.00001")
ZERO: Final = Decimal("0.00000")
HUNDREDTH: Final = Decimal("0.01")
# Wide enough for the product of three numbers of 20 digits without rounding in between.
CONTEXT: Final = Context(
    prec=100,
    rounding=ROUND_HALF_UP,
    Emin=-9999,
    Emax=9999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)


def quantize(amount: Decimal) -> Decimal:
    """The amount with 5 decimals, half-up: the 6th decimal from 5 on raises.

    >>> quantize(Decimal("0.000005")), quantize(Decimal("2"))
    (Decimal('0.00001'), Decimal('2.00000'))

    Raises `InvalidError` for what is no finite amount.
    """
    try:
        rounded = amount.quantize(UNIT, ROUND_HALF_UP, CONTEXT)
        if not rounded.is_finite():
            raise InvalidOperation
        return rounded
    except InvalidOperation:
        raise InvalidError(f"«{str(amount)[:40]}» no es un monto.") from None


def discounts(amount: Decimal, *percentages: Decimal) -> tuple[Decimal, ...]:
    """The amounts of several percentual discounts, each on what the ones before left.

    >>> [str(d) for d in discounts(Decimal(1000), Decimal(10), Decimal(10))]
    ['100.00000', '90.00000']
    """
    out = []
    with localcontext(CONTEXT):
        for percentage in percentages:
            part = quantize(amount * percentage * HUNDREDTH)
            out.append(part)
            amount -= part
    return tuple(out)


def without_tax(total: Decimal, tarifa: Decimal) -> Decimal:
    """The amount that with this tariff (percent) comes to `total`, for prices with IVA included.

    >>> without_tax(Decimal(11300), Decimal(13))
    Decimal('10000.00000')
    """
    with localcontext(CONTEXT):
        return quantize(total * 100 / (100 + tarifa))
