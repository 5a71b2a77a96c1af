"""Payment references in what people and banks wrote: any case, spaces, look-alikes, cut off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from iofacturo.renewals.reference import ALPHABET, BODY, LENGTH, PREFIX, check_character, meant

CODE = LENGTH - len(PREFIX)  # body and check character
LONGEST_TEXT = 500
_PREFIX = re.compile("(?=[I1L][O0Q]F)")
_WORDS = re.compile("[0-9A-Z]+")
_LETTERS = frozenset(ALPHABET)


@dataclass(frozen=True)
class Known:
    """The codes of the open requests: what follows the prefix, look-alikes read back.

    Ours carry a check character; those of a file from outside may not, and are known all the same.
    """

    codes: Collection[str]

    @cached_property
    def sizes(self) -> list[int]:
        return sorted({len(code) for code in self.codes} | {CODE}, reverse=True)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that looks like a reference of ours.

    WHOLE      with its prefix and a right check character
    UNCHECKED  the check character was left out or cut off
    BARE       without its prefix, a word of its own with a right check character
    SPOILT     with its prefix, but a character is wrong, missing or too many
    """

    WHOLE, UNCHECKED, BARE, SPOILT = "whole", "unchecked", "bare", "spoilt"

    how: str
    code: str  # what follows the prefix, look-alikes read back


def hunt(text: str, known: Known) -> list[Found]:
    """Every trace in *text*, the soundest first.

    >>> hunt("pago plan iof 7k3-q9x2", Known(()))
    [Found(how='whole', code='7K3Q9X2')]
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).upper()
    words = _WORDS.findall(plain)
    joined = "".join(words)
    starts = [place.start() for place in _PREFIX.finditer(joined)]
    found: list[Found] = []
    if starts:
        ends = _ends(words)
        found = [_after_prefix(joined, start + len(PREFIX), ends, known) for start in starts]
    if not any(one.how == Found.WHOLE for one in found):
        found += _bare(words, known)
    order = (Found.WHOLE, Found.UNCHECKED, Found.BARE, Found.SPOILT)
    return sorted(dict.fromkeys(found), key=lambda one: order.index(one.how))


def sound(code: str) -> bool:
    """Whether *code* is a body with its right check character."""
    return (
        len(code) == CODE
        and _LETTERS.issuperset(code)
        and check_character(code[:BODY]) == code[BODY]
    )


def _ends(words: list[str]) -> set[int]:
    ends, place = set(), 0
    for word in words:
        place += len(word)
        ends.add(place)
    return ends


def _after_prefix(joined: str, place: int, ends: set[int], known: Known) -> Found:
    for size in known.sizes:
        code = meant(joined[place : place + size])
        if code in known.codes:
            return Found(Found.WHOLE, code)
    code = meant(joined[place : place + CODE])
    if sound(code):
        return Found(Found.WHOLE, code)
    if place + BODY in ends and _LETTERS.issuperset(code[:BODY]):
        return Found(Found.UNCHECKED, code[:BODY])
    return Found(Found.SPOILT, meant(joined[place : place + known.sizes[0] + 1]))


def _bare(words: list[str], known: Known) -> list[Found]:
    """Words that end in a code that somebody was given."""
    found = []
    for word in words:
        for size in known.sizes:
            code = meant(word[-size:])
            if size <= len(word) <= size + len(PREFIX) and code in known.codes:
                found.append(Found(Found.BARE, code))
                break
    return found
