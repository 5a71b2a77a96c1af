"""Prices to the céntimo. What people see is final, IVA included (Ley 7472).

The final price is what was announced, so it comes first; the IVA in it is a part of it, half up,
and the net amount is the rest. (Taking the net amount first would leave about one final price in
nine impossible: no net amount of two decimals makes ₡60 000,00 at 13 %.) An invoice that needs net
amount and IVA as a product writes them with the five decimals Hacienda allows: `exact`.
"""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FINEST = Decimal("0.00001")  # what a comprobante can hold


def to_cent(amount: Decimal) -> Decimal:
    """*amount* with two decimals, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def final(net: Decimal, rate: Decimal) -> Decimal:
    """*net* with IVA at *rate* percent."""
    return to_cent(net * (100 + rate) / 100)


def tax_in(total: Decimal, rate: Decimal) -> Decimal:
    """The IVA that *total* contains.

    >>> tax_in(Decimal("63750.00"), Decimal(13))
    Decimal('7334.07')
    """
    return to_cent(total * rate / (100 + rate))


def net_in(total: Decimal, rate: Decimal) -> Decimal:
    """What *total* is without its IVA.

    >>> net_in(Decimal("22000.00"), Decimal(13))
    Decimal('19469.03')
    """
    return total - tax_in(total, rate)


def net_within(total: Decimal, rate: Decimal) -> Decimal:
    """The same, for whoever publishes by the net amount: its final price is not above *total*."""
    net = net_in(total, rate)
    return net if final(net, rate) <= total else net - CENT


def exact(total: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """Net amount and IVA with five decimals, whose sum is *total* to the céntimo.

    >>> exact(Decimal("60000.00"), Decimal(13))
    (Decimal('53097.34513'), Decimal('6902.65487'))
    """
    net = (total * 100 / (100 + rate)).quantize(FINEST, ROUND_HALF_UP)
    return net, (net * rate / 100).quantize(FINEST, ROUND_HALF_UP)
