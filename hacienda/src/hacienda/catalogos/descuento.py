"""Kinds of discount (note 20); 99 is described in CodigoDescuentoOTRO and NaturalezaDescuento.

With 01 and 03 the goods are given away: the IVA is that of the full price and the issuer bears it.
With 02 it is also that of the full price, and the client pays it.
"""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

DESCUENTO = Catalogo(
    "Descuento",
    "20",
    Codigo("01", "Regalía"),
    Codigo("02", "Regalía o bonificación con IVA cobrado al cliente"),
    Codigo("03", "Bonificación"),
    Codigo("04", "Volumen"),
    Codigo("05", "Temporada"),
    Codigo("06", "Promocional"),
    Codigo("07", "Comercial"),
    Codigo("08", "Frecuencia"),
    Codigo("09", "Sostenido"),
    Codigo("99", "Otros"),
)

ASUME_EMISOR = frozenset({"01", "03"})
"""Gifts whose IVA the issuer bears."""

SOBRE_MONTO_TOTAL = frozenset({"01", "02", "03"})
"""Gifts whose IVA is computed on MontoTotal."""
