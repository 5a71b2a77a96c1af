"""A PDF reduced to pictures of its pages.

Scripts, actions, forms, links and attachments never get further: what is kept are pixels. That is
why they are no reason to refuse; our own invoices carry their XML as an attachment.
"""

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
OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b|\bendobj\b|\bstream\b|\bxref\b|\bendstream\b")


def pages(data: bytes) -> tuple[int, Iterator[Image.Image]]:
    """How many pages *data* has, and pictures of the first ones."""
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


def _drawn(document: pypdfium2.PdfDocument, count: int) -> Iterator[Image.Image]:
    started = time.process_time()
    for number in range(count):
        if number and time.process_time() - started > SECONDS:
            return
        try:
            page = document[number]
            yield page.render(scale=_scale(*page.get_size()), rev_byteorder=True).to_pil()
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
