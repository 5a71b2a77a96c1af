"""A JPEG read as what it must be: segments, scans and an end, with nothing but picture in it.

Phones append things after the end that are no trick: a smaller picture or a depth map (another
JPEG), a short film (MP4), Samsung's own trailer. Those are known by their structure and dropped.
"""

import re
from collections.abc import Iterator

from iofacturo.uploads.kind import JPEG, has_markup
from iofacturo.uploads.refusal import Refused

SOI, EOI, SOS, APP0, APP1, APP14, APP15, COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xEF, 0xFE
ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive, Huffman coded
OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # the next one after coded data
MOST_SEGMENTS = 2_000
MOST_SCANS = 100  # a progressive photo has about ten; each one costs a pass over the picture
FILM = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"mpvd", b"meta", b"sefd"}


class Jpeg:
    """The first picture of *data*, taken apart. Refused when it is cut off or is something else."""

    def __init__(self, data: bytes) -> None:
        self.width = self.height = 0
        self.exif = b""
        kept, end = [data[:2]], 2
        scans = 0
        for marker, start, end in _segments(data):
            payload = data[start + 4 : end]
            if marker in FRAMES | OTHER_FRAMES:
                self._frame(marker, payload)
            scans += marker == SOS
            if scans > MOST_SCANS:
                raise Refused("too_complex")
            if APP0 <= marker <= APP15 or marker == COM:
                if has_markup(payload):
                    raise Refused("mixed")
                if marker == APP1 and payload.startswith(b"Exif\x00") and not self.exif:
                    self.exif = payload
                if marker not in {APP0, APP14}:
                    continue
            kept.append(data[start:end])
        if not scans or not self.width or not self.height:
            raise Refused("broken")
        self.passes = scans  # more than one: the decoder keeps the whole picture in between
        self.bare = b"".join(kept)  # without comments, places, thumbnails
        self.end = end

    def _frame(self, marker: int, payload: bytes) -> None:
        if marker in OTHER_FRAMES or len(payload) < 6:
            raise Refused("broken")
        height, width = int.from_bytes(payload[1:3], "big"), int.from_bytes(payload[3:5], "big")
        self.height, self.width = max(self.height, height), max(self.width, width)


def read(data: bytes) -> Jpeg:
    """The picture in *data*, after looking at everything that follows it."""
    picture = Jpeg(data)
    rest, rounds = data[picture.end :], 0
    while rest.strip(b"\x00\xff\r\n\t "):
        rounds += 1
        rest = _after_trailer(rest)
        if rounds > 8:
            raise Refused("mixed")
    return picture


def _after_trailer(rest: bytes) -> bytes:
    """*rest* without the known thing it begins with; Refused for what no camera writes."""
    padding = len(rest) - len(rest.lstrip(b"\x00"))
    if rest.startswith(JPEG, padding):
        lead = rest[padding:]
        return lead[Jpeg(lead).end :]
    if rest.endswith(b"SEFT") and b"SEFH" in rest and not has_markup(rest):
        return _before_samsung(rest)
    name = rest.find(b"ftyp", 0, padding + 8)
    end = _film_end(rest[name - 4 :]) if name >= 4 else 0
    if not end:
        raise Refused("mixed")
    return rest[name - 4 + end :]


def _before_samsung(rest: bytes) -> bytes:
    """Samsung's trailer ends in its own length and SEFT; films stand in it in full."""
    if any(sign in rest for sign in (b"%PDF-", b"PK\x05\x06", b"Rar!", b"\x7fELF")):
        raise Refused("mixed")
    return b""


def _film_end(rest: bytes) -> int:
    """Where a film's boxes end; 0 when *rest* is no film."""
    at = 0
    while at + 8 <= len(rest):
        size, name = int.from_bytes(rest[at : at + 4], "big"), rest[at + 4 : at + 8]
        if name not in FILM or (at == 0 and name != b"ftyp"):
            break
        if size == 1:
            size = int.from_bytes(rest[at + 8 : at + 16], "big")
        elif size == 0:
            size = len(rest) - at
        if size < 8 or at + size > len(rest):
            raise Refused("cut_off")
        at += size
    return at


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment, a scan with its coded data, the end included."""
    at, count = 2, 0
    while True:
        count += 1
        if count > MOST_SEGMENTS:
            raise Refused("too_complex")
        start = at
        if data[at : at + 1] != b"\xff":
            raise Refused("broken" if at < len(data) else "cut_off")
        while data[at : at + 1] == b"\xff":
            at += 1
        if at >= len(data):
            raise Refused("cut_off")
        marker, start = data[at], at - 1
        at += 1
        if marker == EOI:
            yield marker, start, at
            return
        if marker in ALONE:
            continue
        if marker < 0xC0 or marker == SOI:
            raise Refused("broken")
        length = int.from_bytes(data[at : at + 2], "big")
        at += length
        if length < 2:
            raise Refused("broken")
        if marker == SOS:
            found = MARKER.search(data, at)
            if found is None:
                raise Refused("cut_off")
            at = found.end() - 2
        if at > len(data):
            raise Refused("cut_off")
        yield marker, start, at
