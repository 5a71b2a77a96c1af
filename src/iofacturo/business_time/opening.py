"""The arithmetic of business time: a frozen calendar that answers questions about instants.

Everything is decided on a wall in Costa Rica (UTC-6, no summer time) and answered in UTC.
A day is open as its weekday says, unless the calendar lists it as closed. Intervals are
half-open: at 18:00:00 sharp nobody is there any more, yet a promise may fall due at 18:00:00.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import overload

from iofacturo.business_time import week
from iofacturo.lib.clock import local, midnight

LONGEST_CLOSURE = 3660  # days without one open minute after which the search ends
ONE_DAY = timedelta(days=1)


class NeverOpens(ValueError):
    """The calendar has no open minute within ten years."""


@dataclass(frozen=True)
class Calendar:
    """Hours and closed days under one version of the calendar.

    `closed` maps each closed day to its name. Years the table does not reach have no holidays;
    the worker adds years long before they come.
    """

    hours: week.Week
    closed: Mapping[date, str] = field(default_factory=dict)
    version_id: int | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "hours", week.validate(self.hours))
        object.__setattr__(self, "closed", MappingProxyType(dict(self.closed)))

    def __hash__(self) -> int:
        return hash((self.hours, frozenset(self.closed.items()), self.version_id))

    # -- days --------------------------------------------------------------------------------

    def is_business_day(self, day: date) -> bool:
        """Whether anybody works on *day*."""
        return bool(self.hours[day.weekday()]) and day not in self.closed

    def intervals(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The open intervals of *day*, half-open, in UTC."""
        if self.is_business_day(day):
            start = midnight(day)
            for opens, closes in self.hours[day.weekday()]:
                yield start + timedelta(minutes=opens), start + timedelta(minutes=closes)

    @overload
    def add_business_days(self, start: datetime, n: int) -> datetime: ...
    @overload
    def add_business_days(self, start: date, n: int) -> date: ...
    def add_business_days(self, start: date | datetime, n: int) -> date | datetime:
        """The *n*-th business day after *start*; for an instant, at the same hour of the wall.

        With n = 0 it is the day itself, or the next business day when it is closed.
        """
        if n < 0:
            raise ValueError("Business days are counted forward.")
        day = local(start).date() if isinstance(start, datetime) else start
        found = self._nth_business_day(day, n)
        return start + (found - day) if isinstance(start, datetime) else found

    def _nth_business_day(self, day: date, n: int) -> date:
        left, idle = n, 0
        if n == 0 and self.is_business_day(day):
            return day
        left = max(n, 1)
        while left:
            day += ONE_DAY
            if self.is_business_day(day):
                left, idle = left - 1, 0
            else:
                idle += 1
                if idle > LONGEST_CLOSURE:
                    raise NeverOpens("This calendar never opens again.")
        return day

    # -- instants ----------------------------------------------------------------------------

    def is_open(self, at: datetime) -> bool:
        """Whether *at* lies inside an open interval."""
        return any(opens <= at < closes for opens, closes in self.intervals(local(at).date()))

    def next_opening(self, at: datetime) -> datetime:
        """*at* itself while open, else the instant at which the next interval opens (UTC)."""
        opens, _ = next(self._open_from(at))
        return opens

    def due(self, start: datetime, hours: Decimal | int | timedelta) -> datetime:
        """The instant at which *hours* of business time have passed since *start* (UTC).

        Without anything to wait for it is the next opening.
        """
        left = _duration(hours)
        for opens, closes in self._open_from(start):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise AssertionError("unreachable: _open_from ends by raising")

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Business time between the two instants; zero when *end* is not after *start*."""
        total = timedelta(0)
        day, last = local(start).date(), local(end).date()
        while day <= last:
            for opens, closes in self.intervals(day):
                total += max(min(closes, end) - max(opens, start), timedelta(0))
            day += ONE_DAY
        return total

    def _open_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open intervals that are not over at *at*, the first one cut to begin there."""
        at = at.astimezone(UTC)
        day, idle = local(at).date(), 0
        while idle <= LONGEST_CLOSURE:
            idle += 1
            for opens, closes in self.intervals(day):
                if closes > at:
                    idle = 0
                    yield max(opens, at), closes
            day += ONE_DAY
        raise NeverOpens("This calendar never opens again.")

    # -- words -------------------------------------------------------------------------------

    def describe(self) -> str:
        """The hours in one line: `Lunes a viernes de 9:00 a. m. a 6:00 p. m.`"""
        return week.describe(self.hours)

    def closures(self, year: int) -> list[tuple[date, str]]:
        """The closed days of *year* with their names, in order."""
        return sorted((day, name) for day, name in self.closed.items() if day.year == year)


def _duration(hours: Decimal | int | timedelta) -> timedelta:
    if not isinstance(hours, timedelta):
        # whole microseconds, without passing through a float
        hours = timedelta(microseconds=int(Decimal(hours) * 3_600_000_000))
    if hours < timedelta(0):
        raise ValueError("Business time runs forward: hours must not be negative.")
    return hours
