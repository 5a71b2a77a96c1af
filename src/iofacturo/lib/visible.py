"""Text without what nobody typed on purpose: control characters, marks that turn its direction.

Control characters are unlawful in XML, so an invoice could not carry them; direction marks make
a name or an account read otherwise than it is stored. Joiners stay: emoji are made with them.
"""

import re
import unicodedata

TURNING = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
NEVER = {"Cc", "Cs", "Cn"}  # controls, halves of pairs, what is no character


def visible_lines(text: str) -> str:
    r"""*text* of several lines: they stay, and so do the spaces within each.

    >>> visible_lines("Precios:  \r\n  - el caf\u202eé\x07\n\n")
    'Precios:\n  - el café'
    """
    lines = ("".join(map(_shown, line.expandtabs(4))).rstrip() for line in BREAKS.split(text))
    return "\n".join(lines).strip("\n")


def _shown(character: str) -> str:
    never = character in TURNING or unicodedata.category(character) in NEVER
    return "" if never else character


def visible(text: str) -> str:
    r"""*text* on one line, white space collapsed.

    >>> visible(" Caf\u202eé\x07 \n S.A. ")
    'Café S.A.'
    """
    spaced = " ".join(text.split())
    if spaced.isprintable():  # has none of them: nearly every text there is
        return spaced
    kept = (c for c in spaced if c not in TURNING and unicodedata.category(c) not in NEVER)
    return " ".join("".join(kept).split())
