"""Means of payment (note 6); 99 is described in MedioPagoOtros."""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

MEDIO_PAGO = Catalogo(
    "Medio de pago",
    "6",
    Codigo("01", "Efectivo"),
    Codigo("02", "Tarjeta"),
    Codigo("03", "Cheque"),
    Codigo("04", "Transferencia o depósito bancario"),
    Codigo("05", "Recaudado por terceros"),
    Codigo("06", "SINPE Móvil"),
    Codigo("07", "Plataforma digital"),
    Codigo("99", "Otros"),
)
