"""Taking folios: one statement on either database, for one document or for a batch.

The statement picks the lot (and locks it, on PostgreSQL), writes the entry, and the trigger of
`posting` moves the counters. The lot is chosen in this order: a replacement right of this very
document, what expires first, promotional before paid, what was activated first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios import summary
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.entry_writer import local_day, one_writer
from iofacturo.folios.errors import Exhausted
from iofacturo.folios.posting import COLUMNS, ORDER, eligible
from iofacturo.lib import statement

BATCH = 50  # documents in one transaction

TAKE = {
    "postgresql": "SELECT * FROM iofacturo_take_folio(%(company)s, %(at)s, %(day)s, %(replaces)s, "
    "%(document)s, %(label)s, %(operation)s, %(actor)s)",
    "sqlite": f"""
INSERT INTO folios_folioentry ({COLUMNS})
SELECT l.id, l.company_id, 'consume', -1, l.entries_count + 1, l.remaining - 1,
       %(document)s, %(label)s, %(operation)s, %(actor)s, %(at)s, %(day)s, ''
FROM ({eligible("%(company)s", "%(at)s", "%(replaces)s")} LIMIT 1) AS l
WHERE true
ON CONFLICT (operation) DO NOTHING
RETURNING id, lot_id, balance
""",  # noqa: S608 - only constants are put together
}


@dataclass(frozen=True)
class Taken:
    """A folio that was taken (or, when *repeated*, had been taken before) for one document."""

    entry_id: int
    lot_id: int
    balance: int
    document: str
    repeated: bool = False


@dataclass(frozen=True)
class Document:
    """What takes a folio: *key* for ever its own (the clave), *label* for people to read.

    *replaces* is the clave of a rejected document that this one refers to, if any.
    """

    key: str
    label: str = ""
    replaces: str = ""


def consume(
    company: Company,
    document: str,
    *,
    at: datetime,
    label: str = "",
    replaces: str = "",
    by: User | None = None,
) -> Taken:
    """Take one folio for *document* (its clave), whose name for people is *label*.

    Asking again for the same document gives the same folio and takes nothing. *replaces* is the
    rejected clave that this document refers to: it opens the replacement right, if there is one.
    Raises Exhausted when there is nothing to take.
    """
    with one_writer():
        taken = _take(company, document, 1, at=at, label=label, replaces=replaces, by=by)
        if taken is not None:
            return taken
        return _take_again(company, document, at=at, label=label, replaces=replaces, by=by)


def _take(
    company: Company,
    document: str,
    turn: int,
    *,
    at: datetime,
    label: str,
    replaces: str,
    by: User | None,
) -> Taken | None:
    """The statement. None when no lot is eligible or this turn of the document is already there."""
    here = connections[DEFAULT_DB_ALIAS]  # the proxy `connection` looks it up at every use
    values = {
        "company": company.pk,
        "at": here.ops.adapt_datetimefield_value(at),
        "day": local_day(at),
        "replaces": replaces,
        "document": document,
        "label": label[:100],
        "operation": operation_of(company.pk, document, turn),
        "actor": None if by is None else by.pk,
    }
    found = statement.rows(TAKE[here.vendor], values)
    if not found:
        return None
    ((entry_id, lot_id, balance),) = found
    return Taken(entry_id, lot_id, balance, document)


def operation_of(company_id: int, document: str, turn: int) -> str:
    """The unique key of the *turn*-th time that *document* takes a folio."""
    return f"consume:{company_id}:{document}:{turn}"


def _take_again(
    company: Company,
    document: str,
    *,
    at: datetime,
    label: str,
    replaces: str,
    by: User | None,
) -> Taken:
    """Why nothing was taken: it was taken before, was given back since, or there is none left."""
    for _ in range(2):  # the second time on a fresh snapshot: a new lot may have come meanwhile
        uses, net, last = history(company, document)
        if net and last is not None:
            return Taken(last.pk, last.lot_id, last.balance, document, repeated=True)
        taken = _take(company, document, uses + 1, at=at, label=label, replaces=replaces, by=by)
        if taken is not None:
            return taken
    raise Exhausted(summary.left(company, at).all)


def history(company: Company, document: str) -> tuple[int, int, FolioEntry | None]:
    """How often *document* took a folio, how many it holds now, and the last entry that took one."""
    entries = [
        entry
        for entry in company.folio_entries.filter(document=document).order_by("id")
        if entry.kind in ("consume", "reverse")
    ]
    uses = [entry for entry in entries if entry.kind == "consume"]
    return len(uses), -sum(entry.qty for entry in entries), uses[-1] if uses else None


def consume_batch(
    company: Company,
    documents: Sequence[Document],
    *,
    at: datetime,
    by: User | None = None,
) -> list[Taken]:
    """Take a folio for each of at most 50 *documents*, in their order, all of them or none.

    One statement, whatever the number of lots it has to draw from. Documents that hold a folio
    already keep it. A document that `replaces` a rejected one does not belong in a batch.
    """
    if len(documents) > BATCH:
        raise ValueError(f"at most {BATCH} documents in one transaction")
    if len({document.key for document in documents}) != len(documents):
        raise ValueError("a document appears twice in the batch")
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        try:  # one statement is a transaction by itself
            return _take_many(company, documents, at=at, by=by, afresh=True)
        except IntegrityError:
            pass  # some of them hold a folio already: look first
    for attempt in (1, 2):
        try:
            with transaction.atomic():
                return _take_many(company, documents, at=at, by=by, afresh=False)
        except IntegrityError:  # the same documents at the same time from elsewhere
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def _take_many(
    company: Company,
    documents: Sequence[Document],
    *,
    at: datetime,
    by: User | None,
    afresh: bool,
) -> list[Taken]:
    """Take what is missing. *afresh* supposes that none of the documents was ever seen."""
    held: dict[str, Taken] = {}
    turns: dict[str, int] = {}
    if not afresh:
        held, turns = _holdings(company, [document.key for document in documents])
    wanting = [document for document in documents if document.key not in held]
    taken = dict(held)
    if wanting:
        for row in _take_each(company, wanting, turns, at=at, by=by):
            taken[row.document] = row
        if len(taken) < len(documents):
            raise Exhausted(summary.left(company, at).all, len(wanting))
    return [taken[document.key] for document in documents]


def _holdings(company: Company, keys: list[str]) -> tuple[dict[str, Taken], dict[str, int]]:
    """Which of the documents *keys* hold a folio, and how often each one took one."""
    held: dict[str, Taken] = {}
    turns: dict[str, int] = {}
    entries = company.folio_entries.filter(document__in=keys, kind__in=("consume", "reverse"))
    for entry in entries.order_by("id"):
        if entry.kind == "consume":
            turns[entry.document] = turns.get(entry.document, 0) + 1
            held[entry.document] = Taken(
                entry.pk, entry.lot_id, entry.balance, entry.document, repeated=True
            )
        else:
            held.pop(entry.document, None)
    return held, turns


def _take_each(
    company: Company,
    documents: list[Document],
    turns: dict[str, int],
    *,
    at: datetime,
    by: User | None,
) -> list[Taken]:
    """The statement of a batch; no row at all unless there are folios for every document."""
    keys = [document.key for document in documents]
    labels = [document.label[:100] for document in documents]
    operations = [operation_of(company.pk, key, turns.get(key, 0) + 1) for key in keys]
    lists: dict[str, Any] = {"keys": keys, "labels": labels, "operations": operations}
    if connection.vendor == "sqlite":
        lists = {"documents": json.dumps(list(zip(keys, labels, operations, strict=True)))}
    values = {
        "company": company.pk,
        "at": connection.ops.adapt_datetimefield_value(at),
        "day": local_day(at),
        "actor": None if by is None else by.pk,
        "wanted": len(documents),
        **lists,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BATCH[connection.vendor], values)
        rows = cursor.fetchall()
    return [Taken(*row) for row in rows]


def _batch(wanted: str, lock: str) -> str:
    """The batch's statement over the documents that *wanted* tells, numbered from 1."""
    return f"""
WITH eligible AS ({eligible("%(company)s", "%(at)s", "''")} {lock}),
spans AS (
    SELECT id, company_id, entries_count, remaining,
           sum(remaining) OVER (ORDER BY {ORDER}) - remaining AS before
    FROM eligible
),
wanted AS ({wanted})
INSERT INTO folios_folioentry ({COLUMNS})
SELECT s.id, s.company_id, 'consume', -1,
       s.entries_count + w.n - s.before, s.remaining - (w.n - s.before),
       w.document, w.label, w.operation, %(actor)s, %(at)s, %(day)s, ''
FROM wanted AS w JOIN spans AS s ON w.n > s.before AND w.n <= s.before + s.remaining
WHERE (SELECT coalesce(sum(remaining), 0) FROM eligible) >= %(wanted)s
ORDER BY w.n
RETURNING id, lot_id, balance, document
"""  # noqa: S608 - only constants are put together


TAKE_BATCH = {
    "postgresql": _batch(
        "SELECT document, label, operation, n "
        "FROM unnest(%(keys)s::text[], %(labels)s::text[], %(operations)s::text[]) "
        "WITH ORDINALITY AS w(document, label, operation, n)",
        "FOR NO KEY UPDATE",
    ),
    "sqlite": _batch(
        "SELECT json_extract(value, '$[0]') AS document, json_extract(value, '$[1]') AS label, "
        "json_extract(value, '$[2]') AS operation, key + 1 AS n FROM json_each(%(documents)s)",
        "",
    ),
}
