"""What Hacienda checks in a document and needs no register for.

`check` gives every problem at once, in document order of its subjects: what is surely wrong is an
error, what is merely odd a warning. A document that Hacienda accepted has no error. Whether ids,
activities and exonerations are registered only Hacienda knows.

    estructura     presence, cardinality and facets of every element
    encabezado     clave, consecutivo, dates, activity, condition of sale
    partes         issuer and receiver
    lineas         lines and discounts; impuestos: their taxes and exonerations; surtidos: sets
    cargos         other charges
    resumen        currency, means of payment; the sums come from `hacienda.montos`
    referencias    other documents
    mensajes       MensajeReceptor and MensajeHacienda

Every code, with what it means, is in `docs/reglas.md`, which a test holds to the source.

>>> from hacienda.comprobante import TiqueteElectronico
>>> [p.code for p in check(TiqueteElectronico(clave="1"))][:2]
['valor-no-permitido', 'falta-elemento']
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress
from datetime import UTC, date, datetime

from hacienda.comprobante import Comprobante, Documento, dia
from hacienda.errors import Problem
from hacienda.reglas import (
    cargos,
    encabezado,
    estructura,
    lineas,
    mensajes,
    partes,
    referencias,
    resumen,
)
from hacienda.reglas.findings import Enough, Findings

__all__ = ["check"]


def check(
    documento: Documento,
    *,
    today: date | None = None,
    cabys: Container[str] | None = None,
    adds_up: bool = False,
) -> list[Problem]:
    """Every problem of a finished document.

    `today` is the day in Costa Rica that nothing may be later than, or an aware instant, by default
    the machine's; `cabys` the catalogue in force (`hacienda.catalogos.cabys.Cabys`), left out: codes
    are only checked by shape; `adds_up` promises that every sum in it was made by
    `hacienda.montos.calculate` (see `leaves_sums_open`), and need not be made again. A value of another class than its field's, or a number that is none,
    is told alone: nothing else can be said then. Never raises.
    """
    found = Findings()
    with suppress(Enough):
        limit = datetime.now(UTC) if today is None else today
        _look(documento, found, limit, cabys, adds_up=adds_up)
    return found.problems


def _look(
    documento: Documento,
    found: Findings,
    limit: date,
    cabys: Container[str] | None,
    *,
    adds_up: bool,
) -> None:
    usable = estructura.check(documento, found)
    if usable is None:
        return
    if not isinstance(usable, Comprobante):
        mensajes.check(usable, found, limit)
        return
    encabezado.check(usable, found, limit)
    partes.check(usable, found)
    if usable.version == "4.4":
        lineas.check(usable, found, cabys)
        cargos.check(usable, found)
        resumen.check(usable, found, adds_up=adds_up)
        referencias.check(usable, found, dia(limit))
