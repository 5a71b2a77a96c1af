"""Until when the folios last at the company's pace, lot by lot, each with its own end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from iofacturo.folios.lot import FolioLot
from iofacturo.folios.pace import Pace
from iofacturo.lib import clock

HORIZON = 3 * 366  # days


@dataclass(frozen=True)
class Forecast:
    """*day* is the last day that is covered; *wasted* is what would expire unused by then.

    When *runs_out* is false the folios end by date and not by use. *earliest* and *latest* are the
    same day at a faster and at a slower pace.
    """

    pace: Pace
    day: date
    runs_out: bool
    wasted: int
    earliest: date
    latest: date

    @property
    def sureness(self) -> str:
        return self.pace.sureness

    @property
    def is_range(self) -> bool:
        """Whether the two ends are far enough apart to be worth saying."""
        return self.runs_out and (self.latest - self.earliest).days >= 7


def forecast(lots: Sequence[FolioLot], pace: Pace | None, today: date) -> Forecast | None:
    """What happens to *lots* at *pace*, from *today* on; None without a pace or without folios."""
    alive = [lot for lot in lots if lot.remaining and not lot.only_for and lot.last_day >= today]
    if pace is None or not alive:
        return None
    day, runs_out, wasted = spend(alive, pace.per_day, today)
    fast = spend(alive, pace.per_day * (1 + pace.margin), today)[0]
    slow = spend(alive, pace.per_day / (1 + pace.margin), today)[0]
    return Forecast(
        pace=pace, day=day, runs_out=runs_out, wasted=round(wasted), earliest=fast, latest=slow
    )


def spend(lots: Sequence[FolioLot], per_day: float, today: date) -> tuple[date, bool, float]:
    """Use *per_day* every day from *today*, what ends first first.

    Answers the last day that is covered, whether the folios ran out (or merely ended), and how
    many of them ended unused.
    """
    order = sorted(lots, key=lambda lot: lot.place_in_order)
    left = {lot.pk: float(lot.remaining) for lot in order}
    starts = {lot.pk: clock.local(lot.activated_at).date() for lot in order}
    end = min(max(lot.last_day for lot in order), today + timedelta(days=HORIZON))
    day = today
    while day <= end:
        need = per_day
        for lot in order:
            if starts[lot.pk] <= day <= lot.last_day:
                part = min(left[lot.pk], need)
                left[lot.pk] -= part
                need -= part
        if need > 1e-9:
            wasted = sum(left[lot.pk] for lot in order if lot.last_day < day)
            return max(today, day - timedelta(days=1)), True, wasted
        day += timedelta(days=1)
    return end, False, sum(left.values())
