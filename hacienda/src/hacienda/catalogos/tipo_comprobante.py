"""Types of document as the consecutivo codes them."""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo
from hacienda.clave import TIPOS

TIPO_COMPROBANTE = Catalogo(
    "Tipo de comprobante", "3", *(Codigo(codigo, nombre) for codigo, nombre in TIPOS.items())
)
