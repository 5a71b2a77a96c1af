"""Kinds of identification (note 4); `hacienda.identificacion` checks the numbers."""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo
from hacienda.identificacion import TIPOS

TIPO_IDENTIFICACION = Catalogo(
    "Tipo de identificación", "4", *(Codigo(codigo, nombre) for codigo, nombre in TIPOS.items())
)
