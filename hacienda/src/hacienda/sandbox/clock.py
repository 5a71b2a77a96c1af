"""The sandbox's time: that of the machine, or one set by hand that runs on from there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hacienda.comprobante import FechaHora


class Clock:
    """A clock that can be moved. Instants are aware, in UTC; without a start it is the machine's.

    >>> c = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    >>> c.advance(3600)
    >>> c.now().hour
    13
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta(0)
        self._listeners: list[Callable[[], None]] = []
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        with self._lock:
            return datetime.now(UTC) + self._offset

    def timestamp(self) -> float:
        """Seconds since 1970 by this clock."""
        with self._lock:
            return time.time() + self._offset.total_seconds()

    def set(self, instant: datetime) -> None:
        """Make it this instant now; the clock runs on from it."""
        if instant.tzinfo is None:
            raise ValueError("an instant needs an offset")
        with self._lock:
            self._offset = instant - datetime.now(UTC)
        self._tell()

    def advance(self, seconds: float) -> None:
        """Let `seconds` go by at once; they may be negative."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)
        self._tell()

    def on_move(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the clock is moved by hand."""
        self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def instant(text: str) -> datetime:
    """An ISO instant, `2026-11-22T10:00:00-06:00`; without offset it is Costa Rica's time.

    Raises `InvalidError`.

    >>> instant("2026-11-22T10:00:00").isoformat()
    '2026-11-22T10:00:00-06:00'
    """
    if len(text) == 10:
        text += "T00:00:00"
    elif len(text) == 16:
        text += ":00"
    return FechaHora(text.replace(" ", "T"))
