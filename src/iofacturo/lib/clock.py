"""The only source of now.

An act reads the clock once and hands the instant down, so that everything it writes agrees.
The demo's clock may start elsewhere (`IOFACTURO_NOW`) and then runs at normal speed; tests move
it with `moved_to`. Instants are aware and in UTC; people see Costa Rica (UTC-6, no summer time).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

COSTA_RICA = ZoneInfo("America/Costa_Rica")

_offset = timedelta(0)
_frozen: datetime | None = None


def now() -> datetime:
    """This instant, aware, in UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC) + _offset


def today() -> date:
    """The calendar day in Costa Rica."""
    return local(now()).date()


def local(instant: datetime) -> datetime:
    """*instant* as a clock on a wall in Costa Rica shows it."""
    return instant.astimezone(COSTA_RICA)


def midnight(day: date) -> datetime:
    """The first instant of *day* in Costa Rica, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=COSTA_RICA).astimezone(UTC)


def start_at(instant: datetime) -> None:
    """Let the clock of this process run on from *instant*."""
    global _offset
    _offset = instant.astimezone(UTC) - datetime.now(UTC)


def shift(seconds: float) -> None:
    """Let the clock of this process run *seconds* away from the machine's."""
    global _offset
    _offset = timedelta(seconds=seconds)


@contextmanager
def moved_to(instant: datetime) -> Iterator[None]:
    """Stop the clock at *instant* for every thread of this process; for tests and the demo's past."""
    global _frozen
    before = _frozen
    _frozen = instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
