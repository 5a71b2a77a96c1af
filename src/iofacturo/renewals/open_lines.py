"""Which lines of the bank have money left, without adding up every line of the past each time.

A process remembers which lines were still open when it last looked, and looks next time at those,
at what was written since, and at the few that were ever ordered back or taken back. Nothing that
was remembered is believed for long, and nothing of it decides: whoever pays with a line adds up
that line itself, and so does the database.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from iofacturo.renewals import bank
from iofacturo.renewals.bank import Allocation, BankLine, MoneyEntry
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

# Rows that were written before others may be seen after them: so many are looked at again.
OVERLAP = 200
TRUSTED = 1800.0  # seconds
TABLES = [model._meta.db_table for model in (BankLine, Allocation, MoneyEntry)]


@dataclass
class Memory:
    """The newest row of each table when `open` was true, and when that was."""

    newest: tuple[int, ...]
    open: set[int] = field(default_factory=set)
    since: float = field(default_factory=time.monotonic)


_memory: list[Memory] = []
_one_at_a_time = Lock()


def free() -> QuerySet[Any]:
    """The same lines as `bank.free()`, the ones of the long past left alone."""
    with _one_at_a_time:
        newest = _newest()
        known = _memory[0] if _memory else None
        if known is None or not _holds(known, newest):
            rows, since = bank.free(), time.monotonic()
        else:
            rows, since = bank.free().filter(pk__in=_candidates(known)), known.since
        found = set(rows.values_list("pk", flat=True))
        if not connection.in_atomic_block:  # what may be undone is not remembered
            _memory[:] = [Memory(newest, found, since)]
    return bank.free().filter(pk__in=found)


def _newest() -> tuple[int, ...]:
    ids = [
        f"(SELECT max(id) FROM {table})"  # noqa: S608 - names of our own tables
        for table in TABLES
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(ids)}")
        return tuple(number or 0 for number in cursor.fetchone())


def _holds(known: Memory, newest: tuple[int, ...]) -> bool:
    """Whether the books went on from *known*, not long ago."""
    grew = all(now >= before for now, before in zip(newest, known.newest, strict=True))
    return grew and time.monotonic() - known.since < TRUSTED


def _candidates(known: Memory) -> set[int]:
    """Every line that may be open now: no other was closed and can have opened since."""
    line, allocation, entry = (number - OVERLAP for number in known.newest)
    rows = BankLine.objects.filter(pk__gt=line).values_list("pk")
    rows = rows.union(
        Allocation.objects.filter(pk__gt=allocation, amount__lt=0).values_list("line"),
        MoneyEntry.objects.filter(pk__gt=entry, line__isnull=False).values_list("line"),
        ReturnOrder.objects.filter(line__isnull=False).values_list("line"),
        Withdrawal.objects.values_list("line"),
    )
    return known.open | {int(pk) for (pk,) in rows}


__all__ = ["free"]
