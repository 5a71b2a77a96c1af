"""What the value of a simple element may be, told in plain Spanish.

`checker` turns the facets of an element into a function from a value to its fault, None when it has
none. A fault says whether the value can still be used: of one that is of another class, or no
finite number, no other rule can say anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from hacienda.estructura import Element, Facets

OTHER_CLASS = "valor-de-otra-clase"
NOT_ALLOWED = "valor-no-permitido"
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that XML 1.0 cannot hold."""

_NUMERIC = re.compile(r"[+-]?[0-9]+", re.ASCII)
_MOST_DIGITS = 40  # no amount has more, and arithmetic with longer ones takes for ever
_LONGEST_CONTENT = 500


class Fault(NamedTuple):
    """What is wrong with a value: a code of ours and the end of a sentence about it."""

    code: str
    words: str


Check = Callable[[Any], Fault | None]


def checker(element: Element) -> Check:
    """The check of a simple element."""
    if element.kind == "content":
        return _content
    if element.kind == "decimal":
        return _decimal(element.facets)
    if element.kind == "integer":
        return _integer(element.facets)
    if element.kind == "datetime":
        return _datetime
    return _text(element.facets)


def _wrong(words: str) -> Fault:
    return Fault(NOT_ALLOWED, words)


def _content(value: Any) -> Fault | None:
    """OtroTexto and OtroContenido, whose foreign XML may be anything."""
    texts = (getattr(value, "texto", None), getattr(value, "codigo", None) or "")
    for text in texts:
        if not isinstance(text, str):
            return Fault(OTHER_CLASS, "no es un texto.")
        if not text.isprintable() and FORBIDDEN.search(text):
            return Fault("caracter-no-permitido", "tiene un carácter que el XML no admite.")
    if len(texts[0] or "") > _LONGEST_CONTENT:
        return _wrong(f"tiene más de {_LONGEST_CONTENT} caracteres.")
    return None


def _datetime(value: Any) -> Fault | None:
    if not isinstance(value, datetime):
        return Fault(OTHER_CLASS, "no es una fecha con hora.")
    if not 1 < value.year < 9999:  # another zone would be in a year that does not exist
        return Fault(OTHER_CLASS, "no es una fecha de este tiempo.")
    return None


def _decimal(facets: Facets) -> Check:
    low, high = facets.min_inclusive, facets.max_inclusive
    fraction, total = facets.fraction_digits, facets.total_digits

    def check(value: Any) -> Fault | None:
        if not isinstance(value, Decimal) or not value.is_finite():
            return Fault(OTHER_CLASS, "no es un número.")
        exponent = value.as_tuple().exponent
        if value.adjusted() > _MOST_DIGITS or (isinstance(exponent, int) and exponent < -1000):
            return Fault(OTHER_CLASS, "no es un monto posible.")
        if value < (low or 0):
            return _wrong("no puede ser negativo." if not low else f"debe ser {low} o más.")
        if high is not None and value > high:
            return _wrong("es demasiado grande.")
        if fraction is not None and exceeds(value, fraction):
            return _wrong(f"tiene más de {fraction} decimales.")
        if total is not None and size(value) > total:
            return _wrong(f"tiene más de {total} dígitos.")
        return None

    return check


def exceeds(value: Decimal, fraction: int) -> bool:
    """Whether a finite number has more decimals than that; zeros at the end do not count."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or -exponent <= fraction:
        return False
    return any(digits[exponent + fraction :])


def size(value: Decimal) -> int:
    """Digits of a finite number as the schema counts them: no zeros at either end."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    decimals = max(-exponent, 0)
    text = ("".join(map(str, digits)) + "0" * max(exponent, 0)).zfill(decimals)
    cut = len(text) - decimals
    return len(text[:cut].lstrip("0")) + len(text[cut:].rstrip("0"))


def _integer(facets: Facets) -> Check:
    low = facets.min_inclusive
    if low is None and facets.base == "positiveInteger":
        low = Decimal(1)
    high = facets.max_inclusive
    if high is None and facets.total_digits is not None:
        high = Decimal(10) ** facets.total_digits - 1

    def check(value: Any) -> Fault | None:
        if facets.base == "string" and isinstance(value, str):  # free text of the older version
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return Fault(OTHER_CLASS, "no es un número entero.")
        if value < (low or 0):
            return _wrong("no puede ser negativo." if not low else f"debe ser {low} o más.")
        if high is not None and value > high:
            return _wrong(f"debe ser {high} o menos.")
        return None

    return check


def _text(facets: Facets) -> Check:
    pattern = re.compile(facets.pattern, re.ASCII) if facets.pattern else None
    allowed = frozenset(facets.enumeration)
    low, high = facets.min_length, facets.max_length
    number = facets.base in ("integer", "positiveInteger")
    bounds = _integer(facets) if number else None

    def check(value: Any) -> Fault | None:
        if not isinstance(value, str):
            return Fault(OTHER_CLASS, "no es un texto.")
        if allowed:
            if value in allowed:
                return None
            return _wrong(f"«{value[:40]}» no está en la lista de códigos.")
        size = len(value)
        if low is not None and size < low:
            return _wrong(f"debe tener {low} caracteres o más." if value else "está vacío.")
        if high is not None and size > high:
            return _wrong(f"tiene {size} caracteres y caben {high}.")
        if pattern is not None and pattern.fullmatch(value) is None:
            return _wrong(f"«{value[:60]}» no tiene la forma que se pide.")
        if bounds is not None:
            if _NUMERIC.fullmatch(value) is None or size > _MOST_DIGITS:
                return _wrong(f"«{value[:40]}» no es un número entero.")
            return bounds(int(value))
        if not value.isprintable() and FORBIDDEN.search(value):
            return Fault("caracter-no-permitido", "tiene un carácter que el XML no admite.")
        return None

    return check
