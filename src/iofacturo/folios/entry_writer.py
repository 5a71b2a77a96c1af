"""The one way into the ledger for everything but the use of a folio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from iofacturo.accounts.user import User
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.posting import COLUMNS
from iofacturo.lib import clock


def add(
    lot_id: int,
    kind: str,
    qty: int | None,
    *,
    at: datetime,
    operation: str | None = None,
    by: User | None = None,
    document: str = "",
    label: str = "",
    note: str = "",
    even_empty: bool = False,
) -> FolioEntry | None:
    """Add an entry to a lot; *qty* None means all that is left, sized under the lock.

    None when there is nothing to write: the operation is already there, nothing is left (unless
    *even_empty*), or the lot is annulled already.
    """
    lock = "" if connection.vendor == "sqlite" else "FOR NO KEY UPDATE"
    some = "-l.remaining" if qty is None else "%s"
    key = f"'{kind}:' || l.id || ':' || (l.entries_count + 1)" if operation is None else "%s"
    where = "true"
    if qty is None and kind == "void" and even_empty:
        where = "l.voided_at IS NULL"
    elif qty is None:
        where = "l.remaining > 0"
    sql = f"""
INSERT INTO folios_folioentry ({COLUMNS})
SELECT l.id, l.company_id, %s, {some}, l.entries_count + 1,
       {"0" if qty is None else "l.remaining + %s"}, %s, %s, {key}, %s, %s, %s, %s
FROM (SELECT * FROM folios_foliolot WHERE id = %s {lock}) AS l
WHERE {where}
ON CONFLICT (operation) DO NOTHING
RETURNING id
"""  # noqa: S608 - only constants are put together
    values: list[Any] = [kind]
    if qty is not None:
        values += [qty, qty]
    values += [document, label]
    if operation is not None:
        values.append(operation)
    values += [
        None if by is None else by.pk,
        connection.ops.adapt_datetimefield_value(at),
        local_day(at),
        note[:200],
        lot_id,
    ]
    with one_writer(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return None if row is None else FolioEntry.objects.get(pk=row[0])


def local_day(at: datetime) -> date | str:
    """The day of *at* in Costa Rica, as the database's driver wants it."""
    day = clock.local(at).date()
    return day.isoformat() if connection.vendor == "sqlite" else day


@contextmanager
def one_writer() -> Iterator[None]:
    """On SQLite a transaction, which waits its turn; PostgreSQL's single statement needs none."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        yield
