"""First level: is it the XML of a comprobante 4.4 at all?

Held against the library's own table of elements, so that it works where the operator has no
schemas, and against the schemas too where there are some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from lxml import etree

from hacienda import estructura
from hacienda.comprobante import FechaHora, by_root
from hacienda.errors import HaciendaError, InvalidError, XMLError
from hacienda.estructura import Element, Estructura, Facets
from hacienda.respuesta import Fila
from hacienda.sandbox import codes
from hacienda.xml import schema
from hacienda.xml.parser import parse

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
# The older generation is lawful today only in notes that adjust documents of its time.
OLD_TIPOS = frozenset({"NC", "ND"})
MAX_ROWS = 50

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_BLANKS = " \t\r\n"


def problems(xml: bytes, directory: str | None = None) -> list[Fila]:
    """What is wrong with the structure, at most `MAX_ROWS` rows."""
    try:
        root = parse(xml)
    except XMLError as error:
        return [_row(error.message)]
    known = _estructura(str(root.tag))
    if known is None:
        return [
            _row(f"cvc-elt.1: No se encuentra la declaración del elemento '{root.tag!s}'.", root)
        ]
    found = list(_inside(root, known.children, known.namespace, ""))
    signatures = len(root.findall(SIGNATURE))
    if not 1 <= signatures <= known.signatures:
        found.append(_row(f"cvc-complex-type.2.4: El documento tiene {signatures} firmas.", root))
    elif root[-1].tag != SIGNATURE:
        found.append(_row("cvc-complex-type.2.4: La firma no es el último elemento.", root[-1]))
    if not found and known.version == "4.4" and schema.available(directory):
        found = _by_schema(xml, directory)
    return found[:MAX_ROWS]


def _by_schema(xml: bytes, directory: str | None) -> list[Fila]:
    try:
        return [
            _row(f"cvc: {p.path}: {p.message}" if p.path else f"cvc: {p.message}")
            for p in schema.validate(xml, "2026", directory)
        ]
    except HaciendaError:
        # A schema of this type is not among those there are; our own table has spoken.
        return []


@cache
def _estructura(tag: str) -> Estructura | None:
    name = etree.QName(tag)
    cls = by_root(name.localname)
    if cls is None or cls.tipo == "MH":
        return None
    for version in ("4.4", "4.3") if cls.tipo in OLD_TIPOS else ("4.4",):
        known = estructura.of(cls.tipo, version=version)
        if known.namespace == name.namespace:
            return known
    return None


def _inside(
    parent: etree._Element, elements: tuple[Element, ...], namespace: str, path: str
) -> Iterator[Fila]:
    """Order, presence and number of the children, and what each of them holds."""
    children = [c for c in parent if isinstance(c.tag, str) and c.tag != SIGNATURE]
    at = 0
    for element in elements:
        tag = f"{{{namespace}}}{element.name}"
        count = 0
        while at < len(children) and children[at].tag == tag:
            count += 1
            yield from _one(children[at], element, namespace, f"{path}{element.name}")
            at += 1
        if count < element.minimum:
            # Named after the first that stands where the missing one should.
            where = children[at] if at < len(children) else parent
            yield _row(f"cvc-complex-type.2.4: Falta el elemento '{path}{element.name}'.", where)
        if element.maximum is not None and count > element.maximum:
            yield _row(
                f"cvc-complex-type.2.4: El elemento '{path}{element.name}' se repite {count} "
                f"veces; el máximo es {element.maximum}.",
                children[at - 1],
            )
    if at < len(children):
        name = etree.QName(children[at]).localname
        yield _row(
            f"cvc-complex-type.2.4: El elemento '{path}{name}' no se espera aquí.", children[at]
        )


def _one(node: etree._Element, element: Element, namespace: str, path: str) -> Iterator[Fila]:
    if element.kind == "content":
        return  # foreign content, not Hacienda's concern
    if element.children:
        yield from _inside(node, element.children, namespace, f"{path}/")
        return
    if len(node):
        yield _row(f"cvc-type.3.1.2: El elemento '{path}' no lleva otros dentro.", node)
        return
    fault = _fault(node.text or "", element.facets)
    if fault:
        shown = (node.text or "")[:60]
        yield _row(f"{fault}: El valor '{shown}' del elemento '{path}' no es válido.", node)


def _fault(text: str, facets: Facets) -> str:
    """The kind of facet that the text breaks; empty when none."""
    if facets.base != "string":
        text = text.strip(_BLANKS)
    if facets.enumeration and text not in facets.enumeration:
        return "cvc-enumeration-valid"
    if facets.pattern is not None and not re.fullmatch(facets.pattern, text, re.ASCII):
        return "cvc-pattern-valid"
    if facets.min_length is not None and len(text) < facets.min_length:
        return "cvc-minLength-valid"
    if facets.max_length is not None and len(text) > facets.max_length:
        return "cvc-maxLength-valid"
    if facets.base == "dateTime":
        try:
            FechaHora(text)
        except InvalidError:
            return "cvc-datatype-valid"
        return ""
    return "" if facets.base == "string" else _number_fault(text, facets)


def _number_fault(text: str, facets: Facets) -> str:
    shape = _DECIMAL if facets.base == "decimal" else _INTEGER
    if len(text) > 100 or not shape.fullmatch(text):
        return "cvc-datatype-valid"
    value = Decimal(text)
    if facets.base == "positiveInteger" and value < 1:
        return "cvc-minInclusive-valid"
    if facets.min_inclusive is not None and value < facets.min_inclusive:
        return "cvc-minInclusive-valid"
    if facets.max_inclusive is not None and value > facets.max_inclusive:
        return "cvc-maxInclusive-valid"
    # XSD counts the digits of the value, not those of the text: zeros at the ends do not matter.
    whole, _, fraction = text.lstrip("+-").partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    if facets.fraction_digits is not None and len(fraction) > facets.fraction_digits:
        return "cvc-fractionDigits-valid"
    if facets.total_digits is not None and len(whole) + len(fraction) > facets.total_digits:
        return "cvc-totalDigits-valid"
    return ""


def _row(message: str, node: etree._Element | None = None) -> Fila:
    line = node.sourceline if node is not None else None
    return Fila(codes.ESTRUCTURA, message, line or 0, 0)
