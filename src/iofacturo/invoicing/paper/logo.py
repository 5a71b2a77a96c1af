"""The company's logo for its paper, small enough to go into every PDF."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

from iofacturo.accounts.company import Company
from iofacturo.invoicing.setup import letterhead

LARGEST = (720, 300)  # pixels: 15 mm high at 500 dots to the inch


def of(company: Company) -> bytes | None:
    """The PNG to print, or None when the company has no logo."""
    png = letterhead.of(company).logo_png()
    return _printable(png) if png else None


@lru_cache(maxsize=64)
def _printable(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as picture:
        mode = "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
        small = picture.convert(mode)
    small.thumbnail(LARGEST)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()
