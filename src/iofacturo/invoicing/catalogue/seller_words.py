"""How sellers call things that the CAByS catalogue calls otherwise.

The catalogue speaks of «calzado» and «cabello»; who sells types «zapatos» and «pelo». Each word
here also asks for the catalogue's; the list is ours and grows with what people do not find.
"""

from __future__ import annotations

import re
from itertools import islice, product

from hacienda.catalogos.palabras import fold

WORD = re.compile(r"[a-z0-9]+")
MOST_WORDS = 8
MOST_VARIANTS = 6

LITTLE = frozenset(
    {"a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "los", "o", "para", "por", "que"}
    | {"su", "un", "una", "u", "y"}
)
# beginnings of words, without the s or es of plurals
ALSO = {
    "abogad": ("juridic",),
    "legal": ("juridic",),
    "asesori": ("asesoramiento", "consultori"),
    "zapat": ("calzado",),
    "tenis": ("calzado",),
    "pelo": ("cabello", "peluqueria"),
    "barberi": ("peluqueria",),
    "celular": ("telefono celular", "telefono"),
    "compu": ("computador",),
    "laptop": ("computador portatil",),
    "carro": ("automovil", "vehiculo"),
    "auto": ("automovil",),
    "moto": ("motocicleta",),
    "gaseosa": ("bebidas gaseosas",),
    "almuerzo": ("suministro comida", "comida"),
    "hamburguesa": ("suministro comida",),
    "restaurante": ("suministro comida",),
    "pollo": ("pollo", "ave"),
    "casado": ("suministro comida",),
    "soda": ("suministro comida",),
    "hosting": ("alojamiento sitios",),
    "pagina": ("paginas web",),
    "sitio": ("paginas web",),
    "web": ("internet",),
    "programacion": ("desarrollo software",),
    "app": ("aplicaciones",),
    "dentista": ("odontologic",),
    "doctor": ("medic",),
    "flete": ("transporte carga",),
    "acarreo": ("transporte carga",),
    "mudanza": ("mudanza",),
    "jardineri": ("jardin", "paisajism"),
    "limpieza": ("limpieza",),
    "chapea": ("jardin",),
    "clases": ("educacion", "ensenanza"),
    "curso": ("capacitacion", "formacion"),
    "gimnasio": ("acondicionamiento fisico",),
    "vet": ("veterinari",),
    "lentes": ("anteojos",),
    "jugo": ("jugo",),
    "ropa": ("prendas vestir",),
    "camisa": ("camisa",),
    "pantalon": ("pantalon",),
    "bloque": ("bloques concreto",),
    "lapicero": ("boligrafo",),
    "cuido": ("cuidado",),
    "contador": ("contabilidad",),
    "arquitect": ("arquitectur",),
    "ingenier": ("ingenieri",),
    "foto": ("fotografi",),
}


def asked(text: str) -> list[str]:
    """The words of *text* that count, folded; the little ones only when there are no others."""
    words = WORD.findall(fold(text))[:MOST_WORDS]
    return [word for word in words if word not in LITTLE] or words


def variants(words: list[str]) -> list[list[str]]:
    """*words* as typed, then with each of them in the catalogue's own terms.

    >>> variants(["zapatos", "cuero"])
    [['zapatos', 'cuero'], ['calzado', 'cuero']]
    """
    choices = [(word, *_others(word)) for word in words]
    return [" ".join(one).split() for one in islice(product(*choices), MOST_VARIANTS)]


def singular(word: str) -> str:
    """What a plural and its singular share, near enough for putting things in order."""
    if len(word) > 4 and word.endswith("es"):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith(("s", "e")) else word


def _others(word: str) -> tuple[str, ...]:
    found = next((ALSO[start] for start in ALSO if _is(word, start)), ())
    return tuple(other for other in found if not word.startswith(other))


def _is(word: str, start: str) -> bool:
    """Whether *word* is *start* with an ending of gender and number, or one more syllable."""
    return word.startswith(start) and len(word) - len(start) <= 3
