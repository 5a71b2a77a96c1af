"""Folios used by month or by day, as bars in percent of the width and pixels of height.

The picture has no viewBox: bars stretch with the box, letters do not. Everything it shows is in
its table as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from iofacturo.folios.lot import add_months
from iofacturo.folios.pace import MONTH, Pace
from iofacturo.lib import formats
from iofacturo.lib.formats import LOCALE

BASE, TOP = 208.0, 26.0  # pixels from the top: the line the bars stand on, the highest bar
MONTHS = 12  # columns, the forecast included
DAYS = 28
YOUNG = 62  # days of history below which days say more than months


@dataclass(frozen=True)
class Bar:
    """One column. *kind* is past, now or next (a forecast); the rest is ready for the picture."""

    kind: str
    value: int
    shown: str  # above the bar
    short: str  # below it
    name: str  # in the table
    x: str
    width: str
    middle: str
    y: str
    height: str
    shown_y: str


@dataclass(frozen=True)
class Chart:
    unit: str  # "mes" or "día"
    title: str
    note: str
    description: str
    heading: str  # of the table's first column
    bars: tuple[Bar, ...]


def draw(days: Mapping[date, int], pace: Pace | None, today: date) -> Chart | None:
    """The chart of *days*: months for a company with some history, else its days; None if unused."""
    used = [day for day, number in days.items() if number > 0]
    if not used:
        return None
    if (today - min(used)).days < YOUNG:
        return by_day(days, today)
    return by_month(days, pace, today)


def by_month(days: Mapping[date, int], pace: Pace | None, today: date) -> Chart:
    """Up to twelve months, the next one forecast when there is a pace."""
    this = today.replace(day=1)
    earliest = min(day for day, number in days.items() if number > 0).replace(day=1)
    count = MONTHS - (1 if pace else 0)
    months = [add_months(this, -back) for back in range(count - 1, -1, -1)]
    months = [month for month in months if month >= earliest]
    sums: Counter[date] = Counter()
    for day, number in days.items():
        sums[day.replace(day=1)] += number
    totals = {month: max(0, sums[month]) for month in months}
    rows = [
        ("now" if month == this else "past", totals[month], _month(month), _name(month, today))
        for month in months
    ]
    note = _span(months)
    if pace is not None:
        coming = add_months(this, 1)
        rows.append(("next", round(pace.per_day * MONTH), _month(coming), _name(coming, today)))
        note += f" · {_long(coming)} es una previsión"
    return Chart(
        unit="mes",
        title="Folios usados por mes",
        note=note,
        description=_describe(rows),
        heading="Mes",
        bars=_bars(rows),
    )


def by_day(days: Mapping[date, int], today: date) -> Chart:
    """The last four weeks, day by day."""
    span = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    most = max(days.get(day, 0) for day in span)
    rows = []
    for day in span:
        short = f"{day.day} {_month(day)}" if (today - day).days % 7 == 0 else ""
        rows.append(
            ("now" if day == today else "past", max(0, days.get(day, 0)), short, formats.dia(day))
        )
    shown = [number == most or kind == "now" for kind, number, _, _ in rows]
    return Chart(
        unit="día",
        title="Folios usados por día",
        note="últimas cuatro semanas",
        description=_describe(rows),
        heading="Día",
        bars=_bars(rows, shown),
    )


def _bars(
    rows: list[tuple[str, int, str, str]], shown: list[bool] | None = None
) -> tuple[Bar, ...]:
    most = max([value for _, value, _, _ in rows] + [1])
    column = 100 / len(rows)
    bars = []
    for number, (kind, value, short, name) in enumerate(rows):
        height = (BASE - TOP) * value / most
        say = formats.numero(value) if (shown is None or shown[number]) and value else ""
        bars.append(
            Bar(
                kind=kind,
                value=value,
                shown=f"≈{say}" if kind == "next" and say else say,
                short=short,
                name=name,
                x=f"{column * number + column * 0.2:.2f}%",
                width=f"{column * 0.6:.2f}%",
                middle=f"{column * (number + 0.5):.2f}%",
                y=f"{BASE - height:.1f}",
                height=f"{height:.1f}",
                shown_y=f"{BASE - height - 6:.1f}",
            )
        )
    return tuple(bars)


def _describe(rows: list[tuple[str, int, str, str]]) -> str:
    """The picture in one or two sentences."""
    past = [row for row in rows if row[0] != "next"]
    low, high = min(past, key=lambda row: row[1]), max(past, key=lambda row: row[1])
    last = past[-1]
    text = (
        f"Entre {formats.numero(low[1])} ({low[3]}) y {formats.numero(high[1])} ({high[3]}); "
        f"van {formats.numero(last[1])} en {last[3]}."
        if len(past) > 1
        else f"{formats.numero(last[1])} en {last[3]}."
    )
    if rows[-1][0] == "next":
        text += f" Para {rows[-1][3]} se prevén unos {formats.numero(rows[-1][1])}."
    return text


def _month(day: date) -> str:
    return format_date(day, "MMM", locale=LOCALE).replace(".", "").replace("sept", "set")


def _long(day: date) -> str:
    return format_date(day, "MMMM", locale=LOCALE)


def _name(month: date, today: date) -> str:
    text = _long(month)
    return text if month.year == today.year else f"{text} de {month.year}"


def _span(months: list[date]) -> str:
    first, last = months[0].year, months[-1].year
    return str(last) if first == last else f"{first} y {last}"
