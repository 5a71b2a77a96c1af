"""Hacienda's answer to a document, as the sandbox writes and signs it.

The signature has the shape of Hacienda's own: RSA-SHA256, exclusive canonicalization, an XPath
transform that leaves the signature out, no signature policy. The key is the sandbox's.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from hacienda.comprobante import MensajeHacienda, texto_fecha
from hacienda.respuesta import Fila

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

NOTE = (
    "Este comprobante fue procesado en un ambiente de pruebas local, por lo que no tiene validez "
    "para efectos tributarios."
)
HEADER = "codigo, mensaje, fila, columna"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a document and whose it is, as far as could be read."""

    clave: str
    accepted: bool
    rows: Sequence[Fila] = ()
    nombre_emisor: str = "DESCONOCIDO"
    tipo_emisor: str = "01"
    numero_emisor: str = "000000000"
    nombre_receptor: str | None = None
    tipo_receptor: str | None = None
    numero_receptor: str | None = None
    impuesto: Decimal | None = None
    total: Decimal = Decimal(0)


class Seal:
    """The sandbox's key and certificate."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate
        self._der = certificate.public_bytes(serialization.Encoding.DER)

    @classmethod
    def make(cls, now: datetime) -> Seal:
        """A new key, certified by itself for ten years."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "CR"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "hacienda sandbox"),
                x509.NameAttribute(NameOID.COMMON_NAME, "MINISTERIO DE HACIENDA DE PRUEBA LOCAL"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, "CPJ-2-100-042005"),
            ]
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            # The clock may be moved back; answers of that time should verify too.
            .not_valid_before(now - timedelta(days=3650))
            .not_valid_after(now + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def load(cls, data: bytes) -> Seal:
        """From what `dump` gave."""
        key = serialization.load_pem_private_key(data, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        return cls(key, x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERT") :]))

    def dump(self) -> bytes:
        return (
            self._key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + self.certificate_pem
        )

    @property
    def certificate_pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def answer(self, verdict: Verdict, when: datetime) -> bytes:
        """The signed MensajeHacienda."""
        root = _message(verdict)
        self._sign(root, when)
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root)

    def _sign(self, root: etree._Element, when: datetime) -> None:
        document = _c14n(root)
        signature = _sub(root, "Signature", Id="Signature", nsmap={"ds": DS})
        info = _sub(signature, "SignedInfo")
        value = _sub(signature, "SignatureValue", Id="SignatureValue")
        key_info = _sub(signature, "KeyInfo", Id="KeyInfo")
        certificate = base64.b64encode(self._der).decode()
        _sub(_sub(key_info, "X509Data"), "X509Certificate").text = certificate
        properties = self._properties(_sub(signature, "Object"), when)

        _sub(info, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
        _sub(info, "SignatureMethod", Algorithm=RSA_SHA256)
        reference = _sub(info, "Reference", Id="Document", URI="")
        transforms = _sub(reference, "Transforms")
        filtering = _sub(transforms, "Transform", Algorithm=XPATH)
        _sub(filtering, "XPath").text = "not(ancestor-or-self::ds:Signature)"
        _sub(transforms, "Transform", Algorithm=EXCLUSIVE)
        _digest(reference, document)
        reference = _sub(
            info, "Reference", Type="http://uri.etsi.org/01903#SignedProperties", URI="#Signed"
        )
        _sub(_sub(reference, "Transforms"), "Transform", Algorithm=EXCLUSIVE)
        _digest(reference, _c14n(properties))

        signed = self._key.sign(_c14n(info), padding.PKCS1v15(), hashes.SHA256())
        value.text = base64.b64encode(signed).decode()

    def _properties(self, place: etree._Element, when: datetime) -> etree._Element:
        outer = etree.SubElement(
            place,
            f"{{{XADES}}}QualifyingProperties",
            {"Target": "#Signature"},
            nsmap={"xades": XADES},
        )
        properties = etree.SubElement(outer, f"{{{XADES}}}SignedProperties", {"Id": "Signed"})
        own = etree.SubElement(properties, f"{{{XADES}}}SignedSignatureProperties")
        etree.SubElement(own, f"{{{XADES}}}SigningTime").text = texto_fecha(when)
        holder = etree.SubElement(own, f"{{{XADES}}}SigningCertificate")
        cert = etree.SubElement(holder, f"{{{XADES}}}Cert")
        _digest(etree.SubElement(cert, f"{{{XADES}}}CertDigest"), self._der)
        serial = etree.SubElement(cert, f"{{{XADES}}}IssuerSerial")
        _sub(serial, "X509IssuerName").text = self._certificate.issuer.rfc4514_string()
        _sub(serial, "X509SerialNumber").text = str(self._certificate.serial_number)
        return properties


def detail(verdict: Verdict) -> str:
    """The DetalleMensaje: a note, and the rows if there are any."""
    if not verdict.rows:
        return NOTE
    kind = "advertencias" if verdict.accepted else "errores"
    rows = "\n".join(
        f'{row.codigo}, "{row.mensaje}", {row.fila or 0}, {row.columna or 0}'
        for row in verdict.rows
    )
    return f"{NOTE}\n\nEl comprobante tiene las siguientes {kind}:\n\n{HEADER}\n{rows}\n".replace(
        "las siguientes errores", "los siguientes errores"
    )


def _message(verdict: Verdict) -> etree._Element:
    namespace = MensajeHacienda.namespace
    root = etree.Element(f"{{{namespace}}}MensajeHacienda", nsmap={None: namespace})
    fields: list[tuple[str, str | None]] = [
        ("Clave", verdict.clave),
        ("NombreEmisor", verdict.nombre_emisor[:100]),
        ("TipoIdentificacionEmisor", verdict.tipo_emisor),
        ("NumeroCedulaEmisor", verdict.numero_emisor[:20]),
        ("NombreReceptor", verdict.nombre_receptor and verdict.nombre_receptor[:100]),
        ("TipoIdentificacionReceptor", verdict.tipo_receptor),
        ("NumeroCedulaReceptor", verdict.numero_receptor and verdict.numero_receptor[:20]),
        ("Mensaje", "1" if verdict.accepted else "3"),
        ("EstadoMensaje", "Aceptado" if verdict.accepted else "Rechazado"),
        ("DetalleMensaje", detail(verdict)),
        ("MontoTotalImpuesto", None if verdict.impuesto is None else _money(verdict.impuesto)),
        ("TotalFactura", _money(verdict.total)),
    ]
    for name, text in fields:
        if text is not None:
            etree.SubElement(root, f"{{{namespace}}}{name}").text = _xml_text(text)
    return root


def _money(amount: Decimal) -> str:
    return f"{amount:.5f}"


def _xml_text(text: str) -> str:
    """What XML cannot hold is left out: the messages quote documents of strangers."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"))


def _sub(
    parent: etree._Element, name: str, nsmap: dict[str | None, str] | None = None, **attributes: str
) -> etree._Element:
    return etree.SubElement(parent, f"{{{DS}}}{name}", attributes, nsmap=nsmap)


def _digest(parent: etree._Element, data: bytes) -> None:
    _sub(parent, "DigestMethod", Algorithm=SHA256)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    _sub(parent, "DigestValue").text = digest


def _c14n(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True)
