"""Keys of the demo's companies, made on the spot: anybody can look at them, so they prove nothing.

Each p12 lies in the data folder under the company's cédula, readable by its owner alone, so that
the set-up of a company can be tried by hand with a key that fits.
"""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings

from iofacturo.accounts.company import Company

PIN = "1234"
FOLDER = "llaves"
VALID = datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)


def p12(company: Company) -> bytes:
    """The company's key under `PIN`, made the first time it is asked for."""
    path = settings.DATA / FOLDER / f"{company.identificacion}.p12"
    if not path.exists():
        _write(path, _make(company))
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(data)


def _make(company: Company) -> bytes:
    number = company.identificacion
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "PERSONA JURIDICA"),
            x509.NameAttribute(NameOID.COMMON_NAME, company.nombre.upper()[:64]),
            x509.NameAttribute(
                NameOID.SERIAL_NUMBER, f"CPJ-{number[0]}-{number[1:4]}-{number[4:]}"
            ),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID[0])
        .not_valid_after(VALID[1])
        .sign(key, hashes.SHA256())
    )
    return pkcs12.serialize_key_and_certificates(
        b"", key, certificate, None, BestAvailableEncryption(PIN.encode())
    )
