"""Files of strangers in, clean pictures out.

    cleaned = cleaning.clean(data, "transferencia.pdf")

What is opened is opened in a process of its own with bounded memory, time and files
(`worker.py`); its answer is looked at again here, because it might have been taken over.
"""

import hashlib
import json
import logging
import math
from dataclasses import dataclass, field

from iofacturo.lib import formats
from iofacturo.uploads import child, kind, slots, worker
from iofacturo.uploads.refusal import SENTENCES, Refused

__all__ = ["LARGEST", "Cleaned", "Refused", "clean"]

log = logging.getLogger(__name__)

LARGEST = worker.LARGEST  # bytes
KINDS = {"pdf", "png", "jpg"}
MOST_PAGES = 100
MOST_WORDS, LONGEST_WORD = 400, 120  # of one page of a PDF; characters


Word = tuple[str, tuple[int, int, int, int]]  # text; left, top, right, bottom in pixels


@dataclass(frozen=True)
class Cleaned:
    """A file that was taken.

    `pages` are PNGs (of a long PDF only the first ones; `page_count` tells how many there are),
    `width` and `height` the pixels of the first, `size` and `sha256` those of the original file,
    `phash` the likeness of the first page as 16 hex digits (see `likeness.distance`), `words` the
    text that a PDF has, page by page: what was said and where in the picture it would stand.
    Nothing promises that a page shows the words it says.
    """

    kind: str  # "pdf", "png" or "jpg", by structure
    pages: list[bytes] = field(repr=False)
    sha256: str
    phash: str
    width: int
    height: int
    page_count: int
    size: int
    words: tuple[tuple[Word, ...], ...] = field(default=(), repr=False)


def clean(data: bytes, name: str, size: int | None = None) -> Cleaned:
    """The clean pages of the file *data* that its sender called *name*; raises Refused.

    *size* is what the whole file weighs, for whoever did not read all of one that is too large.
    """
    if not data:
        raise Refused("empty", name)
    if len(data) > LARGEST:
        whole = max(size or 0, len(data))
        raise Refused("too_large", name, size=megabytes(whole, above=True),
                      limit=megabytes(LARGEST))  # fmt: skip
    try:
        kind.detect(data)  # spares the child for what is plainly something else
        return _understood(child.ask(data), data)
    except Refused as refused:
        raise Refused(refused.code, name, **refused.facts) from None
    except slots.Busy:
        raise Refused("busy", name) from None
    except child.Failed as failure:
        log.warning("A file of %d bytes was not opened: %s", len(data), failure)
        raise Refused("too_complex", name) from None


def megabytes(size: int, *, above: bool = False) -> str:
    """`15,3 MB`; with *above* rounded up, so that what is over a limit never reads like it."""
    tenths = size * 10 / 1024 / 1024
    shown = (math.ceil(tenths) if above else round(tenths)) / 10
    return f"{formats.numero(shown, 1)}\u00a0MB".replace(",0\u00a0", "\u00a0")


def _understood(answer: bytes, data: bytes) -> Cleaned:
    """The child's *answer*, believed only where it has the right shape."""
    try:
        line, _, rest = answer.partition(b"\n")
        facts = json.loads(line)
        if "refused" in facts:
            raise _refusal(facts)
        pages = _split(rest, facts["sizes"])
        width, height = (int.from_bytes(pages[0][at : at + 4], "big") for at in (16, 20))
        phash = f"{int(facts['phash'], 16):016x}"
        page_count = int(facts["page_count"])
        words = tuple(tuple(_word(row) for row in said[:MOST_WORDS]) for said in facts["words"])
        if len(words) != len(pages):
            raise ValueError("words of other pages")
        if facts["kind"] not in KINDS or len(phash) != 16:
            raise ValueError("neither kind nor likeness")
        if not len(pages) <= page_count <= MOST_PAGES:
            raise ValueError("pages do not add up")
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise child.Failed("its answer makes no sense") from error
    return Cleaned(
        kind=facts["kind"],
        pages=pages,
        sha256=hashlib.sha256(data).hexdigest(),
        phash=phash,
        width=width,
        height=height,
        page_count=page_count,
        size=len(data),
        words=words,
    )


def _word(row: list) -> Word:
    text, (left, top, right, bottom) = row
    if not isinstance(text, str):
        raise ValueError("a word is no text")
    plain = "".join(c for c in text[:LONGEST_WORD] if c.isprintable())  # no NUL, no half a pair
    return plain, (int(left), int(top), int(right), int(bottom))


def _refusal(facts: dict) -> Refused:
    code = facts["refused"] if facts["refused"] in SENTENCES else "broken"
    numbers = {str(k): int(v) for k, v in facts.get("facts", {}).items()}
    try:
        return Refused(code, "", **numbers)
    except KeyError:
        return Refused("broken")


def _split(rest: bytes, sizes: list[int]) -> list[bytes]:
    pages, at = [], 0
    for size in sizes:
        page = rest[at : at + size]
        if len(page) != size or not page.startswith(kind.PNG) or page[12:16] != b"IHDR":
            raise ValueError("a page is no PNG")
        pages.append(page)
        at += size
    if at != len(rest) or not pages:
        raise ValueError("pages and sizes differ")
    return pages
