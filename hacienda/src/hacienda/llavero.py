"""The key ring: the keys that seal secrets at rest, the newest first.

    ring = KeyRing.from_text("2026b:…base64…,2026a:…base64…")
    blob = ring.seal(b"secret", owner="3101123456", purpose="totp")
    ring.open(blob, owner="3101123456", purpose="totp")

The first key seals and all of them open, so a key is replaced by putting a new one in front,
sealing again what `is_current` says is old, and then dropping the old one. A blob opens only for
the owner and the purpose it was sealed for: copied to another row, it is noise.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hacienda.errors import LlaveError

Buffer = bytes | bytearray | memoryview
"""What databases hand back for binary columns: SQLite bytes, PostgreSQL memoryviews."""

_MAGIC = b"S1"
_NONCE = 12
_KEY_BYTES = 32
_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}", re.ASCII)


class KeyRing:
    """Named AES-256 keys. Raises `LlaveError` and nothing else; never shows a key.

    >>> ring = KeyRing.from_text(KeyRing.generate("2026a"))
    >>> blob = ring.seal(b"secreto", owner="3101123456", purpose="totp")
    >>> ring.open(blob, owner="3101123456", purpose="totp")
    b'secreto'
    >>> ring
    <KeyRing 2026a>
    """

    __slots__ = ("_ciphers", "_first")

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys:
            raise LlaveError("El llavero está vacío: escriba al menos una llave, «id:base64».")
        for name, key in keys.items():
            if not _ID.fullmatch(name):
                raise LlaveError(
                    "El nombre de una llave del llavero no sirve: "
                    "use de 1 a 32 letras, números, puntos o guiones."
                )
            if len(key) != _KEY_BYTES:
                raise LlaveError(
                    f"La llave «{name}» del llavero tiene {len(key)} bytes; deben ser {_KEY_BYTES}."
                )
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._first = next(iter(keys))

    @classmethod
    def from_text(cls, text: str) -> KeyRing:
        """Parse `id:base64key,id2:base64key`; white space and a missing `=` do not matter."""
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(filter(None, re.split(r"[,\s]+", text)), start=1):
            name, colon, encoded = entry.partition(":")
            if not colon:  # what stands there may be the key itself: it is not repeated
                raise LlaveError(f"La llave {number} del llavero no tiene la forma «id:base64».")
            if name in keys:
                raise LlaveError(f"El llavero nombra dos veces la llave {number}.")
            keys[name] = _decode(encoded, number)
        return cls(keys)

    @staticmethod
    def generate(name: str) -> str:
        """The text of one new random key, to put in front of a ring."""
        if not _ID.fullmatch(name):
            raise LlaveError("El nombre de la llave no sirve: use de 1 a 32 letras o números.")
        return f"{name}:{base64.b64encode(os.urandom(_KEY_BYTES)).decode()}"

    def seal(self, data: Buffer, *, owner: str, purpose: str) -> bytes:
        """Encrypt and bind to `owner` and `purpose`, with the first key."""
        name = self._first.encode()
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._first].encrypt(nonce, bytes(data), _bond(name, owner, purpose))
        return b"".join((_MAGIC, bytes((len(name),)), name, nonce, sealed))

    def open(self, blob: Buffer, *, owner: str, purpose: str) -> bytes:
        """What was sealed. Raises `LlaveError` for another owner or purpose, a key that is not in
        the ring, or a blob that was changed."""
        name, body = _split(blob)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise LlaveError(
                f"El dato fue sellado con la llave «{name}», que no está en el llavero."
            )
        try:
            return cipher.decrypt(
                body[:_NONCE], body[_NONCE:], _bond(name.encode(), owner, purpose)
            )
        except (InvalidTag, ValueError) as error:
            raise LlaveError("El dato sellado no es de este dueño o fue alterado.") from error

    def is_current(self, blob: Buffer) -> bool:
        """Whether a blob was sealed with the first key."""
        return _split(blob)[0] == self._first

    def rotate(self, blob: Buffer, *, owner: str, purpose: str) -> bytes:
        """The blob sealed with the first key: the same one if it already is."""
        if self.is_current(blob):
            return bytes(blob)
        data = self.open(blob, owner=owner, purpose=purpose)
        return self.seal(data, owner=owner, purpose=purpose)

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self._ciphers)}>"

    def __reduce__(self) -> NoReturn:
        raise LlaveError("Un llavero no se serializa.")


def _decode(encoded: str, number: int) -> bytes:
    plain = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        # `from None`: the cause would carry the text of the key into a log
        raise LlaveError(f"La llave {number} del llavero no es base64.") from None


def _bond(name: bytes, owner: str, purpose: str) -> bytes:
    """The associated data. Lengths go in, so that no owner and purpose run into each other."""
    parts = (_MAGIC, name, *(text.encode("utf-8", "surrogatepass") for text in (owner, purpose)))
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _split(blob: Buffer) -> tuple[str, bytes]:
    if not isinstance(blob, Buffer):
        raise LlaveError("El dato sellado no son bytes.")
    data = bytes(blob)
    end = 3 + (data[2] if len(data) > 2 else 0)
    if data[:2] != _MAGIC or len(data) < end + _NONCE + 16 or not data[3:end].isascii():
        raise LlaveError("El dato sellado tiene un formato desconocido.")
    return data[3:end].decode("ascii"), data[end:]
