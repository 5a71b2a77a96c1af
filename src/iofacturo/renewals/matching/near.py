"""Codes that are one slip away from what was written: a character wrong, lost, added, swapped.

Every code is filed under itself and under itself less one character, so that a look-up costs a
few steps however many codes there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Neighbours:
    """The codes of open requests, by what is left of them after one slip."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._filed: dict[str, list[str]] = {}
        self._sizes: set[int] = set()
        for code in codes:
            self._sizes |= {len(code) - 1, len(code), len(code) + 1}
            for key in {code, *_shorter(code)}:
                self._filed.setdefault(key, []).append(code)

    def of(self, written: str) -> list[str]:
        """The codes at most one slip away from the beginning of *written*."""
        near = set()
        for size in self._sizes:
            text = written[:size]
            if len(text) < size:
                continue
            for key in {text, *_shorter(text)}:
                near |= {code for code in self._filed.get(key, ()) if one_slip(text, code)}
        return sorted(near)


def _shorter(text: str) -> Iterator[str]:
    return (text[:i] + text[i + 1 :] for i in range(len(text)))


def one_slip(a: str, b: str) -> bool:
    """Whether one character wrong, lost or added, or two swapped, makes *b* of *a*.

    >>> one_slip("7K3Q9XA", "7KQ39XA"), one_slip("7K3Q9XA", "7K3Q9A"), one_slip("7K3", "3K7")
    (True, True, False)
    """
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    if len(a) > len(b):
        return rest_a[1:] == rest_b
    if len(a) < len(b):
        return rest_b[1:] == rest_a
    swapped = rest_a[1:2] + rest_a[:1] + rest_a[2:]
    return rest_a[1:] == rest_b[1:] or swapped == rest_b
