"""Taxes (note 8). `tarifa` is the percentage of a tax that has only one.

01 and 07 need CodigoTarifaIVA, 08 a FactorCalculoIVA, 03 to 06 their DatosImpuestoEspecifico; 99
is described in CodigoImpuestoOTRO.
"""

from __future__ import annotations

from decimal import Decimal

from hacienda.catalogos import Catalogo, Codigo

IMPUESTO = Catalogo(
    "Impuesto",
    "8",
    Codigo("01", "Impuesto al valor agregado"),
    Codigo("02", "Impuesto selectivo de consumo"),
    Codigo("03", "Impuesto único a los combustibles"),
    Codigo("04", "Impuesto específico a las bebidas alcohólicas"),
    Codigo("05", "Impuesto específico a las bebidas sin alcohol y los jabones de tocador"),
    Codigo("06", "Impuesto a los productos de tabaco"),
    Codigo("07", "IVA (cálculo especial)"),
    Codigo("08", "IVA de bienes usados (factor)"),
    Codigo("12", "Impuesto específico al cemento", tarifa=Decimal(5)),
    Codigo("99", "Otros"),
)

IVA = frozenset({"01", "07", "08"})
"""The codes that are IVA."""

CON_TARIFA_IVA = frozenset({"01", "07"})
"""The codes that need CodigoTarifaIVA and Tarifa."""

ESPECIFICOS = frozenset({"03", "04", "05", "06"})
"""The codes that are computed from DatosImpuestoEspecifico."""

EN_BASE = frozenset({"02", "04", "05", "12"})
"""The codes whose amount is part of the base of the IVA."""
