"""Numbers as they are printed: those of `lib.formats`, quick enough for a thousand lines."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from iofacturo.lib.formats import NBSP, SYMBOLS

MARKS = str.maketrans({",": NBSP, ".": ","})
CENT = Decimal("0.01")


def amount(value: Decimal | None) -> str:
    """Two decimals, rounded half-up; nothing for nothing.

    >>> amount(Decimal("61538.46154")).replace(NBSP, " ")
    '61 538,46'
    """
    return "" if value is None else f"{value.quantize(CENT, ROUND_HALF_UP):,f}".translate(MARKS)


def exact(value: Decimal | None, least: int = 2) -> str:
    """Every decimal that says something, and at least *least*: prices, quantities, rates.

    >>> exact(Decimal("1.12500")), exact(Decimal("3.000"), least=0)
    ('1,125', '3')
    """
    if value is None:
        return ""
    whole, _, decimals = f"{value:,f}".partition(".")
    kept = decimals.rstrip("0").ljust(least, "0")
    return whole.translate(MARKS) + ("," + kept if kept else "")


def money(value: Decimal | None, currency: str) -> str:
    """An amount with its currency.

    >>> money(Decimal(2000), "CRC").replace(NBSP, " ")
    '₡2 000,00'
    """
    return "" if value is None else SYMBOLS.get(currency, currency + NBSP) + amount(value)


def percent(value: Decimal | None) -> str:
    """`13 %`; nothing for nothing."""
    return "" if value is None else f"{exact(value, 0)}{NBSP}%"
