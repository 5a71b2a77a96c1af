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

from hacienda.confianza import Roots
from hacienda.verificacion.arbol import DS, XADES
from hacienda.verificacion.documento import Verification, verify

__all__ = ["DS", "XADES", "Roots", "Verification", "verify"]
