"""What was signed: each reference recomputed where it stands, and nothing left uncovered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from lxml import etree

from hacienda.algoritmos import C14N, CANONICALIZATIONS, ENVELOPED
from hacienda.verificacion.arbol import QUALIFYING, SIGNATURE, Refused, ds, local
from hacienda.verificacion.canonico import (
    alone_of,
    canonical,
    cut,
    digest_of,
    leaves_signatures_out,
)
from hacienda.verificacion.lectura import Lectura, Reference

MAX_REFERENCES = 10

_SIGNED_PROPERTIES = re.compile(r"http://uri\.etsi\.org/01903(/v1\.[0-9.]+)?#SignedProperties")
_DEFAULT_C14N = C14N(exclusive=False)


class Referencias(Lectura):
    """The part of the check that is about what the signature covers."""

    def cover(self, root: etree._Element) -> None:
        """Recompute the references to the document, cutting this signature out of `root`."""
        signatures = list(root.iterchildren(SIGNATURE))
        for one in self.documents:
            gone = signatures if one.cuts == "all" else signatures[self.index : self.index + 1]
            for node in gone:
                if node.getparent() is not None:
                    cut(node)
            whole = (alone_of(root) if one.only_root else root).getroottree()
            try:
                changed = digest_of(one.digest, canonical(whole, one.method)) != one.value
            except Refused as refusal:
                self.broken = True
                self.problems.append(refusal.problem)
                continue
            if changed:
                self.fail(
                    "documento-alterado",
                    one.path,
                    "El contenido del documento no es el que se firmó.",
                    "No lo acepte; pida de nuevo el XML original a quien lo emitió.",
                )

    def _check_references(
        self,
        references: Sequence[etree._Element],
        key_info: etree._Element,
        objects: Sequence[etree._Element],
        properties: etree._Element | None,
    ) -> None:
        if not 1 <= len(references) <= MAX_REFERENCES:
            self.refuse("firma-mal-formada", "ds:SignedInfo", "No hay referencias, o demasiadas.")
        covered: list[etree._Element] = []
        for number, node in enumerate(references, start=1):
            where = f"ds:SignedInfo/ds:Reference[{number}]"
            target = self._target(node, where)
            if node.get("Type", "") and _SIGNED_PROPERTIES.fullmatch(node.get("Type", "")):
                self._must_be(target, properties, where)
            if target is None or target.getparent() is None:
                self._defer(node, where, only_root=target is not None)
                continue
            covered.append(target)
            cuts, method = self._transforms(node, where)
            if cuts is not None:
                self.refuse("firma-no-cubre-el-documento", where, "La firma cubre solo una parte.")
            digest, value = self.digest(node, where)
            if digest_of(digest, self.canonical(target, method)) != value:
                self.fail("parte-alterada", f"{self.path}/{where}", _changed(target, key_info))
        if not self.documents:
            self.refuse(
                "firma-no-cubre-el-documento",
                "ds:SignedInfo",
                "Ninguna referencia de la firma cubre el documento entero.",
            )
        if properties is not None and not any(one is properties for one in covered):
            self.refuse(
                "propiedades-sin-firmar",
                "ds:Object/xades:QualifyingProperties/xades:SignedProperties",
                "La firma no cubre las propiedades que dice tener.",
            )
        self._check_objects(objects, covered)

    def _must_be(
        self, target: etree._Element | None, properties: etree._Element | None, where: str
    ) -> None:
        if properties is None or target is not properties:
            self.refuse(
                "propiedades-sin-firmar",
                where,
                "La referencia no es a las propiedades de la firma.",
            )

    def _check_objects(
        self, objects: Sequence[etree._Element], covered: Sequence[etree._Element]
    ) -> None:
        for one in objects:
            if any(one is node for node in covered):
                continue
            self.only(one, "ds:Object", "Id", "MimeType", "Encoding")
            children = self.children(one, "ds:Object")
            if [child.tag in QUALIFYING for child in children] != [True]:
                self.refuse("objeto-sin-firmar", "ds:Object", "Hay un objeto que nadie firmó.")

    def _target(self, reference: etree._Element, where: str) -> etree._Element | None:
        """The one element a reference names; None for the whole document."""
        uri = reference.get("URI")
        if uri == "":
            return None
        if uri is None or not uri.startswith("#") or uri.startswith("#xpointer"):
            self.refuse("referencia-externa", where, "Una referencia sale del documento.")
        found = self.ids.get(uri[1:], [])
        if not found:
            self.refuse(
                "referencia-a-nada", where, f"Nada en el documento tiene el Id «{uri[1:]}»."
            )
        if len(found) > 1:
            self.refuse("id-repetido", where, f"El Id «{uri[1:]}» está repetido.")
        return found[0]

    def _defer(self, reference: etree._Element, where: str, *, only_root: bool) -> None:
        cuts, method = self._transforms(reference, where)
        if cuts is None:
            self.refuse(
                "transformacion-no-admitida", where, "La referencia al documento incluye la firma."
            )
        digest, value = self.digest(reference, where)
        path = f"{self.path}/{where}"
        self.documents.append(Reference(path, digest, value, cuts, method, only_root))

    def _transforms(
        self, reference: etree._Element, where: str
    ) -> tuple[Literal["own", "all"] | None, C14N]:
        """Which signatures are left out, and how the rest becomes text."""
        cuts: Literal["own", "all"] | None = None
        method: C14N | None = None
        transforms = reference.find(ds("Transforms"))
        for node in () if transforms is None else transforms:
            algorithm = node.get("Algorithm", "")
            if node.tag != ds("Transform") or method is not None:
                self.refuse("transformacion-no-admitida", where, "Las transformaciones no cuadran.")
            if algorithm == ENVELOPED and not len(node):
                cuts = cuts or "own"
            elif leaves_signatures_out(node, algorithm):
                cuts = "all"
            elif algorithm in CANONICALIZATIONS:
                method = self.c14n(node, where)
            else:
                self.refuse(
                    "transformacion-no-admitida", where, f"No se admite «{algorithm[:80]}»."
                )
        return cuts, method or _DEFAULT_C14N


def _changed(target: etree._Element, key_info: etree._Element) -> str:
    if target is key_info:
        return "El certificado de la firma no es el que se firmó."
    return f"La parte «{local(target)}» no es la que se firmó."
