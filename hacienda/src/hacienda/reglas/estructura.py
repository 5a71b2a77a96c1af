"""Presence, cardinality and facets: what the schema says, told in plain Spanish.

The table of `hacienda.estructura` is turned once per class into tuples that are quick to walk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

from hacienda import estructura
from hacienda.comprobante import TIPOS, Documento
from hacienda.errors import InvalidError
from hacienda.estructura import Element, Facets
from hacienda.reglas.findings import Findings

Check = Callable[[Any], str | None]
"""A value of an element to what is wrong with it, None when nothing is."""


class _Plan:
    """One class of values in one place of one document type, ready to be walked."""

    __slots__ = ("absent", "absent_names", "attributes", "elements")

    def __init__(self, cls: type[Any], children: tuple[Element, ...]) -> None:
        self.elements = tuple(_compiled(element) for element in children)
        self.attributes = _getter([element.attribute for element in children])
        here = {element.attribute for element in children}
        others = [f for f in fields(cls) if "xsd" in f.metadata and f.name not in here]
        self.absent_names = tuple(f.metadata["xsd"] for f in others)
        self.absent = _getter([f.name for f in others])


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda value: ()
    if len(names) == 1:
        single = attrgetter(names[0])
        return lambda value: (single(value),)
    return attrgetter(*names)


_Compiled = tuple[str, int, int | None, bool, Check | None, "_Plan | None", str]


def _compiled(element: Element) -> _Compiled:
    """(name, minimum, maximum, is a tuple, check, plan, name of the wrapped item)."""
    inner = element
    item = ""
    if element.kind == "wrapper":
        inner = element.children[0]
        item = inner.name
    plan: _Plan | None = None
    check: Check | None = None
    if inner.kind == "group":
        plan = _Plan(inner.value_class(), inner.children)
    elif inner.kind == "content":
        check = _content
    else:
        check = _checker(inner)
    maximum = inner.maximum if element.kind == "wrapper" else element.maximum
    return (
        element.name,
        element.minimum,
        maximum,
        element.repeated or element.kind == "wrapper",
        check,
        plan,
        item,
    )


@cache  # bounded by the types and versions of the law
def _plan(tipo: str, version: str) -> _Plan:
    table = estructura.of(tipo, version=version)
    return _Plan(TIPOS[tipo], table.children)


def check(documento: Documento, found: Findings) -> None:
    """What is missing, repeated too often, out of place, or not as its type asks."""
    try:
        plan = _plan(documento.tipo, documento.version)
    except InvalidError as problem:
        found.error("version-sin-tipo", "", problem.message)
        return
    _walk(documento, plan, "", found)


def _walk(value: Any, plan: _Plan, prefix: str, found: Findings) -> None:
    for held, (name, minimum, maximum, repeated, check, inner, item) in zip(
        plan.attributes(value), plan.elements, strict=True
    ):
        if held is None or held == ():
            if minimum:
                _missing(prefix + name, name, found)
            continue
        if not repeated:
            if inner is not None:
                _walk(held, inner, f"{prefix}{name}/", found)
            elif check is not None and (fault := check(held)) is not None:
                found.error("valor-no-permitido", prefix + name, f"{name}: {fault}")
            continue
        base = f"{prefix}{name}/{item}" if item else prefix + name
        if maximum is not None and len(held) > maximum:
            found.error(
                "demasiados-elementos",
                base,
                f"{item or name} aparece {len(held)} veces y se permite {maximum}.",
            )
        for index, one in enumerate(held, 1):
            if inner is not None:
                _walk(one, inner, f"{base}[{index}]/", found)
            elif check is not None and (fault := check(one)) is not None:
                found.error("valor-no-permitido", f"{base}[{index}]", f"{item or name}: {fault}")
    for name, held in zip(plan.absent_names, plan.absent(value), strict=True):
        if held is not None and held != ():
            found.error(
                "elemento-fuera-de-lugar",
                prefix + name,
                f"Este comprobante no lleva {name} aquí.",
                "Quite el dato o use el tipo de comprobante que lo admite.",
            )
    for extra in getattr(value, "extra", ()):
        if extra.after.startswith("@"):
            # xsi:nil and xsi:type may stand on any element
            if "http://www.w3.org/2001/XMLSchema-instance" not in extra.xml:
                found.error(
                    "atributo-desconocido",
                    f"{prefix}{extra.after[1:]}".rstrip("/"),
                    f"El elemento lleva un atributo que no existe:{extra.xml[:60]}.",
                )
            continue
        tag = re.match(r"<([^\s/>]+)", extra.xml)
        found.error(
            "elemento-desconocido",
            prefix.rstrip("/"),
            f"El elemento {tag[1] if tag else ''} no existe en este comprobante.".replace(
                "  ", " "
            ),
        )


def _missing(path: str, name: str, found: Findings) -> None:
    found.error("falta-elemento", path, f"Falta {name}.", "Complete el dato: es obligatorio.")


def _content(value: Any) -> str | None:
    if value.texto and len(value.texto) > 500:
        return "tiene más de 500 caracteres."
    return None


def _checker(element: Element) -> Check:
    facets = element.facets
    if element.kind == "decimal":
        return _decimal(facets)
    if element.kind == "integer":
        return _integer(facets)
    if element.kind == "datetime":
        return lambda value: None if isinstance(value, datetime) else "no es una fecha con hora."
    return _text(facets)


def _decimal(facets: Facets) -> Check:
    low, high = facets.min_inclusive, facets.max_inclusive
    fraction, total = facets.fraction_digits, facets.total_digits

    def check(value: Any) -> str | None:
        if not isinstance(value, Decimal) or not value.is_finite():
            return "no es un número."
        if (low is not None and value < low) or (low is None and value < 0):
            return "no puede ser negativo." if not low else f"debe ser {low} o más."
        if high is not None and value > high:
            return "es demasiado grande."
        if fraction is not None and exceeds(value, fraction):
            return f"tiene más de {fraction} decimales."
        if total is not None and size(value) > total:
            return f"tiene más de {total} dígitos."
        return None

    return check


def exceeds(value: Decimal, fraction: int) -> bool:
    """Whether a finite number has more decimals than that; zeros at the end do not count."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= fraction:
        return False
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent > fraction


def size(value: Decimal) -> int:
    """Digits of a finite number as the schema counts them: no zeros at either end."""
    _, digits, exponent = value.as_tuple()
    whole = len(digits) + (exponent if isinstance(exponent, int) else 0)
    if whole <= 13 and len(digits) <= 18:  # what nearly every amount looks like
        return max(len(digits), whole)
    _, digits, exponent = value.normalize().as_tuple()
    whole = len(digits) + (exponent if isinstance(exponent, int) else 0)
    return max(len(digits), whole)


def _integer(facets: Facets) -> Check:
    low = facets.min_inclusive
    if low is None and facets.base == "positiveInteger":
        low = Decimal(1)
    high = facets.max_inclusive
    if high is None and facets.total_digits is not None:
        high = Decimal(10) ** facets.total_digits - 1

    def check(value: Any) -> str | None:
        if isinstance(value, str):  # free text of the older version
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return "no es un número entero."
        if low is not None and value < low:
            return f"debe ser {low} o más."
        if low is None and value < 0:
            return "no puede ser negativo."
        if high is not None and value > high:
            return f"debe ser {high} o menos."
        return None

    return check


_NUMERIC = re.compile(r"[+-]?[0-9]+", re.ASCII)


def _text(facets: Facets) -> Check:
    pattern = re.compile(facets.pattern, re.ASCII) if facets.pattern else None
    allowed = frozenset(facets.enumeration)
    low, high = facets.min_length, facets.max_length
    number = facets.base in ("integer", "positiveInteger")
    bounds = _integer(facets) if number else None

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "no es un texto."
        if allowed:
            return None if value in allowed else f"«{value[:40]}» no está en la lista de códigos."
        size = len(value)
        if low is not None and size < low:
            return f"debe tener {low} caracteres o más." if value else "está vacío."
        if high is not None and size > high:
            return f"tiene {size} caracteres y caben {high}."
        if pattern is not None and pattern.fullmatch(value) is None:
            return f"«{value[:60]}» no tiene la forma que se pide."
        if bounds is not None:
            if _NUMERIC.fullmatch(value) is None or size > 40:
                return f"«{value[:40]}» no es un número entero."
            return bounds(int(value))
        return None

    return check
