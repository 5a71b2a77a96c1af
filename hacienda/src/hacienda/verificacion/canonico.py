"""From a part of the tree to the bytes that were hashed."""

from __future__ import annotations

import hashlib
import re

from lxml import etree

from hacienda.algoritmos import C14N, XPATH, XPATH_FILTER
from hacienda.verificacion.arbol import DS, ds, has_text, refuse

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, collect_ids=False)
_NOT_SIGNATURES = re.compile(r"not\(ancestor-or-self::([^\s:()]+):Signature\)")
_ALL_SIGNATURES = re.compile(r"(?:/descendant::|//|/descendant-or-self::)([^\s:()]+):Signature")
SPACE = re.compile(r"[ \t\r\n]+")


def leaves_signatures_out(node: etree._Element, algorithm: str) -> bool:
    """Whether a transform is one of the spellings of "everything but the signatures"."""
    if len(node) != 1 or has_text(node) or len(node[0]):
        return False
    expression = node[0]
    text = SPACE.sub("", expression.text or "")
    if algorithm == XPATH and expression.tag == ds("XPath"):
        match = _NOT_SIGNATURES.fullmatch(text)
    elif algorithm == XPATH_FILTER and expression.tag == f"{{{XPATH_FILTER}}}XPath":
        match = _ALL_SIGNATURES.fullmatch(text) if expression.get("Filter") == "subtract" else None
    else:
        return False
    return match is not None and expression.nsmap.get(match[1]) == DS


def alone_of(node: etree._Element) -> etree._Element:
    """A part as a document of its own that declares all it inherits. lxml's C14N of a part in its
    tree is wrong: it undeclares a default namespace from the second level on."""
    return etree.fromstring(etree.tostring(node, encoding="utf-8", with_tail=False), _PARSER)


def canonical(node: etree._ElementTree, method: C14N) -> bytes:
    # A reference within the document never covers comments, whatever its transform says (XML
    # Signature, 4.4.3.3), and a signature with comments inside was refused before.
    try:
        return etree.tostring(
            node,
            method="c14n",
            exclusive=method.exclusive,
            with_comments=False,
            inclusive_ns_prefixes=list(method.prefixes) or None,
        )
    except etree.C14NError:
        refuse("sin-forma-canonica", "", "El documento usa espacios de nombres que no se admiten.")


def digest_of(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data).digest()


def cut(node: etree._Element) -> None:
    """Take a node out and leave the text that follows it."""
    parent, previous = node.getparent(), node.getprevious()
    if parent is None:
        return
    if node.tail and previous is not None:
        previous.tail = (previous.tail or "") + node.tail
    elif node.tail:
        parent.text = (parent.text or "") + node.tail
    parent.remove(node)
