"""Signing: the profile of the law, judged by three programs that are not ours."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from base64 import b64decode
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hacienda_anything import documents
from hacienda_firmas import C14N, DS, MORE, XADES, document
from hacienda_llaves import AFTER, BEFORE, NOW, Authority, authority, llave, rsa_key
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from hacienda import firma
from hacienda.errors import FirmaError, XMLError
from hacienda.xml import schema
from hacienda.xml.reader import read
from hacienda.xml.writer import write

# other work on the machine must not fail a test
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOLDEN = Path(__file__).parent / "golden"

ROOTS = [
    "FacturaElectronica",
    "NotaDebitoElectronica",
    "NotaCreditoElectronica",
    "TiqueteElectronico",
    "FacturaElectronicaCompra",
    "FacturaElectronicaExportacion",
    "ReciboElectronicoPago",
    "MensajeReceptor",
    "MensajeHacienda",
]
AWKWARD = {
    "comments": b'<?xml version="1.0"?><!-- a --><r xmlns="urn:r"><!-- b -->x<!-- c --></r><!-- d -->',
    "instructions": b'<?xml version="1.0"?><?p a?><r xmlns="urn:r"><?q b?>x</r><?s c?>',
    "prefixed root": b'<f:r xmlns:f="urn:r"><f:a/></f:r>',
    "no namespace": b"<r><a/><a b='1' a=\"2\"/></r>",
    "empty root": b'<r xmlns="urn:r"/>',
    "many prefixes": b'<r xmlns:z="urn:z" xmlns="urn:r" xmlns:a="urn:a" z:k="1" a:k="2" k="3">t</r>',
    "xml attributes": b'<r xmlns="urn:r" xml:lang="es" xml:space="preserve"> a </r>',
    "greater-than in an attribute": b'<r xmlns="urn:r" t="a>b&lt;c&quot;&#10;"><a/></r>',
    "ds of something else": b'<ds:r xmlns:ds="urn:other" xmlns:xades="urn:x"><ds:a/></ds:r>',
    "ds declared above": b'<r xmlns="urn:r" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><a/></r>',
    "cdata and references": b'<r xmlns="urn:r"><![CDATA[<a>&]]>&#x41;&#13;&amp;&quot;</r>',
    "carriage returns": b'<r xmlns="urn:r">\r\n<a>1\r2</a>\r\n</r>',
    "latin": '<?xml version="1.0" encoding="ISO-8859-1"?><r xmlns="urn:r">ñ</r>'.encode("latin-1"),
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><r xmlns="urn:r">ñ€</r>'.encode("utf-16"),
    "mark": b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><r xmlns="urn:r">x</r>',
    "nested default": b'<r xmlns="urn:r"><a xmlns=""><b xmlns="urn:b"/></a></r>',
    "superfluous declarations": b'<r xmlns="urn:r"><a xmlns="urn:r" xmlns:q="urn:q"/></r>',
    "an end tag in a comment": b'<r xmlns="urn:r">x<!-- </r> --></r>',
}


def judges(signed, certificate, *, strange=False):
    """What signxml and python-xmlsec say; both raise where they disagree.

    signxml is not asked about `strange` documents: it stumbles over names beyond ASCII, and leaves
    behind the `xml:` attributes that a part inherits.
    """
    xmlsec = pytest.importorskip("xmlsec", reason="python-xmlsec is not installed")
    pem = certificate.public_bytes(Encoding.PEM)
    if not strange:
        signxml = pytest.importorskip("signxml.xades", reason="signxml is not installed")
        results = signxml.XAdESVerifier().verify(
            signed, x509_cert=pem.decode(), expect_references=3
        )
        assert len(results) == 3
    root = etree.fromstring(signed)
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.CERT_PEM)
    context.verify(root.find(f"{{{DS}}}Signature"))


def xmlsec1(signed, certificate, tmp_path):
    program = shutil.which("xmlsec1")
    if program is None:
        pytest.skip("the xmlsec1 command is not installed (Debian: apt-get install xmlsec1)")
    pem, xml = tmp_path / "ca.pem", tmp_path / "f.xml"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    xml.write_bytes(signed)
    ids = [f"--id-attr:Id {one}" for one in ("Signature", "SignedProperties", "KeyInfo")]
    done = subprocess.run(
        [program, "--verify", "--trusted-pem", pem, *" ".join(ids).split(), xml],
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("root", ROOTS)
def test_every_judge_accepts_what_we_sign(root, tmp_path):
    for canonical in (False, True):
        signed = firma.sign(document(root), llave(), when=NOW, canonical=canonical)
        found = firma.verify(signed, [authority().certificate])
        assert (found.integrity, found.trust, found.problems) == (True, "trusted", ())
        judges(signed, llave().certificate)
        code, said = xmlsec1(signed, authority().certificate, tmp_path)
        assert code == 0, said
        assert "SignedInfo References (ok/all): 3/3" in said


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_documents_are_signed_all_the_same(name):
    signed = firma.sign(AWKWARD[name], llave(), when=NOW)
    found = firma.verify(signed, ())
    assert found.integrity, found.problems
    judges(signed, llave().certificate, strange=name == "xml attributes")


@pytest.mark.parametrize("root", ROOTS)
def test_the_fast_way_gives_the_bytes_of_the_general_one(root):
    fast = firma.sign(document(root), llave(), when=NOW, canonical=True)
    assert fast == firma.sign(document(root), llave(), when=NOW)
    assert fast == firma.sign(document(root), llave(), when=NOW, canonical=True)


def test_what_is_signed_stands_untouched_before_the_signature():
    unsigned = document()
    signed = firma.sign(unsigned, llave(), when=NOW, canonical=True)
    head, tail = unsigned[: -len(b"</FacturaElectronica>")], b"</ds:Signature></FacturaElectronica>"
    assert signed.startswith(head + b"<ds:Signature ")
    assert signed.endswith(tail)


def test_what_we_write_is_canonical_already():
    signed = firma.sign(document(), llave(), when=NOW)
    declaration, _, body = signed.partition(b"\n")
    assert declaration == b'<?xml version="1.0" encoding="UTF-8"?>'
    assert etree.tostring(etree.fromstring(signed), method="c14n") == body


def test_each_digest_is_of_the_part_as_it_stands():
    """Recomputed by lxml on the finished tree, with what the parts inherit from the root."""
    root = etree.fromstring(firma.sign(document(), llave(), when=NOW))
    values = [
        b64decode(one.text) for one in root.iterfind(f".//{{{DS}}}Reference/{{{DS}}}DigestValue")
    ]
    signature = root.find(f"{{{DS}}}Signature")
    parts = (signature.find(f"{{{DS}}}KeyInfo"), next(root.iter(f"{{{XADES}}}SignedProperties")))
    texts = [etree.tostring(part, method="c14n") for part in parts]
    assert all(b'xmlns="https://cdn.comprobanteselectronicos' in text[:120] for text in texts)
    root.remove(signature)
    texts.insert(0, etree.tostring(root, method="c14n"))
    assert values == [hashlib.sha256(text).digest() for text in texts]


def test_the_profile_is_the_laws():
    root = etree.fromstring(firma.sign(document(), llave(), when=NOW))
    signature = root[-1]
    find = etree.XPath

    def one(path):
        found = find(path, namespaces={"ds": DS, "xades": XADES})(signature)
        assert len(found) == 1, path
        return found[0]

    identity = signature.get("Id")
    info = "ds:SignedInfo"
    assert one(f"{info}/ds:CanonicalizationMethod/@Algorithm") == C14N
    assert one(f"{info}/ds:SignatureMethod/@Algorithm") == f"{MORE}rsa-sha256"
    assert one(f"{info}/ds:Reference[1]/@URI") == ""
    assert one(f"{info}/ds:Reference[1]/ds:Transforms/ds:Transform/@Algorithm").endswith(
        "enveloped-signature"
    )
    assert one(f"{info}/ds:Reference[2]/@URI") == "#" + one("ds:KeyInfo/@Id")
    properties = "ds:Object/xades:QualifyingProperties/xades:SignedProperties"
    assert one(f"{info}/ds:Reference[3]/@URI") == "#" + one(f"{properties}/@Id")
    assert one(f"{info}/ds:Reference[3]/@Type") == "http://uri.etsi.org/01903#SignedProperties"
    assert not signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference[3]/{{{DS}}}Transforms")
    assert one("ds:Object/xades:QualifyingProperties/@Target") == f"#{identity}"
    assert one("ds:SignatureValue/@Id")
    signed = f"{properties}/xades:SignedSignatureProperties"
    assert [etree.QName(child).localname for child in one(signed)] == [
        "SigningTime",
        "SigningCertificate",
        "SignaturePolicyIdentifier",
    ]
    assert one(f"{signed}/xades:SigningTime").text == "2026-11-22T10:30:00-06:00"
    cert = f"{signed}/xades:SigningCertificate/xades:Cert"
    der = llave().certificado.der
    assert (
        b64decode(one(f"{cert}/xades:CertDigest/ds:DigestValue").text)
        == hashlib.sha256(der).digest()
    )
    assert (
        one(f"{cert}/xades:IssuerSerial/ds:X509IssuerName").text
        == "CN=CA PERSONA JURIDICA,OU=DGT,O=MINISTERIO DE HACIENDA,C=CR"
    )
    assert one(f"{cert}/xades:IssuerSerial/ds:X509SerialNumber").text == str(
        llave().certificate.serial_number
    )
    policy = f"{signed}/xades:SignaturePolicyIdentifier/xades:SignaturePolicyId"
    assert one(f"{policy}/xades:SigPolicyId/xades:Identifier").text.endswith(
        "para_efectos_tributarios.pdf"
    )
    assert b64decode(one(f"{policy}/xades:SigPolicyHash/ds:DigestValue").text).hex() == (
        "0d6c629f5c5639e23c3ae5905dace1e158cb5806822c003de787a6ec3321d21f"
    )
    data = f"{properties}/xades:SignedDataObjectProperties/xades:DataObjectFormat"
    assert one(f"{data}/@ObjectReference") == "#" + one(f"{info}/ds:Reference[1]/@Id")
    assert one(f"{data}/xades:MimeType").text == "text/xml"
    assert b64decode(one("ds:KeyInfo/ds:X509Data/ds:X509Certificate").text) == der
    numbers = llave().certificate.public_key().public_numbers()
    modulus = one("ds:KeyInfo/ds:KeyValue/ds:RSAKeyValue/ds:Modulus").text
    assert int.from_bytes(b64decode(modulus), "big") == numbers.n
    assert not re.search(r"\s", modulus)
    ids = find("//@Id")(root)
    assert len(ids) == len(set(ids)) == 5


def test_signing_is_a_pure_function():
    first = firma.sign(document(), llave(), when=NOW)
    assert first == firma.sign(document(), llave(), when=NOW)
    other = document(body="<X/>")
    assert _ids(first).isdisjoint(_ids(firma.sign(other, llave(), when=NOW)))


def _ids(signed):
    return set(re.findall(rb' Id="([^"]+)"', signed))


def test_the_hour_is_written_in_costa_ricas_time_whatever_its_zone():
    tokyo = NOW.astimezone(__import__("zoneinfo").ZoneInfo("Asia/Tokyo"))
    assert firma.sign(document(), llave(), when=tokyo) == firma.sign(document(), llave(), when=NOW)


@pytest.mark.parametrize("bits", [3072, 4096])
def test_larger_keys_sign_too(bits):
    key = authority().llave(key=rsa_key(20, bits))
    signed = firma.sign(document(), key, when=NOW)
    assert firma.verify(signed, ()).integrity
    judges(signed, key.certificate)


def test_an_issuer_with_awkward_characters_is_written_safely():
    key = Authority('CA "A", B & C < D + é', 6).llave()
    signed = firma.sign(document(), key, when=NOW)
    found = firma.verify(signed, ())
    assert (found.integrity, found.problems) == (True, ())
    judges(signed, key.certificate)


@pytest.mark.parametrize("canonical", [False, True])
def test_a_signed_document_is_not_signed_again(canonical):
    signed = firma.sign(document(), llave(), when=NOW)
    with pytest.raises(FirmaError, match="ya está firmado"):
        firma.sign(signed, llave(), when=NOW, canonical=canonical)


def test_a_signature_anywhere_counts_as_signed():
    hidden = document(body=f'<Otros><s:Signature xmlns:s="{DS}"/></Otros>')
    with pytest.raises(FirmaError, match="ya está firmado"):
        firma.sign(hidden, llave(), when=NOW)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (BEFORE - timedelta(seconds=1), "válida a partir del 31/12/2024"),
        (AFTER + timedelta(seconds=1), "venció el 31/12/2028"),
        (datetime(2026, 11, 22), "zona horaria"),  # noqa: DTZ001 - naive on purpose
    ],
)
def test_a_key_signs_only_while_it_is_valid(when, said):
    with pytest.raises(FirmaError, match=said):
        firma.sign(document(), llave(), when=when)


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"no es xml",
        b"<a><b></a>",
        b'<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>',
        b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>',
        b"<a>" * 300 + b"</a>" * 300,
        b"<r>" + b"x" * (11 * 1024 * 1024) + b"</r>",
    ],
)
@pytest.mark.parametrize("canonical", [False, True])
def test_what_is_no_acceptable_xml_is_refused(xml, canonical):
    with pytest.raises(XMLError):
        firma.sign(xml, llave(), when=NOW, canonical=canonical)


@pytest.mark.parametrize("namespace", ["urn:a&amp;b", "relativo", "../x"])
def test_a_namespace_that_canonical_xml_would_spoil_is_refused(namespace):
    with pytest.raises(FirmaError, match="espacio de nombres"):
        firma.sign(f'<r xmlns="{namespace}"/>'.encode(), llave(), when=NOW)


names = st.sampled_from(["a", "b", "Linea", "ñandú", "x-1"])
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)
namespaces = st.sampled_from(["", "urn:a", "urn:b-c", "https://x/y"])


@st.composite
def elements(draw, depth=0):
    name = draw(names)
    attributes = draw(st.dictionaries(names, texts, max_size=2))
    written = "".join(f' {key}="{_escape(value)}"' for key, value in attributes.items())
    if draw(st.booleans()):
        written += f' xmlns="{draw(namespaces)}"'
    if draw(st.booleans()):
        written += f' xmlns:p="urn:p{draw(st.integers(0, 2))}" p:k="1"'
    inside = []
    for _ in range(draw(st.integers(0, 3 if depth < 3 else 0))):
        inside.append(draw(st.one_of(elements(depth + 1), texts.map(_escape))))
    if draw(st.integers(0, 5)) == 0:
        inside.append("<?pi datos?>")
    return f"<{name}{written}>{''.join(inside)}</{name}>"


def _escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("]]>", "")


@SLOW
@given(elements(), st.booleans())
@example("<a/>", True)
def test_any_document_signed_verifies_here_and_elsewhere(xml, comment):
    if comment:
        xml = f"<!-- antes -->{xml}<!-- después -->"
    signed = firma.sign(xml.encode(), llave(), when=NOW)
    found = firma.verify(signed, ())
    assert found.integrity, found.problems
    judges(signed, llave().certificate, strange=not xml.isascii())


@settings(SLOW, max_examples=60)
@given(documents())
def test_any_value_is_written_and_signed_in_one_step(value):
    """The short way, from value to signed bytes, against the long one through a parser."""
    signed = firma.build_sign(value, llave(), when=NOW)
    assert signed == firma.sign(write(value), llave(), when=NOW)
    assert signed == firma.sign(write(value), llave(), when=NOW, canonical=True)
    found = firma.verify(signed, ())
    assert found.integrity, found.problems
    judges(signed, llave().certificate, strange=True)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.xml")), ids=lambda path: path.stem)
def test_every_golden_document_is_signed_valid_and_read_back(path, xsd_directory):
    value = read(path.read_bytes())
    signed = firma.build_sign(value, llave(), when=NOW)
    assert schema.validate(signed, directory=xsd_directory) == []
    if value.version == "4.4":
        assert schema.validate(signed, "2025", xsd_directory) == []
    assert read(signed) == value
    judges(signed, llave().certificate)
