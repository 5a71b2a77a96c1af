"""Which of the amounts on a page was paid.

Money is written `1.234,56`, `1,234.56` or `1 234,56`; ₡ is lost by the eye, or comes out as a
letter or a digit before the first group. Each candidate is judged by the label beside or above it,
by its sign, and by how large it is printed; nothing is rounded or completed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from iofacturo.lib.folding import fold
from iofacturo.renewals.proof_reading import day, label
from iofacturo.renewals.proof_reading.layout import Page, Placed
from iofacturo.renewals.proof_reading.reading import Amount

LARGEST = Decimal(10) ** 10
MOST_OTHERS = 4
SIGNS = {"crc": "CRC", "₡": "CRC", "¢": "CRC", "colones": "CRC", "colon": "CRC", "c": "CRC",
         "us$": "USD", "usd": "USD", "$": "USD", "dolares": "USD", "dolar": "USD"}  # fmt: skip

_MONEY = re.compile(
    r"(?P<before>CRC|US\$|USD|[₡¢$€£#₵]|\b[CGEe](?=\s?\d))?\s?[:=]?\s?"
    r"(?P<number>\d[\d.,'’ ]*\d|\d)"
    r"(?:\s?(?P<after>CRC|USD|colones|col[oó]n|d[oó]lares|[₡¢$]))?(?![.,']?[\dA-Za-z*•%])",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}\s?:\s?\d{2}(?:\s?:\s?\d{2})?")
_NOT_MONEY = re.compile(
    r"\d{1,4}[-/]\d{1,2}[-/]\d{2,4}|\d{1,2}[-/][A-Za-zé]{3,}[-/]\d{2,4}|\b\d-\d{3}-\d{6}\b"
    r"|\b[2-8]\d{3}-\d{4}\b|CR\d{2}[\d ]{8,}|\d{1,2}\s?de\s?[a-zé]+\s?del?\s?\d{4}",
    re.IGNORECASE,
)
_OH = re.compile(r"(?<=[\d.,])[oO](?=[\d.,oO]|\b)")


@dataclass(frozen=True)
class Number:
    value: Decimal
    has_cents: bool
    grouped: bool
    doubtful: bool = False  # a digit or a mark must have been misread


def number(text: str) -> Number | None:
    """What *text* (digits and separators) amounts to, or None.

    >>> number("45.200,00").value, number("45,200").value, number("6120,850.29").value
    (Decimal('45200.00'), Decimal('45200'), Decimal('120850.29'))
    """
    plain = re.sub(r"\s+", " ", text.replace("’", "'")).strip(" '.,")
    marks = re.findall(r"[.,' ]", plain)
    if not marks:
        return Number(Decimal(plain), False, False) if len(plain) <= 9 else None
    cut = re.fullmatch(r"(?P<head>.*\d)\s?(?P<mark>[.,])\s?(?P<cents>\d\d)", plain)
    head, cents = (cut["head"], cut["cents"]) if cut else (plain, "")
    groups = re.split(r"[.,']\s?| ", head)
    if any(not group.isdigit() for group in groups) or any(len(g) != 3 for g in groups[1:]):
        return None
    # `1.234.56`: one of the marks was misread
    first, doubtful = groups[0], bool(cut and len(groups) > 1 and cut["mark"] in head)
    if len(groups) > 1 and len(first) > 3:
        if len(first) > 4:
            return None
        first, doubtful = first[1:], True  # the sign was taken for a digit
    if len(first) > 1 and first.startswith("0") and (len(groups) > 1 or cents):
        first, doubtful = first.lstrip("0") or "0", True
    digits = first + "".join(groups[1:])
    if len(digits) > 10:
        return None
    value = Decimal(digits + ("." + cents if cents else ""))
    return Number(value, bool(cents), len(groups) > 1, doubtful)


@dataclass(frozen=True)
class Candidate:
    amount: Amount
    points: float


def candidates(page: Page) -> Iterator[Candidate]:
    """Every amount on *page*, with how much speaks for its being the one that was paid."""
    for placed in page.placed:
        text = _digits_for_ohs(placed.word.text)
        text = _NOT_MONEY.sub(lambda found: "|" * len(found[0]), text)
        text = _CLOCK.sub(lambda found: "|" * len(found[0]), text)
        for found in _MONEY.finditer(text):
            if found.start() and text[found.start() - 1] in "*•0123456789-/":
                continue
            read = number(found["number"])
            if read is None or read.value >= LARGEST:
                continue
            currency = _currency(found["before"], found["after"])
            points = _points(page, placed, text[: found.start()], read, currency)
            if points is None or not read.value:
                continue
            sure = placed.word.score * (0.7 if read.doubtful else 1.0)
            yield Candidate(
                Amount(
                    confidence=sure * _certainty(points),
                    box=placed.word.box,
                    value=read.value.quantize(Decimal("0.01")),
                    currency=currency,
                ),
                points,
            )


def _digits_for_ohs(text: str) -> str:
    """*text* with every O inside a number as the zero that it is."""
    while (better := _OH.sub("0", text)) != text:
        text = better
    return text


def _currency(before: str | None, after: str | None) -> str:
    for mark in (before, after):
        if mark and fold(mark) in SIGNS:
            return SIGNS[fold(mark)]
    return ""


def _points(page: Page, placed: Placed, before: str, read: Number, currency: str) -> float | None:
    """None where it is no money at all."""
    named = _labelled(page, placed, before)
    if not currency and not read.has_cents and not (read.grouped or named > 0):
        return None
    if not currency and named <= 0 and any(day.in_text(placed.word.text)):
        return None  # the hour beside a date
    points = named + (1.5 if currency else 0) + (1.0 if read.has_cents else 0)
    points += 0.5 if read.grouped else 0
    points += max(0.0, min(3.0, 2.5 * (placed.height / page.height - 1.15)))
    return points - (0.5 if read.doubtful else 0)


def _labelled(page: Page, placed: Placed, before: str) -> float:
    """What its label says for it: the text before it, else the nearest on its left, else above."""
    inline = label_points(_squash(before), anywhere=True)
    if inline:
        return inline
    for neighbour in page.left_of(placed)[:2]:
        points = label_points(neighbour.word.squashed)
        if points:
            return points
    above = page.above(placed)
    if above is not None:
        points = label_points(above.word.squashed)
        if points:
            return points * 0.9
    return 0.0


def label_points(squashed: str, *, anywhere: bool = False) -> float:
    """How a label speaks for or against what it names.

    >>> label_points("montotransferido") > 0 > label_points("saldodisponible")
    True
    """
    if (not squashed or sum(c.isdigit() for c in squashed) > 2) and not anywhere:
        return 0.0
    if label.NOT_AMOUNT.search(squashed[-40:] if anywhere else squashed):
        return -6.0
    matched = label.AMOUNT.search(squashed) if anywhere else label.AMOUNT.match(squashed)
    if matched is None:
        return 0.0
    return 5.0 if matched[0].startswith(("monto", "total", "importe", "usted")) else 4.0


def _squash(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", fold(text))


def _certainty(points: float) -> float:
    """Points as a share of certainty."""
    return max(0.1, min(0.98, 0.45 + 0.08 * points))


def paid(found: list[Candidate]) -> tuple[Amount | None, tuple[Amount, ...]]:
    """The amount that was paid and the next likely ones."""
    ranked = sorted(found, key=lambda one: -one.points)
    if not ranked or ranked[0].points < 0:
        return None, tuple(one.amount for one in ranked[:MOST_OTHERS])
    best = ranked[0]
    rest = [one.amount for one in ranked[1:] if one.amount.value != best.amount.value]
    chosen = best.amount
    if not chosen.currency:
        chosen = _with_sign(chosen, ranked)
    return chosen, tuple(rest[:MOST_OTHERS])


def _with_sign(chosen: Amount, ranked: list[Candidate]) -> Amount:
    """The same amount seen elsewhere with its sign lends it."""
    for other in ranked:
        if other.amount.value == chosen.value and other.amount.currency:
            return Amount(chosen.confidence, chosen.box, chosen.page, chosen.value,
                          other.amount.currency)  # fmt: skip
    return chosen
