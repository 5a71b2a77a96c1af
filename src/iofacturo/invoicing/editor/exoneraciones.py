"""What a customer's exonerations do in the editor: offered, put into lines, taken out of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hacienda.catalogos.impuesto import IVA
from iofacturo.accounts.company import Company
from iofacturo.invoicing.catalogue import exoneracion
from iofacturo.invoicing.catalogue.exoneracion import Exoneracion
from iofacturo.invoicing.editor import linea, place

Json = dict[str, Any]
PLACE = f"{place.LINES}/Impuesto/Exoneracion"


@dataclass(frozen=True)
class Offered:
    """One of them on the page."""

    row: Exoneracion
    is_over: bool
    ends_soon: bool
    lines: int  # that carry it now

    @property
    def is_applied(self) -> bool:
        return self.lines > 0


def numero(data: Json) -> str:
    """Whose they would be."""
    held = place.get(data, "Receptor/Identificacion/Numero")
    return held if isinstance(held, str) else ""


def offered(company: Company, data: Json, today: date) -> list[Offered]:
    """Those of the customer who is named in *data*, over or not; one query when somebody is."""
    rows = exoneracion.known(company, numero(data))
    carried = [held.get("NumeroDocumento") for held in _held(data)]
    return [
        Offered(row, row.is_over(today), row.ends_soon(today), carried.count(str(row)))
        for row in rows
    ]


def put(data: Json, row: Exoneracion) -> tuple[int, int]:
    """Into every line with IVA that it covers: how many carry it now, and how many do not."""
    done = left = 0
    for line in place.items(data, place.LINES):
        if not isinstance(line, dict):
            continue
        tax = linea.iva_of(line)
        tarifa = linea.number(tax, "Tarifa") if tax is not None else None
        if tax is None or not tarifa:
            continue
        if row.covers(line.get("CodigoCABYS")):
            tax["Exoneracion"] = row.exoneracion(Decimal(tarifa))
            done += 1
        else:
            left += 1
    return done, left


def take_out(data: Json, row: Exoneracion) -> int:
    """Out of every line that carries it; how many did."""
    done = 0
    for tax in _taxes(data):
        held = tax.get("Exoneracion")
        if isinstance(held, dict) and held.get("NumeroDocumento") == str(row):
            del tax["Exoneracion"]
            done += 1
    return done


def _held(data: Json) -> list[Json]:
    found = (tax.get("Exoneracion") for tax in _taxes(data))
    return [one for one in found if isinstance(one, dict)]


def _taxes(data: Json) -> list[Json]:
    return [
        tax
        for line in place.items(data, place.LINES)
        if isinstance(line, dict)
        for tax in place.items(line, "Impuesto")
        if isinstance(tax, dict) and tax.get("Codigo") in IVA
    ]
