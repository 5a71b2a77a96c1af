"""A tiquete of one line from what a counter knows: what, how much with IVA, how it was paid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from iofacturo.invoicing.catalogue.product import Product, plain
from iofacturo.invoicing.editor import blank, place

UNIT = Decimal("0.00001")
GENERAL = "08"


@dataclass(frozen=True)
class Item:
    """What is sold, as the law names it."""

    detalle: str
    cabys: str
    unidad: str = "Unid"
    tarifa: str = GENERAL

    @property
    def rate(self) -> Decimal:
        known = TARIFA_IVA.get(self.tarifa)
        return (known.tarifa if known else None) or Decimal(0)


def of_product(row: Product) -> Item:
    return Item(row.detalle, row.cabys, row.unidad, row.tarifa_iva or "10")


def net(amount: Decimal, rate: Decimal) -> Decimal:
    """The price before IVA of an amount that includes it.

    >>> net(Decimal("1130"), Decimal(13))
    Decimal('1000.00000')
    """
    return (amount * 100 / (100 + rate)).quantize(UNIT, ROUND_HALF_UP)


def tiquete(item: Item, amount: Decimal, medio: str) -> dict[str, Any]:
    """The JSON of a tiquete that comes to *amount*, IVA included."""
    data = blank.of("TE")
    line = {
        "CodigoCABYS": item.cabys,
        "Cantidad": "1",
        "UnidadMedida": item.unidad,
        "Detalle": item.detalle,
        "PrecioUnitario": plain(net(amount, item.rate)),
        "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": item.tarifa, "Tarifa": plain(item.rate)}],
    }
    place.put(data, place.LINES, [line])
    data["ResumenFactura"]["MedioPago"] = [{"TipoMedioPago": medio}]
    return data
