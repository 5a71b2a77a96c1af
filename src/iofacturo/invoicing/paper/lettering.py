"""The letters of the paper: which typeface, and text that it can set.

The typeface is IBM Plex Sans, from an installed package (OFL 1.1). It has Latin, Greek and Cyrillic
letters and ₡; what it lacks is shown as `MISSING`, and the paper says where the text stands whole:
in the XML that is attached to it. So a name in another script never stops a document.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import fontpkg_ibm_plex_sans
from fontTools.ttLib import TTFont

from iofacturo.lib.visible import visible

FAMILY = fontpkg_ibm_plex_sans.FAMILY
FOLDER = Path(fontpkg_ibm_plex_sans.ROOT) / "files"
MISSING = "◊"
BREAK = "\u200b"  # a place where a line may end; never a glyph
LONGEST_WORD = 24  # characters that stand together in the narrowest column
_LONG = re.compile(rf"[^\s{BREAK}]{{{LONGEST_WORD + 1},}}")
_PLACES = re.compile(r"(?<=[@/\\_.,;:&?=+\-])(?=\w)")


@cache
def known() -> frozenset[int]:
    """The code points that the upright and the italic face have, both."""
    faces = sorted(FOLDER.glob("*.ttf"))
    maps = [frozenset(TTFont(face, lazy=True).getBestCmap()) for face in faces]
    private = frozenset(range(0xE000, 0xFB00)) | {0xFEFF, 0xFFFD}  # no text, says PDF/A
    return maps[0].intersection(*maps[1:]) - private


def line(text: object) -> str:
    """*text* on one line, only with what can be set, and never wider than a column.

    >>> line("Café \\u202e\\x07 S.A.")
    'Café S.A.'
    """
    shown = _known(unicodedata.normalize("NFC", visible(str(text))))
    return _LONG.sub(_breakable, shown) if len(shown) > LONGEST_WORD else shown


def paragraphs(text: str) -> list[str]:
    """*text* line by line, each as `line` gives it; empty ones left out."""
    return [shown for one in text.splitlines() if (shown := line(one))]


def _known(text: str) -> str:
    if text.isascii():
        return text
    there = known()
    if there.issuperset(map(ord, text)):
        return text
    return "".join(
        c if ord(c) in there else "" if unicodedata.category(c) in ("Mn", "Me", "Cf") else MISSING
        for c in text
    )


def _breakable(found: re.Match[str]) -> str:
    pieces = _PLACES.split(found[0])
    return BREAK.join(
        BREAK.join(piece[i : i + LONGEST_WORD] for i in range(0, len(piece), LONGEST_WORD))
        for piece in pieces
    )
