"""Sign documents: XAdES-EPES, enveloped, RSA-SHA256, with the policy of version 4.4.

    firma.sign(xml, llave, when=now)              any document, as bytes
    firma.build_sign(comprobante, llave, when=now)  from the value to the bytes that are sent
    firma.verify(xml)                             anybody's document, see `hacienda.verificacion`

Signing is a pure function: the same document, key and instant give the same bytes, so that a
document made again for the same clave is the same document. The Ids are taken from its digest.

The three digests are taken over canonical text *as it stands in the finished tree*: KeyInfo and
SignedProperties inherit the namespaces of the root. `_Scope` holds what they inherit.

Source: Anexos y Estructuras v4.4, annex 2; ETSI TS 101 903 v1.3.2; Canonical XML 1.0.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from hacienda.certificado import Certificado
from hacienda.comprobante import texto_fecha
from hacienda.errors import FirmaError, XMLError
from hacienda.llave import Llave, check_validity
from hacienda.verificacion import DS, XADES, Verification, verify
from hacienda.xml.parser import parse

if TYPE_CHECKING:
    from hacienda.comprobante import Comprobante, MensajeHacienda, MensajeReceptor

__all__ = ["POLICY", "POLICY_SHA256", "Verification", "build_sign", "sign", "verify"]

POLICY = (
    "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/Resoluci%C3%B3n_General_sobre_"
    "disposiciones_t%C3%A9cnicas_comprobantes_electr%C3%B3nicos_para_efectos_tributarios.pdf"
)
POLICY_SHA256 = "DWxin1xWOeI8OuWQXazh4VjLWAaCLAA954em7DMh0h8="
"""SHA-256 of that PDF, base64, as the annex prints it."""

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_C14N_10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ENVELOPED = f"{DS}enveloped-signature"
_SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"

_ATTRIBUTE = re.compile(rb' ([^\s=]+)="([^"]*)"')
_ROOT = re.compile(rb'<[^\s<>/!?]+((?: [^\s=<>]+="[^"<]*")*)>')


def build_sign(
    c: Comprobante | MensajeReceptor | MensajeHacienda, llave: Llave, *, when: datetime
) -> bytes:
    """Write a document and sign it: the bytes to be sent and stored, never to be changed.

    `when` is the aware instant of signing. Raises `FirmaError` as `sign` does.
    """
    from hacienda.xml.writer import write_canonical

    moment = _moment(llave, when)
    return _signed(write_canonical(c), llave, moment)


def sign(xml: bytes, llave: Llave, *, when: datetime, canonical: bool = False) -> bytes:
    """The document with its `ds:Signature` as the root's last child.

    `canonical` promises that `xml` comes from `hacienda.xml.writer.write`; any other document is
    brought to its canonical form first, without its comments (which no signature covers) and
    without what stands before and after the root. `when` is the aware instant of signing, written in Costa Rica's time.

    Raises `FirmaError` for a document that is already signed, a key that is not valid at `when`,
    or an instant without a zone; `XMLError` for bytes that are no acceptable XML.
    """
    moment = _moment(llave, when)
    body = (_after_declaration(xml) if canonical else None) or _canonical(xml)
    return _signed(body, llave, moment)


def _signed(body: bytes, llave: Llave, moment: bytes) -> bytes:
    """A document whose canonical text is `body`, with its signature before the root's end tag."""
    start = _ROOT.match(body)
    close = body.rfind(b"</")
    if start is None or close < 0:
        raise FirmaError("El documento no tiene un elemento raíz que se pueda firmar.")
    signature = _signature(sha256(body).digest(), _scope(start[1]), llave, moment)
    return b"".join((_DECLARATION, body[:close], signature, body[close:]))


def _moment(llave: Llave, when: datetime) -> bytes:
    if when.tzinfo is None:
        raise FirmaError("La hora de la firma debe indicar su zona horaria.")
    if not llave.not_before <= when <= llave.not_after:
        raise FirmaError(check_validity(llave, when)[0].message)
    return texto_fecha(when).encode()


def _after_declaration(xml: bytes) -> bytes | None:
    """What follows the declaration that the writer writes; None if this is not its output."""
    if not xml.startswith(_DECLARATION) or not xml.endswith(b">") or b"xmldsig#" in xml:
        return None
    return xml[len(_DECLARATION) :]


def _canonical(xml: bytes) -> bytes:
    """The canonical text of any document's root."""
    root = parse(xml, whole=True)
    if next(root.iter(f"{{{DS}}}Signature"), None) is not None:
        raise FirmaError("El documento ya está firmado.")
    try:
        body = _c14n(root)
        stable = _c14n(parse(body, whole=True)) == body
    except (XMLError, etree.C14NError):
        stable = False
    if not stable:  # libxml2 refuses relative addresses, and leaves & and quotes bare in others
        raise FirmaError("El documento usa un espacio de nombres que no se puede escribir.")
    return body


def _c14n(root: etree._Element) -> bytes:
    # Of a tree that holds nothing but the root: beside comments lxml's C14N of an element is wrong.
    alone = parse(etree.tostring(root, encoding="utf-8"), whole=True)
    return etree.tostring(alone.getroottree(), method="c14n", with_comments=False)


class _Scope(NamedTuple):
    """What the signature's parts inherit from the root, as canonical text.

    Namespace declarations go before a part's Id, `xml:` attributes after it.
    """

    ds: bytes
    xades: bytes
    xml: bytes


@lru_cache(maxsize=256)  # one per kind of document
def _scope(attributes: bytes) -> _Scope:
    declared: dict[bytes, bytes] = {}
    inherited: list[tuple[bytes, bytes]] = []
    for name, value in _ATTRIBUTE.findall(attributes):
        if name == b"xmlns":
            declared[b""] = value
        elif name.startswith(b"xmlns:"):
            declared[name[6:]] = value
        elif name.startswith(b"xml:"):
            inherited.append((name, value))
    declared[b"ds"] = DS.encode()
    ds = _declarations(declared)
    declared[b"xades"] = XADES.encode()
    xml = b"".join(b' %b="%b"' % pair for pair in sorted(inherited))
    return _Scope(ds, _declarations(declared), xml)


def _declarations(declared: dict[bytes, bytes]) -> bytes:
    return b"".join(
        b' xmlns%b%b="%b"' % (b":" if prefix else b"", prefix, uri)
        for prefix, uri in sorted(declared.items())
    )


class _Identity(NamedTuple):
    """The parts of a signature that depend on the key alone."""

    key_info: bytes
    signed_properties: bytes


@lru_cache(maxsize=2048)  # some 6 kB each, public
def _identity(der: bytes) -> _Identity:
    certificado = Certificado.from_der(der)
    public = certificado.key
    if not isinstance(public, rsa.RSAPublicKey):
        raise FirmaError("La llave no es RSA; Hacienda solo acepta llaves RSA.")
    numbers = public.public_numbers()
    key_info = (
        f"<ds:X509Data><ds:X509Certificate>{_base64(der)}</ds:X509Certificate></ds:X509Data>"
        f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{_base64_number(numbers.n)}</ds:Modulus>"
        f"<ds:Exponent>{_base64_number(numbers.e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
        "</ds:KeyInfo>"
    )
    signed_properties = (
        "</xades:SigningTime><xades:SigningCertificate><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue>{_base64(sha256(der).digest())}</ds:DigestValue></xades:CertDigest>"
        f"<xades:IssuerSerial><ds:X509IssuerName>{escape(certificado.issuer)}</ds:X509IssuerName>"
        f"<ds:X509SerialNumber>{certificado.serial}</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert>"
        "</xades:SigningCertificate><xades:SignaturePolicyIdentifier><xades:SignaturePolicyId>"
        f"<xades:SigPolicyId><xades:Identifier>{POLICY}</xades:Identifier></xades:SigPolicyId>"
        f'<xades:SigPolicyHash><ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue>{POLICY_SHA256}</ds:DigestValue></xades:SigPolicyHash>"
        "</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>"
        "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>"
        '<xades:DataObjectFormat ObjectReference="#Reference-'
    )
    return _Identity(key_info.encode(), signed_properties.encode())


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _base64_number(number: int) -> str:
    return _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


_FORMAT_END = (
    b'"><xades:MimeType>text/xml</xades:MimeType><xades:Encoding>UTF-8</xades:Encoding>'
    b"</xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>"
)

# The text of SignedInfo between what varies: Id, digest, Id, digest, Id, digest.
_INFO_METHODS = (
    f'><ds:CanonicalizationMethod Algorithm="{_C14N_10}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{_RSA_SHA256}"></ds:SignatureMethod>'
    '<ds:Reference Id="Reference-'
).encode()
_INFO_DOCUMENT = (
    f'" URI=""><ds:Transforms><ds:Transform Algorithm="{_ENVELOPED}"></ds:Transform>'
    f'</ds:Transforms><ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod><ds:DigestValue>'
).encode()
_INFO_KEY = b'</ds:DigestValue></ds:Reference><ds:Reference URI="#KeyInfo-'
_INFO_DIGEST = (
    f'"><ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod><ds:DigestValue>'
).encode()
_INFO_PROPERTIES = (
    f'</ds:DigestValue></ds:Reference><ds:Reference Type="{_SIGNED_PROPERTIES}"'
    ' URI="#SignedProperties-'
).encode()
_INFO_END = b"</ds:DigestValue></ds:Reference></ds:SignedInfo>"

_OPEN = f'<ds:Signature xmlns:ds="{DS}" Id="Signature-'.encode()
_OBJECT = (
    f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#Signature-'
).encode()
_CLOSE = b"</xades:QualifyingProperties></ds:Object></ds:Signature>"


def _signature(document: bytes, scope: _Scope, llave: Llave, moment: bytes) -> bytes:
    """The `ds:Signature` of a document with that digest, each part written once and digested as
    the canonical text it has in place: with what it inherits from `scope`."""
    uid = document[:16].hex().encode()
    identity = _identity(llave.certificado.der)

    key_info_id = b' Id="KeyInfo-%b"' % uid
    key_info = sha256(
        b"".join((b"<ds:KeyInfo", scope.ds, key_info_id, scope.xml, b">", identity.key_info))
    ).digest()

    properties_id = b' Id="SignedProperties-%b"' % uid
    properties_body = b"".join(
        (
            b"><xades:SignedSignatureProperties><xades:SigningTime>",
            moment,
            identity.signed_properties,
            uid,
            _FORMAT_END,
        )
    )
    properties = sha256(
        b"".join(
            (b"<xades:SignedProperties", scope.xades, properties_id, scope.xml, properties_body)
        )
    ).digest()

    info_body = b"".join(
        (
            _INFO_METHODS,
            uid,
            _INFO_DOCUMENT,
            b64encode(document),
            _INFO_KEY,
            uid,
            _INFO_DIGEST,
            b64encode(key_info),
            _INFO_PROPERTIES,
            uid,
            _INFO_DIGEST,
            b64encode(properties),
            _INFO_END,
        )
    )
    value = llave.sign(b"".join((b"<ds:SignedInfo", scope.ds, scope.xml, info_body)))

    return b"".join(
        (
            _OPEN,
            uid,
            b'"><ds:SignedInfo',
            info_body,
            b'<ds:SignatureValue Id="SignatureValue-',
            uid,
            b'">',
            b64encode(value),
            b"</ds:SignatureValue><ds:KeyInfo",
            key_info_id,
            b">",
            identity.key_info,
            _OBJECT,
            uid,
            b'"><xades:SignedProperties',
            properties_id,
            properties_body,
            _CLOSE,
        )
    )
