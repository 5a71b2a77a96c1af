"""What a file is, by its bytes. Its name and what the browser says about it do not count."""

import re

from iofacturo.uploads.refusal import Refused

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
PDF = b"%PDF-"
BLANK = b"\xef\xbb\xbf\r\n\t\x0c\x00 "  # what careless programs leave before the header

STARTS = [
    (b"GIF87a", "gif"), (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"), (b"MM\x00*", "tiff"), (b"II+\x00", "tiff"), (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"), (b"{\\rtf", "office"),
    (b"Rar!", "archive"), (b"7z\xbc\xaf\x27\x1c", "archive"), (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"), (b"\xfd7zXZ\x00", "archive"),
    (b"MZ", "program"), (b"\x7fELF", "program"), (b"#!", "program"), (b"\xca\xfe\xba\xbe", "program"),
]  # fmt: skip
HEIF = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}
OFFICE = re.compile(rb"\[Content_Types\]\.xml|mimetypeapplication/vnd\.oasis")
MARKUP = re.compile(rb"<!doctype\s+html|<html|<head|<body|<script|<\?php", re.IGNORECASE)


def detect(data: bytes) -> str:
    """`pdf`, `png` or `jpg`; Refused for everything else, by its own name where we know it."""
    if data.startswith(PNG):
        return "png"
    if data.startswith(JPEG):
        return "jpg"
    if data[:64].lstrip(BLANK).startswith(PDF):
        return "pdf"
    raise Refused(_other(data))


def _other(data: bytes) -> str:
    head = data[:4096]
    if not head.strip(b"\x00\xff \r\n\t"):
        return "cut_off"  # a download that was reserved and never filled
    if head[4:8] == b"ftyp":
        brands = {head[i : i + 4] for i in range(8, min(int.from_bytes(head[:4], "big"), 128), 4)}
        return "heic" if brands & HEIF else "unknown"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if PDF in data[:1024] or JPEG in head[:64] or PNG in head[:64]:
        return "mixed"  # something stands before the header
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "office" if OFFICE.search(head) else "archive"
    for start, code in STARTS:
        if head.startswith(start):
            return code
    text = head.lstrip(BLANK)
    if re.search(rb"<svg[\s>]", head, re.IGNORECASE) and text.startswith(b"<"):
        return "svg"
    if text.startswith(b"<") and MARKUP.search(head):
        return "page"
    return "unknown"


def hides_archive(data: bytes) -> bool:
    """Whether *data* can also be opened as a ZIP: its directory's end lies where ZIP seeks it."""
    tail = data[-(65_535 + 22) :]
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        # Readers differ in how much they tolerate behind the comment: all of them count.
        if len(tail) - at >= 22 and at + 22 + comment <= len(tail) and b"PK\x01\x02" in data:
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False


def has_markup(data: bytes) -> bool:
    """Whether *data* would do something as a web page or as PHP."""
    return MARKUP.search(data) is not None
