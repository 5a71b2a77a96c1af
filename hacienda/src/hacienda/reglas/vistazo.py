"""A glance at a document: whether its structure is without fault, quickly.

For each class of values in each place of a document one small function is written and compiled, once
per type and version: some 250 values of an invoice are seen in the time in which a general walk
sees fifty. It answers yes only where the walk of `hacienda.reglas.estructura` finds nothing, which
a test holds it to; whatever is unusual, even if lawful, is left to the walk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from hacienda import estructura
from hacienda.comprobante import TIPOS, Documento
from hacienda.errors import InvalidError
from hacienda.estructura import Element, Facets
from hacienda.reglas.facetas import FORBIDDEN, checker

Glance = Callable[[Any], bool]


def glance(documento: Documento) -> bool:
    """True if the structure is certainly without fault."""
    try:
        return _glance(documento.tipo, documento.version)(documento)
    except (InvalidError, ArithmeticError, AttributeError, TypeError, ValueError):
        return False


@cache  # bounded by the types and versions of the law
def _glance(tipo: str, version: str) -> Glance:
    return _Writer().group(TIPOS[tipo], estructura.of(tipo, version=version).children)


class _Writer:
    """Writes the functions of one document type."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"Decimal": Decimal, "datetime": datetime}

    def _name(self, value: Any) -> str:
        name = f"n{len(self.names)}"
        self.names[name] = value
        return name

    def group(self, cls: type[Any], elements: tuple[Element, ...]) -> Glance:
        lines = [f"if type(v) is not {self._name(cls)} or v.extra: return False"]
        for element in elements:
            lines += self._element(element)
        here = {element.attribute for element in elements}
        for other in fields(cls):
            if "xsd" in other.metadata and other.name not in here:
                empty = "v.{0} != ()" if other.default == () else "v.{0} is not None"
                lines.append(f"if {empty.format(other.name)}: return False")
        source = "def clean(v):\n " + "\n ".join([*lines, "return True"])
        scope = dict(self.names)
        exec(source, scope)  # noqa: S102 - of names and numbers from our own table
        clean: Glance = scope["clean"]
        return clean

    def _element(self, element: Element) -> list[str]:
        wrapped = element.kind == "wrapper"
        inner = element.children[0] if wrapped else element
        fault = self._fault(inner)
        lines = [f"x = v.{element.attribute}"]
        if not (element.repeated or wrapped):
            if element.minimum:
                return [*lines, f"if {fault}: return False"]
            return [*lines, f"if x is not None and ({fault}): return False"]
        most = inner.maximum if wrapped else element.maximum
        if element.minimum:
            lines.append("if not x: return False")
        lines.append("if x:")
        lines.append(" if type(x) is not tuple: return False")
        if most is not None:
            lines.append(f" if len(x) > {most}: return False")
        lines += [" for x in x:", f"  if {fault}: return False"]
        lines.append("elif x != (): return False")
        return lines

    def _fault(self, element: Element) -> str:
        """An expression that is true unless the value `x` is certainly good."""
        if element.kind == "group":
            return f"not {self._name(self.group(element.value_class(), element.children))}(x)"
        if element.kind == "datetime":
            return "not isinstance(x, datetime) or not 1 < x.year < 9999"
        facets = element.facets
        if element.kind == "decimal" and facets.max_inclusive is not None:
            return self._money(element)
        if element.kind == "text" and facets.base == "string":
            return self._text(facets)
        odd = {"text": " or not x.strip()", "content": " or getattr(x, 'xml', '')"}
        return f"{self._name(checker(element))}(x) is not None{odd.get(element.kind, '')}"

    def _money(self, element: Element) -> str:
        facets = element.facets
        low = self._name(facets.min_inclusive or Decimal(0))
        high = self._name(facets.max_inclusive)
        decimals = facets.fraction_digits or 0
        # as people and systems write them
        usual = [n for n in (decimals, 2, 0, 3) if n <= decimals]
        units = [self._name(Decimal(1).scaleb(-n)) for n in dict.fromkeys(usual)]
        is_usual = " or ".join(f"x.same_quantum({unit})" for unit in units)
        general = self._name(checker(element))
        return (
            f"type(x) is not Decimal or not {low} <= x <= {high}"
            f" or not ({is_usual} or {general}(x) is None)"
        )

    def _text(self, facets: Facets) -> str:
        faults = ["type(x) is not str"]
        if facets.enumeration:
            return f"{faults[0]} or x not in {self._name(frozenset(facets.enumeration))}"
        low, high = facets.min_length or 1, facets.max_length
        faults.append(f"not {low} <= len(x)" + (f" <= {high}" if high is not None else ""))
        if facets.pattern:
            match = re.compile(facets.pattern, re.ASCII).fullmatch
            faults.append(f"not {self._name(match)}(x)")
        else:
            faults.append(f"not x.isprintable() and {self._name(FORBIDDEN.search)}(x)")
            faults.append("x.isspace()")
        return " or ".join(faults)
