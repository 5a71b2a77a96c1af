"""The ledger: every act on folios, each one an entry that the database posts.

Taking a folio is one statement on either database: it picks the lot (and locks it, on PostgreSQL),
writes the entry, and the trigger of `posting` moves the counters. The lot is chosen in this order:
a replacement right of this very document, what expires first, promotional before paid, what was
activated first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import AlreadyGranted, Exhausted, LotClosed, NotConsumed
from iofacturo.folios.lot import KINDS, FolioLot, expiry, new_contract
from iofacturo.folios.plan import PlanVersion
from iofacturo.folios.promotion import PromotionVersion
from iofacturo.lib import clock

BATCH = 50  # documents in one transaction
REPLACEMENT_DAYS = 5  # business days

COLUMNS = "lot_id, company_id, kind, qty, seq, balance, document, label, operation, actor_id, at, day, note"
ELIGIBLE = """
    SELECT id, company_id, entries_count, remaining, expires_at, only_for, kind, activated_at
    FROM folios_foliolot
    WHERE company_id = %s AND expires_at > %s AND activated_at <= %s AND voided_at IS NULL
      AND remaining > 0 AND (only_for = '' OR only_for = %s)
    ORDER BY only_for = '', expires_at, kind <> 'promo', activated_at, id
"""


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


# -- giving --------------------------------------------------------------------------------------


def grant(
    company: Company,
    kind: str,
    folios: int,
    *,
    origin: str,
    at: datetime,
    by: User | None = None,
    months: int | None = None,
    expires_at: datetime | None = None,
    activated_at: datetime | None = None,
    name: str = "",
    plan_version: PlanVersion | None = None,
    only_for: str = "",
    note: str = "",
) -> FolioLot:
    """A new lot of *folios* for *company*, with its first entry.

    *kind* is paid, promo, courtesy, migration or replacement; *origin* says where it comes from
    (`request:SR-…`, `courtesy:…`) and is unique for its kind: the same call again answers the same
    lot, other contents raise AlreadyGranted. It ends after *months*, or at *expires_at*.
    """
    start = activated_at or at
    end = expires_at if expires_at is not None else expiry(start, months or 0)
    with transaction.atomic():
        lot = FolioLot(
            company=company,
            kind=kind,
            origin=origin,
            name=name or (plan_version.name if plan_version else dict(KINDS)[kind]),
            contract=new_contract(start),
            plan_version=plan_version,
            only_for=only_for,
            granted=folios,
            activated_at=start,
            expires_at=end,
            created_at=at,
            created_by=by,
        )
        try:
            with transaction.atomic():
                lot.save(force_insert=True)
        except IntegrityError:
            before = _granted_before(lot)
            if before is None:
                raise
            return before
        _post(lot.pk, "grant", folios, operation=f"grant:{lot.pk}", at=at, by=by, note=note)
        lot.refresh_from_db()
        return lot


def _granted_before(lot: FolioLot) -> FolioLot | None:
    """The lot that this origin was given before, if any; AlreadyGranted if it is another one."""
    old = FolioLot.objects.filter(origin=lot.origin, kind=lot.kind).first()
    if old is None:
        return None
    same = ("company_id", "granted", "plan_version_id", "only_for")
    if any(getattr(old, name) != getattr(lot, name) for name in same):
        raise AlreadyGranted(old)
    return old


def grant_plan(
    company: Company,
    plan_version: PlanVersion,
    *,
    origin: str,
    at: datetime,
    by: User | None = None,
    promotion_version: PromotionVersion | None = None,
    note: str = "",
) -> tuple[FolioLot, FolioLot | None]:
    """A plan that was bought, and the folios its promotion gives, as two lots that end together.

    Older lots are not touched. Answers (paid lot, promotional lot or None).
    """
    with transaction.atomic():
        paid = grant(
            company,
            "paid",
            plan_version.folios,
            origin=origin,
            at=at,
            by=by,
            months=plan_version.months,
            plan_version=plan_version,
            note=note,
        )
        if promotion_version is None or not promotion_version.bonus_folios:
            return paid, None
        promo = grant(
            company,
            "promo",
            promotion_version.bonus_folios,
            origin=origin,
            at=at,
            by=by,
            expires_at=paid.expires_at,
            activated_at=paid.activated_at,
            plan_version=plan_version,
            name=promotion_version.name,
            note=note,
        )
        return paid, promo


# -- taking --------------------------------------------------------------------------------------


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
    with _one_writer():
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
    instant = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(
            _consume_sql(connection.vendor),
            (
                document,
                label[:100],
                operation_of(company.pk, document, turn),
                None if by is None else by.pk,
                instant,
                _day(at),
                company.pk,
                instant,
                instant,
                replaces,
            ),
        )
        row = cursor.fetchone()
    return None if row is None else Taken(row[0], row[1], row[2], document)


def _consume_sql(vendor: str) -> str:
    lock = "" if vendor == "sqlite" else "FOR NO KEY UPDATE"
    return f"""
INSERT INTO folios_folioentry ({COLUMNS})
SELECT l.id, l.company_id, 'consume', -1, l.entries_count + 1, l.remaining - 1,
       %s, %s, %s, %s, %s, %s, ''
FROM ({ELIGIBLE} LIMIT 1 {lock}) AS l
WHERE true
ON CONFLICT (operation) DO NOTHING
RETURNING id, lot_id, balance
"""  # noqa: S608 - only constants are put together


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
        uses, net, last = _history(company, document)
        if net and last is not None:
            return Taken(last.pk, last.lot_id, last.balance, document, repeated=True)
        taken = _take(company, document, uses + 1, at=at, label=label, replaces=replaces, by=by)
        if taken is not None:
            return taken
    raise Exhausted(_available(company, at))


def _history(company: Company, document: str) -> tuple[int, int, FolioEntry | None]:
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
    for attempt in (1, 2):
        try:
            with transaction.atomic():
                return _take_many(company, documents, at=at, by=by)
        except IntegrityError:  # the same documents at the same time from elsewhere
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def _take_many(
    company: Company, documents: Sequence[Document], *, at: datetime, by: User | None
) -> list[Taken]:
    held, turns = _holdings(company, [document.key for document in documents])
    wanting = [document for document in documents if document.key not in held]
    taken = dict(held)
    if wanting:
        for row in _take_each(company, wanting, turns, at=at, by=by):
            taken[row.document] = row
        if len(taken) < len(documents):
            raise Exhausted(_available(company, at), len(wanting))
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
    instant = connection.ops.adapt_datetimefield_value(at)
    keys = [document.key for document in documents]
    labels = [document.label[:100] for document in documents]
    operations = [operation_of(company.pk, key, turns.get(key, 0) + 1) for key in keys]
    lists: tuple[Any, ...]
    if connection.vendor == "sqlite":
        lists = (json.dumps(list(zip(keys, labels, operations, strict=True))),)
    else:
        lists = (keys, labels, operations)
    with connection.cursor() as cursor:
        cursor.execute(
            _batch_sql(connection.vendor),
            (
                company.pk,
                instant,
                instant,
                "",
                *lists,
                None if by is None else by.pk,
                instant,
                _day(at),
                len(documents),
            ),
        )
        rows = cursor.fetchall()
    return [Taken(*row) for row in rows]


def _batch_sql(vendor: str) -> str:
    if vendor == "sqlite":
        lock = ""
        wanted = (
            "SELECT json_extract(value, '$[0]') AS document, json_extract(value, '$[1]') AS label, "
            "json_extract(value, '$[2]') AS operation, key + 1 AS n FROM json_each(%s)"
        )
    else:
        lock = "FOR NO KEY UPDATE"
        wanted = (
            "SELECT document, label, operation, n "
            "FROM unnest(%s::text[], %s::text[], %s::text[]) "
            "WITH ORDINALITY AS w(document, label, operation, n)"
        )
    return f"""
WITH eligible AS ({ELIGIBLE} {lock}),
spans AS (
    SELECT id, company_id, entries_count, remaining,
           sum(remaining) OVER (
               ORDER BY only_for = '', expires_at, kind <> 'promo', activated_at, id
           ) - remaining AS before
    FROM eligible
),
wanted AS ({wanted})
INSERT INTO folios_folioentry ({COLUMNS})
SELECT s.id, s.company_id, 'consume', -1,
       s.entries_count + w.n - s.before, s.remaining - (w.n - s.before),
       w.document, w.label, w.operation, %s, %s, %s, ''
FROM wanted AS w JOIN spans AS s ON w.n > s.before AND w.n <= s.before + s.remaining
WHERE (SELECT coalesce(sum(remaining), 0) FROM eligible) >= %s
ORDER BY w.n
RETURNING id, lot_id, balance, document
"""  # noqa: S608 - only constants are put together


# -- giving back ---------------------------------------------------------------------------------


def reverse(
    company: Company,
    document: str,
    *,
    at: datetime,
    by: User | None = None,
    note: str = "Hacienda rechazó el comprobante",
) -> FolioEntry:
    """Give the folio of *document* back to its own lot, with the lot's own end.

    Telling it twice gives it back once. When the lot has ended in between, the folio would be
    dead: a replacement right is granted too, one folio for five business days that only a document
    referring to *document* can take. Raises NotConsumed when it never took one.
    """
    with transaction.atomic():
        uses, net, last = _history(company, document)
        if last is None:
            raise NotConsumed
        operation = f"reverse:{company.pk}:{document}:{uses}"
        if net:
            _post(
                last.lot_id,
                "reverse",
                1,
                operation=operation,
                at=at,
                by=by,
                document=document,
                label=last.label,
                note=note,
            )
            lot = FolioLot.objects.get(pk=last.lot_id)
            if not lot.is_valid(at):
                _bury(lot, at)
                _replace(company, document, uses, at=at, by=by)
        return FolioEntry.objects.get(operation=operation)


def _bury(lot: FolioLot, at: datetime) -> None:
    """Take out again what came back to a lot that has ended."""
    kind = "void" if lot.voided_at is not None else "expire"
    _post(lot.pk, kind, None, at=at)


def _replace(
    company: Company, document: str, turn: int, *, at: datetime, by: User | None
) -> FolioLot:
    last_day = calendar.current(at).add_business_days(clock.local(at).date(), REPLACEMENT_DAYS)
    return grant(
        company,
        "replacement",
        1,
        origin=f"replacement:{company.pk}:{document}:{turn}",
        at=at,
        by=by,
        expires_at=clock.midnight(last_day + timedelta(days=1)),
        only_for=document,
        note="Repone el folio de un comprobante rechazado cuyo plan ya había terminado",
    )


# -- ending --------------------------------------------------------------------------------------


def expire(lot: FolioLot, *, at: datetime) -> int:
    """Write what was left of a lot that has ended; answers how many folios. Never more than once.

    What a customer can issue does not depend on it: an ended lot gives nothing with or without
    this entry.
    """
    if at < lot.expires_at:
        return 0
    entry = _post(lot.pk, "expire", None, at=at)
    return 0 if entry is None else -entry.qty


def void(lot: FolioLot, *, by: User | None, at: datetime, reason: str) -> FolioEntry:
    """Annul *lot*: what is left of it, counted under its lock, can no longer be used.

    Used folios stay used. LotClosed when it was annulled before.
    """
    with transaction.atomic():
        entry = _post(lot.pk, "void", None, at=at, by=by, note=reason, even_empty=True)
        if entry is None:
            raise LotClosed("Este lote ya estaba anulado.")
        return entry


def adjust(
    lot: FolioLot, qty: int, *, operation: str, by: User | None, at: datetime, reason: str
) -> FolioEntry:
    """Add or take *qty* folios. Only an approved proposal does this (`adjustments.approve`)."""
    with transaction.atomic():
        locked = FolioLot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
        if locked.voided_at is not None or at >= locked.expires_at:
            raise LotClosed("Este lote ya terminó: no se puede ajustar.")
        if locked.remaining + qty < 0:
            raise LotClosed(
                f"A este lote le quedan {locked.remaining} folios: no se puede bajar más."
            )
        entry = _post(lot.pk, "adjust", qty, operation=operation, at=at, by=by, note=reason)
        if entry is None:
            raise LotClosed("Este ajuste ya se hizo.")
        return entry


# -- the one way in ------------------------------------------------------------------------------


def _post(
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
        _day(at),
        note[:200],
        lot_id,
    ]
    with _one_writer(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return None if row is None else FolioEntry.objects.get(pk=row[0])


def _day(at: datetime) -> date | str:
    day = clock.local(at).date()
    return day.isoformat() if connection.vendor == "sqlite" else day


@contextmanager
def _one_writer() -> Iterator[None]:
    """On SQLite a transaction, which waits its turn; PostgreSQL's single statement needs none."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        yield


def _available(company: Company, at: datetime) -> int:
    from iofacturo.folios import summary

    return summary.available(company, at)
