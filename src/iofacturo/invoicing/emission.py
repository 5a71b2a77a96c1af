"""Step two of issuing, in one transaction: number, clave, XML, signature, folio, rows.

Series are locked first, then lots. Whatever fails gives everything back: no hole in the numbers, no
lost folio, never two different bytes for one clave. A document is issued once for its operation
(the draft's, or the key a caller gave): asked again, the same one is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

import hacienda
from hacienda import clave, firma
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios import ledger
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import comprobante, issuance, readiness, row_writer, series, signed_xml
from iofacturo.invoicing.archive import counterpart
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import limits
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.errors import DraftChanged, InvoicingError, NotReady, OperationReused
from iofacturo.invoicing.readiness import Ready
from iofacturo.invoicing.submission import Submission
from iofacturo.lib import statement

NORMAL, SIN_INTERNET = "1", "3"
Refusal = InvoicingError | Exhausted


def issue_draft(draft: Draft, *, by: User | None, at: datetime) -> Comprobante:
    """The document of *draft*, issued now or before.

    Raises NotReady (nothing was numbered), Exhausted (the draft is kept), DraftChanged.
    """
    if draft.comprobante is not None:
        return draft.comprobante
    try:
        ready = readiness.ready(draft, at)
    except NotReady:
        done = existing(draft.company, [draft.operation]).get(draft.operation)
        if done is None:
            raise
        return done
    return issue(ready, by=by)


def issue(ready: Ready, *, by: User | None) -> Comprobante:
    """The document, issued now or before under the same operation.

    Raises Exhausted, DraftChanged, OperationReused, and NotReady when a note about the same
    original came first and left too little of it; then nothing has happened.
    """
    try:
        return _lay_down([ready], by)[0]
    except (IntegrityError, Exhausted, DraftChanged, NotReady):  # issued before, perhaps
        there = existing(ready.company, [ready.operation]).get(ready.operation)
        if there is None:
            raise
        return same(there, ready)


def issue_batch(readies: Sequence[Ready], *, by: User | None) -> list[Comprobante | Refusal]:
    """Issue documents of one company in their order; for each, the row or why not.

    At most 50 go in one transaction. When folios run out in the middle the first ones are issued.
    """
    answers: list[Comprobante | Refusal] = []
    for start in range(0, len(readies), ledger.BATCH):
        answers += _issue_chunk(readies[start : start + ledger.BATCH], by)
    return answers


def existing(company: Company, operations: Iterable[str]) -> dict[str, Comprobante]:
    """What was issued under *operations*, by operation."""
    rows = company.comprobantes.filter(operation__in=list(operations))
    return {row.operation: row for row in rows}


def same(row: Comprobante, ready: Ready) -> Comprobante:
    """*row*, if it is what *ready* asks for; OperationReused when it is another document."""
    if row.fingerprint != ready.fingerprint:
        raise OperationReused
    return row


def _issue_chunk(chunk: Sequence[Ready], by: User | None) -> list[Comprobante | Refusal]:
    """Up to fifty documents: together if nothing stands in the way, else what can be."""
    alone = any(comprobante.replaced(one.document) for one in chunk)
    repeated = len({one.operation for one in chunk}) < len(chunk)
    if len(chunk) > 1 and not alone and not repeated:
        try:
            return list(_lay_down(chunk, by))
        except Exhausted as error:
            if error.available:
                head = chunk[: error.available]
                return _issue_chunk(head, by) + _issue_chunk(chunk[len(head) :], by)
        except (IntegrityError, DraftChanged, NotReady):
            pass  # some were issued before, or are being issued elsewhere
    return [_one(one, by) for one in chunk]


def _one(ready: Ready, by: User | None) -> Comprobante | Refusal:
    try:
        return issue(ready, by=by)
    except (InvoicingError, Exhausted) as refusal:
        return refusal


def _lay_down(chunk: Sequence[Ready], by: User | None) -> list[Comprobante]:
    """All of *chunk*, of one company, in one transaction, or nothing."""
    company, at = chunk[0].company, chunk[0].at
    with transaction.atomic():
        documents = _numbered(chunk)
        too_much = limits.hold(company, documents)
        if too_much:
            raise NotReady(too_much)
        bodies = [
            firma.build_sign(document, one.llave, when=one.at)
            for document, one in zip(documents, chunk, strict=True)
        ]
        rows = [
            comprobante.record(
                document,
                company=company,
                operation=one.operation,
                fingerprint=one.fingerprint,
                by=by,
            )
            for document, one in zip(documents, chunk, strict=True)
        ]
        if len(rows) == 1 and issuance.store(
            rows[0], bodies[0], replaces=comprobante.replaced(documents[0]), draft=chunk[0].draft,
            by=by, at=at,
        ):  # fmt: skip
            return rows
        for row, taken in zip(rows, _folios(company, documents, rows, at, by), strict=True):
            row.folio_entry_id = taken.entry_id
        _store(rows, bodies, at)
        for row, one in zip(rows, chunk, strict=True):
            if one.draft is not None:
                _close(one.draft, row)
    return rows


def _numbered(chunk: Sequence[Ready]) -> list[hacienda.Comprobante]:
    """The documents with their numbers and claves, in the order in which they came."""
    wanted: dict[int, int] = {}
    for one in chunk:
        wanted[one.series_id] = wanted.get(one.series_id, 0) + 1
    numbers: dict[int, int] = {}
    out = False
    for series_id in sorted(wanted):
        numbers[series_id], known = series.take(series_id, wanted[series_id], settings.HACIENDA_ENV)
        out = out or known
    documents = []
    for one in chunk:
        number = numbers[one.series_id]
        numbers[one.series_id] += 1
        consecutivo = clave.Consecutivo.build(
            one.sucursal, one.terminal, one.document.codigo, number
        )
        documents.append(
            replace(
                one.document,
                numero_consecutivo=consecutivo,
                clave=clave.build(
                    one.at,
                    one.company.identificacion,
                    consecutivo,
                    SIN_INTERNET if out else NORMAL,
                ),
            )
        )
    return documents


def _folios(
    company: Company,
    documents: Sequence[hacienda.Comprobante],
    rows: Sequence[Comprobante],
    at: datetime,
    by: User | None,
) -> list[ledger.Taken]:
    """A folio for each document."""
    if len(rows) == 1:
        row = rows[0]
        replaces = comprobante.replaced(documents[0])
        return [
            ledger.consume(company, row.clave, at=at, label=row.label, replaces=replaces, by=by)
        ]
    wanted = [ledger.Document(row.clave, row.label) for row in rows]
    return ledger.consume_batch(company, wanted, at=at, by=by)


def _store(rows: list[Comprobante], bodies: list[bytes], at: datetime) -> None:
    row_writer.insert(rows)
    counterpart.remember(rows)
    signed_xml.store([row.pk for row in rows], bodies)
    row_writer.insert(
        [
            Submission(
                comprobante_id=row.pk,
                company_id=row.company_id,
                environment=settings.HACIENDA_ENV,
                due_at=at,
            )
            for row in rows
        ]
    )


CLOSE = """
UPDATE invoicing_draft SET comprobante_id = %s, version = version + 1
WHERE id = %s AND version = %s AND comprobante_id IS NULL AND discarded_at IS NULL
RETURNING id
"""


def _close(draft: Draft, row: Comprobante) -> None:
    """The draft is this document now. DraftChanged when it is not what was checked any more."""
    if not statement.rows(CLOSE, [row.pk, draft.pk, draft.version]):
        raise DraftChanged
