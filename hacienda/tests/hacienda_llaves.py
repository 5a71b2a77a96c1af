"""Keys and authorities for tests: made on the spot, reused within a run, never on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hacienda.certificado import Certificado
from hacienda.llave import Llave

BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
AFTER = datetime(2029, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One of a few RSA keys; the same number is the same key."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(common: str, serial: str | None = None) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "MINISTERIO DE HACIENDA"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "DGT"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]
    if serial is not None:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    return x509.Name(parts)


class Authority:
    """An authority that issues certificates; `above` signed its own, else it signed itself."""

    def __init__(
        self,
        common: str = "CA PERSONA JURIDICA",
        number: int = 9,
        above: Authority | None = None,
        *,
        ca: bool = True,
        path_length: int | None = None,
        key_cert_sign: bool = True,
        before: datetime = BEFORE,
        after: datetime = AFTER,
    ) -> None:
        self.name = name(common)
        self.key = rsa_key(number)
        builder = _builder(self.name, above.name if above else self.name, self.key, before, after)
        builder = builder.add_extension(
            x509.BasicConstraints(ca, path_length if ca else None), True
        )
        builder = builder.add_extension(_usage(key_cert_sign=key_cert_sign), critical=True)
        self.certificate = builder.sign(above.key if above else self.key, hashes.SHA256())

    def issue(
        self,
        serial: str | None = "CPJ-3-101-123456",
        common: str = "CAFE PRUEBA S.A.",
        key: object = None,
        *,
        before: datetime = BEFORE,
        after: datetime = AFTER,
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    ) -> x509.Certificate:
        builder = _builder(name(common, serial), self.name, key or rsa_key(), before, after)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def llave(self, serial: str | None = "CPJ-3-101-123456", **more: object) -> Llave:
        key = more.pop("key", None) or rsa_key()
        certificate = self.issue(serial, key=key, **more)
        return Llave(key, Certificado.from_der(certificate.public_bytes(Encoding.DER)))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: object, before: datetime, after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(before)
        .not_valid_after(after)
    )


def _usage(*, key_cert_sign: bool = False, digital_signature: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )


def usage(*, digital_signature: bool) -> x509.KeyUsage:
    return _usage(digital_signature=digital_signature, key_cert_sign=not digital_signature)


@cache
def authority() -> Authority:
    """The usual authority of the tests."""
    return Authority()


@cache
def llave(serial: str | None = "CPJ-3-101-123456") -> Llave:
    """The usual key: of Café Prueba S.A., 3101123456, valid from 2025 to 2028."""
    return authority().llave(serial)
