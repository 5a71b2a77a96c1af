"""Places of Costa Rica: 7 provinces, 84 cantons, 492 districts, with the codes of the annex.

A province is one digit, a canton and a district two; a code means something only together with
those above it. Source: Codificación de ubicación v4.4 of the annexes.

>>> describe("1", "02", "03")
'San José, Escazú, San Rafael'
>>> is_valid("1", "02", "04")
False
>>> search("sarapiqui puerto")[0]
('4', '10', '01')
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from hacienda.catalogos.palabras import fold
from hacienda.errors import InvalidError

Triple = tuple[str, str, str]
"""Codes of province, canton and district."""


@cache
def _territory() -> dict[str, tuple[str, dict[str, tuple[str, dict[str, str]]]]]:
    """{province: (name, {canton: (name, {district: name})})}, read once."""
    text = (files("hacienda") / "catalogos" / "territorio.txt").read_text(encoding="utf-8")
    out: dict[str, tuple[str, dict[str, tuple[str, dict[str, str]]]]] = {}
    cantons: dict[str, tuple[str, dict[str, str]]] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        head, _, tail = line.partition(": ")
        code, name = head.split(" ", 1)
        if not tail:
            cantons = {}
            out[code] = (name, cantons)
        else:
            pairs = (district.partition(" ")[::2] for district in tail.split(", "))
            cantons[code] = (name, dict(pairs))
    return out


def provincias() -> tuple[tuple[str, str], ...]:
    """(code, name) of every province.

    >>> provincias()[0]
    ('1', 'San José')
    """
    return tuple((code, name) for code, (name, _) in _territory().items())


def cantones(provincia: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of the cantons of a province; none if there is no such province.

    >>> cantones("7")[-1]
    ('06', 'Guácimo')
    """
    _, inside = _territory().get(provincia, ("", {}))
    return tuple((code, name) for code, (name, _) in inside.items())


def distritos(provincia: str, canton: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of the districts of a canton; none if there is no such canton.

    >>> distritos("6", "13")
    (('01', 'Puerto Jiménez'),)
    """
    _, inside = _territory().get(provincia, ("", {}))
    return tuple(inside.get(canton, ("", {}))[1].items())


def nombre(provincia: str, canton: str = "", distrito: str = "") -> str:
    """The name of a province, of a canton in it or of a district in that; "" if there is none.

    >>> nombre("3", "04"), nombre("3", "04", "99")
    ('Jiménez', '')
    """
    name, cantons = _territory().get(provincia, ("", {}))
    if canton:
        name, districts = cantons.get(canton, ("", {}))
        if distrito:
            name = districts.get(distrito, "")
    return name


def describe(provincia: str, canton: str, distrito: str) -> str:
    """Province, canton and district by name, for people; what is unknown is left out."""
    names = (
        nombre(provincia),
        nombre(provincia, canton),
        nombre(provincia, canton, distrito),
    )
    return ", ".join(name for name in names if name)


def compact(provincia: str, canton: str, distrito: str) -> Triple:
    """The codes with their zeros: ("1", "2", "3") becomes ("1", "02", "03")."""
    return (
        provincia.strip().lstrip("0") or provincia.strip(),
        canton.strip().zfill(2),
        distrito.strip().zfill(2),
    )


def validate(provincia: str, canton: str, distrito: str) -> Triple:
    """The codes with their zeros. Raises `InvalidError` if there is no such district."""
    triple = compact(provincia, canton, distrito)
    if not is_valid(*triple):
        raise InvalidError(
            f"No existe el distrito {triple[0]}-{triple[1]}-{triple[2]} en la división territorial."
        )
    return triple


def is_valid(provincia: str, canton: str, distrito: str) -> bool:
    """Whether there is such a district; the codes must be written with their zeros."""
    return bool(canton and distrito and nombre(provincia, canton, distrito))


@cache
def _names() -> tuple[tuple[str, Triple], ...]:
    """Every district with the folded words of its full name."""
    return tuple(
        (" " + fold(f"{district} {canton} {province}"), (p, c, d))
        for p, (province, cantons) in _territory().items()
        for c, (canton, districts) in cantons.items()
        for d, district in districts.items()
    )


def search(text: str, limit: int = 20) -> tuple[Triple, ...]:
    """Districts in whose full name every word typed begins a word, in any order, accents aside."""
    words = [" " + word for word in fold(text).replace(",", " ").split()]
    if not words:
        return ()
    found = (triple for name, triple in _names() if all(word in name for word in words))
    return tuple(triple for triple, _ in zip(found, range(limit), strict=False))
