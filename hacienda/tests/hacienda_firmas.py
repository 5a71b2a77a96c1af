"""Documents signed the way other programs sign them, by an engine that is not ours.

The template says everything about the signature but its digests and value; xmlsec computes those.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import new

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hacienda_llaves import NOW, authority, rsa_key
from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
BASE = "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
DIGEST = {
    "sha1": f"{DS}sha1",
    "sha224": f"{MORE}sha224",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": f"{MORE}sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f'<ds:Transform Algorithm="{DS}enveloped-signature"/>'


def xpath(expression: str = "not(ancestor-or-self::ds:Signature)") -> str:
    return (
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
        f"<ds:XPath>{expression}</ds:XPath></ds:Transform>"
    )


def c14n(algorithm: str, inside: str = "") -> str:
    return f'<ds:Transform Algorithm="{algorithm}">{inside}</ds:Transform>'


@dataclass(frozen=True)
class Style:
    """How a program signs. Everything a program does its own way is a field."""

    digest: str = "sha256"
    method: str = f"{MORE}rsa-sha256"
    canonicalization: str = C14N
    transforms: str = ENVELOPED
    uri: str = ""
    document_type: str = ""
    part_transforms: str = ""
    key_info_reference: bool = True
    properties_reference: bool = True
    document_reference: bool = True
    extra_reference: str = ""
    xades: bool = True
    signing_certificate: bool = True
    policy: bool = True
    key_value: bool = False
    extra_object: str = ""
    extra_info: str = ""
    break_lines: bool = False
    indent: str = ""
    target: str = "#firma{n}"
    type_of_properties: str = "http://uri.etsi.org/01903#SignedProperties"
    certificates: tuple[object, ...] = ()
    named_certificate: object = None
    serial: str = ""
    issuer: str = ""
    key: object = field(default=None, repr=False)
    when: datetime = NOW
    time_text: str = ""
    unsigned: str = ""
    default_namespace: bool = False


def sign(xml: bytes, style: Style = Style(), n: int = 1) -> bytes:
    """The document with one more signature as the root's last child."""
    xmlsec = pytest.importorskip("xmlsec", reason="python-xmlsec is not installed")
    root = etree.fromstring(xml)
    text = template(style, n)
    if style.default_namespace:  # as .NET does: no prefix, and one default inside another
        text = text.replace("xmlns:ds=", "xmlns=").replace("ds:", "")
    signature = etree.fromstring(text.encode())
    root.append(signature)
    xmlsec.tree.add_ids(root, ["Id", "ID"])
    context = xmlsec.SignatureContext()
    pem = (style.key or rsa_key()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
    context.sign(signature)
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")


def template(style: Style, n: int) -> str:
    """The text of an unsigned signature: digests and value are empty."""
    certificates = style.certificates or (authority().issue(key=style.key),)
    method = f'<ds:DigestMethod Algorithm="{DIGEST[style.digest]}"/><ds:DigestValue/>'
    part = (
        f"<ds:Transforms>{style.part_transforms}</ds:Transforms>" if style.part_transforms else ""
    )
    references = []
    if style.document_reference:
        whole = f"<ds:Transforms>{style.transforms}</ds:Transforms>" if style.transforms else ""
        references.append(
            f'<ds:Reference Id="doc{n}" URI="{style.uri}">{whole}{method}</ds:Reference>'
        )
    if style.key_info_reference:
        references.append(f'<ds:Reference URI="#llave{n}">{part}{method}</ds:Reference>')
    if style.xades and style.properties_reference:
        references.append(
            f'<ds:Reference Type="{style.type_of_properties}" URI="#props{n}">'
            f"{part}{method}</ds:Reference>"
        )
    if style.extra_reference:
        references.append(
            f'<ds:Reference URI="{style.extra_reference}">{part}{method}</ds:Reference>'
        )
    if style.indent:
        references = [f"\n{style.indent}{one}" for one in references]
    info = (
        f'<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{style.canonicalization}"/>'
        f'<ds:SignatureMethod Algorithm="{style.method}"/>{"".join(references)}</ds:SignedInfo>'
    )
    gap = f"\n{style.indent}" if style.indent else ""
    return (
        f'<ds:Signature xmlns:ds="{DS}" Id="firma{n}">{gap}{info}{gap}<ds:SignatureValue/>{gap}'
        f"{_key_info(style, certificates, n)}{gap}"
        f"{_object(style, certificates, n) if style.xades else ''}{style.extra_object}{gap}"
        "</ds:Signature>"
    )


def _der(certificate: object) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _key_info(style: Style, certificates: tuple[object, ...], n: int) -> str:
    written = "".join(
        f"<ds:X509Certificate>{_lines(_der(one), style)}</ds:X509Certificate>"
        for one in certificates
    )
    value = ""
    if style.key_value:
        numbers = certificates[0].public_key().public_numbers()
        modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
        value = (
            f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{_lines(modulus, style)}</ds:Modulus>"
            "<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
        )
    return (
        f'<ds:KeyInfo Id="llave{n}"><ds:X509Data>{written}</ds:X509Data>{value}'
        f"{style.extra_info}</ds:KeyInfo>"
    )


def _lines(data: bytes, style: Style) -> str:
    text = b64encode(data).decode()
    if not style.break_lines:
        return text
    return "\n" + "\n".join(text[i : i + 76] for i in range(0, len(text), 76)) + "\n"


def _object(style: Style, certificates: tuple[object, ...], n: int) -> str:
    named = style.named_certificate or certificates[0]
    digest = b64encode(new(style.digest, _der(named)).digest()).decode()
    certificate = (
        "<xades:SigningCertificate><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod Algorithm="{DIGEST[style.digest]}"/>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></xades:CertDigest><xades:IssuerSerial>"
        f"<ds:X509IssuerName>{style.issuer or named.issuer.rfc4514_string()}</ds:X509IssuerName>"
        f"<ds:X509SerialNumber>{style.serial or named.serial_number}</ds:X509SerialNumber>"
        "</xades:IssuerSerial></xades:Cert></xades:SigningCertificate>"
    )
    policy = (
        "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/>"
        "</xades:SignaturePolicyIdentifier>"
    )
    return (
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" '
        f'Target="{style.target.format(n=n)}"><xades:SignedProperties Id="props{n}">'
        "<xades:SignedSignatureProperties><xades:SigningTime>"
        f"{style.time_text or style.when.isoformat()}</xades:SigningTime>"
        f"{certificate if style.signing_certificate else ''}{policy if style.policy else ''}"
        "</xades:SignedSignatureProperties></xades:SignedProperties>"
        f"{style.unsigned}</xades:QualifyingProperties></ds:Object>"
    )


def document(
    root: str = "FacturaElectronica", body: str = "", *, attributes: str = "", emisor: str = ""
) -> bytes:
    """A small unsigned document of a type: what a signature needs to see, not a lawful one."""
    namespace = BASE + root[0].lower() + root[1:]
    party = (
        "<{0}><Nombre>Café &amp; Compañía &lt;S.A.&gt;</Nombre><Identificacion><Tipo>{1}</Tipo>"
        "<Numero>{2}</Numero></Identificacion></{0}>"
    )
    issuer = emisor or "3101123456"
    if root == "MensajeReceptor":
        parties = f"<NumeroCedulaEmisor>112340123</NumeroCedulaEmisor><NumeroCedulaReceptor>{issuer}</NumeroCedulaReceptor>"
    elif root == "MensajeHacienda":
        parties = f"<NumeroCedulaEmisor>{issuer}</NumeroCedulaEmisor><Mensaje>1</Mensaje>"
    elif root == "FacturaElectronicaCompra":
        parties = party.format("Emisor", "05", "X99") + party.format("Receptor", "02", issuer)
    else:
        parties = party.format("Emisor", "02", issuer) + party.format("Receptor", "01", "112340123")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{namespace}"{attributes}>'
        f"<Clave>50622112600310112345600100001010000000001112345678</Clave>{parties}{body}"
        f'<Otros><OtroTexto codigo="a">línea ñ</OtroTexto></Otros></{root}>'
    ).encode()
