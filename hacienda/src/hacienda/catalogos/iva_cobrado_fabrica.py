"""IVA charged at the factory (note 21).

With 01 the base of the IVA is the one that the factory states, and more than zero; with 02 the
goods already bore it, and are sold exempt (tariff 10).
"""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

_GOODS = ("FE", "ND", "NC", "TE")

IVA_COBRADO_FABRICA = Catalogo(
    "IVA cobrado a nivel de fábrica",
    "21",
    Codigo("01", "Se cobra el IVA a nivel de fábrica", _GOODS),
    Codigo("02", "Venta exenta: el bien ya soportó el IVA a nivel de fábrica", _GOODS),
)
