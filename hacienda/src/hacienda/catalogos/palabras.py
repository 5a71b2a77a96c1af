"""Words as people type them, for looking things up in tables."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Lower case without accents.

    >>> fold("  Pérez ZELEDÓN")
    '  perez zeledon'
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
