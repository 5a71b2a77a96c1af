"""What the customer may tell about the transfer: all optional, and only ever a hint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from iofacturo.lib import amounts, formats
from iofacturo.lib.visible import visible

FIELDS = ("fecha", "monto", "banco", "numero_transferencia")


@dataclass(frozen=True)
class Transfer:
    """What could be read of it; the rest is None or empty."""

    paid_on: date | None = None
    amount: Decimal | None = None
    bank: str = ""
    number: str = ""


def read(typed: Mapping[str, Any]) -> Transfer:
    """The typed text as values; what cannot be read is left out, because none of it is needed."""
    try:
        paid_on = date.fromisoformat(str(typed.get("fecha", "")).strip())
    except ValueError:
        paid_on = None
    try:
        amount = amounts.parse(str(typed.get("monto", "")))
    except amounts.AmountError:
        amount = None
    if amount is not None and (amount <= 0 or amount >= 10**12):
        amount = None
    return Transfer(
        paid_on=paid_on,
        amount=amount,
        bank=visible(str(typed.get("banco", "")))[:80],
        number=visible(str(typed.get("numero_transferencia", "")))[:40],
    )


def doubts(typed: Mapping[str, Any], total: Decimal, currency: str, today: date) -> dict[str, str]:
    """What looks odd, by field name: said beside the field, never a reason to refuse."""
    found: dict[str, str] = {}
    told = read(typed)
    text = str(typed.get("monto", "")).strip()
    if text and told.amount is None:
        try:
            amounts.parse(text)
        except amounts.AmountError as error:
            found["monto"] = str(error)
    elif told.amount is not None and told.amount < total:
        found["monto"] = (
            f"Faltan {formats.dinero(total - told.amount, currency)} para el total. Puede enviar "
            "así y completar después."
        )
    elif told.amount is not None and told.amount > total:
        found["monto"] = (
            f"Son {formats.dinero(told.amount - total, currency)} más que el total: la diferencia "
            "queda como saldo a su favor."
        )
    if told.paid_on is not None and told.paid_on > today:
        found["fecha"] = "Esa fecha todavía no llega. Revísela."
    return found
