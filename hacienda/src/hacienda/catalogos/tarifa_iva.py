"""Tariffs of the IVA (note 8.1) and their percentages.

In version 4.3 the code 01 meant exempt; in 4.4 exempt is 10. Codes 05 to 07 are of old transitory
rules and only stand in notes that adjust documents of their time.
"""

from __future__ import annotations

from decimal import Decimal

from hacienda.catalogos import Catalogo, Codigo

_NOTES = ("NC", "ND")

TARIFA_IVA = Catalogo(
    "Tarifa del IVA",
    "8.1",
    Codigo("01", "Tarifa 0 % (artículo 32, numeral 1, RLIVA)", tarifa=Decimal(0)),
    Codigo("02", "Tarifa reducida 1 %", tarifa=Decimal(1)),
    Codigo("03", "Tarifa reducida 2 %", tarifa=Decimal(2)),
    Codigo("04", "Tarifa reducida 4 %", tarifa=Decimal(4)),
    Codigo("05", "Transitorio 0 %", _NOTES, tarifa=Decimal(0)),
    Codigo("06", "Transitorio 4 %", _NOTES, tarifa=Decimal(4)),
    Codigo("07", "Transitorio 8 %", _NOTES, tarifa=Decimal(8)),
    Codigo("08", "Tarifa general 13 %", tarifa=Decimal(13)),
    Codigo("09", "Tarifa reducida 0,5 %", tarifa=Decimal("0.5")),
    Codigo("10", "Tarifa exenta", tarifa=Decimal(0)),
    Codigo("11", "Tarifa 0 % sin derecho a crédito", tarifa=Decimal(0)),
)

EXENTA = "10"
NO_SUJETAS = frozenset({"01", "11"})
"""Tariffs whose lines go to the totals of what is not subject to the tax."""

POR_TARIFA: dict[Decimal, str] = {
    Decimal("0.5"): "09",
    Decimal(1): "02",
    Decimal(2): "03",
    Decimal(4): "04",
    Decimal(13): "08",
}
"""The code of a percentage above zero that is in force."""
