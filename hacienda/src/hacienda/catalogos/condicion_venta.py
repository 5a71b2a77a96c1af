"""Conditions of sale (note 5).

02 and 10 need PlazoCredito; 09 pays an original with 08, and 11 one with 10; 99 is described in
CondicionVentaOtros. With 02, 08 and 10 nothing is paid at once, so MedioPago may be missing.
"""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

_SALES = ("FE", "ND", "NC", "TE", "FEC", "FEE")
_NOTES = ("NC", "ND")

CONDICION_VENTA = Catalogo(
    "Condición de la venta",
    "5",
    Codigo("01", "Contado", _SALES),
    Codigo("02", "Crédito", _SALES),
    Codigo("03", "Consignación", _SALES),
    Codigo("04", "Apartado", _SALES),
    Codigo("05", "Arrendamiento con opción de compra", _SALES),
    Codigo("06", "Arrendamiento en función financiera", _SALES),
    Codigo("07", "Cobro a favor de un tercero", _SALES),
    Codigo("08", "Servicios prestados al Estado", _SALES),
    Codigo("09", "Pago de servicios prestados al Estado", ("REP", *_NOTES)),
    Codigo("10", "Venta a crédito en IVA hasta 90 días (artículo 27 LIVA)", _SALES),
    Codigo("11", "Pago de venta a crédito en IVA hasta 90 días", ("REP", *_NOTES)),
    Codigo("12", "Venta de mercancía no nacionalizada", ("FE", *_NOTES)),
    Codigo("13", "Venta de bienes usados de no contribuyente", ("FEC", *_NOTES)),
    Codigo("14", "Arrendamiento operativo", _SALES),
    Codigo("15", "Arrendamiento financiero", _SALES),
    Codigo("99", "Otros", _SALES),
)

CON_PLAZO = frozenset({"02", "10"})
"""Conditions that need PlazoCredito."""

SIN_MEDIO_PAGO = frozenset({"02", "08", "10"})
"""Conditions under which MedioPago is not compulsory."""
