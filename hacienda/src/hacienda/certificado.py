"""What a signing certificate says: whose it is, who issued it, from when until when.

Hacienda's certificates carry the holder's identification in the subject's serialNumber, written
`CPF-01-1234-0123` for a person and `CPJ-3-101-123456` for a company. Other certification
authorities of the country use the same shape with other prefixes.

Source: Anexos y Estructuras v4.4, annex 2, and the certificates seen in real documents.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from hacienda.errors import LlaveError

MAX_BYTES = 64 * 1024
"""A certificate is one or two kB; anything beyond this is no certificate."""

_PREFIXES = {"CPF": "01", "CPJ": "02", "DIMEX": "03", "DIM": "03", "NITE": "04", "NIT": "04"}
_SUBJECT_ID = re.compile(r"(?:(CPF|CPJ|DIMEX|DIM|NITE|NIT)(?![A-Z])|([A-Z]{2,8})(?=-))?(.*)", re.S)
_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class Titular:
    """Whom a certificate names. `tipo` is the code of the law, None where the prefix is not one.

    >>> Titular.parse("CPF-01-1234-0123")
    Titular(tipo='01', numero='112340123')
    >>> Titular.parse("CPJ-3-101-123456")
    Titular(tipo='02', numero='3101123456')
    >>> Titular.parse("NUP-1PAS012345")
    Titular(tipo=None, numero='1PAS012345')
    """

    tipo: str | None
    numero: str

    @classmethod
    def parse(cls, subject_id: str) -> Titular:
        """Read the subject's serialNumber. Never fails: what is not understood has no `tipo`."""
        match = _SUBJECT_ID.fullmatch(subject_id.strip().upper())
        known, _other, rest = match.groups() if match else (None, None, subject_id)
        return cls(_PREFIXES[known] if known else None, compact(rest))

    def is_same(self, numero: str, tipo: str | None = None) -> bool:
        """Whether this is the person with that identification; hyphens and zeros do not matter.

        >>> Titular.parse("CPF-01-1234-0123").is_same("1-1234-0123")
        True
        >>> Titular.parse("CPJ-3-101-123456").is_same("3101123456", "01")
        False
        """
        if tipo and self.tipo and tipo != self.tipo:
            return False
        return bool(self.numero) and self.numero == compact(numero)


def compact(numero: str) -> str:
    """Letters and digits only, upper case, without leading zeros: for comparing, not for showing.

    >>> compact("0003-101-a00001")
    '3101A00001'
    """
    return _NOT_ALPHANUMERIC.sub("", numero.upper()).lstrip("0")


@dataclass(frozen=True, slots=True)
class Certificado:
    """One X.509 certificate, read. Instants are aware, in UTC.

    `key` is the public key, None where it is of a kind that nobody here can use.
    """

    der: bytes = field(repr=False)
    x509: x509.Certificate = field(repr=False)
    key: CertificatePublicKeyTypes | None = field(repr=False)
    subject_id: str | None
    name: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime

    @classmethod
    def from_der(cls, der: bytes) -> Certificado:
        """Read a certificate. Raises `LlaveError` for what is none."""
        return _read(bytes(der))

    @property
    def titular(self) -> Titular | None:
        """Whom the subject's serialNumber names, or None where there is none."""
        return Titular.parse(self.subject_id) if self.subject_id else None

    @property
    def signer(self) -> str:
        """The subject's serialNumber, or its whole name where it has none."""
        return self.subject_id or self.x509.subject.rfc4514_string()

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.der).digest()

    def is_valid_at(self, when: datetime) -> bool:
        return self.not_before <= when <= self.not_after


@lru_cache(maxsize=2048)  # public data only, and small: some 4 kB each
def _read(der: bytes) -> Certificado:
    if len(der) > MAX_BYTES:
        raise LlaveError("El certificado es demasiado grande para ser un certificado.")
    try:
        certificate = x509.load_der_x509_certificate(der)
        subject = certificate.subject
        return Certificado(
            der=der,
            x509=certificate,
            key=_key(certificate),
            subject_id=_first(subject, NameOID.SERIAL_NUMBER),
            name=_first(subject, NameOID.COMMON_NAME) or "",
            issuer=certificate.issuer.rfc4514_string(),
            serial=certificate.serial_number,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )
    # The parser speaks of malformed input with several exceptions, and of odd but readable input
    # with warnings, which are exceptions where warnings are errors.
    except Exception as error:
        raise LlaveError("El certificado no se puede leer.") from error


def _key(certificate: x509.Certificate) -> CertificatePublicKeyTypes | None:
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    for attribute in name.get_attributes_for_oid(oid):
        if isinstance(attribute.value, str) and attribute.value.strip():
            return attribute.value.strip()
    return None
