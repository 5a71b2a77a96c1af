"""Bars of two parts, one on the other, in percent of the width and pixels of height.

The picture has no viewBox: bars stretch with the box, letters do not. Everything it shows is in
its table as well, and in one sentence for who hears it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BASE, TOP = 168.0, 24.0  # pixels from the top: the line the bars stand on, the highest bar
WIDEST = 9.0  # percent: two bars are no walls
LETTERS = 40  # that fit side by side above the bars
Shown = Callable[[float], str]


@dataclass(frozen=True)
class Column:
    """What one bar stands for: the lower part and the whole; None where there is nothing to say."""

    short: str  # below the bar
    name: str  # in the table
    low: float | None
    whole: float | None


@dataclass(frozen=True)
class Bar:
    column: Column
    x: str
    width: str
    middle: str
    low_y: str
    low_height: str
    high_y: str
    high_height: str
    shown: str
    shown_y: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """`names` are those of the two parts and of the table's columns; `looks` their classes."""

    key: str
    title: str
    note: str
    heading: str
    names: tuple[str, str]
    looks: tuple[str, str]
    description: str
    bars: tuple[Bar, ...]
    limit: tuple[str, str] | None  # (y of the line, its words)


def draw(
    key: str,
    columns: list[Column],
    *,
    title: str,
    note: str,
    heading: str,
    names: tuple[str, str],
    looks: tuple[str, str],
    shown: Shown,
    second: Shown | None = None,
    limit: tuple[float, str] | None = None,
) -> Chart:
    """A chart of *columns*; *shown* puts a value into words, *limit* is a line across.

    The table's second column holds the whole, or what *second* makes of the upper part.
    """
    most = max([c.whole or 0 for c in columns] + [limit[0] if limit else 0, 1])
    scale = (BASE - TOP) / most
    step = 100 / max(len(columns), 1)
    width = min(step * 0.64, WIDEST)
    peak = max(range(len(columns)), key=lambda n: columns[n].whole or 0, default=0)
    longest = max((len(shown(c.whole)) for c in columns if c.whole), default=1)
    every = len(columns) * longest <= LETTERS  # else they would run into each other on a phone
    bars = []
    for n, column in enumerate(columns):
        low, whole = column.low or 0, column.whole or 0
        middle = step * (n + 0.5)
        top = BASE - whole * scale
        told = bool(whole) and (every or n == peak)
        bars.append(
            Bar(
                column,
                x=f"{middle - width / 2:.2f}%",
                width=f"{width:.2f}%",
                middle=f"{middle:.2f}%",
                low_y=f"{BASE - low * scale:.1f}",
                low_height=f"{low * scale:.1f}",
                high_y=f"{top:.1f}",
                high_height=f"{max(whole - low, 0) * scale:.1f}",
                shown=shown(whole) if told else "",
                shown_y=f"{top - 6:.1f}",
                cells=_cells(column, shown, second),
            )
        )
    line = (f"{BASE - limit[0] * scale:.1f}", limit[1]) if limit else None
    words = _describe(columns, names, shown, second)
    return Chart(key, title, note, heading, names, looks, words, tuple(bars), line)


def _cells(column: Column, shown: Shown, second: Shown | None) -> tuple[str, ...]:
    if column.low is None or column.whole is None:
        return ("—", "—")
    upper = second(column.whole - column.low) if second else shown(column.whole)
    return (shown(column.low), upper)


def _describe(
    columns: list[Column], names: tuple[str, str], shown: Shown, second: Shown | None
) -> str:
    """The highest and the lowest bar, in a sentence."""
    some = [column for column in columns if column.whole]
    if not some:
        return "No hay respuestas en estos días."
    told = []
    high = max(some, key=lambda column: column.whole or 0)
    low = min(some, key=lambda column: column.whole or 0)
    for word, column in (("Lo más alto", high), ("lo más bajo", low)):
        cells = _cells(column, shown, second)
        pairs = zip(names, cells, strict=True)
        parts = ", ".join(f"{name.lower()} {value}" for name, value in pairs)
        told.append(f"{word}: {column.name}, {parts}")
        if high is low:
            break
    return "; ".join(told) + "."
