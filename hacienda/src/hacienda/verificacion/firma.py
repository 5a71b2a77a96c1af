"""The check of one signature, from its shape to its value."""

from __future__ import annotations

from lxml import etree

from hacienda.algoritmos import SIGNATURES, is_signed
from hacienda.verificacion.arbol import Refused, ds
from hacienda.verificacion.firmante import Firmante
from hacienda.verificacion.referencias import Referencias


class Firma(Firmante, Referencias):
    """One signature: `run` judges it in its place, `cover` what it says of the document."""

    def run(self) -> None:
        """Everything that is judged with the signature in its place."""
        try:
            self._run()
        except Refused as refusal:
            self.broken = True
            self.problems.append(refusal.problem)

    def _run(self) -> None:
        info, value, key_info, objects = self._parts()
        certificates = self._certificates(key_info)
        self.certificado = certificates[0]
        properties = self._properties(objects)
        self._choose(certificates, properties)
        self._check_key_value(key_info)
        self._check_own_ids(value, properties)
        canonicalization, method, *references = self._info(info)
        self._check_references(references, key_info, objects, properties)
        self._check_value(info, canonicalization, method, value)
        self._check_time()
        if self.weak:
            self.warn("algoritmo-debil", "La firma usa SHA-1, que ya no es seguro.")

    def _parts(
        self,
    ) -> tuple[etree._Element, etree._Element, etree._Element, list[etree._Element]]:
        """SignedInfo, SignatureValue, KeyInfo and the objects, and nothing else."""
        node = self.node
        for odd in node.iter(etree.Comment, etree.ProcessingInstruction):
            self.refuse("firma-mal-formada", "", f"Hay texto ajeno en la firma: {odd.text!s:.40}")
        children = self.children(node, "")
        tags = [child.tag for child in children]
        if tags[:3] != [ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo")]:
            self.refuse("firma-mal-formada", "", "A la firma le faltan partes o están en desorden.")
        if any(tag != ds("Object") for tag in tags[3:]):
            self.refuse("firma-mal-formada", "", "La firma tiene partes que no le corresponden.")
        info, value, key_info, *objects = children
        self.only(node, "", "Id")
        self.only(info, "ds:SignedInfo", "Id")
        self.only(value, "ds:SignatureValue", "Id")
        self.only(key_info, "ds:KeyInfo", "Id")
        return info, value, key_info, objects

    def _info(self, info: etree._Element) -> list[etree._Element]:
        """How SignedInfo becomes text, how that is signed, and the references."""
        children = self.children(info, "ds:SignedInfo")
        tags = [child.tag for child in children]
        if tags[:2] != [ds("CanonicalizationMethod"), ds("SignatureMethod")]:
            self.refuse("firma-mal-formada", "ds:SignedInfo", "A SignedInfo le faltan partes.")
        if any(tag != ds("Reference") for tag in tags[2:]):
            self.refuse("firma-mal-formada", "ds:SignedInfo", "A SignedInfo le sobran partes.")
        return children

    def _check_value(
        self,
        info: etree._Element,
        canonicalization: etree._Element,
        method_node: etree._Element,
        value: etree._Element,
    ) -> None:
        where = "ds:SignedInfo"
        method = SIGNATURES.get(method_node.get("Algorithm", ""))
        if method is None or len(method_node):
            self.refuse("algoritmo-no-admitido", where, "El algoritmo de firma no se admite.")
        self.note_weak(method.digest)
        text = self.canonical(info, self.c14n(canonicalization, where))
        assert self.certificado is not None  # noqa: S101 - `_run` has set it
        key = self.certificado.key
        if not is_signed(key, method, self.base64(value, "ds:SignatureValue"), text):
            self.fail(
                "firma-no-valida",
                f"{self.path}/ds:SignatureValue",
                "La firma no corresponde al certificado y a lo que dice firmar.",
            )
