"""The documents that this one is about: what it corrects, replaces or pays."""

from __future__ import annotations

from typing import Any

from iofacturo.invoicing.editor import place
from iofacturo.invoicing.editor.sheet import Sheet

NAME = "InformacionReferencia"
FIELDS = ("TipoDocIR", "Numero", "FechaEmisionIR", "Codigo", "Razon")
MOST = 10
ACTS = ("NC", "ND", "REP")
"""Those that live of another document, which brings what they say (`original`)."""
NEEDED = (*ACTS, "FEC")


def show(sheet: Sheet) -> dict[str, Any]:
    held = place.items(sheet.data, NAME)
    count = max(len(held), 1 if sheet.tipo in NEEDED else 0)
    return {
        "rows": [_row(sheet, index) for index in range(1, count + 1)],
        "can_add": len(held) < MOST,
        "is_first": sheet.tipo in ACTS,
        "is_needed": sheet.tipo in NEEDED,
    }


def _row(sheet: Sheet, index: int) -> dict[str, Any]:
    path = f"{NAME}[{index}]"
    held = place.get(sheet.data, path)
    held = held if isinstance(held, dict) else {}
    names = list(FIELDS)
    if held.get("TipoDocIR") == "99" or held.get("TipoDocRefOTRO"):
        names.insert(1, "TipoDocRefOTRO")
    if held.get("Codigo") == "99" or held.get("CodigoReferenciaOTRO"):
        names.insert(-1, "CodigoReferenciaOTRO")
    return {"path": path, "fields": sheet.fields(path, names)}
