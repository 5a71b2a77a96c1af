"""One document's rows and its folio, by one statement, where the database can: PostgreSQL.

The folio is taken by the ledger's own function, and everything else follows from its row: without a
folio nothing is written at all. What `emission` does step by step on SQLite and for batches is the
same in the same order; this spares six journeys to the database for every document.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection

from iofacturo.accounts.user import User
from iofacturo.folios.consume import operation_of
from iofacturo.folios.entry_writer import local_day
from iofacturo.invoicing import signed_xml
from iofacturo.invoicing.archive import counterpart
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.errors import DraftChanged
from iofacturo.lib import statement

STORE = """
WITH folio AS (
    SELECT entry FROM iofacturo_take_folio(
        %(company)s, %(at)s, %(day)s, %(replaces)s, %(clave)s::text, %(label)s, %(taking)s,
        %(person)s::bigint) LIMIT 1
), document AS (
    INSERT INTO invoicing_comprobante (
        company_id, clave, tipo, consecutivo, situacion, fecha, receptor_tipo, receptor_numero,
        receptor_nombre, folded, total, moneda, referencia, operation, fingerprint, folio_entry_id,
        issued_by_id, state, owes_folio)
    SELECT %(company)s, %(clave)s::text, %(tipo)s, %(consecutivo)s, %(situacion)s, %(fecha)s,
        %(receptor_tipo)s, %(receptor_numero)s, %(receptor_nombre)s, %(folded)s, %(total)s,
        %(moneda)s, %(referencia)s, %(operation)s, %(fingerprint)s, entry,
        %(person)s::bigint, 'issued', false
    FROM folio
    RETURNING id
), body AS (
    INSERT INTO invoicing_signedxml (comprobante_id, xml, sha256)
    SELECT id, %(xml)b, %(sha256)s FROM document
), submission AS (
    INSERT INTO invoicing_submission (
        comprobante_id, company_id, environment, state, due_at, attempts, asked, failures, doubtful,
        stopped_for, last_error)
    SELECT id, %(company)s, %(environment)s, 'waiting', %(at)s, 0, 0, 0, false, '', '' FROM document
), person AS (
    INSERT INTO invoicing_counterpart (company_id, numero, folded, words)
    SELECT %(company)s, %(receptor_numero)s, %(folded)s, %(words)s::text FROM document
    WHERE %(words)s::text <> ''
    ON CONFLICT DO NOTHING RETURNING id, words
), words AS (
    INSERT INTO invoicing_counterpartword (company_id, word, counterpart_id)
    SELECT %(company)s, word, id FROM person, unnest(string_to_array(ltrim(words), ' ')) AS word
), closed AS (
    UPDATE invoicing_draft AS d SET comprobante_id = document.id, version = d.version + 1
    FROM document
    WHERE d.id = %(draft)s::bigint AND d.version = %(version)s::integer
      AND d.comprobante_id IS NULL AND d.discarded_at IS NULL
    RETURNING d.id
)
SELECT document.id, entry, (SELECT count(*) FROM closed) FROM document, folio
"""


def store(
    row: Comprobante,
    xml: bytes,
    *,
    replaces: str,
    draft: Draft | None,
    by: User | None,
    at: datetime,
) -> bool:
    """Take the folio and write everything of *row*; False when nothing was, for want of a folio.

    Call it inside the transaction that numbered the document. Raises DraftChanged, and
    IntegrityError when its operation was issued before.
    """
    if connection.vendor != "postgresql":
        return False
    values = {
        "company": row.company_id,
        "at": at,
        "day": local_day(at),
        "replaces": replaces,
        "clave": row.clave,
        "label": row.label[:100],
        "taking": operation_of(row.company_id, row.clave, 1),
        "person": None if by is None else by.pk,
        "tipo": row.tipo,
        "consecutivo": row.consecutivo,
        "situacion": row.situacion,
        "fecha": row.fecha,
        "receptor_tipo": row.receptor_tipo,
        "receptor_numero": row.receptor_numero,
        "receptor_nombre": row.receptor_nombre,
        "folded": row.folded,
        "total": row.total,
        "moneda": row.moneda,
        "referencia": row.referencia,
        "operation": row.operation,
        "fingerprint": row.fingerprint,
        "xml": xml,
        "sha256": signed_xml.digest(xml),
        "environment": settings.HACIENDA_ENV,
        "words": counterpart.stored_words(row.receptor_numero, row.folded),
        "draft": None if draft is None else draft.pk,
        "version": None if draft is None else draft.version,
    }
    found = statement.rows(STORE, values)
    if not found:
        return False
    ((row.pk, row.folio_entry_id, closed),) = found
    if draft is not None and not closed:
        raise DraftChanged
    row._state.adding = False
    row._state.db = connection.alias
    return True
