"""Amounts of one column of one file: all of them are written in the same manner.

Alone `1.234` can be two things. Beside `1.234,56` it is one: a file keeps to one decimal mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from iofacturo.lib import amounts

_NOISE = re.compile(r"[₡¢$\s\u00a0\u202f']|CRC|USD", re.IGNORECASE)


def decimal_mark(texts: Iterable[str]) -> str | None:
    """`,` or `.` when the column shows which one it is, None when it never does or says both."""
    seen = set()
    for text in texts:
        plain = _NOISE.sub("", text)
        last = max(plain.rfind(","), plain.rfind("."))
        if last < 0:
            continue
        mark = plain[last]
        other = "," if mark == "." else "."
        after = len(plain) - last - 1
        if other in plain or (after != 3 and plain.count(mark) == 1):
            seen.add(mark)
        elif plain.count(mark) > 1:
            seen.add(other)
    return seen.pop() if len(seen) == 1 else None


def parse(text: str, mark: str | None) -> Decimal:
    """The amount in *text*, whose file has the decimal *mark*. `amounts.AmountError`.

    >>> parse("1.234", ","), parse("-1,234.50", ".")
    (Decimal('1234'), Decimal('-1234.50'))
    """
    negative = text.strip().startswith("-")
    plain = text.strip().removeprefix("-").strip()
    if mark is not None:
        bare = _NOISE.sub("", plain)
        other = "," if mark == "." else "."
        if re.fullmatch(rf"[0-9]{{1,3}}(\{other}[0-9]{{3}})+", bare):
            plain = bare.replace(other, "")
    amount = amounts.parse(plain)
    return -amount if negative else amount
