"""What the parts of the arithmetic hand each other: the traits of a type, a settled line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from hacienda.comprobante import LineaDetalle
from hacienda.errors import Severity
from hacienda.montos.decimales import ZERO


@dataclass(frozen=True, slots=True)
class Kind:
    """What the arithmetic of a type has."""

    base: bool = True
    asumido: bool = True
    neto: bool = True
    no_sujeto: bool = True
    iva_devuelto: bool = True
    rep: bool = False


KINDS: Final = {
    "FE": Kind(),
    "TE": Kind(),
    "NC": Kind(),
    "ND": Kind(),
    "FEC": Kind(asumido=False, iva_devuelto=False),
    "FEE": Kind(base=False, asumido=False, neto=False, no_sujeto=False, iva_devuelto=False),
    "REP": Kind(base=False, asumido=False, no_sujeto=False, iva_devuelto=False, rep=True),
}


class Settle(Protocol):
    """How the result of a formula is settled.

    Takes what the field is called, what the document states, what the formula gives, how many
    roundings went into that, the formula in words, a second value that is as good, how far off the
    document may be for it to be merely odd, and what it is otherwise. Returns the value to go on
    with.
    """

    def __call__(
        self,
        name: str,
        stated: Decimal | None,
        computed: Decimal,
        roundings: int,
        formula: str,
        *,
        other: Decimal | None = None,
        odd: Decimal = ZERO,
        severity: Severity = "error",
    ) -> Decimal: ...


@dataclass(slots=True)
class Linea:
    """A line with its amounts settled."""

    line: LineaDetalle
    number: int
    monto_total: Decimal
    descuentos: list[Decimal]
    sub_total: Decimal
    base: Decimal
    proporciones: list[Decimal | None]
    tarifas: list[Decimal | None]
    montos: list[Decimal]
    exonerados: list[Decimal | None]
    asumidos: list[Decimal]
    asumido: Decimal
    neto: Decimal
    total: Decimal
    partes: list[Linea]
