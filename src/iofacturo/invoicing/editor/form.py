"""The form of a draft: from what a browser sends to the JSON of the document, and back.

Every field is called after its place in the document (`place`). What was not changed on the page
stays in the JSON exactly as it was, and so does what the page does not show: a draft that was
prepared from another document or by a program loses nothing by being opened and saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.estructura import of
from iofacturo.invoicing.editor import field, linea, lugar, nota, place
from iofacturo.invoicing.editor.field import same

Json = dict[str, Any]
COMPUTED = re.compile(
    r"ResumenFactura/Total(?!IVADevuelto)|NumeroLinea|MontoTotalLinea|ImpuestoNeto"
)
OURS = ("Clave", "ProveedorSistemas", "NumeroConsecutivo", "FechaEmision")


def read(post: Mapping[str, str], before: Json, tipo: str) -> Json:
    """The JSON that *before* becomes with what was typed. Fields of no document are not read."""
    data = deepcopy(before)
    lines: dict[int, dict[str, str]] = {}
    for name, text in post.items():
        found = place.LINE.fullmatch(name)
        if found is None:
            _write(data, tipo, name, text)
        elif found[2]:
            lines.setdefault(int(found[1]), {})[found[2]] = text
    _lines(data, tipo, lines)
    if place.get(data, place.LINES) != place.get(before, place.LINES):
        _follow(data, before)
    return data


@lru_cache(maxsize=8192)
def stated_by_people(tipo: str, name: str) -> bool:
    """Whether a place is one that this type's page may ask for."""
    path = place.plain(name)
    if path.split("/")[0] in OURS or COMPUTED.search(path):
        return False
    own = "Receptor" if tipo == "FEC" else "Emisor"
    if path.startswith(f"{own}/") and path != "Emisor/Registrofiscal8707":
        return False
    return of(tipo).find(path) is not None


def reachable(data: Any, name: str) -> bool:
    """Whether every position in *name* is there, or is the one after the last."""
    held = data
    for step in place.steps(name):
        if isinstance(step, int):
            if not isinstance(held, list):
                held = [] if held is None else [held]
            if step > len(held):
                return False
            held = held[step] if step < len(held) else None
        else:
            held = held.get(step) if isinstance(held, dict) else None
    return True


def _write(data: Json, tipo: str, name: str, text: str) -> None:
    """One field as typed, unless it is as it was."""
    if nota.write(data, tipo, name, text) or lugar.write(data, tipo, name, text):
        return
    known = field.of_place(tipo, name)
    if known is None or not stated_by_people(tipo, name) or not reachable(data, name):
        return
    held = place.get(data, name)
    if not same(text, known.show(held)):
        place.put(data, name, known.parse(text))


def _lines(data: Json, tipo: str, posted: dict[int, dict[str, str]]) -> None:
    """The fields of every line on the page; a line that is new and was left blank is none."""
    for index in sorted(posted):
        held = place.items(data, place.LINES)
        if index > min(len(held) + 1, place.MOST_LINES):
            continue
        is_new = index > len(held)
        before = linea.blank(tipo) if is_new else deepcopy(held[index - 1])
        if not isinstance(before, dict):
            continue
        line = _line(before, tipo, posted[index])
        if is_new and linea.is_blank(line, tipo):
            continue
        if line != before or is_new:
            place.put(data, f"{place.LINES}[{index}]", line)
        if is_new:
            renumber(data)


def _line(before: Json, tipo: str, texts: dict[str, str]) -> Json:
    """One line with what was typed."""
    scratch: Json = {"DetalleServicio": {"LineaDetalle": [deepcopy(before)]}}
    for name, text in texts.items():
        if name not in ("descuento", "iva"):
            _write(scratch, tipo, f"L1/{name}", text)
    (line,) = place.items(scratch, place.LINES)
    if not isinstance(line, dict):
        return before
    _tariffs(line, before)
    if line.get("MontoTotal") != before.get("MontoTotal") == before.get("SubTotal"):
        line.pop("SubTotal", None)  # a payment's base was its amount, and still is
    if "iva" in texts:
        linea.write_iva(line, texts["iva"])
    if "descuento" in texts:
        linea.write_discount(line, texts["descuento"], before)
    return line


def _tariffs(line: Json, before: Json) -> None:
    """Another code of tariff brings its percentage along, unless that was typed too."""
    for index, tax in enumerate(place.items(line, "Impuesto"), 1):
        was = place.get(before, f"Impuesto[{index}]") or {}
        if not isinstance(tax, dict) or not isinstance(was, dict):
            continue
        code = tax.get("CodigoTarifaIVA")
        if code != was.get("CodigoTarifaIVA") and tax.get("Tarifa") == was.get("Tarifa"):
            known = TARIFA_IVA.get(str(code))
            tax.pop("Tarifa", None)
            if known is not None and known.tarifa is not None:
                tax["Tarifa"] = field.plain(known.tarifa)


def renumber(data: Json) -> None:
    """Lines were added, taken out or moved: their numbers are given again when it is issued."""
    for line in place.items(data, place.LINES):
        if isinstance(line, dict):
            line.pop("NumeroLinea", None)


def _follow(data: Json, before: Json) -> None:
    """The lines changed: what follows from their sum and was not typed over is computed again."""
    for index, cargo in enumerate(place.items(data, "OtrosCargos"), 1):
        was = place.get(before, f"OtrosCargos[{index}]")
        if isinstance(cargo, dict) and cargo.get("PorcentajeOC") and cargo == was:
            cargo.pop("MontoCargo", None)
    means = place.items(data, "ResumenFactura/MedioPago")
    if len(means) == 1 and means == place.items(before, "ResumenFactura/MedioPago"):
        (only,) = means
        if isinstance(only, dict) and len(only) > 1:
            only.pop("TotalMedioPago", None)


def swept(data: Json, tipo: str) -> Json:
    """The same without lines and rows that were left blank."""
    held = place.items(data, place.LINES)
    kept = [line for line in held if not linea.is_blank(line, tipo)]
    if len(kept) < len(held):
        data = deepcopy(data)
        place.put(data, place.LINES, kept or None)
        renumber(data)
    clean: Json = place.swept(data)
    return clean


def is_settled(data: Json, tipo: str) -> bool:
    """Whether a button finds nothing to add to *data*, and no blank row to sweep away."""
    return (
        all(
            isinstance(line, dict) and line.get("Impuesto") and not linea.is_blank(line, tipo)
            for line in place.items(data, place.LINES)
        )
        and all(
            isinstance(one, dict) and one.get("FechaEmisionIR")
            for one in place.items(data, "InformacionReferencia")
        )
        and not place.has_blanks(data)
    )
