"""What time does to tickets. Late, twice or never: of a promise nothing is lost but the minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from iofacturo.lib import clock
from iofacturo.support import attachment, closing, due, incoming, mailbox, promise

SWEEP_AFTER_DAYS = 3  # an upload that is not sent is forgotten after two
_swept: dict[str, date] = {}


def run(now: datetime) -> int:
    """Everything that is due at *now*; how many rows were worked on."""
    done = promise.follow(now) + promise.keep(now) + closing.close(now) + due.recompute(now)
    return done + tidy(now)


def tidy(now: datetime) -> int:
    """Forget uploads nobody sent and sweep the files no row names, once a day in each worker."""
    today = clock.local(now).date()
    if _swept.get("day") == today:
        return 0
    _swept["day"] = today
    done = attachment.forget(now)
    days = [today - timedelta(days=n) for n in range(SWEEP_AFTER_DAYS, SWEEP_AFTER_DAYS + 7)]
    return done + sum(attachment.sweep(day) + incoming.sweep(day) for day in days)


def read_mail(now: datetime) -> int:
    """Answers that came by mail; a claim of its own, because a server can be slow."""
    return mailbox.run(now)
