"""Until when a purchase may be answered, as far as we know it.

The older resolution gives the first eight business days of the month after the purchase; which
article of Decreto 44739-H holds today, and what silence means, is not confirmed. Screens say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from iofacturo.business_time.opening import Calendar
from iofacturo.lib import clock

BUSINESS_DAYS = 8


@dataclass(frozen=True)
class Deadline:
    """The last day, and how many business days are left, today included; 0 when it is over."""

    day: date
    left: int

    @property
    def over(self) -> bool:
        return self.left == 0

    @property
    def near(self) -> bool:
        return 0 < self.left <= 3


def of(fecha: datetime, calendar: Calendar, now: datetime) -> Deadline:
    """The deadline of a document issued at *fecha*, seen at *now*."""
    first = clock.local(fecha).date().replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    day = calendar.add_business_days(last, BUSINESS_DAYS)
    today = clock.local(now).date()
    left = sum(
        calendar.is_business_day(today + timedelta(days=n)) for n in range((day - today).days + 1)
    )
    return Deadline(day, left)
