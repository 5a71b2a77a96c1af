"""What the worker does for this room."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from iofacturo.accounts.company import Company
from iofacturo.folios import deadline, ledger, thresholds

LIMIT = 100  # rows in one round


def run(now: datetime) -> int:
    """Ends of lots, warnings before them, and warnings of few folios; answers how many were done.

    Safe with any number of workers: a deadline is taken by conditional update in the transaction
    of what it causes, and a notice is told once per key.
    """
    return meet_deadlines(now) + look_at_use(now)


def meet_deadlines(now: datetime) -> int:
    done = 0
    for pk in deadline.due(now, LIMIT):
        with transaction.atomic():
            row = deadline.take(pk, now)
            if row is None:
                continue
            if row.kind == "end":
                ledger.expire(row.lot, at=now)
                thresholds.look(row.lot.company, now)
            else:
                thresholds.warn_of_end(row.lot, row.kind, now)
            done += 1
    return done


def look_at_use(now: datetime) -> int:
    done = 0
    for pk in thresholds.used_lately(now, LIMIT):
        with transaction.atomic():
            thresholds.look(Company.objects.get(pk=pk), now)
            done += 1
    return done
