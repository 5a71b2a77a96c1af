"""From a value to XML that is canonical by construction.

What follows the declaration equals its own inclusive C14N byte for byte: one namespace, declared
on the root; no blanks between elements; start and end tag for empty elements; C14N's own escapes.
A signer can digest what is written here without parsing it again.

Speed matters, because a document is written within the transaction that numbers it: for each
type a function is made from the table of `hacienda.estructura` once, and writes a value of five
lines in about a tenth of a millisecond. A value that carries unknown elements takes a slower,
plainer way (`_Plain`), which also serves as the judge of the fast one in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from decimal import Decimal
from functools import cache
from typing import Any

from hacienda.comprobante import Documento, Extra, texto_fecha
from hacienda.errors import InvalidError, XMLError
from hacienda.estructura import Element, Estructura, of

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
"""What stands before the canonical part."""

# Everything that cannot be copied as it is: what is escaped, and what XML cannot hold.
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAX_DIGITS = 100


def write(document: Documento) -> bytes:
    """The unsigned XML of a document, declaration included.

    Absent elements (None, empty tuples) are left out, also where the law demands them: what a
    document lacks is for `hacienda.reglas` to say. Carriage returns become line feeds, as any
    parser would make them.

    Raises `InvalidError` for what XML cannot hold: control characters, lone surrogates, amounts
    that are no finite Decimal, values of another type.
    """
    return DECLARATION + write_canonical(document)


def write_canonical(document: Documento) -> bytes:
    """The same without the declaration: exactly the bytes whose digest is signed."""
    try:
        compiled = _compiled(document.tipo, document.version)
        out: list[str] = [compiled.start]
        try:
            compiled.body(document, out.append)
        except _HasExtra:
            out = [_Plain(compiled.estructura).text(document)]
        else:
            out.append(compiled.end)
        return "".join(out).encode("utf-8")
    except (AttributeError, TypeError) as error:
        raise InvalidError(f"El documento tiene un valor de otro tipo: {error}.") from error


def text(value: str, name: str = "") -> str:
    """Text as C14N writes it inside an element.

    >>> text("Pan & café <1 kg>\\r\\n")
    'Pan &amp; café &lt;1 kg&gt;\\n'
    """
    if not isinstance(value, str):
        raise InvalidError(f"{name}: se esperaba texto, no {type(value).__name__}.")
    if not _SPECIAL.search(value):
        return value
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    found = _FORBIDDEN.search(value)
    if found:
        raise InvalidError(
            f"{name or 'El texto'} tiene un carácter que el XML no admite: "
            f"U+{ord(found[0]):04X}, en la posición {found.start() + 1}."
        )
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def amount(value: Decimal, name: str = "") -> str:
    """A Decimal in plain notation, with the decimals it has.

    >>> amount(Decimal("2.50000")), amount(Decimal("1E+3")), amount(Decimal("-0E-5"))
    ('2.50000', '1000', '-0.00000')
    """
    if not isinstance(value, Decimal):
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise InvalidError(f"{name}: se esperaba un Decimal, no {type(value).__name__}.")
    if not value.is_finite():
        raise InvalidError(f"{name}: {value} no es un monto.")
    if abs(value.adjusted()) > _MAX_DIGITS:
        raise InvalidError(f"{name}: el monto tiene demasiados dígitos.")
    return format(value, "f")


def _attribute(value: str, name: str) -> str:
    value = text(value, name).replace("&gt;", ">").replace('"', "&quot;")
    return value.replace("\t", "&#x9;").replace("\n", "&#xA;")


def _integer(value: Any, name: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value, name)  # the 4.3's PlazoCredito is free text


def _content(item: Any, name: str) -> str:
    code = "" if item.codigo is None else f' codigo="{_attribute(item.codigo, name)}"'
    return f"<{name}{code}>{text(item.texto, name)}</{name}>"


class _HasExtra(Exception):
    """The value holds unknown elements; the fast way does not know where they go."""


def _repeats(element: Element, owner: type[Any]) -> bool:
    """Whether the attribute holds a tuple. A version's table may allow just one of them."""
    found = next(f for f in fields(owner) if f.name == element.attribute)
    return found.default is not MISSING and found.default == ()


class _Compiled:
    """The function that writes one type of document in one version."""

    def __init__(self, estructura: Estructura) -> None:
        from hacienda.comprobante import TIPOS

        self.estructura = estructura
        self.start = f'<{estructura.root} xmlns="{estructura.namespace}">'
        self.end = f"</{estructura.root}>"
        self._lines: list[str] = ["def body(v0, a):"]
        self._group("v0", estructura.children, TIPOS[estructura.tipo], 1)
        # The source is made of names of the table only, never of anything in a document.
        scope: dict[str, Any] = {
            "special": _SPECIAL.search,
            "text": text,
            "amount": amount,
            "integer": _integer,
            "content": _content,
            "when": texto_fecha,
            "D": Decimal,
            "HasExtra": _HasExtra,
        }
        exec("\n".join(self._lines), scope)  # noqa: S102
        self.body: Callable[[Any, Callable[[str], None]], None] = scope["body"]

    def _add(self, level: int, line: str) -> None:
        self._lines.append("    " * level + line)

    def _group(
        self, value: str, elements: tuple[Element, ...], owner: type[Any], level: int
    ) -> None:
        self._add(level, f"if {value}.extra: raise HasExtra")
        for element in elements:
            repeats = _repeats(element, owner)
            item = f"v{level}"
            self._add(level, f"{item} = {value}.{element.attribute}")
            if element.kind == "wrapper":
                self._wrapper(element, item, level)
            elif repeats:
                self._add(level, f"for {item} in {item}:")
                self._one(element, item, level + 1)
            else:
                self._add(level, f"if {item} is not None:")
                self._one(element, item, level + 1)

    def _wrapper(self, element: Element, item: str, level: int) -> None:
        self._add(level, f"if {item}:")
        self._add(level + 1, f"a('<{element.name}>')")
        self._add(level + 1, f"for {item} in {item}:")
        self._one(element.children[0], item, level + 2)
        self._add(level + 1, f"a('</{element.name}>')")

    def _one(self, element: Element, item: str, level: int) -> None:
        name = element.name
        written = item
        if element.kind == "group":
            self._add(level, f"a('<{name}>')")
            # deeper variables are numbered by level, so they never hide this one
            self._group(item, element.children, element.value_class(), level)
            self._add(level, f"a('</{name}>')")
            return
        if element.kind == "content":
            if element.cls == "OtroContenido":
                self._add(level, f"if {item}.xml: raise HasExtra")
            self._add(level, f"a(content({item}, {name!r}))")
            return
        if element.kind == "text" and element.attribute != "plazo_credito":
            self._add(level, f"if special({item}): {item} = text({item}, {name!r})")
        elif element.kind == "decimal":
            written = "s"
            self._add(level, f"s = str({item})")
            self._add(
                level,
                f"if {item}.__class__ is not D or 'E' in s or not {item}.is_finite(): "
                f"s = amount({item}, {name!r})",
            )
        elif element.kind == "datetime":
            written = f"when({item})"
        else:
            self._add(level, f"{item} = integer({item}, {name!r})")
        self._add(level, f"a(f'<{name}>{{{written}}}</{name}>')")


@cache
def _compiled(tipo: str, version: str) -> _Compiled:
    return _Compiled(of(tipo, version=version))


class _Plain:
    """Writes by walking the table, with the unknown elements at their places."""

    def __init__(self, estructura: Estructura) -> None:
        self.estructura = estructura

    def text(self, document: Any) -> str:
        root = self.estructura.root
        extras = _Extras(document.extra, self.estructura.namespace)
        inner = "".join(self._children(document, self.estructura.children, "", extras))
        attributes = extras.attributes("", 1)
        return (
            f'<{root} xmlns="{self.estructura.namespace}"{attributes}>'
            f"{inner}{extras.rest()}</{root}>"
        )

    def _children(
        self, value: Any, elements: tuple[Element, ...], prefix: str, extras: _Extras
    ) -> Iterator[str]:
        yield extras.at(prefix, 1)
        for element in elements:
            held = getattr(value, element.attribute)
            place = prefix + element.name
            if element.kind == "wrapper":
                if held or extras.within(place + "/"):
                    yield f"<{element.name}{extras.attributes(place, 1)}>"
                    child = element.children[0]
                    yield extras.at(place + "/", 1)
                    for number, item in enumerate(held, 1):
                        yield self._one(child, item, f"{place}/{child.name}", number, extras)
                    yield f"</{element.name}>"
                    yield extras.at(place, 1)
                continue
            repeats = _repeats(element, type(value))
            for number, item in enumerate(held if repeats else () if held is None else (held,), 1):
                yield self._one(element, item, place, number, extras)

    def _one(self, element: Element, item: Any, place: str, number: int, extras: _Extras) -> str:
        attributes = extras.attributes(place, number)
        name = element.name
        if element.kind == "group":
            own = _Extras(item.extra, self.estructura.namespace)
            inner = "".join(self._children(item, element.children, "", own)) + own.rest()
        elif element.kind == "content":
            inner = text(item.texto, name)
            xml = getattr(item, "xml", "")  # of an OtroContenido
            if xml:
                from hacienda.xml.fragment import canonical

                inner = _checked(canonical, xml, self.estructura.namespace)
            if item.codigo is not None:
                code = f' codigo="{_attribute(item.codigo, name)}"'
                attributes = extras.merged(attributes, code)
        elif element.kind == "text" and element.attribute != "plazo_credito":
            inner = text(item, name)
        elif element.kind == "decimal":
            inner = amount(item, name)
        elif element.kind == "datetime":
            inner = texto_fecha(item)
        else:
            inner = _integer(item, name)
        return f"<{name}{attributes}>{inner}</{name}>{extras.at(place, number)}"


class _Extras:
    """The unknown elements and attributes of one value, by the place where they stood."""

    def __init__(self, extras: tuple[Extra, ...], namespace: str) -> None:
        self.namespace = namespace
        self.places: dict[tuple[str, int], list[str]] = {}
        for extra in extras:
            self.places.setdefault((extra.after, extra.ordinal), []).append(extra.xml)

    def at(self, place: str, number: int) -> str:
        """The elements that follow the known one at this place."""
        if not self.places:
            return ""
        from hacienda.xml.fragment import canonical_element

        found = self.places.pop((place, number), ())
        return "".join(_checked(canonical_element, xml, self.namespace) for xml in found)

    def attributes(self, place: str, number: int) -> str:
        """The unknown attributes of the known element at this place."""
        if not self.places:
            return ""
        return self.merged(*self.places.pop(("@" + place, number), ()))

    def merged(self, *runs: str) -> str:
        from hacienda.xml.fragment import canonical_attributes

        runs = tuple(run for run in runs if run)
        return _checked(canonical_attributes, "".join(runs), self.namespace) if runs else ""

    def within(self, prefix: str) -> bool:
        return any(place.startswith(prefix) for place, _ in self.places)

    def rest(self) -> str:
        """Those whose neighbour is gone: at the end, rather than lost."""
        from hacienda.xml.fragment import canonical_element

        left = [
            xml for (place, _), found in self.places.items() if place[:1] != "@" for xml in found
        ]
        return "".join(_checked(canonical_element, xml, self.namespace) for xml in left)


def _checked(canonical: Callable[[str, str], str], xml: str, namespace: str) -> str:
    try:
        return canonical(xml, namespace)
    except XMLError as error:
        raise InvalidError(f"Hay XML ajeno que no se puede incluir: {error}") from error
