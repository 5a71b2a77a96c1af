"""References on a page: the bank's number of the transfer, and ours out of its detail.

A SINPE reference is known by its shape, 25 digits that begin with the day and three digits of a
bank. The shape is a hint and no more: banks print numbers of their own too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from iofacturo.renewals import reference
from iofacturo.renewals.proof_reading import label
from iofacturo.renewals.proof_reading.layout import Page, Placed
from iofacturo.renewals.proof_reading.reading import Code

SINPE_LENGTH = 25
LEAST, MOST = 5, 32  # characters of a bank's reference
LEAST_DIGITS = 4

_OURS = re.compile(
    r"[I1Ll|][O0Qo]F[\s.:-]?(?=([A-Za-z0-9](?:[\s-]?[A-Za-z0-9]){6}))", re.IGNORECASE
)
_LONG = re.compile(r"(?<![\dA-Za-z])20\d{2}[01]\d[0-3]\d(?:\s?\d){17}(?!\d)")
_IN_SENTENCE = re.compile(
    r"(?:referencia|comprobante|documento|confirmaci[oó]n|autorizaci[oó]n|transacci[oó]n)"
    r"(?:\s*(?:n\.?\s?[º°o]\.?|no\.|n[uú]m(?:ero)?\.?|#))?\s*[:#]?\s*(?:es\s)?"
    r"(?P<value>[A-Za-z]{0,4}\d[\dA-Za-z-]{4,})",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[A-Za-z]{0,6}[-/]?\d(?:[-/]?[A-Za-z0-9])*(?:\s\d[A-Za-z0-9]{2,})*")


def codes(page: Page) -> Iterator[Code]:
    """Every reference on *page*."""
    for placed in page.placed:
        yield from _ours(placed)
        text = placed.word.text
        for found in _LONG.finditer(text):
            yield _bank(placed, re.sub(r"\s", "", found[0]), 0.98)
        yield from _named(page, placed)


def _ours(placed: Placed) -> Iterator[Code]:
    for found in _OURS.finditer(placed.word.text):
        text = "IOF" + re.sub(r"[\s-]", "", found[1])
        if reference.is_valid(text):
            yield Code(
                confidence=placed.word.score * 0.99, box=placed.word.box,
                value=reference.validate(text), kind="ours",
            )  # fmt: skip
            return


def _named(page: Page, placed: Placed) -> Iterator[Code]:
    """What a label calls a reference: after it in the same text, on its right, or under it."""
    text = placed.word.text
    squashed = placed.word.squashed
    if not label.REFERENCE.match(squashed):
        for found in _IN_SENTENCE.finditer(text):
            if value := _value(found["value"]):
                yield _bank(placed, value, 0.85)
        return
    inline = re.search(r"[:#]\s*(?P<value>[A-Za-z0-9][\w\s/-]*)$", text) or re.search(
        r"\s(?P<value>[A-Za-z]{0,4}\d[\w/-]{4,})$", text
    )
    if inline and (value := _value(inline["value"])):
        yield _bank(placed, value, 0.9)
        return
    within = _IN_SENTENCE.search(text)
    if within and (value := _value(within["value"])):
        yield _bank(placed, value, 0.85)
        return
    if sum(c.isdigit() for c in squashed) > 2:
        return
    beside = page.right_of(placed)[:1]
    under = page.below(placed)
    for other in (*beside, *([under] if under else [])):
        value = _value(other.word.text)
        if value and not label.is_label(other.word.squashed):
            yield _bank(other, value, 0.95)
            return


def _value(text: str) -> str:
    """The reference that *text* is, or an empty string: no day, no money, no phone, no account."""
    plain = text.strip(" .:#")
    found = _VALUE.fullmatch(plain)
    if found is None or re.fullmatch(r"\d{1,4}([-/])\d{1,2}\1\d{2,4}|\d{4}-\d{4}", plain):
        return ""
    value = re.sub(r"\s", "", plain).upper()
    digits = sum(c.isdigit() for c in value)
    if not LEAST <= len(value) <= MOST or digits < LEAST_DIGITS or value.startswith("CR"):
        return ""
    return "" if value.startswith("IOF") and reference.is_valid(value) else value


def _bank(placed: Placed, value: str, sure: float) -> Code:
    day, entity = sinpe(value)
    return Code(
        confidence=placed.word.score * sure,
        box=placed.word.box,
        value=value,
        kind="sinpe" if day else "bank",
        day=day,
        entity=entity,
    )


def sinpe(value: str) -> tuple[date | None, str]:
    """The day and the bank that a SINPE reference begins with, where *value* has its shape.

    >>> sinpe("2026112215283010512345678")
    (datetime.date(2026, 11, 22), '152')
    """
    if len(value) != SINPE_LENGTH or not value.isdigit():
        return None, ""
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:8])), value[8:11]
    except ValueError:
        return None, ""


def distinct(found: Iterator[Code]) -> tuple[Code, ...]:
    """Each reference once, the surest first; of the same value the surest."""
    best: dict[str, Code] = {}
    for one in found:
        if one.value not in best or one.confidence > best[one.value].confidence:
            best[one.value] = one
    ranked = sorted(best.values(), key=lambda one: (one.kind == "bank", -one.confidence))
    return tuple(ranked)
