"""Django's SQLite backend with a fair lock in front of writers, and connections that are kept.

SQLite's own busy time-out lets waiting writers starve: with eight of them the slowest one in a
hundred waits for a second. Queueing on a file lock before `BEGIN IMMEDIATE` keeps that in the
tens of milliseconds. The lock belongs to the open file, so a killed process lets go of it.

Opening a connection reads the whole schema, which takes as long as signing a document; so a thread
keeps its own from one request to the next, as long as the file is the one that was opened.
"""

import fcntl
import os
from typing import Any

from django.db.backends.sqlite3 import base


# The stubs leave out what Django's wrappers override among themselves: hence the ignores.
class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the queue's lock for as long as a write transaction is open."""

    _queue: int | None = None
    _opened: tuple[int, int] | None = None  # device and inode

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection, and which file it has open."""
        connection = super().get_new_connection(conn_params)  # type: ignore[misc]
        self._opened = self._file()
        return connection

    def is_usable(self) -> bool:
        """Whether the database is still the file that was opened, and nothing went wrong in it.

        A copy that was put back is another file under the same name.
        """
        return not self.errors_occurred and self._opened == self._file()

    def _file(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.settings_dict["NAME"])
        except OSError:  # gone, or never in a file
            return None
        return found.st_dev, found.st_ino

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
