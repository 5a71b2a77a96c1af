"""The IVA of a month's purchases, by tariff: what may be credited, what is still to be answered.

Notas de crédito are subtracted. Amounts in another currency count at the rate of their document.
Sums are made here, exactly: SQLite has no decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.mensaje_receptor import PROPORCIONALIDAD
from iofacturo.accounts.company import Company
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import CREDIT_NOTE, Received, ReceivedTax
from iofacturo.lib import clock

ZERO, CENTS = Decimal(0), Decimal("0.01")


@dataclass
class Rate:
    """One tariff, in colones: all its IVA, what may be credited of it, what waits for an answer."""

    name: str
    iva: Decimal = ZERO
    credit: Decimal = ZERO
    pending: Decimal = ZERO

    def add(self, iva: Decimal, credit: Decimal, *, pending: bool) -> None:
        self.iva += iva
        self.credit += credit
        self.pending += iva if pending else ZERO


@dataclass
class Month:
    """A month's IVA. `shared` is the credit under proportionality, settled at the year's end."""

    first: date
    rates: list[Rate] = field(default_factory=list)
    shared: Decimal = ZERO

    @property
    def total(self) -> Rate:
        whole = Rate("Total")
        for rate in self.rates:
            whole.iva += rate.iva
            whole.credit += rate.credit
            whole.pending += rate.pending
        return whole


def bounds(first: date) -> tuple[datetime, datetime]:
    """The first instant of the month of *first*, and of the next."""
    following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return clock.midnight(first.replace(day=1)), clock.midnight(following)


def month(company: Company, first: date) -> Month:
    """The month of *first*, by the day of the documents. Two queries."""
    since, until = bounds(first)
    taxes = list(
        ReceivedTax.objects.filter(
            received__company=company,
            received__apart="",
            received__fecha__gte=since,
            received__fecha__lt=until,
        )
        .exclude(received__verdict=Received.REJECTED)
        .values_list(
            "received_id", "tarifa", "porcentaje", "iva", "received__tipo",
            "received__tipo_cambio", "received__reply",
        )
    )  # fmt: skip
    said = _said(company, since, until)
    whole: dict[int, Decimal] = {}
    for pk, _, _, iva, *_ in taxes:
        whole[pk] = whole.get(pk, ZERO) + iva
    rates: dict[tuple[str, Decimal], Rate] = {}
    found = Month(first.replace(day=1))
    for pk, tarifa, porcentaje, iva, tipo, rate, reply in taxes:
        if reply == ReceiverMessage.REJECT:
            continue
        colones = iva * rate * (-1 if tipo == CREDIT_NOTE else 1)
        condition, credited = said.get(pk, ("", None))
        share = ZERO
        if credited is not None and whole[pk]:
            share = colones * min(credited / whole[pk], Decimal(1))
        if condition == PROPORCIONALIDAD:
            found.shared += colones
        row = rates.setdefault((tarifa, porcentaje), Rate(name(tarifa, porcentaje)))
        row.add(colones, share, pending=not reply)
    found.rates = list(_rounded(rates))
    found.shared = found.shared.quantize(CENTS, ROUND_HALF_UP)
    return found


def _said(
    company: Company, since: datetime, until: datetime
) -> dict[int, tuple[str, Decimal | None]]:
    """Condition and credit of the answers that stand, by document."""
    rows = company.receiver_messages.filter(
        received__fecha__gte=since, received__fecha__lt=until
    ).exclude(state=ReceiverMessage.REJECTED)
    return {
        pk: (condition, credit)
        for pk, condition, credit in rows.values_list(
            "received_id", "condicion_impuesto", "acreditar"
        )
    }


def _rounded(rates: dict[tuple[str, Decimal], Rate]) -> Iterator[Rate]:
    """The tariffs that have an amount, the highest first."""
    for _, rate in sorted(rates.items(), key=lambda one: (-one[0][1], one[0][0])):
        if rate.iva or rate.credit:
            yield Rate(
                rate.name,
                rate.iva.quantize(CENTS, ROUND_HALF_UP),
                rate.credit.quantize(CENTS, ROUND_HALF_UP),
                rate.pending.quantize(CENTS, ROUND_HALF_UP),
            )


def name(tarifa: str, porcentaje: Decimal) -> str:
    """What people call a tariff."""
    known = TARIFA_IVA.get(tarifa)
    return known.nombre if known is not None else f"Tarifa {porcentaje.normalize():f} %"
