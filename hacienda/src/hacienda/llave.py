"""The *llave criptográfica*: opened once from its p12, then kept sealed.

    Llave.from_p12(data, pin)              the file and PIN of the taxpayer; the key is checked here
    check_owner(llave, "02", "310112…")    whose it is, before an upload is accepted
    llave.seal(ring, owner="310112…")      PKCS8 and certificate under AES-GCM
    Llave.unseal(ring, blob, owner)        0.1 ms: the key was checked when it was opened

Checking an RSA key takes as long as a hundred signatures. A sealed key was checked before it was
sealed and AES-GCM proves that nobody changed it, so `unseal` does not check it again.

Source: Anexos y Estructuras v4.4, annex 2 (RSA 2048 or 4096 bits, PKCS#12 with a PIN).
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)

from hacienda.certificado import Certificado, Titular
from hacienda.comprobante import COSTA_RICA
from hacienda.errors import LlaveError, Problem
from hacienda.llavero import Buffer, KeyRing

__all__ = ["KeyRing", "Llave", "check_owner", "check_validity"]

MAX_P12_BYTES = 256 * 1024
"""Hacienda's files have 3 to 6 kB."""

MIN_BITS, MAX_BITS = 2048, 4096

MAX_ITERATIONS = 2_000_000
"""A file states how often its PIN is to be hashed; more than this would stop the server."""

EXPIRY_NOTICE = timedelta(days=30)

_FORMAT = b"\x01"
_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()
_SCRYPT = bytes.fromhex("2b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11, DER


class Llave:
    """A taxpayer's private key and its certificate, ready to sign. Never shows its secret.

    `subject_id` is the subject's serialNumber as written (`CPJ-3-101-123456`), `not_before` and
    `not_after` are aware instants; `sandbox` says that the key is one of the test environment.
    """

    __slots__ = ("_key", "certificado")

    def __init__(self, key: rsa.RSAPrivateKey, certificado: Certificado) -> None:
        self._key = key
        self.certificado = certificado

    @classmethod
    def from_p12(cls, data: Buffer, pin: str | bytes) -> Llave:
        """Open a p12 and check its key and certificate.

        RC2, 3DES and AES files, and PINs of any length and alphabet. Raises `LlaveError` for a
        wrong PIN, a file that is no p12, a key that is not RSA of 2048 to 4096 bits, or a
        certificate that is missing or another key's. Validity and owner are told, not enforced:
        see `check_validity` and `check_owner`.
        """
        contents = _open_p12(bytes(data), pin)
        key = contents.key
        if key is None:
            raise LlaveError("El archivo no contiene una llave privada.")
        if not isinstance(key, rsa.RSAPrivateKey):
            raise LlaveError("La llave no es RSA; Hacienda solo acepta llaves RSA.")
        if not MIN_BITS <= key.key_size <= MAX_BITS:
            raise LlaveError(
                f"La llave es de {key.key_size} bits; debe tener entre {MIN_BITS} y {MAX_BITS}."
            )
        return cls(key, _own_certificate(contents, key))

    @property
    def certificate(self) -> x509.Certificate:
        return self.certificado.x509

    @property
    def private_key(self) -> rsa.RSAPrivateKey:
        return self._key

    @property
    def subject_id(self) -> str | None:
        return self.certificado.subject_id

    @property
    def titular(self) -> Titular | None:
        return self.certificado.titular

    @property
    def not_before(self) -> datetime:
        return self.certificado.not_before

    @property
    def not_after(self) -> datetime:
        return self.certificado.not_after

    @property
    def sandbox(self) -> bool:
        """Whether the key was issued for the test environment; the two cannot be interchanged."""
        return "SANDBOX" in self.certificado.issuer.upper()

    def sign(self, data: bytes) -> bytes:
        """The raw RSA signature (PKCS#1 v1.5, SHA-256) of `data`."""
        return self._key.sign(data, _PADDING, _SHA256)

    def seal(self, ring: KeyRing, owner: str, purpose: str = "firma") -> bytes:
        """PKCS8 and certificate, sealed so that only `owner` and `purpose` open them again."""
        pkcs8 = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        der = self.certificado.der
        data = _FORMAT + len(der).to_bytes(4, "big") + der + pkcs8
        return ring.seal(data, owner=owner, purpose=purpose)

    @classmethod
    def unseal(cls, ring: KeyRing, blob: Buffer, owner: str, purpose: str = "firma") -> Llave:
        """Open what `seal` made. Raises `LlaveError` and nothing else."""
        data = ring.open(blob, owner=owner, purpose=purpose)
        end = 5 + int.from_bytes(data[1:5], "big")
        if data[:1] != _FORMAT or end >= len(data):
            raise LlaveError("La llave guardada tiene un formato desconocido.")
        certificado = Certificado.from_der(data[5:end])
        try:
            key = load_der_private_key(data[end:], None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise LlaveError("La llave guardada no se puede leer.") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise LlaveError("La llave guardada no es RSA.")
        return cls(key, certificado)

    def __repr__(self) -> str:
        return f"<Llave {self.certificado.signer} vence {_day(self.not_after)}>"

    def __reduce__(self) -> NoReturn:
        raise LlaveError("Una llave no se copia ni se serializa; séllela con «seal».")


def check_owner(llave: Llave, tipo: str | None, numero: str) -> list[Problem]:
    """Whether a key belongs to the taxpayer `tipo`, `numero`: the problems, none if it does.

    To be asked before a key is accepted; Hacienda rejects what another's key has signed.
    """
    titular = llave.titular
    if titular is None:
        return [
            Problem(
                "llave-sin-titular",
                "",
                "error",
                "El certificado de la llave no dice a quién pertenece.",
                "Genere la llave criptográfica en la oficina virtual de Hacienda.",
            )
        ]
    if titular.is_same(numero, tipo):
        return []
    return [
        Problem(
            "llave-de-otro",
            "",
            "error",
            f"La llave es de {llave.certificado.signer}, no de {numero}.",
            "Suba la llave criptográfica que Hacienda le dio a este contribuyente.",
        )
    ]


def check_validity(llave: Llave, when: datetime) -> list[Problem]:
    """Whether a key may sign at `when` (naive: Costa Rica's time); a warning from 30 days before
    it expires."""
    when = when if when.tzinfo else when.replace(tzinfo=COSTA_RICA)
    if when < llave.not_before:
        return [
            Problem(
                "llave-aun-no-vale",
                "",
                "error",
                f"La llave es válida a partir del {_day(llave.not_before)}.",
                "Espere a esa fecha o revise la hora de este equipo.",
            )
        ]
    if when > llave.not_after:
        return [
            Problem(
                "llave-vencida",
                "",
                "error",
                f"La llave venció el {_day(llave.not_after)}.",
                "Genere una llave nueva en la oficina virtual de Hacienda y súbala.",
            )
        ]
    if when > llave.not_after - EXPIRY_NOTICE:
        return [
            Problem(
                "llave-por-vencer",
                "",
                "warning",
                f"La llave vence el {_day(llave.not_after)}.",
                "Genere una llave nueva en la oficina virtual de Hacienda antes de esa fecha.",
            )
        ]
    return []


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(COSTA_RICA):%d/%m/%Y}"


def _open_p12(data: bytes, pin: str | bytes) -> pkcs12.PKCS12KeyAndCertificates:
    if len(data) > MAX_P12_BYTES:
        raise LlaveError("El archivo es demasiado grande para ser una llave criptográfica.")
    if not data.startswith(b"\x30"):
        raise LlaveError("El archivo no es una llave criptográfica (.p12).")
    limit = 2**17 if _SCRYPT in data else MAX_ITERATIONS
    if any(count > limit for count in _iterations(data)):
        raise LlaveError("El archivo pide un trabajo desmedido para abrirse; genere otra llave.")
    error: Exception | None = None
    for password in _spellings(pin):
        try:
            with warnings.catch_warnings():  # of BER, which Java writes and the law does not forbid
                warnings.simplefilter("ignore")
                return pkcs12.load_pkcs12(data, password)
        except UnsupportedAlgorithm as unsupported:
            raise LlaveError("El archivo usa un cifrado que este sistema no abre.") from unsupported
        # Hostile files reach several layers of parsers; whatever they say, the file is unusable.
        except Exception as failure:
            error = error or failure
    if "password" in str(error):
        raise LlaveError("El PIN no es el de esta llave, o el archivo está dañado.") from error
    raise LlaveError("El archivo no es una llave criptográfica (.p12) o está dañado.") from error


def _spellings(pin: str | bytes) -> list[bytes | None]:
    """The ways programs have spelt one PIN in a file; a plain one has a single way.

    Accents have two forms in Unicode, and older tools took each byte for a character.
    """
    if isinstance(pin, bytes):
        return [pin]
    if pin.isascii():
        return [pin.encode()] if pin else [b"", None]
    try:
        forms = [pin, unicodedata.normalize("NFC", pin), unicodedata.normalize("NFD", pin)]
        forms.append(forms[1].encode().decode("latin-1"))
        return list(dict.fromkeys(form.encode() for form in forms))
    except UnicodeError as error:
        raise LlaveError("El PIN tiene caracteres que no son texto.") from error


def _own_certificate(
    contents: pkcs12.PKCS12KeyAndCertificates, key: rsa.RSAPrivateKey
) -> Certificado:
    """The key's own certificate: files also carry their issuers', and not all mark which is which."""
    own = key.public_key()
    found = [contents.cert] if contents.cert else []
    for candidate in (*found, *contents.additional_certs):
        try:
            certificate = candidate.certificate
            if certificate.public_key() == own:
                return Certificado.from_der(certificate.public_bytes(Encoding.DER))
        except (ValueError, UnsupportedAlgorithm):
            continue  # an issuer's certificate of a kind we do not read is not ours
    raise LlaveError("El archivo no contiene el certificado de la llave.")


def _iterations(data: bytes) -> Iterator[int]:
    """Every count of work in a PKCS#12: the integers that follow a salt in their sequence.

    DER and BER alike (Java writes BER: open lengths, and octets in pieces, which are put together).
    """
    pending = [memoryview(data)]
    allowance = 4 * len(data)
    while pending:
        view = pending.pop()
        position, salted = 0, False
        while position + 2 <= len(view):
            tag, position, stop = _header(view, position)
            content = view[position:stop]
            if tag == 0x24:
                octets, rest = _joined(content)
                allowance -= len(content)
                if allowance < 0:  # pieces within pieces, to make us copy without end
                    yield MAX_ITERATIONS + 1
                pending += [octets, rest]
            elif tag & 0x20 or tag == 0x04:
                pending.append(content)
            elif tag == 0x02 and salted:
                yield int.from_bytes(content, "big")
            salted = salted or tag in (0x04, 0x24)
            position = stop


def _header(view: memoryview, position: int) -> tuple[int, int, int]:
    """An element's tag, where its content begins, and where it ends; an open one ends the view."""
    tag, length = view[position], view[position + 1]
    position += 2
    if length == 0x80:
        return tag, position, len(view)
    if length > 0x80:
        size = length & 0x7F
        length = int.from_bytes(view[position : position + size], "big")
        position += size
    return tag, position, min(position + length, len(view))


def _joined(view: memoryview) -> tuple[memoryview, memoryview]:
    """The octets of a string in pieces, and what stands after it."""
    pieces: list[memoryview] = []
    position = 0
    while position + 2 <= len(view) and view[position] == 0x04:
        _, start, position = _header(view, position)
        pieces.append(view[start:position])
    return memoryview(b"".join(pieces)), view[position:]
