"""How fast a company uses folios, from its own days, and how far that can be trusted.

The pace is the mean of the last four weeks of whole days (fewer for a young company, never less
than two). How sure it is comes from how much the last eight weeks differ among themselves. With
too little to go by there is no pace at all: nothing is said rather than something made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import mean, stdev

WINDOW = 28  # days
SHORTEST = 14  # days of history
FEWEST = 8  # folios in the window
WEEKS = 8  # that are compared with each other
MONTH = 365.25 / 12


@dataclass(frozen=True)
class Pace:
    """Folios a day, over how many days, and the share by which that may be off."""

    per_day: float
    days: int
    used: int
    margin: float

    @property
    def per_month(self) -> int:
        return max(1, round(self.per_day * MONTH))

    @property
    def per_year(self) -> int:
        return max(1, round(self.per_day * MONTH * 12))

    @property
    def sureness(self) -> str:
        """`alta`, `media` or `baja`."""
        if self.margin <= 0.15:
            return "alta"
        return "media" if self.margin <= 0.35 else "baja"


def measure(days: Mapping[date, int], today: date) -> Pace | None:
    """The pace told by *days* (folios used on each day, gaps are zero) up to yesterday.

    None with less than two weeks of history, fewer than eight folios, or use so uneven that its
    mean says nothing.
    """
    past = [day for day, used in days.items() if used > 0 and day < today]
    if not past:
        return None
    history = (today - min(past)).days
    window = min(WINDOW, history)
    used = sum(days.get(today - timedelta(days=back), 0) for back in range(1, window + 1))
    if history < SHORTEST or used < FEWEST:
        return None
    margin = _margin(days, today, min(WEEKS, history // 7))
    if margin > 0.75:
        return None
    return Pace(per_day=used / window, days=window, used=used, margin=margin)


def _margin(days: Mapping[date, int], today: date, weeks: int) -> float:
    """The standard error of the mean week, as a share of it."""
    totals = [
        sum(days.get(today - timedelta(days=7 * week + back), 0) for back in range(1, 8))
        for week in range(weeks)
    ]
    average = mean(totals)
    if average <= 0:
        return 1.0
    # counts vary by chance alone: one folio a week is never a sure thing
    spread = max(stdev(totals), sqrt(average))
    return float(spread / average / sqrt(min(weeks, WINDOW // 7)))
