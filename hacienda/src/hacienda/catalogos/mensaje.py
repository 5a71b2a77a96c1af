"""What a message says (note 11) and the condition of the tax in the receiver's (note 18)."""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

MENSAJE = Catalogo(
    "Mensaje",
    "11",
    Codigo("1", "Aceptado"),
    Codigo("2", "Aceptado parcialmente", ("MR",)),
    Codigo("3", "Rechazado"),
)

CONDICION_IMPUESTO = Catalogo(
    "Condición del impuesto",
    "18",
    Codigo("01", "Genera crédito del IVA", ("MR",)),
    Codigo("02", "Genera crédito parcial del IVA", ("MR",)),
    Codigo("03", "Bienes de capital", ("MR",)),
    Codigo("04", "Gasto corriente, no genera crédito", ("MR",)),
    Codigo("05", "Proporcionalidad", ("MR",)),
)

CODIGO_POR_MENSAJE = {"1": "05", "2": "06", "3": "07"}
"""Type code in the consecutivo of a receiver's message."""
