"""What was typed and cannot be read: kept in the draft as it was typed, behind a mark.

No number, day or unit begins with the mark, so a draft that holds one cannot be issued by any way,
and the page shows what was typed with the reason beside it.
"""

from __future__ import annotations

from typing import Any

MARK = "¿"
LONGEST = 200


def mark(text: str) -> str:
    return MARK + text[:LONGEST]


def is_unread(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(MARK)


def typed(value: str) -> str:
    """What the person typed."""
    return value.removeprefix(MARK)
