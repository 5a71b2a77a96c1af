"""The company's own document that a reference names: what it says need not be typed again."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from hacienda import clave as claves
from hacienda.comprobante import texto_fecha
from hacienda.estructura import of
from iofacturo.accounts.company import Company
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import notes, preparation
from iofacturo.invoicing.documents.origin import Origin
from iofacturo.invoicing.editor import cliente, condiciones, linea, place
from iofacturo.invoicing.editor.referencias import NAME

Json = dict[str, Any]
ACTS = {"NC": Origin.CREDIT, "ND": Origin.DEBIT, "REP": Origin.PAYMENT}
CONSECUTIVO = 20


def bring(company: Company, data: Json, tipo: str, *, sucursal: int = 1, terminal: int = 1) -> None:
    """Complete in place every reference of which only the number was typed.

    The first reference of a note or of a receipt also brings the other side, the currency and, while
    no line was written, the lines that are left to be corrected or paid.
    """
    for index, one in enumerate(place.items(data, NAME), 1):
        if not isinstance(one, dict) or one.get("FechaEmisionIR"):
            continue
        row = _found(company, one, sucursal, terminal)
        if row is None:
            continue
        one["Numero"] = row.clave
        one["TipoDocIR"] = notes.KIND_OF_REFERENCE.get((tipo, row.tipo), row.tipo)
        one["FechaEmisionIR"] = texto_fecha(row.fecha)
        if index == 1 and tipo in ACTS:
            _take_over(data, tipo, row)


def _found(company: Company, reference: Json, sucursal: int, terminal: int) -> Comprobante | None:
    """By its clave, its consecutivo, or the number people call it by in this place of sale."""
    typed = reference.get("Numero")
    digits = re.sub(r"[\s.-]", "", typed) if isinstance(typed, str) else ""
    kind = reference.get("TipoDocIR")
    if not digits.isascii() or not digits.isdigit():
        return None
    if claves.is_valid(digits):
        asked = {"clave": digits}
    elif len(digits) == CONSECUTIVO:
        asked = {"consecutivo": digits}
    elif len(digits) <= 10 and isinstance(kind, str) and len(kind) == 2:
        asked = {"consecutivo": f"{sucursal:03}{terminal:05}{kind}{int(digits):010}"}
    else:
        return None
    row: Comprobante | None = company.comprobantes.filter(**asked).first()
    if row is not None:
        row.company = company
    return row


def _take_over(data: Json, tipo: str, row: Comprobante) -> None:
    """What follows from the original, where the person said nothing else."""
    if preparation.refusal(row, ACTS[tipo]):
        return  # the reference stands, and why it cannot be is told with the problems
    made = deepcopy(preparation.MAKERS[ACTS[tipo]](row))
    (reference, *_) = place.items(data, NAME)
    (said,) = made[NAME]
    for name in ("Codigo", "Razon"):
        if name in said:
            reference.setdefault(name, said[name])
    if tipo == "REP":
        data["CondicionVenta"] = made["CondicionVenta"]
    if not data.get("Receptor") and made.get("Receptor"):
        data["Receptor"] = cliente.admitted(made["Receptor"], tipo)
        if made.get("CodigoActividadReceptor") and of(tipo).find("CodigoActividadReceptor"):
            data["CodigoActividadReceptor"] = made["CodigoActividadReceptor"]
    if all(linea.is_blank(line, tipo) for line in place.items(data, place.LINES)):
        place.put(data, place.LINES, place.items(made, place.LINES))
        money = place.get(made, "ResumenFactura/CodigoTipoMoneda")
        if money:
            place.put(data, "ResumenFactura/CodigoTipoMoneda", money)
        if len(place.items(data, condiciones.MEANS)) == 1:
            place.put(data, f"{condiciones.MEANS}[1]/TotalMedioPago", None)
