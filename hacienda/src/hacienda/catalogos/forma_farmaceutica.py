"""Pharmaceutical forms (note 19), for lines that sell medicines.

>>> FORMA_FARMACEUTICA["04"].nombre
'Cápsula'
"""

from __future__ import annotations

from importlib.resources import files

from hacienda.catalogos import Catalogo, Codigo


def _read() -> Catalogo:
    text = (files("hacienda.catalogos") / "forma_farmaceutica.txt").read_text(encoding="utf-8")
    pairs = (line.split(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return Catalogo("Forma farmacéutica", "19", *(Codigo(code, name) for code, name in pairs))


FORMA_FARMACEUTICA = _read()
