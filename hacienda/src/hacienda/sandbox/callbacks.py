"""The sandbox tells whoever gave a callback address, as Hacienda does: JSON by POST.

It tries again three times when it is not answered 200, and then no more. What is still to be told
is in the store, so a sandbox that is killed tells it later; a callback may therefore come twice,
as Hacienda's may. Only addresses on this machine are called.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time

from hacienda.sandbox.store import Store
from hacienda.transporte import http_client, is_loopback

RETRIES = 3
# Seconds, real ones, before each retry.
RETRY_DELAYS = (1.0, 5.0, 15.0)
TIMEOUT = 5.0
THREADS = 4
# Seconds that ending waits for calls under way.
GRACE = 0.5

log = logging.getLogger("hacienda.sandbox")


class Callbacks:
    """A few threads that empty the table of callbacks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._busy: set[int] = set()
        self._lock = threading.Lock()
        self._places = threading.Semaphore(THREADS)
        self._http = http_client("http://127.0.0.1")
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End soon: whom nobody answers is not waited for, and is told at the next start."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(GRACE)
        until = time.monotonic() + GRACE
        while self._busy and time.monotonic() < until:
            time.sleep(0.01)

    def add(self, url: str, body: bytes) -> None:
        """Tell this address as soon as can be."""
        if not url.startswith(("http://", "https://")) or not is_loopback(url):
            log.warning("callback outside this machine left out")
            return
        self._store.execute(
            "INSERT INTO callbacks (url, body, due_at) VALUES (?, ?, julianday('now'))",
            (url, body),
        )
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            for row in self._store.rows(
                "SELECT id, url, body, tries FROM callbacks WHERE due_at <= julianday('now')"
                " ORDER BY due_at LIMIT 100"
            ):
                with self._lock:
                    if row["id"] in self._busy:
                        continue
                    self._busy.add(row["id"])
                while not self._places.acquire(timeout=0.1):
                    if self._stop.is_set():
                        return
                threading.Thread(target=self._tell, args=tuple(row), daemon=True).start()
            self._wake.wait(0.2)

    def _tell(self, number: int, url: str, body: bytes, tries: int) -> None:
        try:
            answered = self._post(url, body)
            # The store may close under a call that took long; the row then stays for next time.
            with contextlib.suppress(sqlite3.ProgrammingError):
                self._record(number, tries, done=answered or tries >= RETRIES)
        finally:
            with self._lock:
                self._busy.discard(number)
            self._places.release()

    def _record(self, number: int, tries: int, *, done: bool) -> None:
        if done:
            self._store.execute("DELETE FROM callbacks WHERE id = ?", (number,))
        else:
            self._store.execute(
                "UPDATE callbacks SET tries = tries + 1,"
                " due_at = julianday('now') + ? / 86400.0 WHERE id = ?",
                (RETRY_DELAYS[min(tries, RETRIES - 1)], number),
            )

    def _post(self, url: str, body: bytes) -> bool:
        import httpx

        try:
            answer = self._http.post(
                url, content=body, headers={"Content-Type": "application/json"}, timeout=TIMEOUT
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code == 200
