"""What Hacienda checks in a document and needs no register for.

`check` gives every problem at once, in document order of its subjects: what is surely wrong is an
error, what is merely odd a warning. A document that Hacienda accepted has no error. Whether ids,
activities and exonerations are registered only Hacienda knows.

    estructura     presence, cardinality and facets of every element
    encabezado     clave, consecutivo, dates, activity, condition of sale
    partes         issuer and receiver
    lineas         lines, discounts, taxes, exonerations, other charges
    resumen        currency, means of payment; the sums come from `hacienda.montos`
    referencias    other documents
    mensajes       MensajeReceptor and MensajeHacienda

>>> from hacienda.comprobante import TiqueteElectronico
>>> [p.code for p in check(TiqueteElectronico(clave="1"))][:2]
['valor-no-permitido', 'falta-elemento']
"""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, date, datetime

from hacienda.comprobante import Comprobante, Documento, dia
from hacienda.errors import Problem
from hacienda.reglas import (
    encabezado,
    estructura,
    lineas,
    mensajes,
    partes,
    referencias,
    resumen,
)
from hacienda.reglas.findings import Findings

__all__ = ["check"]


def check(
    documento: Documento, *, today: date | None = None, cabys: Container[str] | None = None
) -> list[Problem]:
    """Every problem of a finished document.

    `today` is the day in Costa Rica that nothing may be later than, by default the machine's;
    `cabys` the catalogue in force (`hacienda.catalogos.cabys.Cabys`), left out: codes are only
    checked by shape. Never raises for what a value can hold.
    """
    found = Findings()
    estructura.check(documento, found)
    limit = today or dia(datetime.now(UTC))
    if not isinstance(documento, Comprobante):
        mensajes.check(documento, found, limit)
        return found.problems
    encabezado.check(documento, found, limit)
    partes.check(documento, found)
    if documento.version == "4.4":
        lineas.check(documento, found, cabys)
        resumen.check(documento, found)
        referencias.check(documento, found, limit)
    return found.problems
