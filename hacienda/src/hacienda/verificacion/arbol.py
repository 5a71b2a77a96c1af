"""Names and small steps in the tree of a signed document, and the refusal of one."""

from __future__ import annotations

from typing import NoReturn

from lxml import etree

from hacienda.errors import Problem

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XML = "{http://www.w3.org/XML/1998/namespace}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


SIGNATURE = ds("Signature")
QUALIFYING = tuple(
    f"{{{namespace}}}QualifyingProperties"
    for namespace in (
        XADES,
        "http://uri.etsi.org/01903/v1.2.2#",
        "http://uri.etsi.org/01903/v1.1.1#",
    )
)


class Refused(Exception):
    """A signature that cannot be believed; what follows in it is not looked at."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def refuse(code: str, path: str, message: str, remedy: str = "") -> NoReturn:
    raise Refused(Problem(code, path, "error", message, remedy))


def local(element: etree._Element) -> str:
    return etree.QName(element).localname


def has_text(element: etree._Element) -> bool:
    texts = (element.text, *(child.tail for child in element))
    return any(text and text.strip() for text in texts)


def first(node: etree._Element | None, name: str) -> etree._Element | None:
    """The first child of that name in any of the XAdES namespaces."""
    if node is None:
        return None
    return next((child for child in node.iterchildren(f"{{*}}{name}")), None)
