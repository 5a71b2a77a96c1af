"""Where the signatures of a document stand, and whether the document may be looked at at all."""

from __future__ import annotations

from lxml import etree

from hacienda.verificacion.arbol import SIGNATURE, has_text, local, refuse

MAX_SIGNATURES = 5
MAX_ATTRIBUTES = 500
MAX_NAMESPACES = 32
"""Canonicalising compares attributes, and namespaces in scope, pairwise: few or refused."""

_IDS = etree.XPath("//@Id | //@ID | //@id | //@xml:id")
_CROWDED = etree.XPath(f"boolean(//*[@*[{MAX_ATTRIBUTES}]])")


def placed(root: etree._Element) -> list[etree._Element]:
    """The signatures of a document, refused if any stands where it would not sign the whole."""
    found = list(root.iter(SIGNATURE))
    if not found:
        refuse(
            "sin-firma",
            "",
            "El documento no está firmado.",
            "Pida a quien lo emitió el XML firmado que envió a Hacienda.",
        )
    if len(found) > MAX_SIGNATURES:
        refuse("demasiadas-firmas", "", f"El documento tiene más de {MAX_SIGNATURES} firmas.")
    elements = [child for child in root if isinstance(child.tag, str)]
    if elements[-len(found) :] != found:
        refuse(
            "firma-fuera-de-lugar",
            "",
            "La firma no está al final del documento, directamente bajo la raíz.",
        )
    for comment in root.iter(etree.Comment):
        parent = comment.getparent()
        if parent is not None and has_text(parent):
            refuse(
                "comentario-dentro-de-un-valor",
                local(parent),
                "Hay un comentario en medio de un valor: la firma no lo cubre y el valor se "
                "puede leer de dos maneras.",
            )
    return found


def refuse_costly(text: bytes, root: etree._Element) -> None:
    """Refuse what takes canonicalisation more than linear time; real documents are far below."""
    if text.count(b"=") > MAX_ATTRIBUTES and _CROWDED(root):
        refuse("demasiados-atributos", "", "Un elemento tiene cientos de atributos.")
    if text.count(b"xmlns") > MAX_NAMESPACES and _namespaces(text) > MAX_NAMESPACES:
        refuse("demasiados-espacios-de-nombres", "", "Hay demasiados espacios de nombres.")


def _namespaces(text: bytes) -> int:
    """How many namespace declarations are in scope at most, counted in one pass."""
    parser = etree.XMLPullParser(
        ("start-ns", "end-ns"), encoding="utf-8", resolve_entities=False, no_network=True
    )
    parser.feed(text)
    most = now = 0
    for event, _ in parser.read_events():
        now += 1 if event == "start-ns" else -1
        most = max(most, now)
    return most


def ids_of(root: etree._Element) -> dict[str, list[etree._Element]]:
    found: dict[str, list[etree._Element]] = {}
    for value in _IDS(root):
        found.setdefault(str(value), []).append(value.getparent())
    return found
