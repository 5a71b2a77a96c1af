"""One signature, read strictly, and the record of what is found in it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Literal, NamedTuple, NoReturn

from cryptography import x509
from lxml import etree

from hacienda.algoritmos import C14N, CANONICALIZATIONS, DIGESTS
from hacienda.certificado import Certificado
from hacienda.errors import Problem
from hacienda.verificacion.arbol import XML, XSI, ds, has_text, refuse
from hacienda.verificacion.canonico import SPACE, alone_of, canonical


class Reference(NamedTuple):
    """One reference to the document, to be recomputed once the signature is cut out."""

    path: str
    digest: str
    value: bytes
    cuts: Literal["own", "all"]
    method: C14N
    only_root: bool


class Lectura:
    """What is read of one signature and what is found wrong: `broken` when it cannot hold."""

    def __init__(
        self,
        node: etree._Element,
        index: int,
        total: int,
        ids: dict[str, list[etree._Element]],
    ) -> None:
        self.node = node
        self.index = index
        self.path = f"ds:Signature[{index + 1}]" if total > 1 else "ds:Signature"
        self.ids = ids
        self.broken = False
        self.problems: list[Problem] = []
        self.certificado: Certificado | None = None
        self.others: list[x509.Certificate] = []
        self.signing_time: datetime | None = None
        self.has_policy = False
        self.aimed = False
        self.documents: list[Reference] = []
        self.weak: set[str] = set()

    def fail(self, code: str, path: str, message: str, remedy: str = "") -> None:
        self.broken = True
        self.problems.append(Problem(code, path, "error", message, remedy))

    def warn(self, code: str, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(code, self.path, "warning", message, remedy))

    def refuse(self, code: str, where: str, message: str) -> NoReturn:
        refuse(code, f"{self.path}/{where}" if where else self.path, message)

    def children(self, node: etree._Element, where: str) -> list[etree._Element]:
        """The elements of a node that must hold no text of its own."""
        if has_text(node):
            self.refuse("firma-mal-formada", where, "Hay texto suelto dentro de la firma.")
        return list(node)

    def only(self, node: etree._Element, where: str, *names: str) -> None:
        for name in node.attrib:
            if name not in names and not str(name).startswith(XSI):
                self.refuse("firma-mal-formada", where, f"El atributo «{name!s}» no se admite.")

    def text(self, node: etree._Element | None, where: str) -> str:
        if node is None or len(node):
            self.refuse("firma-mal-formada", where, "Falta un valor o no es un texto.")
        return node.text or ""

    def base64(self, node: etree._Element | None, where: str) -> bytes:
        """The bytes of a value, which must be spelt as base64 spells them: in one way only."""
        text = SPACE.sub("", self.text(node, where))
        try:
            value = b64decode(text, validate=True)
        except ValueError:
            value = b""
        if not value or b64encode(value).decode() != text:
            self.refuse("firma-mal-formada", where, "Un valor no es base64.")
        return value

    def digest(self, node: etree._Element | None, where: str) -> tuple[str, bytes]:
        """The hash's name and the value stated in a node's DigestMethod and DigestValue."""
        method = None if node is None else node.find(ds("DigestMethod"))
        if node is None or method is None:
            self.refuse("firma-mal-formada", where, "Falta un resumen (digest).")
        name = DIGESTS.get(method.get("Algorithm", ""))
        if name is None:
            self.refuse("algoritmo-no-admitido", where, "El algoritmo de resumen no se admite.")
        self.note_weak(name)
        return name, self.base64(node.find(ds("DigestValue")), where)

    def c14n(self, node: etree._Element, where: str) -> C14N:
        method = CANONICALIZATIONS.get(node.get("Algorithm", ""))
        if method is None:
            self.refuse("algoritmo-no-admitido", where, "La canonicalización no se admite.")
        inclusive = node.findall("{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces")
        if len(inclusive) != len(node) or len(node) > 1:
            self.refuse("algoritmo-no-admitido", where, "La canonicalización trae parámetros.")
        prefixes = tuple(inclusive[0].get("PrefixList", "").split()) if inclusive else ()
        if "#default" in prefixes:
            self.refuse("algoritmo-no-admitido", where, "PrefixList con #default no se admite.")
        return method._replace(prefixes=prefixes)

    def canonical(self, node: etree._Element, method: C14N) -> bytes:
        """A part's canonical text in place, with the namespaces it inherits; an inclusive one also
        inherits the `xml:` attributes of what stands above."""
        alone = alone_of(node)
        if not method.exclusive:
            for above in node.iterancestors():
                for name in above.attrib:
                    if str(name).startswith(XML) and name not in alone.attrib:
                        if method.version_11:
                            self.refuse(
                                "algoritmo-no-admitido", "", "C14N 1.1 con atributos «xml:»."
                            )
                        alone.set(name, above.attrib[name])
        return canonical(alone.getroottree(), method)

    def note_weak(self, digest: str) -> None:
        if digest == "sha1":
            self.weak.add(digest)
