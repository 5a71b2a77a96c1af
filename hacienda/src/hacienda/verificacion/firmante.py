"""Who signed: the certificate, the properties that name it, the key and the time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from hacienda.algoritmos import is_acceptable
from hacienda.certificado import Certificado
from hacienda.comprobante import COSTA_RICA, FechaHora
from hacienda.errors import InvalidError, LlaveError, Problem
from hacienda.verificacion.arbol import QUALIFYING, ds, first, local
from hacienda.verificacion.canonico import digest_of
from hacienda.verificacion.lectura import Lectura

MAX_CERTIFICATES = 10

_OWN_ID = re.compile(r"SignedProperties-([0-9a-f]{32})")


class Firmante(Lectura):
    """The part of the check that is about the signer."""

    def _certificates(self, key_info: etree._Element) -> list[Certificado]:
        where = "ds:KeyInfo/ds:X509Data/ds:X509Certificate"
        nodes = key_info.findall(f"{ds('X509Data')}/{ds('X509Certificate')}")
        if not nodes:
            self.refuse("sin-certificado", "ds:KeyInfo", "La firma no trae el certificado.")
        if len(nodes) > MAX_CERTIFICATES:
            self.refuse("firma-mal-formada", where, "La firma trae demasiados certificados.")
        try:
            found = [Certificado.from_der(self.base64(node, where)) for node in nodes]
        except LlaveError as error:
            self.refuse("certificado-ilegible", where, error.message)
        return found

    def _properties(self, objects: Sequence[etree._Element]) -> etree._Element | None:
        """SignedProperties; every object that holds none must be referenced, see below."""
        where = "ds:Object/xades:QualifyingProperties"
        found = [
            child
            for one in objects
            for child in one.iterchildren(etree.Element)
            if child.tag in QUALIFYING
        ]
        if not found:
            return None
        if len(found) > 1:
            self.refuse("firma-mal-formada", where, "Hay más de un juego de propiedades.")
        qualifying = found[0]
        self._check_target(qualifying.get("Target", ""), where)
        self.only(qualifying, where, "Target", "Id")
        names = [local(child) for child in self.children(qualifying, where)]
        if names not in (["SignedProperties"], ["SignedProperties", "UnsignedProperties"]):
            self.refuse("firma-mal-formada", where, "Las propiedades no están como deben.")
        return qualifying[0]

    def _check_target(self, target: str, where: str) -> None:
        """The properties name the signature they belong to. Some programs name nothing at all,
        which harms nobody since the properties are referenced; another element would."""
        identity = self.node.get("Id", "")
        if len(self.ids.get(identity, ())) > 1:
            self.refuse("id-repetido", "", f"El Id «{identity}» está repetido.")
        self.aimed = bool(identity) and target == f"#{identity}"
        if self.aimed:
            return
        if target[1:] in self.ids:
            self.refuse("propiedades-de-otra-firma", where, "Las propiedades son de otra firma.")
        self.warn("propiedades-sin-destino", "Las propiedades no nombran la firma de que son.")

    def _check_own_ids(self, value: etree._Element, properties: etree._Element | None) -> None:
        """Ours are all made from one word, so that even those that nothing refers to must agree."""
        own = None if properties is None else _OWN_ID.fullmatch(properties.get("Id", ""))
        if own and (self.node.get("Id"), value.get("Id"), self.aimed) != (
            f"Signature-{own[1]}",
            f"SignatureValue-{own[1]}",
            True,
        ):
            self.refuse("firma-mal-formada", "", "Los Id de la firma no son los que tenía.")

    def _choose(self, certificates: list[Certificado], properties: etree._Element | None) -> None:
        """The signer's certificate: the one that the signed properties name, else the first."""
        self.others = [one.x509 for one in certificates]
        if properties is None:
            return
        where = "ds:Object/xades:QualifyingProperties/xades:SignedProperties"
        signed = first(properties, "SignedSignatureProperties")
        if signed is None:
            self.refuse("firma-mal-formada", where, "Faltan las propiedades de la firma.")
        self.has_policy = first(signed, "SignaturePolicyIdentifier") is not None
        self._read_time(first(signed, "SigningTime"))
        named = first(signed, "SigningCertificate")
        if named is None:
            named = first(signed, "SigningCertificateV2")
        if named is None:
            return
        for cert in named.iterchildren(etree.Element):
            digest, value = self.digest(first(cert, "CertDigest"), f"{where}/SigningCertificate")
            for one in certificates:
                if digest_of(digest, one.der) == value:
                    self.certificado = one
                    self._check_serial(one, cert)
                    return
        self.fail(
            "certificado-distinto",
            f"{self.path}/{where}/xades:SignedSignatureProperties/xades:SigningCertificate",
            "El certificado que trae la firma no es el que el firmante declaró.",
        )

    def _check_serial(self, certificado: Certificado, cert: etree._Element) -> None:
        issuer = first(cert, "IssuerSerial")
        if issuer is None:
            return
        where = f"{self.path}/ds:Object//xades:SigningCertificate/xades:Cert/xades:IssuerSerial"
        serial = self.text(issuer.find(ds("X509SerialNumber")), "ds:X509SerialNumber").strip()
        if not serial.isdecimal() or int(serial[:100]) != certificado.serial:
            self.problems.append(
                Problem(
                    "serie-distinta",
                    where,
                    "error",
                    "El número de serie declarado no es el del certificado.",
                )
            )
        name = self.text(issuer.find(ds("X509IssuerName")), "ds:X509IssuerName")
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
            self.refuse("llave-no-admitida", "ds:KeyInfo", "La llave no es de un tipo admitido.")
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
            self.warn("llave-corta", f"La llave es de {key.key_size} bits; se piden 2048 o más.")
        for stated in key_info.iterfind(f"{ds('KeyValue')}/{ds('RSAKeyValue')}"):
            where = "ds:KeyInfo/ds:KeyValue/ds:RSAKeyValue"
            pair = tuple(
                int.from_bytes(self.base64(stated.find(ds(name)), where), "big")
                for name in ("Modulus", "Exponent")
            )
            numbers = key.public_numbers() if isinstance(key, rsa.RSAPublicKey) else None
            if numbers is None or pair != (numbers.n, numbers.e):
                self.refuse("llave-distinta", where, "La llave escrita no es la del certificado.")

    def _read_time(self, node: etree._Element | None) -> None:
        if node is None:
            return
        try:
            self.signing_time = FechaHora(self.text(node, "xades:SigningTime"))
        except InvalidError:
            self.warn("hora-de-firma-ilegible", "La hora de la firma no es una fecha con hora.")

    def _check_time(self) -> None:
        certificado, when = self.certificado, self.signing_time
        if certificado is not None and when is not None and not certificado.is_valid_at(when):
            self.warn(
                "firmado-fuera-de-vigencia",
                f"La firma dice ser del {when.astimezone(COSTA_RICA):%d/%m/%Y}, cuando el "
                "certificado no estaba vigente.",
            )


def _is_name(text: str, name: x509.Name) -> bool:
    """Whether a text names a certificate's issuer: accepted documents order and spell the
    attributes in many ways, so each value has to occur, no more."""
    if "#" in text:
        return True  # values as hexadecimal BER: the certificate's digest says enough
    plain = _plain(text)
    return all(_plain(str(attribute.value)) in plain for attribute in name)


def _plain(text: str) -> str:
    return re.sub(r"[\\\"\s]+", "", text).casefold()
