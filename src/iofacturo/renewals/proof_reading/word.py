"""A piece of text and where it stands on a picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from iofacturo.lib.folding import fold

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels

_NO_LETTER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Word:
    """What was read in one place: a word, or all that stands close together on a line.

    *corners* go round from where the text begins (top left of upright text); *score* is how sure
    the eye was, 0 to 1 (1 for the text of a PDF).
    """

    text: str
    corners: tuple[Point, Point, Point, Point]
    score: float = 1.0

    @classmethod
    def at(cls, text: str, box: Box, score: float = 1.0) -> Word:
        """A word that stands straight."""
        left, top, right, bottom = box
        return cls(text, ((left, top), (right, top), (right, bottom), (left, bottom)), score)

    @cached_property
    def box(self) -> Box:
        """The upright rectangle around it."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return min(xs), min(ys), max(xs), max(ys)

    @cached_property
    def squashed(self) -> str:
        """Letters and digits only, no accents, no case: spaces are what an eye loses first."""
        return _NO_LETTER.sub("", fold(self.text))


def around(words: list[Word]) -> Box:
    """The rectangle around all of *words*."""
    boxes = [word.box for word in words]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
