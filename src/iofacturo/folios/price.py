"""Prices to the céntimo. What people see is final, IVA included (Ley 7472).

A price is kept as its net amount and a rate, as the invoice needs it; both steps round half up.
Not every final amount can be written that way (at 13 % about one in nine cannot): `net_within`
finds the dearest price that does not go above what was announced.
"""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cent(amount: Decimal) -> Decimal:
    """*amount* with two decimals, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def tax_on(net: Decimal, rate: Decimal) -> Decimal:
    """The IVA of *net* at *rate* percent.

    >>> tax_on(Decimal("56415.93"), Decimal(13))
    Decimal('7334.07')
    """
    return to_cent(net * rate / 100)


def final(net: Decimal, rate: Decimal) -> Decimal:
    """*net* with its IVA."""
    return to_cent(net) + tax_on(net, rate)


def net_within(total: Decimal, rate: Decimal) -> Decimal:
    """The largest net amount whose final price does not go above *total*.

    >>> net_within(Decimal("22000.00"), Decimal(13))
    Decimal('19469.03')
    """
    net = to_cent(total * 100 / (100 + rate)) + CENT
    while final(net, rate) > total:
        net -= CENT
    return net
