"""A PDF reduced to pictures of its pages, and the words of its text as plain data.

Scripts, actions, forms, links and attachments never get further: what is kept are pixels. That is
why they are no reason to refuse; our own invoices carry their XML as an attachment.
"""

import ctypes
import re
import time
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from iofacturo.uploads.kind import BLANK, has_markup
from iofacturo.uploads.picture import LONGEST_SIDE, SHOWN
from iofacturo.uploads.refusal import Refused

MOST_PAGES = 100
DRAWN_PAGES = 10
DPI = 150
SECONDS = 2.0  # of computing, after which no further page is begun
END = b"%%EOF"
LEAST_POINTS = 3.0
MOST_WORDS = 400  # of one page
LONGEST_WORD = 120  # characters
Words = list[tuple[str, tuple[int, int, int, int]]]  # text, and left, top, right, bottom in pixels
OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b|\bendobj\b|\bstream\b|\bxref\b|\bendstream\b")


def pages(data: bytes) -> tuple[int, Iterator[tuple[Image.Image, Words]]]:
    """How many pages *data* has, and pictures of the first ones with the words of their text."""
    data = data[len(data) - len(data.lstrip(BLANK)) :]
    outline(data)
    document = _opened(data)
    count = len(document)
    if not count:
        raise Refused("broken")
    if count > MOST_PAGES:
        raise Refused("too_many_pages", pages=count, limit=MOST_PAGES)
    return count, _drawn(document, min(count, DRAWN_PAGES))


def outline(data: bytes) -> None:
    """Refused when *data* has no end, or something follows it."""
    end = data.rfind(END)
    if end < 0:
        raise Refused("cut_off")
    rest = data[end + len(END) :]
    if not rest.strip(b"\x00\x1a\r\n\t\x0c "):
        return
    if OBJECT.search(rest) and not has_markup(rest):
        raise Refused("cut_off")  # the first end of two: the file was still going on
    raise Refused("mixed")


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        locked = code in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}
        raise Refused("encrypted" if locked else "broken") from error
    if pdfium.FPDF_GetSecurityHandlerRevision(document) != -1:
        raise Refused("encrypted")
    return document


def _drawn(document: pypdfium2.PdfDocument, count: int) -> Iterator[tuple[Image.Image, Words]]:
    started = time.process_time()
    for number in range(count):
        if number and time.process_time() - started > SECONDS:
            return
        try:
            page = document[number]
            image = page.render(scale=_scale(*page.get_size()), rev_byteorder=True).to_pil()
            yield image, _words(page, *image.size)
            page.close()
        except pypdfium2.PdfiumError as error:
            if number:  # the page that matters is nearly always the first one
                return
            raise Refused("broken") from error


def _scale(width: float, height: float) -> float:
    """Pixels for each point: 150 dpi, or as many as a page may have."""
    if not (width >= LEAST_POINTS and height >= LEAST_POINTS):
        raise Refused("broken")
    return min(DPI / 72, (SHOWN / (width * height)) ** 0.5, LONGEST_SIDE / max(width, height))


def _words(page: pypdfium2.PdfPage, width: int, height: int) -> Words:
    """The runs of text on *page* where they stand in its picture of *width* by *height* pixels."""
    found: Words = []
    try:
        text = page.get_textpage()
        for number in range(min(text.count_rects(), MOST_WORDS)):
            left, bottom, right, top = text.get_rect(number)
            said = " ".join(text.get_text_bounded(left, bottom, right, top).split())
            if said:
                x0, y0 = _pixel(page, width, height, left, top)
                x1, y1 = _pixel(page, width, height, right, bottom)
                box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
                found.append((said[:LONGEST_WORD], box))
        text.close()
    except pypdfium2.PdfiumError:
        return []  # the picture is what counts
    return found


def _pixel(page: pypdfium2.PdfPage, width: int, height: int, x: float, y: float) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(
        page, 0, 0, width, height, 0, x, y, ctypes.byref(across), ctypes.byref(down)
    )
    return across.value, down.value
