"""Pieces of XML that we keep without understanding them, in canonical form.

A piece is text as it stands inside an element of the document: its default namespace is that of
the document, and every other prefix it uses is declared in it. In that form it can be set into a
document written canonically, and the whole is still canonical.

The judge of canonical form is lxml's exclusive C14N, which declares each prefix where it is used.
It writes for a place without a default namespace; `_rebased` moves the text to a place with one.
"""

from __future__ import annotations

import re

from lxml import etree

from hacienda.errors import XMLError
from hacienda.xml.parser import parse

_TAG = re.compile(r'<(/?)([^\s<>/"]+)((?: [^\s=<>"]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s=<>"]+)="[^"]*"')
_DEFAULT = re.compile(r' xmlns="([^"]*)"')
_crowded = etree.XPath("boolean(descendant-or-self::*[@*[500]])")  # C14N compares them pairwise
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})


def canonical(content: str, namespace: str) -> str:
    """What may stand inside an element (text, elements, both), made canonical.

    >>> canonical("<b z='1' a='2'/>&#65;", "urn:doc")
    '<b a="2" z="1"></b>A'

    Raises `XMLError` for what is not well formed on its own.
    """
    return inside(_parsed(f">{content}</_>", namespace), namespace)


def canonical_element(content: str, namespace: str) -> str:
    """The same for exactly one element with nothing around it."""
    wrapper = _parsed(f">{content}</_>", namespace)
    if len(wrapper) != 1 or (wrapper.text or "").strip() or (wrapper[0].tail or "").strip():
        raise XMLError("Se esperaba un solo elemento de XML.")
    return of_element(wrapper[0], namespace)


def canonical_attributes(content: str, namespace: str) -> str:
    """The same for a run of attributes, as written in a start tag, with its leading space.

    >>> canonical_attributes(" b='2' a='1'", "urn:doc")
    ' a="1" b="2"'
    """
    wrapper = _parsed(f" {content}></_>", namespace)
    if len(wrapper) or wrapper.text:
        raise XMLError("Se esperaban solo atributos de XML.")
    return of_attributes(wrapper)


def inside(element: etree._Element, namespace: str) -> str:
    """The canonical content of an element."""
    pieces = [(element.text or "").translate(_TEXT)]
    for child in element:
        pieces.append(of_element(child, namespace))
        pieces.append((child.tail or "").translate(_TEXT))
    return "".join(pieces)


def of_element(element: etree._Element, namespace: str) -> str:
    """The canonical text of an element, without what follows it."""
    return _rebased(_c14n(element), namespace)


def of_attributes(element: etree._Element) -> str:
    """The canonical attributes of an element, with the prefixes they need and a leading space.

    The element should have no children left: all of it is written to get its first tag.
    """
    tag = _TAG.match(_c14n(element))
    if tag is None:
        return ""
    prefix = tag[2].partition(":")[0] if ":" in tag[2] else None
    kept = []
    found = list(_ATTRIBUTE.finditer(tag[3]))
    for attribute in found:
        name = attribute[1]
        if name == "xmlns":
            continue
        if name == f"xmlns:{prefix}" and not any(a[1].startswith(f"{prefix}:") for a in found):
            continue
        kept.append(attribute[0])
    return "".join(kept)


def _rebased(text: str, namespace: str) -> str:
    """Canonical text written for no default namespace, moved to where `namespace` is it."""
    # Per open element: the default namespace its names were written for, and the one now in force.
    scopes = [("", namespace)]

    def tag(match: re.Match[str]) -> str:
        closing, name, attributes = match.groups()
        if closing:
            scopes.pop()
            return match[0]
        meant, here = scopes[-1]
        declared = _DEFAULT.match(attributes)
        if declared:
            meant = declared[1]
            attributes = attributes[declared.end() :]
        if ":" not in name and meant != here:
            here = meant
            attributes = f' xmlns="{meant}"{attributes}'
        scopes.append((meant, here))
        return f"<{name}{attributes}>"

    return _TAG.sub(tag, text)


def _parsed(rest: str, namespace: str) -> etree._Element:
    try:
        data = f'<_ xmlns="{namespace}"{rest}'.encode()
    except UnicodeEncodeError as error:
        raise XMLError("Hay un carácter que el XML no admite.") from error
    return parse(data)


def _c14n(element: etree._Element) -> str:
    if _crowded(element):
        raise XMLError("Un elemento desconocido tiene cientos de atributos.")
    try:
        text: bytes = etree.tostring(element, method="c14n", exclusive=True)
    except etree.LxmlError as error:  # a relative namespace, which canonical XML does not allow
        raise XMLError("Hay XML ajeno que no tiene forma canónica.") from error
    return text.decode("utf-8")
