"""The day of a transfer, in the ways Costa Rica writes it.

Spaces are not relied on (`22/11/202610:41` is read), month names may be cut or without accents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from iofacturo.lib.folding import fold
from iofacturo.renewals.proof_reading import label
from iofacturo.renewals.proof_reading.layout import Page, Placed
from iofacturo.renewals.proof_reading.reading import Day

MONTHS = {"ene": 1, "jan": 1, "feb": 2, "mar": 3, "abr": 4, "apr": 4, "may": 5, "jun": 6, "jul": 7,
          "ago": 8, "aug": 8, "set": 9, "sep": 9, "oct": 10, "nov": 11, "dic": 12, "dec": 12}  # fmt: skip
FIRST, LAST = 2015, 2099

_NAME = r"(?P<name>ene|jan|feb|mar|abr|apr|may|jun|jul|ago|aug|set|sep|oct|nov|dic|dec)[a-z]{0,9}?"
_YEAR = r"(?P<year>20\d\d|\d\d(?!\d))"
_SHAPES = (
    re.compile(r"(?<!\d)(?P<year>20\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>[0-3]\d)"),
    re.compile(r"(?<!\d)(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>20\d\d)"),
    re.compile(r"(?<!\d)(?P<day>\d{1,2})[-/](?P<month>\d{1,2})[-/](?P<year>\d\d)(?!\d{3})"),
    re.compile(rf"(?<!\d)(?P<day>\d{{1,2}})(?:de)?[-/.,]?{_NAME}[-/.,]*(?:del?)?(?:ano)?[-/.,]*{_YEAR}"),
    re.compile(rf"{_NAME}\.?(?P<day>\d{{1,2}}),?\.?(?:del?)?(?P<year>20\d\d)"),
)  # fmt: skip


def days(page: Page) -> Iterator[tuple[float, Day]]:
    """Every day on *page* with how much speaks for its being that of the transfer."""
    for order, placed in enumerate(page.placed):
        for squashed, value in in_text(placed.word.text):
            points = _points(page, placed, squashed) - order * 0.01
            sure = placed.word.score * max(0.2, min(0.97, 0.8 + 0.05 * points))
            yield points, Day(confidence=sure, box=placed.word.box, value=value)


def in_text(text: str) -> Iterator[tuple[str, date]]:
    """The days in *text*, each with what stands before it, squashed.

    >>> [str(day) for _, day in in_text("22 de noviembre del 2026, 10:41 a. m.")]
    ['2026-11-22']
    """
    plain = re.sub(r"\s+", "", fold(text)).replace("|", "/")
    for shape in _SHAPES:
        seen = False
        for found in shape.finditer(plain):
            value = _date(found.groupdict())
            if value is not None:
                seen = True
                yield re.sub(r"[^a-z]+", "", plain[: found.start()]), value
        if seen:
            return


def _date(parts: dict[str, str | None]) -> date | None:
    year, day = int(parts["year"] or 0), int(parts["day"] or 0)
    year += 2000 if year < 100 else 0
    name = parts.get("name")
    month = MONTHS[name] if name else int(parts["month"] or 0)
    if not name and month > 12 >= day:
        day, month = month, day
    if not FIRST <= year <= LAST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _points(page: Page, placed: Placed, before: str) -> float:
    labels = [before, *(one.word.squashed for one in page.left_of(placed)[:1])]
    above = page.above(placed)
    if above is not None:
        labels.append(above.word.squashed)
    for text in labels:
        if label.NOT_DAY.search(text):
            return -5.0
        if label.DAY.search(text):
            return 3.0
    return 1.0 if re.search(r"\d:\d\d", placed.word.text) else 0.0


def transfer_day(found: list[tuple[float, Day]]) -> Day | None:
    best = max(found, key=lambda one: one[0], default=None)
    return best[1] if best is not None and best[0] > -1 else None
