"""A PNG read as what it must be: chunks with right sums, an end, and nothing behind it."""

import zlib
from collections.abc import Iterator

from iofacturo.uploads.kind import PNG, has_markup
from iofacturo.uploads.refusal import Refused

MOST_CHUNKS = 200_000  # some programs write IDAT in pieces of a few hundred bytes
PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


class Png:
    """*data* taken apart. Refused when it is cut off, damaged or also something else."""

    def __init__(self, data: bytes) -> None:
        kept, end, pixels = [PNG], len(PNG), False
        self.width = self.height = 0
        for name, start, end in _chunks(data):
            if start == len(PNG):
                self._header(name, data[start + 8 : end - 4])
            pixels |= name == b"IDAT"
            if name in PICTURE:
                kept.append(data[start:end])
            elif has_markup(data[start + 8 : end - 4]):
                raise Refused("mixed")
        if not pixels:
            raise Refused("broken")
        if data[end:].strip(b"\x00\r\n\t "):
            raise Refused("mixed")
        self.bare = b"".join(kept)  # without texts, profiles, places, further frames

    def _header(self, name: bytes, payload: bytes) -> None:
        if name != b"IHDR" or len(payload) != 13:
            raise Refused("broken")
        self.width = int.from_bytes(payload[:4], "big")
        self.height = int.from_bytes(payload[4:8], "big")
        if not self.width or not self.height:
            raise Refused("broken")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk up to IEND."""
    at, name = len(PNG), b""
    for _ in range(MOST_CHUNKS):
        if at + 12 > len(data):
            raise Refused("cut_off")
        length = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + length
        if not name.isalpha():
            raise Refused("broken")
        if end > len(data):
            raise Refused("cut_off")
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise Refused("broken")
        yield name, at, end
        if name == b"IEND":
            return
        at = end
    raise Refused("too_complex")
