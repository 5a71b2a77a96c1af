"""The note for the customer, which the law gives a place at the end of the document: OtroTexto."""

from __future__ import annotations

from typing import Any

from hacienda.estructura import of
from iofacturo.invoicing.editor import place
from iofacturo.invoicing.editor.field import same

NAME = "nota"
PATH = "Otros/OtroTexto[1]"
LONGEST = 500


def has_place(tipo: str) -> bool:
    return of(tipo).find("Otros/OtroTexto") is not None


def show(data: dict[str, Any]) -> str:
    held = place.get(data, PATH)
    if isinstance(held, dict):
        held = held.get("texto")
    return held if isinstance(held, str) else ""


def write(data: dict[str, Any], tipo: str, name: str, text: str) -> bool:
    """Whether *name* is the note; it is put down then."""
    if name != NAME or not has_place(tipo):
        return False
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if same(text, show(data)):
        return True
    held = place.get(data, PATH)
    if isinstance(held, dict) and text:
        held["texto"] = text
    elif text:
        place.put(data, PATH, text)
    else:
        place.take(data, PATH)
        if place.get(data, "Otros") == {"OtroTexto": []}:
            del data["Otros"]
    return True
