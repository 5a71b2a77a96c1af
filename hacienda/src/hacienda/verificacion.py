"""Check the signature of anybody's document: a supplier's, Hacienda's answer, our own.

Three separate answers. *Integrity*: the document is, to the last byte that means anything, what
was signed. *Trust*: the signer's certificate comes from an authority the operator trusts. *Signer*:
whoever signed is the issuer that the document names (for a factura de compra and a mensaje receptor
the receiver; Hacienda's answers have no issuer to compare with).

What a signature must look like to be believed, whatever its digests say:

- it is the last child of the root, and a reference covers the whole root less the signature;
- every reference is recomputed where it stands, points to exactly one element, and leads nowhere
  outside the document; no transform is run but the handful that mean "all but the signature";
- nothing unsigned hides in it: each object is referenced or holds the XAdES properties, whose
  signed part is referenced, and which name the very certificate that verifies;
- up to five signatures may stand side by side at the end (revision 2026); *all* of them must hold.
  The signer reported is the issuer where one of them is, else the first; the others are a warning.

Source: XML Signature 1.1, ETSI TS 101 903, Anexos y Estructuras v4.4, annex 2.
"""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from hacienda.algoritmos import (
    C14N,
    CANONICALIZATIONS,
    DIGESTS,
    ENVELOPED,
    SIGNATURES,
    XPATH,
    XPATH_FILTER,
    is_acceptable,
    is_signed,
)
from hacienda.certificado import Certificado
from hacienda.comprobante import COSTA_RICA, FechaHora
from hacienda.confianza import Roots
from hacienda.errors import InvalidError, LlaveError, Problem
from hacienda.xml.parser import parse, utf8

__all__ = ["DS", "XADES", "Roots", "Verification", "verify"]

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"

MAX_SIGNATURES = 5
MAX_REFERENCES = 10
MAX_CERTIFICATES = 10
MAX_ATTRIBUTES = 500
MAX_NAMESPACES = 32
"""Canonicalising compares attributes, and namespaces in scope, pairwise: few or refused."""

CLOCK_SKEW = timedelta(minutes=5)

Trust = Literal["trusted", "untrusted", "unknown"]

_XADES = (XADES, "http://uri.etsi.org/01903/v1.2.2#", "http://uri.etsi.org/01903/v1.1.1#")
_SIGNED_PROPERTIES = re.compile(r"http://uri\.etsi\.org/01903(/v1\.[0-9.]+)?#SignedProperties")
_XML = "{http://www.w3.org/XML/1998/namespace}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_IDS = etree.XPath("//@Id | //@ID | //@id | //@xml:id")
_CROWDED = etree.XPath(f"boolean(//*[@*[{MAX_ATTRIBUTES}]])")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, collect_ids=False)
_DEFAULT_C14N = C14N(exclusive=False)
_NOT_SIGNATURES = re.compile(r"not\(ancestor-or-self::([^\s:()]+):Signature\)")
_ALL_SIGNATURES = re.compile(r"(?:/descendant::|//|/descendant-or-self::)([^\s:()]+):Signature")
_OWN_ID = re.compile(r"SignedProperties-([0-9a-f]{32})")
_SPACE = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Verification:
    """What a document's signature is worth.

    `integrity`, `trust` and `signer_is_issuer` (None: nothing to compare) are the three answers.
    `signer` is the certificate's identification as written (`CPJ-3-101-123456`), `signer_name` its
    common name; the instants are aware. `problems` explain every answer that is not the good one,
    and what is merely odd (severity `warning`).
    """

    integrity: bool
    trust: Trust = "unknown"
    signer_is_issuer: bool | None = None
    signer: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    problems: tuple[Problem, ...] = ()
    signer_name: str | None = None
    signing_time: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer as `hacienda verify --json` prints it."""
        return {
            "integrity": self.integrity,
            "trust": self.trust,
            "signer_is_issuer": self.signer_is_issuer,
            "signer": self.signer,
            "not_before": self.not_before.isoformat() if self.not_before else None,
            "not_after": self.not_after.isoformat() if self.not_after else None,
            "problems": [
                {
                    "code": one.code,
                    "path": one.path,
                    "severity": one.severity,
                    "message": one.message,
                }
                for one in self.problems
            ],
        }


def verify(
    xml: bytes,
    roots: Roots | Iterable[x509.Certificate] | str | Path | None = None,
    *,
    at: datetime | None = None,
) -> Verification:
    """Check the signature of a document, of any type and of any vendor.

    `roots` are the trusted authorities: `Roots`, certificates, or the folder that holds them; None
    takes the folder that `HACIENDA_CA_DIR` names, and without one trust is "unknown". Certificates
    are judged at the instant `at` (naive: Costa Rica's time); None judges them at the time of
    signing that the signature states, so that an old document does not go stale with its key.

    Raises `XMLError` for what is no acceptable XML (malformed, a DTD, oversized, too deep). A
    document without a signature, or with a bad one, is no exception: its `integrity` is False.
    """
    root = parse(xml, whole=True)
    try:
        nodes = _placed(root)
        _refuse_costly(utf8(xml), root)
    except _Refused as refusal:
        return Verification(False, problems=(refusal.problem,))
    ids = _ids(root)
    checks = [_Signature(node, index, len(nodes), ids) for index, node in enumerate(nodes)]
    for check in checks:  # all that is judged in place goes before anything is cut out
        check.run()
    for check in checks:
        check.cover(root if len(nodes) == 1 else parse(xml, whole=True))
    issuer = _issuer(root)
    chosen = next((one for one in checks if _is_issuer(one, issuer)), checks[0])
    problems = [problem for one in checks for problem in one.problems]
    problems += _remarks(root, checks)
    signer_is_issuer = None
    if issuer is not None and chosen.certificado is not None:
        signer_is_issuer = _is_issuer(chosen, issuer)
        if not signer_is_issuer:
            problems.append(_not_the_issuer(chosen.certificado, issuer))
    moment = at or chosen.signing_time or datetime.now(UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=COSTA_RICA)
    trust, doubts = _trust(chosen, roots, moment, stated=at is not None)
    certificado = chosen.certificado
    return Verification(
        integrity=not any(one.broken for one in checks),
        trust=trust,
        signer_is_issuer=signer_is_issuer,
        signer=certificado.signer if certificado else None,
        not_before=certificado.not_before if certificado else None,
        not_after=certificado.not_after if certificado else None,
        problems=(*problems, *doubts),
        signer_name=certificado.name if certificado else None,
        signing_time=chosen.signing_time,
    )


class _Refused(Exception):
    """A signature that cannot be believed; what follows in it is not looked at."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _refuse(code: str, path: str, message: str, remedy: str = "") -> NoReturn:
    raise _Refused(Problem(code, path, "error", message, remedy))


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


_SIGNATURE = _ds("Signature")


# --- the document ------------------------------------------------------------------------------


def _placed(root: etree._Element) -> list[etree._Element]:
    """The signatures of a document, refused if any stands where it would not sign the whole."""
    found = list(root.iter(_SIGNATURE))
    if not found:
        _refuse(
            "sin-firma",
            "",
            "El documento no está firmado.",
            "Pida a quien lo emitió el XML firmado que envió a Hacienda.",
        )
    if len(found) > MAX_SIGNATURES:
        _refuse("demasiadas-firmas", "", f"El documento tiene más de {MAX_SIGNATURES} firmas.")
    elements = [child for child in root if isinstance(child.tag, str)]
    if elements[-len(found) :] != found:
        _refuse(
            "firma-fuera-de-lugar",
            "",
            "La firma no está al final del documento, directamente bajo la raíz.",
        )
    for comment in root.iter(etree.Comment):
        parent = comment.getparent()
        if parent is not None and _has_text(parent):
            _refuse(
                "comentario-dentro-de-un-valor",
                _local(parent),
                "Hay un comentario en medio de un valor: la firma no lo cubre y el valor se "
                "puede leer de dos maneras.",
            )
    return found


def _refuse_costly(text: bytes, root: etree._Element) -> None:
    """Refuse what takes canonicalisation more than linear time; real documents are far below."""
    if text.count(b"=") > MAX_ATTRIBUTES and _CROWDED(root):
        _refuse("demasiados-atributos", "", "Un elemento tiene cientos de atributos.")
    if text.count(b"xmlns") > MAX_NAMESPACES and _namespaces(text) > MAX_NAMESPACES:
        _refuse("demasiados-espacios-de-nombres", "", "Hay demasiados espacios de nombres.")


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


def _has_text(element: etree._Element) -> bool:
    texts = (element.text, *(child.tail for child in element))
    return any(text and text.strip() for text in texts)


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _ids(root: etree._Element) -> dict[str, list[etree._Element]]:
    found: dict[str, list[etree._Element]] = {}
    for value in _IDS(root):
        found.setdefault(str(value), []).append(value.getparent())
    return found


# --- one signature -----------------------------------------------------------------------------


class _Reference(NamedTuple):
    """One reference to the document, to be recomputed once the signature is cut out."""

    path: str
    digest: str
    value: bytes
    cuts: Literal["own", "all"]
    method: C14N
    only_root: bool


class _Signature:
    """The check of one signature: what it found, and what is left to compute."""

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
        self.has_properties = False
        self.has_policy = False
        self._aimed = False
        self._documents: list[_Reference] = []
        self._weak: set[str] = set()

    def run(self) -> None:
        """Everything that is judged with the signature in its place."""
        try:
            self._run()
        except _Refused as refusal:
            self.broken = True
            self.problems.append(refusal.problem)

    def cover(self, root: etree._Element) -> None:
        """Recompute the references to the document, cutting this signature out of `root`."""
        signatures = list(root.iterchildren(_SIGNATURE))
        for one in self._documents:
            cut = signatures if one.cuts == "all" else signatures[self.index : self.index + 1]
            for node in cut:
                if node.getparent() is not None:
                    _cut(node)
            whole = (_alone(root) if one.only_root else root).getroottree()
            try:
                changed = _digest(one.digest, _canonical(whole, one.method)) != one.value
            except _Refused as refusal:
                self.broken = True
                self.problems.append(refusal.problem)
                continue
            if changed:
                self._fail(
                    "documento-alterado",
                    one.path,
                    "El contenido del documento no es el que se firmó.",
                    "No lo acepte; pida de nuevo el XML original a quien lo emitió.",
                )

    def _fail(self, code: str, path: str, message: str, remedy: str = "") -> None:
        self.broken = True
        self.problems.append(Problem(code, path, "error", message, remedy))

    def _warn(self, code: str, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(code, self.path, "warning", message, remedy))

    def _refuse(self, code: str, where: str, message: str) -> NoReturn:
        _refuse(code, f"{self.path}/{where}" if where else self.path, message)

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
        if self._weak:
            self._warn("algoritmo-debil", "La firma usa SHA-1, que ya no es seguro.")

    # -- shape --

    def _parts(
        self,
    ) -> tuple[etree._Element, etree._Element, etree._Element, list[etree._Element]]:
        """SignedInfo, SignatureValue, KeyInfo and the objects, and nothing else."""
        node = self.node
        for odd in node.iter(etree.Comment, etree.ProcessingInstruction):
            self._refuse("firma-mal-formada", "", f"Hay texto ajeno en la firma: {odd.text!s:.40}")
        children = self._children(node, "")
        tags = [child.tag for child in children]
        if tags[:3] != [_ds("SignedInfo"), _ds("SignatureValue"), _ds("KeyInfo")]:
            self._refuse(
                "firma-mal-formada", "", "A la firma le faltan partes o están en desorden."
            )
        if any(tag != _ds("Object") for tag in tags[3:]):
            self._refuse("firma-mal-formada", "", "La firma tiene partes que no le corresponden.")
        info, value, key_info, *objects = children
        self._only(node, "", "Id")
        self._only(info, "ds:SignedInfo", "Id")
        self._only(value, "ds:SignatureValue", "Id")
        self._only(key_info, "ds:KeyInfo", "Id")
        return info, value, key_info, objects

    def _info(self, info: etree._Element) -> list[etree._Element]:
        """How SignedInfo becomes text, how that is signed, and the references."""
        children = self._children(info, "ds:SignedInfo")
        tags = [child.tag for child in children]
        if tags[:2] != [_ds("CanonicalizationMethod"), _ds("SignatureMethod")]:
            self._refuse("firma-mal-formada", "ds:SignedInfo", "A SignedInfo le faltan partes.")
        if any(tag != _ds("Reference") for tag in tags[2:]):
            self._refuse("firma-mal-formada", "ds:SignedInfo", "A SignedInfo le sobran partes.")
        return children

    def _children(self, node: etree._Element, where: str) -> list[etree._Element]:
        """The elements of a node that must hold no text of its own."""
        if _has_text(node):
            self._refuse("firma-mal-formada", where, "Hay texto suelto dentro de la firma.")
        return list(node)

    def _only(self, node: etree._Element, where: str, *names: str) -> None:
        for name in node.attrib:
            if name not in names and not str(name).startswith(_XSI):
                self._refuse("firma-mal-formada", where, f"El atributo «{name!s}» no se admite.")

    def _text(self, node: etree._Element | None, where: str) -> str:
        if node is None or len(node):
            self._refuse("firma-mal-formada", where, "Falta un valor o no es un texto.")
        return node.text or ""

    def _base64(self, node: etree._Element | None, where: str) -> bytes:
        """The bytes of a value, which must be spelt as base64 spells them: in one way only."""
        text = _SPACE.sub("", self._text(node, where))
        try:
            value = b64decode(text, validate=True)
        except ValueError:
            value = b""
        if not value or b64encode(value).decode() != text:
            self._refuse("firma-mal-formada", where, "Un valor no es base64.")
        return value

    # -- who signed --

    def _certificates(self, key_info: etree._Element) -> list[Certificado]:
        where = "ds:KeyInfo/ds:X509Data/ds:X509Certificate"
        nodes = key_info.findall(f"{_ds('X509Data')}/{_ds('X509Certificate')}")
        if not nodes:
            self._refuse("sin-certificado", "ds:KeyInfo", "La firma no trae el certificado.")
        if len(nodes) > MAX_CERTIFICATES:
            self._refuse("firma-mal-formada", where, "La firma trae demasiados certificados.")
        try:
            found = [Certificado.from_der(self._base64(node, where)) for node in nodes]
        except LlaveError as error:
            self._refuse("certificado-ilegible", where, error.message)
        return found

    def _properties(self, objects: Sequence[etree._Element]) -> etree._Element | None:
        """SignedProperties; every object that holds none must be referenced, see below."""
        where = "ds:Object/xades:QualifyingProperties"
        found = [
            child
            for one in objects
            for child in one.iterchildren(etree.Element)
            if child.tag in _QUALIFYING
        ]
        if not found:
            return None
        if len(found) > 1:
            self._refuse("firma-mal-formada", where, "Hay más de un juego de propiedades.")
        qualifying = found[0]
        self.has_properties = True
        self._check_target(qualifying.get("Target", ""), where)
        self._only(qualifying, where, "Target", "Id")
        names = [_local(child) for child in self._children(qualifying, where)]
        if names not in (["SignedProperties"], ["SignedProperties", "UnsignedProperties"]):
            self._refuse("firma-mal-formada", where, "Las propiedades no están como deben.")
        return qualifying[0]

    def _check_target(self, target: str, where: str) -> None:
        """The properties name the signature they belong to. Some programs name nothing at all,
        which harms nobody since the properties are referenced; another element would."""
        identity = self.node.get("Id", "")
        if len(self.ids.get(identity, ())) > 1:
            self._refuse("id-repetido", "", f"El Id «{identity}» está repetido.")
        self._aimed = bool(identity) and target == f"#{identity}"
        if self._aimed:
            return
        if target[1:] in self.ids:
            self._refuse("propiedades-de-otra-firma", where, "Las propiedades son de otra firma.")
        self._warn("propiedades-sin-destino", "Las propiedades no nombran la firma de que son.")

    def _check_own_ids(self, value: etree._Element, properties: etree._Element | None) -> None:
        """Ours are all made from one word, so that even those that nothing refers to must agree."""
        own = None if properties is None else _OWN_ID.fullmatch(properties.get("Id", ""))
        if own and (self.node.get("Id"), value.get("Id"), self._aimed) != (
            f"Signature-{own[1]}",
            f"SignatureValue-{own[1]}",
            True,
        ):
            self._refuse("firma-mal-formada", "", "Los Id de la firma no son los que tenía.")

    def _choose(self, certificates: list[Certificado], properties: etree._Element | None) -> None:
        """The signer's certificate: the one that the signed properties name, else the first."""
        self.others = [one.x509 for one in certificates]
        if properties is None:
            return
        where = "ds:Object/xades:QualifyingProperties/xades:SignedProperties"
        signed = _first(properties, "SignedSignatureProperties")
        if signed is None:
            self._refuse("firma-mal-formada", where, "Faltan las propiedades de la firma.")
        self.has_policy = _first(signed, "SignaturePolicyIdentifier") is not None
        self._read_time(_first(signed, "SigningTime"))
        named = _first(signed, "SigningCertificate")
        if named is None:
            named = _first(signed, "SigningCertificateV2")
        if named is None:
            return
        for cert in named.iterchildren(etree.Element):
            digest, value = self._digest(_first(cert, "CertDigest"), f"{where}/SigningCertificate")
            for one in certificates:
                if _digest(digest, one.der) == value:
                    self.certificado = one
                    self._check_serial(one, cert)
                    return
        self._fail(
            "certificado-distinto",
            f"{self.path}/{where}/xades:SignedSignatureProperties/xades:SigningCertificate",
            "El certificado que trae la firma no es el que el firmante declaró.",
        )

    def _check_serial(self, certificado: Certificado, cert: etree._Element) -> None:
        issuer = _first(cert, "IssuerSerial")
        if issuer is None:
            return
        where = f"{self.path}/ds:Object//xades:SigningCertificate/xades:Cert/xades:IssuerSerial"
        serial = self._text(issuer.find(_ds("X509SerialNumber")), "ds:X509SerialNumber").strip()
        if not serial.isdecimal() or int(serial[:100]) != certificado.serial:
            self.problems.append(
                Problem(
                    "serie-distinta",
                    where,
                    "error",
                    "El número de serie declarado no es el del certificado.",
                )
            )
        name = self._text(issuer.find(_ds("X509IssuerName")), "ds:X509IssuerName")
        if not _is_name(name, certificado.x509.issuer):
            self.problems.append(
                Problem(
                    "emisor-del-certificado-distinto",
                    where,
                    "warning",
                    "El emisor declarado no parece ser el del certificado.",
                )
            )

    def _check_key_value(self, key_info: etree._Element) -> None:
        """A key stated beside the certificate must be the certificate's."""
        assert self.certificado is not None  # noqa: S101 - `_run` has set it
        key = self.certificado.key
        if not is_acceptable(key):
            self._refuse("llave-no-admitida", "ds:KeyInfo", "La llave no es de un tipo admitido.")
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
            self._warn("llave-corta", f"La llave es de {key.key_size} bits; se piden 2048 o más.")
        for stated in key_info.iterfind(f"{_ds('KeyValue')}/{_ds('RSAKeyValue')}"):
            where = "ds:KeyInfo/ds:KeyValue/ds:RSAKeyValue"
            pair = tuple(
                int.from_bytes(self._base64(stated.find(_ds(name)), where), "big")
                for name in ("Modulus", "Exponent")
            )
            numbers = key.public_numbers() if isinstance(key, rsa.RSAPublicKey) else None
            if numbers is None or pair != (numbers.n, numbers.e):
                self._refuse("llave-distinta", where, "La llave escrita no es la del certificado.")

    # -- what was signed --

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
            self._refuse("algoritmo-no-admitido", where, "El algoritmo de firma no se admite.")
        self._note_weak(method.digest)
        text = self._canonical(info, self._c14n(canonicalization, where))
        assert self.certificado is not None  # noqa: S101 - `_run` has set it
        key = self.certificado.key
        if not is_signed(key, method, self._base64(value, "ds:SignatureValue"), text):
            self._fail(
                "firma-no-valida",
                f"{self.path}/ds:SignatureValue",
                "La firma no corresponde al certificado y a lo que dice firmar.",
            )

    def _check_references(
        self,
        references: Sequence[etree._Element],
        key_info: etree._Element,
        objects: Sequence[etree._Element],
        properties: etree._Element | None,
    ) -> None:
        if not 1 <= len(references) <= MAX_REFERENCES:
            self._refuse("firma-mal-formada", "ds:SignedInfo", "No hay referencias, o demasiadas.")
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
                self._refuse("firma-no-cubre-el-documento", where, "La firma cubre solo una parte.")
            digest, value = self._digest(node, where)
            if _digest(digest, self._canonical(target, method)) != value:
                self._fail("parte-alterada", f"{self.path}/{where}", _changed(target, key_info))
        if not self._documents:
            self._refuse(
                "firma-no-cubre-el-documento",
                "ds:SignedInfo",
                "Ninguna referencia de la firma cubre el documento entero.",
            )
        if properties is not None and not any(one is properties for one in covered):
            self._refuse(
                "propiedades-sin-firmar",
                "ds:Object/xades:QualifyingProperties/xades:SignedProperties",
                "La firma no cubre las propiedades que dice tener.",
            )
        self._check_objects(objects, covered)

    def _must_be(
        self, target: etree._Element | None, properties: etree._Element | None, where: str
    ) -> None:
        if properties is None or target is not properties:
            self._refuse(
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
            self._only(one, "ds:Object", "Id", "MimeType", "Encoding")
            children = self._children(one, "ds:Object")
            if [child.tag in _QUALIFYING for child in children] != [True]:
                self._refuse("objeto-sin-firmar", "ds:Object", "Hay un objeto que nadie firmó.")

    def _target(self, reference: etree._Element, where: str) -> etree._Element | None:
        """The one element a reference names; None for the whole document."""
        uri = reference.get("URI")
        if uri == "":
            return None
        if uri is None or not uri.startswith("#") or uri.startswith("#xpointer"):
            self._refuse("referencia-externa", where, "Una referencia sale del documento.")
        found = self.ids.get(uri[1:], [])
        if not found:
            self._refuse(
                "referencia-a-nada", where, f"Nada en el documento tiene el Id «{uri[1:]}»."
            )
        if len(found) > 1:
            self._refuse("id-repetido", where, f"El Id «{uri[1:]}» está repetido.")
        return found[0]

    def _defer(self, reference: etree._Element, where: str, *, only_root: bool) -> None:
        cuts, method = self._transforms(reference, where)
        if cuts is None:
            self._refuse(
                "transformacion-no-admitida", where, "La referencia al documento incluye la firma."
            )
        digest, value = self._digest(reference, where)
        path = f"{self.path}/{where}"
        self._documents.append(_Reference(path, digest, value, cuts, method, only_root))

    def _transforms(
        self, reference: etree._Element, where: str
    ) -> tuple[Literal["own", "all"] | None, C14N]:
        """Which signatures are left out, and how the rest becomes text."""
        cuts: Literal["own", "all"] | None = None
        method: C14N | None = None
        transforms = reference.find(_ds("Transforms"))
        for node in () if transforms is None else transforms:
            algorithm = node.get("Algorithm", "")
            if node.tag != _ds("Transform") or method is not None:
                self._refuse(
                    "transformacion-no-admitida", where, "Las transformaciones no cuadran."
                )
            if algorithm == ENVELOPED and not len(node):
                cuts = cuts or "own"
            elif _leaves_signatures_out(node, algorithm):
                cuts = "all"
            elif algorithm in CANONICALIZATIONS:
                method = self._c14n(node, where)
            else:
                self._refuse(
                    "transformacion-no-admitida", where, f"No se admite «{algorithm[:80]}»."
                )
        return cuts, method or _DEFAULT_C14N

    def _c14n(self, node: etree._Element, where: str) -> C14N:
        method = CANONICALIZATIONS.get(node.get("Algorithm", ""))
        if method is None:
            self._refuse("algoritmo-no-admitido", where, "La canonicalización no se admite.")
        inclusive = node.findall("{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces")
        if len(inclusive) != len(node) or len(node) > 1:
            self._refuse("algoritmo-no-admitido", where, "La canonicalización trae parámetros.")
        prefixes = tuple(inclusive[0].get("PrefixList", "").split()) if inclusive else ()
        if "#default" in prefixes:
            self._refuse("algoritmo-no-admitido", where, "PrefixList con #default no se admite.")
        return method._replace(prefixes=prefixes)

    def _digest(self, node: etree._Element | None, where: str) -> tuple[str, bytes]:
        """The hash's name and the value stated in a node's DigestMethod and DigestValue."""
        method = None if node is None else node.find(_ds("DigestMethod"))
        if node is None or method is None:
            self._refuse("firma-mal-formada", where, "Falta un resumen (digest).")
        name = DIGESTS.get(method.get("Algorithm", ""))
        if name is None:
            self._refuse("algoritmo-no-admitido", where, "El algoritmo de resumen no se admite.")
        self._note_weak(name)
        return name, self._base64(node.find(_ds("DigestValue")), where)

    def _canonical(self, node: etree._Element, method: C14N) -> bytes:
        """A part's canonical text in place, with the namespaces it inherits; an inclusive one also
        inherits the `xml:` attributes of what stands above."""
        alone = _alone(node)
        if not method.exclusive:
            for above in node.iterancestors():
                for name in above.attrib:
                    if str(name).startswith(_XML) and name not in alone.attrib:
                        if method.version_11:
                            self._refuse(
                                "algoritmo-no-admitido", "", "C14N 1.1 con atributos «xml:»."
                            )
                        alone.set(name, above.attrib[name])
        return _canonical(alone.getroottree(), method)

    def _note_weak(self, digest: str) -> None:
        if digest == "sha1":
            self._weak.add(digest)

    # -- when --

    def _read_time(self, node: etree._Element | None) -> None:
        if node is None:
            return
        try:
            self.signing_time = FechaHora(self._text(node, "xades:SigningTime"))
        except InvalidError:
            self._warn("hora-de-firma-ilegible", "La hora de la firma no es una fecha con hora.")

    def _check_time(self) -> None:
        certificado, when = self.certificado, self.signing_time
        if certificado is not None and when is not None and not certificado.is_valid_at(when):
            self._warn(
                "firmado-fuera-de-vigencia",
                f"La firma dice ser del {when.astimezone(COSTA_RICA):%d/%m/%Y}, cuando el "
                "certificado no estaba vigente.",
            )


_QUALIFYING = tuple(f"{{{namespace}}}QualifyingProperties" for namespace in _XADES)


def _first(node: etree._Element | None, name: str) -> etree._Element | None:
    """The first child of that name in any of the XAdES namespaces."""
    if node is None:
        return None
    return next((child for child in node.iterchildren(f"{{*}}{name}")), None)


def _changed(target: etree._Element, key_info: etree._Element) -> str:
    if target is key_info:
        return "El certificado de la firma no es el que se firmó."
    return f"La parte «{_local(target)}» no es la que se firmó."


def _leaves_signatures_out(node: etree._Element, algorithm: str) -> bool:
    """Whether a transform is one of the spellings of "everything but the signatures"."""
    if len(node) != 1 or _has_text(node) or len(node[0]):
        return False
    expression = node[0]
    text = _SPACE.sub("", expression.text or "")
    if algorithm == XPATH and expression.tag == _ds("XPath"):
        match = _NOT_SIGNATURES.fullmatch(text)
    elif algorithm == XPATH_FILTER and expression.tag == f"{{{XPATH_FILTER}}}XPath":
        match = _ALL_SIGNATURES.fullmatch(text) if expression.get("Filter") == "subtract" else None
    else:
        return False
    return match is not None and expression.nsmap.get(match[1]) == DS


def _alone(node: etree._Element) -> etree._Element:
    """A part as a document of its own that declares all it inherits. lxml's C14N of a part in its
    tree is wrong: it undeclares a default namespace from the second level on."""
    return etree.fromstring(etree.tostring(node, encoding="utf-8", with_tail=False), _PARSER)


def _canonical(node: etree._ElementTree, method: C14N) -> bytes:
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
        _refuse("sin-forma-canonica", "", "El documento usa espacios de nombres que no se admiten.")


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data).digest()


def _cut(node: etree._Element) -> None:
    """Take a node out and leave the text that follows it."""
    parent, previous = node.getparent(), node.getprevious()
    if parent is None:
        return
    if node.tail and previous is not None:
        previous.tail = (previous.tail or "") + node.tail
    elif node.tail:
        parent.text = (parent.text or "") + node.tail
    parent.remove(node)


def _is_name(text: str, name: x509.Name) -> bool:
    """Whether a text names a certificate's issuer: accepted documents order and spell the
    attributes in many ways, so each value has to occur, no more."""
    if "#" in text:
        return True  # values as hexadecimal BER: the certificate's digest says enough
    plain = _plain(text)
    return all(_plain(str(attribute.value)) in plain for attribute in name)


def _plain(text: str) -> str:
    return re.sub(r"[\\\"\s]+", "", text).casefold()


# --- the signer --------------------------------------------------------------------------------


class _Issuer(NamedTuple):
    """Who a document says has issued it. `numero` is None where it says so unclearly."""

    path: str
    tipo: str | None
    numero: str | None


def _issuer(root: etree._Element) -> _Issuer | None:
    """The issuer that a document names; None for what has none to compare with."""
    name = _local(root)
    if name == "MensajeReceptor":
        return _Issuer("NumeroCedulaReceptor", None, _value(root, "NumeroCedulaReceptor"))
    if name not in _ISSUED:
        return None
    who = "Receptor" if name == "FacturaElectronicaCompra" else "Emisor"
    base = f"{who}/Identificacion"
    return _Issuer(f"{base}/Numero", _value(root, f"{base}/Tipo"), _value(root, f"{base}/Numero"))


_ISSUED = {
    "FacturaElectronica",
    "NotaDebitoElectronica",
    "NotaCreditoElectronica",
    "TiqueteElectronico",
    "FacturaElectronicaCompra",
    "FacturaElectronicaExportacion",
    "ReciboElectronicoPago",
}


def _value(root: etree._Element, path: str) -> str | None:
    """The text at a path of the root's namespace, if it is there exactly once."""
    namespace = etree.QName(root).namespace or ""
    steps = "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))
    found = root.findall(steps)
    if len(found) != 1:
        return None
    return (found[0].text or "").strip() or None  # comments within values were refused before


def _is_issuer(check: _Signature, issuer: _Issuer | None) -> bool:
    titular = check.certificado.titular if check.certificado else None
    if issuer is None or issuer.numero is None or titular is None:
        return False
    return titular.is_same(issuer.numero, issuer.tipo)


def _not_the_issuer(certificado: Certificado, issuer: _Issuer) -> Problem:
    return Problem(
        "firmante-no-es-emisor",
        issuer.path,
        "error",
        f"Firmó {certificado.signer}, pero el documento dice ser de {issuer.numero or 'nadie'}.",
        "Hacienda rechaza lo que firma otra persona.",
    )


def _remarks(root: etree._Element, checks: Sequence[_Signature]) -> list[Problem]:
    """What is odd about a document's signatures taken together."""
    found: list[Problem] = []
    if len(checks) > 1:
        signers = ", ".join(one.certificado.signer for one in checks if one.certificado)
        found.append(
            Problem(
                "varias-firmas",
                "ds:Signature",
                "warning",
                f"El documento tiene {len(checks)} firmas: {signers}.",
            )
        )
    issued = _local(root) in _ISSUED or _local(root) == "MensajeReceptor"
    if issued and not all(one.has_policy or one.broken for one in checks):
        found.append(
            Problem(
                "sin-politica",
                "ds:Signature",
                "warning",
                "La firma no nombra la política de firma de Hacienda (XAdES-EPES).",
            )
        )
    return found


# --- trust -------------------------------------------------------------------------------------


def _trust(
    check: _Signature,
    roots: Roots | Iterable[x509.Certificate] | str | Path | None,
    at: datetime,
    *,
    stated: bool,
) -> tuple[Trust, list[Problem]]:
    certificado = check.certificado
    path = f"{check.path}/ds:KeyInfo"
    doubts: list[Problem] = []
    try:
        known = _roots(roots)
    except LlaveError as error:
        known = None
        doubts.append(Problem("raices-ilegibles", "", "warning", error.message))
    if certificado is None:
        return "unknown", doubts
    if known is None or not len(known):
        if stated and not certificado.is_valid_at(at):
            message = "El certificado del firmante no estaba vigente."
            doubts.append(Problem("certificado-no-confiable", path, "warning", message))
        return "unknown", doubts
    refusal = known.refusal(certificado.x509, check.others, at)
    if refusal is None:
        return "trusted", doubts
    return "untrusted", [*doubts, Problem("certificado-no-confiable", path, "error", refusal)]


def _roots(roots: Roots | Iterable[x509.Certificate] | str | Path | None) -> Roots | None:
    if roots is None:
        directory = os.environ.get("HACIENDA_CA_DIR", "")
        return Roots.from_directory(directory) if directory else None
    if isinstance(roots, Roots):
        return roots
    if isinstance(roots, (str, Path)):
        return Roots.from_directory(roots)
    return Roots(roots)
