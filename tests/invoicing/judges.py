"""Who judges what is issued: the official schema, our own verifier, and xmlsec1."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import hacienda
from hacienda.catalogos.referencia import TIPO_DOCUMENTO_REFERENCIA
from hacienda.xml import schema
from iofacturo.invoicing.comprobante import Comprobante

MOST = 12  # documents of one test; more of the same kind say nothing new
XMLSEC1 = shutil.which("xmlsec1")


def judge(row: Comprobante) -> None:
    xml = row.xml
    by_schema(xml, generations_of(row))
    by_verifier(row, xml)
    by_xmlsec(xml)
    document = row.document()
    assert document.clave == row.clave
    assert document.numero_consecutivo == row.consecutivo
    assert document.fecha_emision == row.fecha.replace(microsecond=0)
    assert document.resumen_factura.total_comprobante == row.total
    assert [
        problem for problem in hacienda.check(document, today=row.fecha) if problem.is_error
    ] == []


def generations_of(row: Comprobante) -> tuple[str, ...]:
    """Both, unless the document is about one that only the revision of 2026 can name."""
    kinds = {one.tipo_doc_ir or "" for one in row.document().informacion_referencia}
    known = [TIPO_DOCUMENTO_REFERENCIA.get(kind) for kind in kinds]
    return ("2026",) if any(one and one.desde == "2026" for one in known) else ("2025", "2026")


def by_schema(xml: bytes, generations: tuple[str, ...] = ("2025", "2026")) -> None:
    if schema.available():
        for generation in generations:
            assert hacienda.validate(xml, generation=generation, signed=True) == []


def by_verifier(row: Comprobante, xml: bytes) -> None:
    verdict = hacienda.verify(xml, at=row.fecha)
    assert verdict.integrity, verdict.problems
    assert verdict.signer_is_issuer


def by_xmlsec(xml: bytes) -> None:
    """xmlsec1's own binary where there is one, else its library."""
    if XMLSEC1:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "documento.xml"
            path.write_bytes(xml)
            told = subprocess.run(
                [XMLSEC1, "--verify", "--insecure", "--id-attr:Id",
                 "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", str(path)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        assert told.returncode == 0, told.stderr
        return
    import xmlsec
    from lxml import etree

    tree = etree.fromstring(xml)
    xmlsec.tree.add_ids(tree, ["Id"])
    node = xmlsec.tree.find_node(tree, xmlsec.Node.SIGNATURE)
    der = node.findtext(".//{*}X509Certificate")
    context = xmlsec.SignatureContext()
    import base64

    context.key = xmlsec.Key.from_memory(base64.b64decode(der), xmlsec.KeyFormat.CERT_DER)
    context.verify(node)
