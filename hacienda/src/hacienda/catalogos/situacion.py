"""Situation in which a document was made, character 42 of its clave."""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo
from hacienda.clave import SITUACIONES

SITUACION = Catalogo(
    "Situación", "3", *(Codigo(codigo, nombre) for codigo, nombre in SITUACIONES.items())
)
