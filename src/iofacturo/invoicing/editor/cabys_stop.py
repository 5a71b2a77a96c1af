"""A code that is not in the CAByS catalogue stops the document: Hacienda rejects it.

The operator's catalogue may be older than Hacienda's, so whoever is sure issues it with another
button. A note about an older document keeps that document's codes, and is never stopped.
"""

from __future__ import annotations

from typing import Any

from hacienda.errors import Problem
from iofacturo.invoicing.catalogue import cabys
from iofacturo.invoicing.editor import place

CODE = "cabys-desconocido"
SURE = "con-cabys"
"""What the button of those who are sure is about: `emitir:con-cabys`."""
FREE = ("NC", "ND")
WAY_OUT = (
    "Búsquelo con la lupa, por el nombre de lo que vende: Hacienda rechaza los que no existen."
)


def problems(data: dict[str, Any], tipo: str) -> list[Problem]:
    """The codes of *data* that the catalogue lacks, each beside its line; none without one."""
    if tipo in FREE:
        return []
    codes = {
        f"{place.LINES}[{index}]/CodigoCABYS": line.get("CodigoCABYS")
        for index, line in enumerate(place.items(data, place.LINES), 1)
        if isinstance(line, dict)
    }
    lacking = cabys.unknown(code for code in codes.values() if isinstance(code, str))
    return [
        Problem(CODE, path, "error", f"El código {code} no está en el catálogo CAByS.", WAY_OUT)
        for path, code in codes.items()
        if code in lacking
    ]
