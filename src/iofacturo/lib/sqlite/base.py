"""Django's SQLite backend with a fair lock in front of writers.

SQLite's own busy time-out lets waiting writers starve: with eight of them the slowest one in a
hundred waits for a second. Queueing on a file lock before `BEGIN IMMEDIATE` keeps that in the
tens of milliseconds. The lock belongs to the open file, so a killed process lets go of it.
"""

import fcntl
import os
from typing import Any

from django.db.backends.sqlite3 import base


# The stubs leave out what Django's wrappers override among themselves: hence the ignores.
class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the queue's lock for as long as a write transaction is open."""

    _queue: int | None = None

    def _queue_path(self) -> str | None:
        name = str(self.settings_dict["NAME"])
        if self.is_in_memory_db() or ":memory:" in name or "mode=memory" in name:
            return None
        return name + ".queue"

    def _start_transaction_under_autocommit(self) -> None:
        self._enter_queue()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_queue()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            if self.connection is not None and not self.connection.in_transaction:
                self._leave_queue()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            if self.connection is not None and not self.connection.in_transaction:
                self._leave_queue()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _enter_queue(self) -> None:
        path = self._queue_path()
        if path is None or self._queue is not None:
            return
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(descriptor)
            raise
        self._queue = descriptor

    def _leave_queue(self) -> None:
        descriptor, self._queue = self._queue, None
        if descriptor is not None:
            os.close(descriptor)
