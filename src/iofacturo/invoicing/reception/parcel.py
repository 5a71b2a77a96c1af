"""What people drop: XML files, and ZIP files of them. Taken apart within bounds, nothing on disk.

A ZIP's table of contents is measured before anything reads it, each member is read no further than
it may be long, and all members together no further than `MOST_BYTES`. Names are shown, never used
as paths. What is refused is refused by itself: its neighbours go on.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from iofacturo.lib.formats import numero
from iofacturo.lib.visible import visible

LARGEST_FILE = 5 * 1024 * 1024  # a thousand lines, the most there may be, take about 3 MB
LARGEST_ZIP = 40 * 1024 * 1024
MOST_MEMBERS = 2_000
LARGEST_CONTENTS = MOST_MEMBERS * 300  # bytes of a ZIP's table of contents
MOST_BYTES = 120 * 1024 * 1024  # unpacked, of one ZIP
LONGEST_NAME = 200

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
TOO_MANY = (
    f"El ZIP tiene demasiados archivos: son {numero(MOST_MEMBERS)} como máximo. Divídalo en varios."
)
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_READING = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError,
    NotImplementedError, UnicodeError,
)  # fmt: skip


class Readable(Protocol):
    """An opened file, as far as it is used."""

    @property
    def read(self) -> Any: ...

    @property
    def seek(self) -> Any: ...


@dataclass(frozen=True)
class Piece:
    """One file: its name for people, and its bytes, or why it was not taken."""

    name: str
    data: bytes = b""
    refusal: str = ""
    ignored: bool = False  # no fault, only nothing to do with it


def pieces(files: Iterable[tuple[str, Readable]]) -> Iterator[Piece]:
    """Every file of the drop, ZIPs taken apart, one in memory at a time."""
    for name, file in files:
        shown = clean_name(name)
        head = file.read(4)
        file.seek(0)
        if head in ZIP_MAGIC:
            yield from _unpacked(shown, file)
        elif shown.lower().endswith(".zip"):
            yield Piece(shown, refusal="No es un ZIP, aunque su nombre lo diga.")
        else:
            yield _piece(shown, file.read(LARGEST_FILE + 1))


def clean_name(name: str) -> str:
    """The last part of a path, as it can be shown: no folders, no control characters."""
    last = PurePosixPath(name.replace("\\", "/").replace("\x00", "")).name
    return visible(last)[:LONGEST_NAME] or "archivo sin nombre"


def _piece(name: str, data: bytes) -> Piece:
    if not data:
        return Piece(name, refusal="El archivo está vacío.")
    if len(data) > LARGEST_FILE:
        return Piece(
            name,
            refusal=f"Mide más de {numero(LARGEST_FILE // 1024 // 1024)} MB: "
            "ningún comprobante es tan grande.",
        )
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8")):
        return Piece(
            name,
            ignored=True,
            refusal="Es un PDF o una imagen: para responder hace falta el XML.",
        )
    return Piece(name, data)


def _unpacked(name: str, file: Readable) -> Iterator[Piece]:
    data = file.read(LARGEST_ZIP + 1)
    fault = _measured(data)
    if fault:
        yield Piece(name, refusal=fault)
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _READING:
        yield Piece(name, refusal="El ZIP está dañado y no se puede abrir.")
        return
    with archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if not members:
            yield Piece(name, refusal="El ZIP está vacío.")
        if len(members) > MOST_MEMBERS:  # its own count lied
            yield Piece(name, refusal=TOO_MANY)
            return
        left = MOST_BYTES
        for member in members:
            if left <= 0:
                yield Piece(
                    name,
                    refusal="El ZIP se vuelve demasiado grande al abrirlo. "
                    "Lo que sigue en él no se leyó.",
                )
                return
            shown = clean_name(member.filename)
            if _is_litter(member.filename):
                continue
            piece, read = _member(archive, member, shown, left)
            left -= read
            yield piece


def _measured(data: bytes) -> str:
    """What keeps a ZIP from being opened at all; its own counts are not believed but bounded."""
    if len(data) > LARGEST_ZIP:
        return f"El ZIP mide más de {numero(LARGEST_ZIP // 1024 // 1024)} MB. Divídalo en varios."
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end < 0 or len(data) < end + 22:
        return "El ZIP está dañado: le falta el final."
    count = int.from_bytes(data[end + 10 : end + 12], "little")
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if data[end - 20 : end - 16] == _END_64 or count > MOST_MEMBERS or size > LARGEST_CONTENTS:
        return TOO_MANY
    return ""


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str, left: int
) -> tuple[Piece, int]:
    """One file of a ZIP, and how many bytes were unpacked for it."""
    if member.flag_bits & 0x1:
        return Piece(shown, refusal="Está cifrado con contraseña. Envíelo sin contraseña."), 0
    if member.compress_type not in _METHODS:
        return Piece(shown, refusal="Está comprimido de una forma que no se lee."), 0
    most = min(LARGEST_FILE, left) + 1
    try:
        with archive.open(member) as unpacked:
            data = unpacked.read(most)
    except _READING:
        return Piece(shown, refusal="Está dañado dentro del ZIP."), 0
    if data.startswith(ZIP_MAGIC):
        return Piece(shown, refusal="Es un ZIP dentro de otro. Envíelo aparte."), len(data)
    return _piece(shown, data), len(data)


def _is_litter(path: str) -> bool:
    """What systems leave in ZIPs without anybody asking."""
    name = path.rsplit("/", 1)[-1]
    return path.startswith("__MACOSX/") or name in (".DS_Store", "Thumbs.db", "desktop.ini")
