"""Whether a signer's certificate comes from an authority that the operator trusts.

The operator puts the authorities' certificates (PEM or DER) in a folder, `HACIENDA_CA_DIR`; every
certificate there is an anchor. Between a signer and an anchor there may be intermediate ones, that
the signature itself brings along. Each step is checked: name, signature, validity, that the upper
one is an authority and allows that many below it. Revocation is not asked for: it needs a network.

Source: RFC 5280, section 6, as far as Costa Rica's authorities use it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID

from hacienda.errors import LlaveError

MAX_DEPTH = 5
MAX_STEPS = 40
"""Signatures checked while looking for a way up; hostile chains can be made to branch."""

_FILES = (".pem", ".crt", ".cer", ".der")
_MAX_FILE = 1024 * 1024

_UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}


class Roots:
    """The authorities that are trusted."""

    __slots__ = ("_by_subject", "_ders", "certificates")

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        self.certificates = tuple(certificates)
        self._ders = {_der(certificate) for certificate in self.certificates}
        self._by_subject = _by_subject(self.certificates)

    @classmethod
    def from_directory(cls, directory: str | Path) -> Roots:
        """Every certificate of a folder's `.pem`, `.crt`, `.cer` and `.der` files.

        Raises `LlaveError` where the folder is missing or such a file holds no certificate.
        """
        try:
            with os.scandir(directory) as entries:
                files = sorted(_version(entry) for entry in entries if _is_certificate(entry))
        except OSError as error:
            raise LlaveError(f"La carpeta «{directory}» no se puede leer.") from error
        return _load(tuple(files))

    def __len__(self) -> int:
        return len(self.certificates)

    def refusal(
        self, signer: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> str | None:
        """Why a signer is not trusted at an instant, in a sentence; None if it is."""
        if not may_sign(signer):
            return "El certificado del firmante no es para firmar documentos."
        if not _is_valid_at(signer, at):
            return "El certificado del firmante no estaba vigente."
        if _der(signer) in self._ders:
            return None
        if _Climb(self, others, at).reaches(signer, 0):
            return None
        return "El certificado del firmante no viene de una autoridad conocida."


class _Climb:
    """One search from a signer up to an anchor."""

    def __init__(self, roots: Roots, others: Sequence[x509.Certificate], at: datetime) -> None:
        self.roots = roots
        self.others = _by_subject(others)
        self.at = at
        self.steps = 0

    def reaches(self, child: x509.Certificate, below: int) -> bool:
        """Whether an anchor stands above `child`, which has `below` authorities under it."""
        if below >= MAX_DEPTH:
            return False
        name = child.issuer.public_bytes()
        anchors = self.roots._by_subject.get(name, ())
        return any(self._issued(child, anchor, below) for anchor in anchors) or any(
            self._issued(child, other, below) and self.reaches(other, below + 1)
            for other in self.others.get(name, ())
        )

    def _issued(self, child: x509.Certificate, issuer: x509.Certificate, below: int) -> bool:
        self.steps += 1
        if self.steps > MAX_STEPS or not _is_valid_at(issuer, self.at):
            return False
        if not _may_issue(issuer, below):
            return False
        try:
            child.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether a certificate's stated uses include signing documents."""
    try:
        extensions = certificate.extensions
        if not _is_understood(extensions):
            return False
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        return usage.digital_signature or usage.content_commitment
    except x509.ExtensionNotFound:
        return True  # it states no restriction
    except Exception:  # parsers complain of odd extensions in many ways: none may be relied on
        return False


def _may_issue(certificate: x509.Certificate, below: int) -> bool:
    try:
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca or not _is_understood(extensions):
            return False
        if constraints.path_length is not None and constraints.path_length < below:
            return False
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound as missing:
        return missing.oid == ExtensionOID.KEY_USAGE
    except Exception:  # as above
        return False


def _is_understood(extensions: x509.Extensions) -> bool:
    """A critical extension that we do not evaluate forbids using the certificate."""
    return all(one.oid in _UNDERSTOOD for one in extensions if one.critical)


def _is_valid_at(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _by_subject(
    certificates: Iterable[x509.Certificate],
) -> dict[bytes, list[x509.Certificate]]:
    found: dict[bytes, list[x509.Certificate]] = {}
    for certificate in certificates:
        found.setdefault(certificate.subject.public_bytes(), []).append(certificate)
    return found


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.tbs_certificate_bytes + certificate.signature


def _is_certificate(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(_FILES) and entry.is_file()


def _version(entry: os.DirEntry[str]) -> tuple[str, int, int]:
    """A file's path, and what changes when somebody replaces it."""
    stat = entry.stat()
    return os.path.abspath(entry.path), stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=8)
def _load(files: tuple[tuple[str, int, int], ...]) -> Roots:
    return Roots(certificate for path, _, _ in files for certificate in _read(Path(path)))


def _read(path: Path) -> list[x509.Certificate]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE)
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except (OSError, ValueError) as error:
        raise LlaveError(f"El archivo «{path.name}» no es un certificado.") from error
