"""The code tables of the annexes, one file each, with their restrictions of use.

>>> from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
>>> UNIDAD_MEDIDA["Kg"].nombre
'Kilogramo'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

EMITIDOS = ("FE", "ND", "NC", "TE", "FEC", "FEE", "REP")
"""Short names of the documents that are issued."""


@dataclass(frozen=True, slots=True)
class Codigo:
    """One code of a table.

    `solo` lists the documents that may carry it, empty when all may; `desde` is the schema
    generation that brought it ("2026": compulsory since 2026-11-01); `tarifa` is the percentage
    of a tax code or tariff that has one.
    """

    codigo: str
    nombre: str
    solo: tuple[str, ...] = ()
    desde: str = "2025"
    tarifa: Decimal | None = None

    def allowed_in(self, tipo: str) -> bool:
        """Whether a document of this short name ("FE") may carry the code."""
        return not self.solo or tipo in self.solo


class Catalogo(Mapping[str, Codigo]):
    """A table of codes: a mapping from the code to its `Codigo`, in the annex's order.

    `nombre` is what the table is called on screen, `nota` the note of the annex it comes from.
    """

    __slots__ = ("_codes", "nombre", "nota")

    def __init__(self, nombre: str, nota: str, *codigos: Codigo) -> None:
        self.nombre = nombre
        self.nota = nota
        self._codes = {codigo.codigo: codigo for codigo in codigos}
        if len(self._codes) != len(codigos):
            raise ValueError(f"repeated code in {nombre}")

    def __getitem__(self, codigo: str) -> Codigo:
        return self._codes[codigo]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __contains__(self, codigo: object) -> bool:
        return codigo in self._codes

    def __repr__(self) -> str:
        return f"<Catalogo {self.nombre}: {len(self)}>"

    def nombre_de(self, codigo: str | None) -> str:
        """The description of a code, or the code itself when the table lacks it."""
        known = self._codes.get(codigo or "")
        return known.nombre if known else (codigo or "")

    def of_tipo(self, tipo: str) -> tuple[Codigo, ...]:
        """The codes that a document of this short name may carry."""
        return tuple(codigo for codigo in self._codes.values() if codigo.allowed_in(tipo))
