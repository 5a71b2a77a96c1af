"""A district by its name: one field instead of three lists of codes that hang on each other."""

from __future__ import annotations

from typing import Any

from hacienda import ubicacion
from iofacturo.invoicing.editor import place, unread
from iofacturo.invoicing.editor.field import same
from iofacturo.lib import folding
from iofacturo.lib.visible import visible

NAME = "Ubicacion/Distrito"
SIDES = {"Receptor": ("FE", "TE", "NC", "ND"), "Emisor": ("FEC",)}
LEVELS = ("Provincia", "Canton", "Distrito")
UNKNOWN = "No encontramos ese distrito. Escriba distrito y cantón, por ejemplo San Rafael, Escazú."


def show(data: dict[str, Any], side: str) -> str:
    """`Carmen, San José, San José`: district, canton, province; or what was typed."""
    held = place.get(data, f"{side}/Ubicacion")
    if not isinstance(held, dict):
        return ""
    codes = [held.get(level) for level in LEVELS]
    if unread.is_unread(codes[2]):
        return unread.typed(str(codes[2]))
    if not all(isinstance(code, str) for code in codes):
        return ""
    provincia, canton, distrito = (str(code) for code in codes)
    if not ubicacion.is_valid(provincia, canton, distrito):
        return "-".join((provincia, canton, distrito))
    names = (
        ubicacion.nombre(provincia, canton, distrito),
        ubicacion.nombre(provincia, canton),
        ubicacion.nombre(provincia),
    )
    return ", ".join(names)


def write(data: dict[str, Any], tipo: str, name: str, text: str) -> bool:
    """Whether *name* is a district; it is put down then, with its canton and province."""
    side, _, rest = name.partition("/")
    if rest != NAME or tipo not in SIDES.get(side, ()):
        return False
    if same(text, show(data, side)):
        return True
    text = visible(text)
    found = _found(text) if text else None
    for level, code in zip(LEVELS, found or (None, None, None), strict=True):
        place.put(data, f"{side}/Ubicacion/{level}", code)
    if text and found is None:
        place.put(data, f"{side}/Ubicacion/Distrito", unread.mark(text))
    return True


def _found(text: str) -> tuple[str, str, str] | None:
    """The only district that is meant."""
    parts = text.split("-")
    if len(parts) == 3 and ubicacion.is_valid(*parts):
        provincia, canton, distrito = parts
        return ubicacion.compact(provincia, canton, distrito)
    found = ubicacion.search(text, 20)
    if len(found) == 1:
        return found[0]
    wanted = sorted(folding.fold(part).strip() for part in text.split(","))
    for one in found:
        names = [ubicacion.nombre(*one), ubicacion.nombre(*one[:2]), ubicacion.nombre(one[0])]
        folded = [folding.fold(name) for name in names]
        if sorted(folded[: len(wanted)]) == wanted:
            return one
    return None
