"""The days a board is about: what was asked for, made sensible, and cut into bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict

from iofacturo.business_time.calendar import Calendar
from iofacturo.folios.lot import add_months
from iofacturo.lib import formats

ONE_DAY = timedelta(days=1)
USUAL, LONGEST = 30, 366  # days
BY_DAY, BY_WEEK = 45, 190  # the longest spans that are shown so; longer ones by month
PRESETS = (("Hoy", 1), ("7 días", 7), ("30 días", 30), ("12 meses", 366))


@dataclass(frozen=True)
class Part:
    """The days of one bar, both included; *short* stands below it, *name* in the table."""

    first: date
    last: date
    short: str
    name: str


@dataclass(frozen=True)
class Span:
    first: date
    last: date
    today: date
    problem: str = ""

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def query(self) -> str:
        return f"desde={self.first.isoformat()}&hasta={self.last.isoformat()}"

    @property
    def words(self) -> str:
        if self.first == self.last:
            return formats.fecha_completa(self.first)
        return f"del {formats.dia(self.first)} al {formats.dia(self.last)}"

    @property
    def presets(self) -> list[tuple[str, str, bool]]:
        """(label, query, whether it is the one shown)."""
        made = []
        for label, days in PRESETS:
            first = self.today - (days - 1) * ONE_DAY
            here = (first, self.today) == (self.first, self.last)
            made.append((label, Span(first, self.today, self.today).query, here))
        return made

    def parts(self, hours: Calendar, answered: set[date]) -> list[Part]:
        """Business days, and others with answers; weeks from Monday; or months."""
        if self.length <= BY_DAY:
            return self._days(hours, answered)
        return self._weeks() if self.length <= BY_WEEK else self._months()

    @property
    def unit(self) -> str:
        if self.length <= BY_DAY:
            return "día"
        return "semana" if self.length <= BY_WEEK else "mes"

    def _days(self, hours: Calendar, answered: set[date]) -> list[Part]:
        every = [self.first + n * ONE_DAY for n in range(self.length)]
        some = [day for day in every if hours.is_business_day(day) or day in answered]
        step = max(1, -(-len(some) // 5))  # five words fit below the bars, on a phone too
        return [
            Part(day, day, _short(day) if n % step == 0 else "", formats.dia(day))
            for n, day in enumerate(some)
        ]

    def _weeks(self) -> list[Part]:
        parts: list[Part] = []
        first = self.first
        while first <= self.last:
            last = min(first + (6 - first.weekday()) * ONE_DAY, self.last)
            label = _short(first) if len(parts) % 4 == 0 else ""
            parts.append(Part(first, last, label, f"{formats.dia(first)} a {formats.dia(last)}"))
            first = last + ONE_DAY
        return parts

    def _months(self) -> list[Part]:
        parts, first = [], self.first
        while first <= self.last:
            coming = add_months(first.replace(day=1), 1)
            last = min(coming - ONE_DAY, self.last)
            month = formats.dia(first).split()[1]
            parts.append(Part(first, last, month, f"{formats.dia(first)} a {formats.dia(last)}"))
            first = coming
        return parts


def _short(day: date) -> str:
    return " ".join(formats.dia(day).split()[:2])


def read(asked: QueryDict, today: date) -> Span:
    """What `desde` and `hasta` ask for; the last thirty days without them, with what was wrong."""
    usual = Span(today - (USUAL - 1) * ONE_DAY, today, today)
    texts = [asked.get(name, "").strip() for name in ("desde", "hasta")]
    if not any(texts):
        return usual
    try:
        last = date.fromisoformat(texts[1]) if texts[1] else today
        first = date.fromisoformat(texts[0]) if texts[0] else last - (USUAL - 1) * ONE_DAY
    except (ValueError, OverflowError):
        return Span(usual.first, usual.last, today, "Escriba las dos fechas: día, mes y año.")
    last = min(last, today)
    if first > last:
        return Span(usual.first, usual.last, today, "La primera fecha va antes de la segunda.")
    if (last - first).days >= LONGEST:
        near = last - (LONGEST - 1) * ONE_DAY
        return Span(near, last, today, "Se muestra un año a la vez: el último de lo que pidió.")
    return Span(first, last, today)
