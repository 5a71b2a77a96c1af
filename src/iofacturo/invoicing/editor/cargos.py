"""Charges outside the lines: the ten percent for service, stamps, what is collected for others."""

from __future__ import annotations

from typing import Any

from iofacturo.invoicing.editor import place
from iofacturo.invoicing.editor.sheet import Sheet

NAME = "OtrosCargos"
FIELDS = ("TipoDocumentoOC", "Detalle", "PorcentajeOC", "MontoCargo")
THIRD = ("IdentificacionTercero/Tipo", "IdentificacionTercero/Numero", "NombreTercero")
SERVICE = {"TipoDocumentoOC": "06", "Detalle": "Servicio 10 %", "PorcentajeOC": "10"}
MOST = 15


def show(sheet: Sheet) -> dict[str, Any] | None:
    """The rows of charges; None where the type has none."""
    if not sheet.has(f"{NAME}/MontoCargo"):
        return None
    held = place.items(sheet.data, NAME)
    return {
        "rows": [_row(sheet, index, cargo) for index, cargo in enumerate(held, 1)],
        "has_service": any(isinstance(one, dict) and one.get("TipoDocumentoOC") == "06" for one in held),
        "can_add": len(held) < MOST,
    }  # fmt: skip


def _row(sheet: Sheet, index: int, cargo: Any) -> dict[str, Any]:
    path = f"{NAME}[{index}]"
    cargo = cargo if isinstance(cargo, dict) else {}
    names = list(FIELDS)
    kind = cargo.get("TipoDocumentoOC")
    if kind == "99" or cargo.get("TipoDocumentoOTROS"):
        names.insert(1, "TipoDocumentoOTROS")
    if kind == "04" or cargo.get("IdentificacionTercero") or cargo.get("NombreTercero"):
        names += THIRD
    return {"path": path, "fields": sheet.fields(path, names)}
