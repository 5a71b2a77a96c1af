"""What the sandbox remembers: one SQLite file, or nothing that outlives it.

Every change is committed before it is answered, so a sandbox that is killed loses nothing it has
confirmed.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    identity TEXT NOT NULL UNIQUE,
    clave TEXT NOT NULL,
    fecha TEXT NOT NULL,
    emisor TEXT NOT NULL,
    receptor TEXT NOT NULL DEFAULT '',
    xml BLOB NOT NULL,
    callback_url TEXT NOT NULL DEFAULT '',
    received_at REAL NOT NULL,
    due_at REAL NOT NULL,
    state TEXT NOT NULL,
    receptions INTEGER NOT NULL DEFAULT 1,
    decisions INTEGER NOT NULL DEFAULT 0,
    answer BLOB
);
CREATE INDEX IF NOT EXISTS documents_due ON documents (due_at)
    WHERE state IN ('recibido', 'procesando');
CREATE INDEX IF NOT EXISTS documents_emisor ON documents (emisor, sequence);
CREATE INDEX IF NOT EXISTS documents_receptor ON documents (receptor, sequence);
CREATE TABLE IF NOT EXISTS numbers (
    emisor TEXT NOT NULL, consecutivo TEXT NOT NULL, clave TEXT NOT NULL,
    PRIMARY KEY (emisor, consecutivo)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS adjustments (
    original TEXT NOT NULL, clave TEXT NOT NULL, tipo TEXT NOT NULL, monto TEXT NOT NULL,
    fecha TEXT NOT NULL, PRIMARY KEY (original, clave)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS taxpayers (
    numero TEXT PRIMARY KEY, tipo TEXT NOT NULL, nombre TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
    digest BLOB PRIMARY KEY, session TEXT NOT NULL, kind TEXT NOT NULL, user TEXT NOT NULL,
    expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tokens_session ON tokens (session);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, body BLOB NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as it was handed in.

    `emisor` and `receptor` are type and padded number, 14 characters, or empty; instants are
    seconds since 1970 by the sandbox's clock. `receptions` counts how often it was taken in and
    `decisions` how often it was judged to the end.
    """

    sequence: int
    identity: str
    clave: str
    fecha: str
    emisor: str
    receptor: str
    xml: bytes
    callback_url: str
    received_at: float
    due_at: float
    state: str
    receptions: int
    decisions: int
    answer: bytes | None


class Store:
    """The file `path`, made with mode 0600; None keeps everything in memory."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = threading.RLock()
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            # It holds the sandbox's key and people's invoices: nobody else's business.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(
            ":memory:" if path is None else str(path),
            isolation_level=None,
            check_same_thread=False,
            timeout=10,
        )
        self._db.row_factory = sqlite3.Row
        # NORMAL survives the death of the process; only a power cut may take the last moment.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested ones join the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Change something; how many rows were."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row; None when there is none."""
        rows = self.rows(sql, values)
        return rows[0][0] if rows else None

    def meta(self, name: str) -> bytes | None:
        found: bytes | None = self.value("SELECT value FROM meta WHERE name = ?", (name,))
        return found

    def set_meta(self, name: str, value: bytes) -> None:
        self.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def document(self, identity: str) -> Document | None:
        found = self.documents("identity = ?", (identity,))
        return found[0] if found else None

    def documents(self, where: str, values: Sequence[Any] = ()) -> list[Document]:
        """Documents by a condition of ours; never pass text from outside in `where`."""
        rows = self.rows(f"SELECT * FROM documents WHERE {where}", values)  # noqa: S608
        return [Document(**dict(row)) for row in rows]
