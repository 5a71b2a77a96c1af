"""A thousand lines, fifty at a time."""

from __future__ import annotations

from dataclasses import dataclass

SIZE = 50


@dataclass(frozen=True)
class Page:
    """The lines *first* to *last* of *count*, counted from 1."""

    first: int
    last: int
    count: int

    @classmethod
    def of(cls, count: int, asked: str) -> Page:
        """The page that holds line *asked*; the first one for whatever makes no sense.

        >>> Page.of(120, "101"), Page.of(120, "x"), Page.of(0, "7")
        (Page(first=101, last=120, count=120), Page(first=1, last=50, count=120), Page(first=1, last=0, count=0))
        """
        wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
        if not 1 <= wanted <= count:
            wanted = 1
        first = (wanted - 1) // SIZE * SIZE + 1
        return cls(first, min(first + SIZE - 1, count), count)

    @property
    def is_all(self) -> bool:
        return self.first == 1 and self.last == self.count

    @property
    def before(self) -> int:
        """The first line of the page before; 0 when there is none."""
        return max(self.first - SIZE, 0)

    @property
    def after(self) -> int:
        return self.last + 1 if self.last < self.count else 0
