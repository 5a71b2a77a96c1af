"""A ZIP that grows over days and processes: it can be left at any entry and taken up again.

`zipfile` keeps every entry in memory until it closes, and cannot go on where a killed process
stopped. Here the entries go to one file and their directory to another; where both stood after the
last whole entry is all there is to remember. Sizes beyond four gigabytes and 65,535 entries are
written as ZIP64 (APPNOTE 6.3.10, sections 4.3 to 4.5).
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from iofacturo.lib import clock

UTF8 = 0x800
DEFLATED = 8
FULL, MANY = 0xFFFFFFFF, 0xFFFF  # in these fields: the number stands in the wide form
FAR = FULL  # from this on it does
BLOCK = 1 << 16
LEVEL = 6


@dataclass(frozen=True)
class Mark:
    """Where a ZIP stood after its last whole entry."""

    data: int = 0
    directory: int = 0
    entries: int = 0


class GrowingZip:
    """The ZIP at *path*, from *mark* on; its directory waits in a second file beside it.

    ValueError when the files hold less than *mark* says: begin again.
    """

    def __init__(self, path: Path, mark: Mark) -> None:
        self.path, self.mark = path, mark
        self._data = _open(path, mark.data)
        try:
            self._directory = _open(beside(path), mark.directory)
        except ValueError:
            self._data.close()
            raise
        self._entries = mark.entries

    def __enter__(self) -> GrowingZip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._data.close()
        self._directory.close()

    def add(self, name: str, body: bytes, at: datetime) -> None:
        """One more file of this *name*."""
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
        packed = packer.compress(body) + packer.flush()
        self._entry(name, at, zlib.crc32(body), len(packed), len(body))
        self._data.write(packed)

    def add_file(self, name: str, source: Path, at: datetime) -> None:
        """One more file, read piece by piece; its sizes are filled in when they are known."""
        start = self._data.tell()
        self._entry(name, at, 0, FULL, FULL, listed=False)
        begin = self._data.tell()
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
        crc = size = 0
        with source.open("rb") as file:
            while block := file.read(BLOCK):
                crc, size = zlib.crc32(block, crc), size + len(block)
                self._data.write(packer.compress(block))
        self._data.write(packer.flush())
        end = self._data.tell()
        self._data.seek(start)
        self._entry(name, at, crc, end - begin, size, wide=True)
        self._data.seek(end)

    def whole(self) -> Mark:
        """Everything written so far is in the files: where they stand."""
        self._data.flush()
        self._directory.flush()
        return Mark(self._data.tell(), self._directory.tell(), self._entries)

    def finish(self) -> None:
        """Put the directory behind the entries: from here on it is a ZIP."""
        start = self._data.tell()
        self._directory.flush()
        with beside(self.path).open("rb") as directory:
            while block := directory.read(BLOCK):
                self._data.write(block)
        size = self._data.tell() - start
        self._data.write(_end(self._entries, size, start))
        self._data.flush()
        os.fsync(self._data.fileno())

    def _entry(
        self, name: str, at: datetime, crc: int, packed: int, size: int, *,
        wide: bool = False, listed: bool = True,
    ) -> None:  # fmt: skip
        """The header of an entry, and its line of the directory."""
        raw = name.encode()
        offset = self._data.tell()
        wide = wide or packed >= FAR or size >= FAR
        sizes = (FULL, FULL) if wide else (packed, size)
        extra = struct.pack("<HHQQ", 1, 16, size, packed) if wide else b""
        needs = 45 if wide else 20
        common = struct.pack("<HHIIII", UTF8, DEFLATED, *_dos(at), crc, *sizes)
        self._data.write(
            b"PK\x03\x04" + struct.pack("<H", needs) + common
            + struct.pack("<HH", len(raw), len(extra)) + raw + extra
        )  # fmt: skip
        if not listed:
            return
        far = offset >= FAR
        values = ([size, packed] if wide else []) + ([offset] if far else [])
        more = struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""
        self._directory.write(
            b"PK\x01\x02" + struct.pack("<HH", 0x0300 | 45, 45 if values else needs) + common
            + struct.pack("<HHHHHII", len(raw), len(more), 0, 0, 0, 0o100644 << 16,
                          FULL if far else offset) + raw + more
        )  # fmt: skip
        self._entries += 1


def beside(path: Path) -> Path:
    return path.with_suffix(".directory")


def _open(path: Path, size: int) -> BinaryIO:
    """The file at *path*, cut to *size*."""
    there = path.stat().st_size if path.exists() else 0
    if there < size:
        raise ValueError(f"{path.name} holds {there} bytes, not {size}")
    file = path.open("r+b" if path.exists() else "w+b")
    file.truncate(size)
    file.seek(size)
    return file


def _dos(at: datetime) -> tuple[int]:
    """Time and date as FAT has them, on a wall in Costa Rica, in one number."""
    local = clock.local(at)
    day = (max(local.year, 1980) - 1980) << 9 | local.month << 5 | local.day
    return (day << 16 | local.hour << 11 | local.minute << 5 | local.second // 2,)


def _end(entries: int, size: int, start: int) -> bytes:
    """The end of the directory, in both forms where the old one is too small."""
    tail = b""
    if entries >= MANY or size >= FAR or start >= FAR:
        tail += b"PK\x06\x06" + struct.pack(
            "<QHHIIQQQQ", 44, 45, 45, 0, 0, entries, entries, size, start
        )
        tail += b"PK\x06\x07" + struct.pack("<IQI", 0, start + size, 1)
    return tail + b"PK\x05\x06" + struct.pack(
        "<HHHHIIH", 0, 0, min(entries, MANY), min(entries, MANY), min(size, FULL),
        min(start, FULL), 0,
    )  # fmt: skip
