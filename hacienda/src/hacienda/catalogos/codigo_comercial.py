"""Kinds of commercial code of a line (note 12)."""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

CODIGO_COMERCIAL = Catalogo(
    "Código comercial",
    "12",
    Codigo("01", "Código del vendedor"),
    Codigo("02", "Código del comprador"),
    Codigo("03", "Código del fabricante o importador"),
    Codigo("04", "Código de uso interno"),
    Codigo("99", "Otros"),
)
