"""The algorithms of XML signatures that are accepted when checking, by their identifiers.

Anything not named here is refused, not guessed: no HMAC (a secret anybody may choose), no MD5, no
general XPath or XSLT (programs that a document would have us run).

Source: XML Signature 1.1, RFC 6931, Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_XMLENC = "http://www.w3.org/2001/04/xmlenc#"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

ENVELOPED = f"{_DSIG}enveloped-signature"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XPATH_FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"

MIN_RSA_BITS, MAX_RSA_BITS = 1024, 8192
"""Below, anybody can forge; above, checking costs more than any real key is worth."""


class C14N(NamedTuple):
    """One canonicalisation. `prefixes` only count for the exclusive one."""

    exclusive: bool
    with_comments: bool = False
    version_11: bool = False
    prefixes: tuple[str, ...] = ()


CANONICALIZATIONS = {
    _C14N: C14N(exclusive=False),
    f"{_C14N}#WithComments": C14N(exclusive=False, with_comments=True),
    _C14N_11: C14N(exclusive=False, version_11=True),
    f"{_C14N_11}#WithComments": C14N(exclusive=False, with_comments=True, version_11=True),
    _EXCLUSIVE: C14N(exclusive=True),
    f"{_EXCLUSIVE}WithComments": C14N(exclusive=True, with_comments=True),
}

DIGESTS = {
    f"{_DSIG}sha1": "sha1",
    f"{_MORE}sha224": "sha224",
    f"{_XMLENC}sha256": "sha256",
    f"{_MORE}sha384": "sha384",
    f"{_XMLENC}sha512": "sha512",
}

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - old documents carry it; it is reported as weak
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class Method(NamedTuple):
    """A signature method: `kind` is rsa, pss or ecdsa."""

    kind: str
    digest: str


SIGNATURES = {
    f"{_DSIG}rsa-sha1": Method("rsa", "sha1"),
    **{f"{_MORE}rsa-{name}": Method("rsa", name) for name in _HASHES if name != "sha1"},
    **{f"{_MORE_2007}{name}-rsa-MGF1": Method("pss", name) for name in _HASHES},
    **{f"{_MORE}ecdsa-{name}": Method("ecdsa", name) for name in _HASHES},
}


def is_acceptable(key: object) -> bool:
    """Whether a public key is of a kind and size that checking is worth anything with."""
    if isinstance(key, rsa.RSAPublicKey):
        return MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey)


def is_signed(key: object, method: Method, value: bytes, data: bytes) -> bool:
    """Whether `value` is the signature of `data` by the holder of `key`."""
    algorithm = _HASHES[method.digest]
    try:
        if isinstance(key, rsa.RSAPublicKey) and method.kind == "rsa":
            key.verify(value, data, padding.PKCS1v15(), algorithm)
        elif isinstance(key, rsa.RSAPublicKey) and method.kind == "pss":
            scheme = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
            key.verify(value, data, scheme, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and method.kind == "ecdsa":
            half = (key.curve.key_size + 7) // 8
            if len(value) != 2 * half:
                return False
            r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
