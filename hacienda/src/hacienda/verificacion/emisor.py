"""Who a document says has issued it, to be compared with who signed."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from hacienda.certificado import Certificado
from hacienda.verificacion.arbol import local


class Issuer(NamedTuple):
    """Who a document says has issued it. `numero` is None where it says so unclearly."""

    path: str
    tipo: str | None
    numero: str | None


def issuer_of(root: etree._Element) -> Issuer | None:
    """The issuer that a document names; None for what has none to compare with."""
    name = local(root)
    if name == "MensajeReceptor":
        return Issuer("NumeroCedulaReceptor", None, _value(root, "NumeroCedulaReceptor"))
    if name not in ISSUED:
        return None
    who = "Receptor" if name == "FacturaElectronicaCompra" else "Emisor"
    base = f"{who}/Identificacion"
    return Issuer(f"{base}/Numero", _value(root, f"{base}/Tipo"), _value(root, f"{base}/Numero"))


ISSUED = {
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


def is_issuer(certificado: Certificado | None, issuer: Issuer | None) -> bool:
    titular = certificado.titular if certificado else None
    if issuer is None or issuer.numero is None or titular is None:
        return False
    return titular.is_same(issuer.numero, issuer.tipo)
