"""The other side of the document: who receives it; in a factura de compra, who sold."""

from __future__ import annotations

import re
from typing import Any

from hacienda import identificacion
from hacienda.catalogos.tipo_identificacion import TIPO_IDENTIFICACION
from iofacturo.invoicing.catalogue import actividad
from iofacturo.invoicing.editor import lugar, place, unread
from iofacturo.invoicing.editor.field import Field
from iofacturo.invoicing.editor.sheet import Sheet, Shown

MAIN = ("Identificacion/Tipo", "Identificacion/Numero", "Nombre", "CorreoElectronico")
MORE = (
    "NombreComercial", "Telefono/CodigoPais", "Telefono/NumTelefono", "Ubicacion/Distrito",
    "Ubicacion/Barrio", "Ubicacion/OtrasSenas", "OtrasSenasExtranjero", "Registrofiscal8707",
)  # fmt: skip


def side(tipo: str) -> str:
    """The element that people fill in."""
    return "Emisor" if tipo == "FEC" else "Receptor"


def show(
    sheet: Sheet,
    *,
    is_open: bool,
    activities: list[tuple[str, str]],
    is_known_house: bool = False,
) -> dict[str, Any]:
    """The chip of who was picked, or the fields; and the activity where the law asks for it.

    The fields are folded in a house that has customers to choose from, until somebody is named.
    """
    who = side(sheet.tipo)
    held = place.get(sheet.data, who)
    number = place.get(sheet.data, f"{who}/Identificacion/Numero")
    picked = isinstance(held, dict) and bool(held.get("Nombre")) and not is_open
    shown: dict[str, Any] = {
        "side": who,
        "picked": _chip(sheet, who) if picked else None,
        "main": []
        if picked
        else [one for one in (_field(sheet, who, name) for name in MAIN) if one],
        "more": []
        if picked
        else [one for one in (_field(sheet, who, name) for name in MORE) if one],
        "has_more": isinstance(held, dict) and any(place.get(held, name) for name in MORE),
        "is_optional": sheet.tipo in ("TE", "NC", "ND"),
        "is_folded": is_known_house and not held,
        "is_stated": bool(held),
        "number": number if isinstance(number, str) else "",
        "activity": None,
        "activity_name": "",
    }
    if sheet.tipo in ("FE", "NC", "ND") and (held or sheet.tipo == "FE"):
        shown["activity"] = sheet.field("CodigoActividadReceptor")
    elif sheet.tipo == "FEC":
        shown["activity"] = sheet.field(
            "CodigoActividadReceptor", "Actividad económica de su empresa"
        )
    if shown["activity"] is not None:
        shown["activity_name"] = actividad.name(shown["activity"].text)
    if shown["activity"] is not None and activities:
        chosen = shown["activity"].text
        shown["activity"].choices = [("", "Elija una actividad"), *activities]
        if chosen and chosen not in dict(activities):
            shown["activity"].choices.append((chosen, chosen))
    return shown


def _field(sheet: Sheet, who: str, name: str) -> Shown | None:
    if name == "Ubicacion/Distrito":
        if not sheet.has(f"{who}/{name}"):
            return None
        known = Field(
            name,
            "Distrito",
            "text",
            hint="Escriba el distrito y el cantón, por ejemplo San Rafael, Escazú.",
        )
        held = place.get(sheet.data, f"{who}/{name}")
        error = lugar.UNKNOWN if unread.is_unread(held) else ""
        return sheet.shown(f"{who}/{name}", known, lugar.show(sheet.data, who), own_error=error)
    if who == "Emisor" and name == "CorreoElectronico":
        name = "CorreoElectronico[1]"
    return sheet.field(f"{who}/{name}")


def _chip(sheet: Sheet, who: str) -> dict[str, str]:
    def text(path: str) -> str:
        held = place.get(sheet.data, f"{who}/{path}")
        return held if isinstance(held, str) else ""

    tipo, numero, nombre = (
        text("Identificacion/Tipo"),
        text("Identificacion/Numero"),
        text("Nombre"),
    )
    words = [word for word in nombre.split() if word[0].isalpha()]
    shown = identificacion.format(tipo, numero) if identificacion.is_valid(tipo, numero) else numero
    return {
        "nombre": nombre,
        "initials": "".join(word[0] for word in words[:2]).upper() or "·",
        "cedula": f"{TIPO_IDENTIFICACION.nombre_de(tipo)} {shown}".strip(),
        "correo": text("CorreoElectronico") or text("CorreoElectronico[1]"),
    }


def put(data: dict[str, Any], tipo: str, receptor: dict[str, Any], codigo: str = "") -> None:
    """Make *receptor* (the XSD's, as JSON) the other side of the document."""
    who = side(tipo)
    data[who] = admitted(receptor, tipo)
    if sheet_has(tipo, "CodigoActividadReceptor") and who == "Receptor":
        place.put(data, "CodigoActividadReceptor", codigo or None)


def admitted(receptor: dict[str, Any], tipo: str) -> dict[str, Any]:
    """What this type of document has a place for."""
    who = side(tipo)
    kept: dict[str, Any] = {
        name: held for name, held in receptor.items() if sheet_has(tipo, f"{who}/{name}")
    }
    if who == "Emisor" and isinstance(kept.get("CorreoElectronico"), str):
        kept["CorreoElectronico"] = [kept["CorreoElectronico"]]
    return kept


def sheet_has(tipo: str, path: str) -> bool:
    from hacienda.estructura import of

    return of(tipo).find(path) is not None


def identified(text: str) -> tuple[str, str] | None:
    """Kind and number of an id as people type it, `3-101-123456`; None when it is none."""
    number = re.sub(r"[\s.-]", "", text).upper()
    found = identificacion.tipos(number)
    return (found[0], number) if found else None
