"""What a page of the editor sends besides the fields: which button, which lines, what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

MOST = 10_000
WINDOW = 15
"""Lines on one page; a document may have a thousand, and a browser sends every field of the page."""


@dataclass(frozen=True)
class State:
    """What is open on the page; it travels in the address and in hidden fields."""

    desde: int = 1  # the page that has this line
    linea: int | None = None  # the line that is opened whole
    cliente: bool = False  # the other side's fields, though somebody is picked
    revisar: bool = False  # problems are told aloud

    def query(self) -> str:
        values = {
            "desde": self.desde if self.desde > WINDOW else None,
            "linea": self.linea,
            "cliente": "1" if self.cliente else None,
            "revisar": "1" if self.revisar else None,
        }
        given = {name: value for name, value in values.items() if value is not None}
        return "?" + urlencode(given) if given else ""

    def but(self, **changes: Any) -> State:
        return replace(self, **changes)


def state(sent: Mapping[str, str]) -> State:
    return State(
        desde=whole(sent.get("desde")) or 1,
        linea=whole(sent.get("linea")),
        cliente=sent.get("cliente") == "1",
        revisar=sent.get("revisar") == "1",
    )


def whole(text: str | None) -> int | None:
    """A small whole number from 1, or nothing."""
    if text and text.isascii() and text.isdecimal() and len(text) < 9 and 0 < int(text) < MOST:
        return int(text)
    return None


def act(sent: Mapping[str, str]) -> tuple[str, str]:
    """The button: its name and what it is about, `cabys:3:2391…` as ("cabys", "3:2391…")."""
    name, _, about = sent.get("accion", "guardar")[:300].partition(":")
    return name, about
