"""From XML that anybody wrote to a value.

Versions 4.4 and 4.3. The order of elements, blanks, comments, prefixes and the way numbers and
dates are written do not matter; what is missing is None. What the version's table does not know is
kept as `Extra` and written back in its place. Signatures are dropped: `hacienda.firma.verify`
judges the bytes, a value has none.

What cannot be understood without guessing is refused with its path: an element that may occur
once and occurs twice, an amount that is no number, loose text between elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from decimal import Decimal
from functools import cache
from typing import Any

from lxml import etree

from hacienda.comprobante import TIPOS as _TIPOS
from hacienda.comprobante import Documento, Extra, FechaHora, OtroContenido, OtroTexto, by_root
from hacienda.errors import InvalidError, XMLError
from hacienda.estructura import Element, Estructura, of
from hacienda.xml import fragment
from hacienda.xml.parser import parse

VERSIONS = ("4.4", "4.3")
MAX_EXTRAS = 5_000
"""Unknown elements and attributes in one document; each costs more than a known one."""

_DS = "http://www.w3.org/2000/09/xmldsig#"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SIGNATURE = f"{{{_DS}}}Signature"
_NAMESPACE = re.compile(r"https://cdn\.comprobanteselectronicos\.go\.cr/xml-schemas/v(\d\.\d)/\w+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})")
_INTEGER = re.compile(r"\+?[0-9]{1,18}")
_PLAIN_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
_BLANKS = " \t\r\n"

_has_attributes = etree.XPath("boolean(//@*)")


def read(data: bytes) -> Documento:
    """The document in `data`, of the type its root says.

    Raises `XMLError`, with a path where there is one, for what is not a readable document of
    this family: see `hacienda.xml.parser` for what is refused unseen.
    """
    root = parse(data)
    tipo, version, namespace = _identified(root)
    for signature in root.findall(_SIGNATURE):
        root.remove(signature)
    return _Reading(root, namespace).document(tipo, version)


def _identified(root: etree._Element) -> tuple[str, str, str]:
    name = etree.QName(root)
    namespace = name.namespace or ""
    cls = by_root(name.localname)
    if cls is None:
        raise XMLError(
            f"La raíz es «{name.localname[:60]}», que no es un comprobante electrónico ni un "
            "mensaje de Hacienda o del receptor."
        )
    found = _NAMESPACE.fullmatch(namespace)
    version = found[1] if found else ""
    if version not in VERSIONS or (version == "4.3" and cls.tipo == "REP"):
        raise XMLError(
            f"No se lee {name.localname} con el espacio de nombres «{namespace[:120]}»: "
            "se leen las versiones 4.4 y 4.3."
        )
    expected = of(cls.tipo, version=version).namespace
    if namespace != expected:
        raise XMLError(
            f"El espacio de nombres «{namespace[:120]}» no es el de {name.localname}; "
            f"debe ser «{expected}»."
        )
    return cls.tipo, version, namespace


class _Plan:
    """How to read the children of one element: by tag, where its value goes and how."""

    __slots__ = ("cls", "many", "steps")

    def __init__(self, cls: type[Any], elements: tuple[Element, ...], namespace: str) -> None:
        self.cls = cls
        self.steps: dict[str, tuple[str, str, bool, _Plan | None, str]] = {}
        self.many: list[str] = []
        defaults = {f.name: f.default for f in fields(cls) if f.default is not MISSING}
        for element in elements:
            repeats = defaults[element.attribute] == () and element.kind != "wrapper"
            if repeats:
                self.many.append(element.attribute)
            plan: _Plan | None = None
            if element.kind == "group":
                plan = _Plan(element.value_class(), element.children, namespace)
            elif element.kind == "wrapper":
                item = element.children[0]
                plan = _Plan(item.value_class(), item.children, namespace)
                plan = _Wrapped(plan, f"{{{namespace}}}{item.name}", item.name)
            free = element.attribute == "plazo_credito"  # a number of days; in 4.3 free text
            self.steps[f"{{{namespace}}}{element.name}"] = (
                "plazo" if free else element.kind,
                element.attribute,
                repeats,
                plan,
                element.name,
            )


class _Wrapped(_Plan):
    """The plan of the items inside a wrapper."""

    __slots__ = ("item", "tag")

    def __init__(self, plan: _Plan, tag: str, item: str) -> None:
        self.cls, self.steps, self.many = plan.cls, plan.steps, plan.many
        self.tag, self.item = tag, item


@cache
def _plan(tipo: str, version: str) -> _Plan:
    estructura = of(tipo, version=version)
    return _Plan(_TIPOS[tipo], estructura.children, estructura.namespace)


class _Reading:
    """One document on its way from tree to value."""

    def __init__(self, root: etree._Element, namespace: str) -> None:
        self.root = root
        self.namespace = namespace
        self.attributes = bool(_has_attributes(root))
        self.extras = 0

    def document(self, tipo: str, version: str) -> Documento:
        plan = _plan(tipo, version)
        self._refuse_loose_text(of(tipo, version=version))
        extra: list[Extra] = []
        values = self._values(self.root, plan, "", extra)
        if self.attributes:
            self._unknown_attributes(self.root, "", 1, extra)
        values["version"] = version
        if extra:
            values["extra"] = tuple(extra)
        document: Documento = plan.cls(**values)
        return document

    def _group(self, element: etree._Element, plan: _Plan, path: str) -> Any:
        extra: list[Extra] = []
        values = self._values(element, plan, path + "/", extra)
        if extra:
            values["extra"] = tuple(extra)
        return plan.cls(**values)

    def _values(
        self, parent: etree._Element, plan: _Plan, path: str, extra: list[Extra]
    ) -> dict[str, Any]:
        steps = plan.steps
        is_decimal = _DECIMAL.fullmatch
        values: dict[str, Any] = {}
        many: dict[str, list[Any]] = {}
        place, ordinal = "", 1
        for child in parent:
            step = steps.get(child.tag)  # type: ignore[arg-type]
            if step is None:
                extra.append(self._unknown(child, place, ordinal))
                continue
            kind, attribute, repeats, below, name = step
            place, ordinal = name, 1
            if repeats:
                held = many.get(attribute)
                if held is None:
                    held = many[attribute] = []
                ordinal = len(held) + 1
            elif attribute in values:
                raise XMLError(f"{path}{name} está repetido.", path=path + name)
            value: Any
            if below is not None:
                where = f"{path}{name}[{ordinal}]" if repeats else path + name
                if isinstance(below, _Wrapped):
                    value = self._wrapped(child, below, path, name, extra)
                else:
                    value = self._group(child, below, where)
            elif kind == "content":
                value = self._content(child, name)
            else:
                value = child.text
                if kind == "decimal" and value is not None and is_decimal(value):
                    value = Decimal(value)
                elif kind != "text" or value is None:
                    where = f"{path}{name}[{ordinal}]" if repeats else path + name
                    value = LEAVES[kind](value or "", where)
                if len(child):
                    where = f"{path}{name}[{ordinal}]" if repeats else path + name
                    raise XMLError(f"{where} debería tener solo texto.", path=where)
            if self.attributes:
                self._unknown_attributes(child, name, ordinal, extra)
            if repeats:
                held.append(value)  # type: ignore[union-attr]
            else:
                values[attribute] = value
        for attribute, held in many.items():
            values[attribute] = tuple(held)
        return values

    def _wrapped(
        self, parent: etree._Element, plan: _Wrapped, path: str, name: str, extra: list[Extra]
    ) -> tuple[Any, ...]:
        items: list[Any] = []
        place = f"{name}/"
        for child in parent:
            if child.tag != plan.tag:
                extra.append(self._unknown(child, place, max(1, len(items))))
                continue
            place = f"{name}/{plan.item}"
            items.append(self._group(child, plan, f"{path}{place}[{len(items) + 1}]"))
            if self.attributes:
                self._unknown_attributes(child, place, len(items), extra)
        return tuple(items)

    def _content(self, element: etree._Element, name: str) -> OtroTexto | OtroContenido:
        codigo = element.get("codigo")
        if name == "OtroContenido" and len(element):
            return OtroContenido(xml=fragment.inside(element, self.namespace), codigo=codigo)
        if len(element):
            raise XMLError(f"{name} debería tener solo texto.", path=f"Otros/{name}")
        cls = OtroTexto if name == "OtroTexto" else OtroContenido
        return cls(texto=element.text or "", codigo=codigo)

    def _unknown(self, element: etree._Element, place: str, ordinal: int) -> Extra:
        self._count()
        return Extra(fragment.of_element(element, self.namespace), place, ordinal)

    def _unknown_attributes(
        self, element: etree._Element, place: str, ordinal: int, extra: list[Extra]
    ) -> None:
        if not element.attrib:
            return
        local = place.rpartition("/")[2]
        for name in list(element.attrib):
            # where the schemas are is no part of the document
            hint = name in (f"{{{_XSI}}}schemaLocation", f"{{{_XSI}}}noNamespaceSchemaLocation")
            if hint or (name == "codigo" and local in ("OtroTexto", "OtroContenido")):
                del element.attrib[name]
        if element.attrib:
            self._count()
            del element[:]
            element.text = None
            extra.append(Extra(fragment.of_attributes(element), f"@{place}", ordinal))

    def _count(self) -> None:
        self.extras += 1
        if self.extras > MAX_EXTRAS:
            raise XMLError(f"El XML tiene más de {MAX_EXTRAS} elementos desconocidos.")

    def _refuse_loose_text(self, estructura: Estructura) -> None:
        """Text between the elements that we know; inside foreign XML it may stand."""
        for piece in _loose_text(self.namespace)(self.root):
            parent = piece.getparent()
            names: list[str] = []
            if piece.is_tail:
                parent = parent.getparent()
            while parent is not None:
                names.append(etree.QName(parent).localname)
                parent = parent.getparent()
            path = "/".join(reversed(names[:-1]))
            element = estructura.find(path) if path else None
            if not path or (element is not None and element.children):
                raise XMLError(
                    f"Hay texto suelto entre los elementos: «{piece.strip()[:40]}».", path=path
                )


@cache
def _loose_text(namespace: str) -> etree.XPath:
    return etree.XPath("//d:*[*]/text()[normalize-space()]", namespaces={"d": namespace})


def decimal(value: str, path: str) -> Decimal:
    """The Decimal of an xs:decimal; zeros at its end are kept.

    >>> decimal(" .50 ", "Tarifa")
    Decimal('0.50')
    """
    trimmed = value.strip(_BLANKS)
    if not _DECIMAL.fullmatch(trimmed):
        raise XMLError(f"{path}: «{trimmed[:40]}» no es un número.", path=path)
    return Decimal(trimmed)


def integer(value: str, path: str) -> int:
    """The int of an xs:integer that is not negative."""
    trimmed = value.strip(_BLANKS)
    if not _INTEGER.fullmatch(trimmed):
        raise XMLError(f"{path}: «{trimmed[:40]}» no es un número entero.", path=path)
    return int(trimmed)


def when(value: str, path: str) -> FechaHora:
    """The instant of an xs:dateTime, as it was written."""
    try:
        return FechaHora(value)
    except InvalidError as error:
        raise XMLError(f"{path}: {error}", path=path) from error


def plazo(value: str, path: str) -> int | str:
    """Days, if it is written as a plain number; else the text as it came."""
    return int(value) if _PLAIN_INTEGER.fullmatch(value) else value


def _text(value: str, path: str) -> str:
    return value


LEAVES: dict[str, Callable[[str, str], Any]] = {
    "text": _text,
    "decimal": decimal,
    "integer": integer,
    "datetime": when,
    "plazo": plazo,
}
