"""Which words stand beside and below each other, on a page that may be turned or bent.

A photo is rarely square to the paper. The direction of the lines is taken from the words' own
upper edges, as a straight function of the height on the page, so that a page seen at an angle
comes out straight enough to tell rows apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from iofacturo.renewals.proof_reading.word import Point, Word

SAME_ROW = 0.55  # of the smaller height, between the middles of two words of one row
BELOW = 2.3  # heights of the upper one, between a label and the value under it


@dataclass(frozen=True)
class Placed:
    """A word and where it would stand if the page were straight."""

    word: Word
    left: float
    right: float
    middle: float
    height: float

    @property
    def top(self) -> float:
        return self.middle - self.height / 2


class Page:
    """The words of a page, from top to bottom."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.placed = sorted(_straightened(words), key=lambda one: (one.middle, one.left))
        self.height = median(one.height for one in self.placed) if self.placed else 1.0

    def right_of(self, one: Placed) -> list[Placed]:
        """What follows on the same row, nearest first."""
        found = [
            other
            for other in self.placed
            if other is not one and other.left > one.left and _same_row(one, other)
            and other.left > one.right - one.height
        ]  # fmt: skip
        return sorted(found, key=lambda other: other.left)

    def left_of(self, one: Placed) -> list[Placed]:
        """What comes before it on the same row, nearest first."""
        found = [
            other
            for other in self.placed
            if other is not one and other.right < one.left + one.height and _same_row(one, other)
        ]
        return sorted(found, key=lambda other: -other.right)

    def below(self, one: Placed) -> Placed | None:
        """What stands right under it."""
        found = [other for other in self.placed if _under(one, other)]
        return min(
            found, key=lambda other: (other.middle, abs(other.left - one.left)), default=None
        )

    def above(self, one: Placed) -> Placed | None:
        """What it stands right under."""
        found = [other for other in self.placed if _under(other, one)]
        return max(
            found, key=lambda other: (other.middle, -abs(other.left - one.left)), default=None
        )


def _same_row(one: Placed, other: Placed) -> bool:
    smaller = min(one.height, other.height)
    return abs(one.middle - other.middle) < SAME_ROW * smaller


def _under(upper: Placed, lower: Placed) -> bool:
    if upper is lower or lower.middle <= upper.middle or _same_row(upper, lower):
        return False
    gap = lower.top - (upper.top + upper.height)
    if gap > BELOW * max(upper.height, 0.6 * lower.height):
        return False
    lap = min(upper.right, lower.right) - max(upper.left, lower.left)
    shorter = min(upper.right - upper.left, lower.right - lower.left)
    return lap > 0.5 * shorter or abs(upper.left - lower.left) < 1.2 * upper.height


def turned(words: Sequence[Word]) -> list[Word]:
    """*words* with the page turned by quarters until most of them read from left to right."""
    votes = [0.0, 0.0, 0.0, 0.0]
    for word in words:
        (x0, y0), (x1, y1), *_ = word.corners
        dx, dy = x1 - x0, y1 - y0
        quarters = (0 if dx > 0 else 2) if abs(dx) >= abs(dy) else (1 if dy > 0 else 3)
        votes[quarters] += abs(dx) + abs(dy)
    quarters = votes.index(max(votes))
    if not quarters:
        return list(words)

    def turn(x: float, y: float) -> Point:
        return ((y, -x), (-x, -y), (-y, x))[quarters - 1]

    found = []
    for word in words:
        a, b, c, d = (turn(x, y) for x, y in word.corners)
        found.append(_Turned(word.text, (a, b, c, d), word.score, word))
    return list(found)


@dataclass(frozen=True)
class _Turned(Word):
    """A word on a turned page; facts tell where it stands on the picture as it is."""

    original: Word | None = None


def _straightened(words: Sequence[Word]) -> list[Placed]:
    words = turned(words)
    slope, growth = _slopes(words)
    if not words:
        return []
    x0 = sum(sum(x for x, _ in word.corners) / 4 for word in words) / len(words)
    placed = []
    for word in words:
        xs, ys = [x for x, _ in word.corners], [y for _, y in word.corners]
        x, y = sum(xs) / 4, sum(ys) / 4
        here = slope + growth * y
        width = max(abs(xs[1] - xs[0]), abs(xs[2] - xs[3]))
        height = max((ys[3] - ys[0] + ys[2] - ys[1]) / 2, 1.0)
        straight = y - here * (x - x0)
        across = x + slope * y
        origin = word.original if isinstance(word, _Turned) else None
        placed.append(
            Placed(origin or word, across - width / 2, across + width / 2, straight, height)
        )
    return placed


def _slopes(words: Sequence[Word]) -> tuple[float, float]:
    """Fall of a line per pixel: at the top of the page, and how it grows downwards."""
    found = []
    for word in words:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = word.corners
        width = (x1 - x0 + x2 - x3) / 2
        height = (y3 - y0 + y2 - y1) / 2
        if height > 0 and width > 2.5 * height:
            fall = ((y1 - y0) + (y2 - y3)) / 2 / width
            found.append((sum(y for _, y in word.corners) / 4, fall, width))
    if not found:
        return 0.0, 0.0
    usual = median(fall for _, fall, _ in found)
    found = [one for one in found if abs(one[1] - usual) < 0.06]
    weight = sum(width for *_, width in found)
    if not weight:
        return usual, 0.0
    y_mean = sum(y * width for y, _, width in found) / weight
    mean = sum(fall * width for _, fall, width in found) / weight
    spread = sum(width * (y - y_mean) ** 2 for y, _, width in found)
    if len(found) < 5 or not spread:
        return mean, 0.0
    growth = sum(width * (y - y_mean) * (fall - mean) for y, fall, width in found) / spread
    return mean - growth * y_mean, growth
