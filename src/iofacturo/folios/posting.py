"""The database posts the ledger: adding an entry moves the counters of its lot, and nothing else can.

An entry says which one of its lot it is (`seq`) and what the lot holds afterwards (`balance`); a
trigger checks both against the lot before it moves the counters, and keeps the use per day. Another
trigger refuses every other change of the counters. So a counter without its entry, or an entry
without its counter, cannot be written by any program, whichever way it comes in.

On PostgreSQL the first one fires once per statement, so that a batch moves each lot once; and the
statement that takes a folio stands in a function there, so that it is planned once per connection
and not once per folio.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython

COUNTERS = ("entries_count", "remaining", "adjusted", "consumed", "expired", "voided", "voided_at")
TRIGGERS = ("folios_folioentry_post", "folios_foliolot_counters")
COLUMNS = "lot_id, company_id, kind, qty, seq, balance, document, label, operation, actor_id, at, day, note"


def eligible(company: str, at: str, replaces: str) -> str:
    """The query for the lots a document may draw from, in the order of use.

    The arguments are placeholders or names of parameters, never values.
    """
    return f"""
    SELECT id, company_id, entries_count, remaining, expires_at, only_for, kind, activated_at
    FROM folios_foliolot
    WHERE company_id = {company} AND expires_at > {at} AND activated_at <= {at}
      AND voided_at IS NULL AND remaining > 0 AND (only_for = '' OR only_for = {replaces})
    ORDER BY {ORDER}
    """  # noqa: S608 - see above


ORDER = "only_for = '', expires_at, kind <> 'promo', activated_at, id"

SQLITE = (
    """
CREATE TRIGGER folios_folioentry_post AFTER INSERT ON folios_folioentry BEGIN
    SELECT RAISE(ABORT, 'folios_folioentry: the entry does not follow from its lot')
    WHERE NOT EXISTS (
        SELECT 1 FROM folios_foliolot
        WHERE id = NEW.lot_id AND company_id = NEW.company_id
          AND entries_count = NEW.seq - 1 AND remaining + NEW.qty = NEW.balance);
    UPDATE folios_foliolot SET
        entries_count = NEW.seq,
        remaining = NEW.balance,
        adjusted = adjusted + CASE WHEN NEW.kind = 'adjust' THEN NEW.qty ELSE 0 END,
        consumed = consumed
            - CASE WHEN NEW.kind IN ('consume', 'reverse', 'repay') THEN NEW.qty ELSE 0 END,
        expired = expired - CASE WHEN NEW.kind = 'expire' THEN NEW.qty ELSE 0 END,
        voided = voided - CASE WHEN NEW.kind = 'void' THEN NEW.qty ELSE 0 END,
        voided_at = CASE WHEN NEW.kind = 'void' THEN coalesce(voided_at, NEW.at) ELSE voided_at END
    WHERE id = NEW.lot_id;
    INSERT INTO folios_dailyuse (lot_id, company_id, day, used, returned, noticed)
    SELECT NEW.lot_id, NEW.company_id, NEW.day,
           CASE WHEN NEW.kind = 'consume' THEN 1 ELSE 0 END,
           CASE WHEN NEW.kind = 'reverse' THEN 1 ELSE 0 END, 0
    WHERE NEW.kind IN ('consume', 'reverse')
    ON CONFLICT (lot_id, day) DO UPDATE
    SET used = used + excluded.used, returned = returned + excluded.returned;
END
""",
    f"""
CREATE TRIGGER folios_foliolot_counters BEFORE UPDATE OF {", ".join(COUNTERS)} ON folios_foliolot
WHEN NEW.entries_count <> OLD.entries_count + 1 OR NOT EXISTS (
    SELECT 1 FROM folios_folioentry
    WHERE lot_id = NEW.id AND seq = NEW.entries_count AND balance = NEW.remaining)
BEGIN
    SELECT RAISE(ABORT, 'folios_foliolot: counters move with an entry only');
END
""",  # noqa: S608 - only constants are put together
)

POSTGRESQL = (
    """
CREATE OR REPLACE FUNCTION iofacturo_post_folios() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    p record;
BEGIN
    FOR p IN
        SELECT lot_id, company_id, day, max(seq) AS seq, count(*) AS entries, sum(qty) AS qty,
               (array_agg(balance ORDER BY seq DESC))[1] AS balance,
               coalesce(sum(qty) FILTER (WHERE kind = 'adjust'), 0) AS adjusted,
               count(*) FILTER (WHERE kind = 'consume') AS used,
               count(*) FILTER (WHERE kind = 'reverse') AS returned,
               coalesce(-sum(qty) FILTER (WHERE kind = 'repay'), 0) AS repaid,
               coalesce(-sum(qty) FILTER (WHERE kind = 'expire'), 0) AS expired,
               coalesce(-sum(qty) FILTER (WHERE kind = 'void'), 0) AS voided,
               min(at) FILTER (WHERE kind = 'void') AS voided_at
        FROM posted GROUP BY lot_id, company_id, day ORDER BY min(seq)
    LOOP
        UPDATE folios_foliolot AS l SET
            entries_count = p.seq,
            remaining = p.balance,
            adjusted = l.adjusted + p.adjusted,
            consumed = l.consumed + p.used - p.returned + p.repaid,
            expired = l.expired + p.expired,
            voided = l.voided + p.voided,
            voided_at = coalesce(l.voided_at, p.voided_at)
        WHERE l.id = p.lot_id AND l.company_id = p.company_id
          AND l.entries_count + p.entries = p.seq AND l.remaining + p.qty = p.balance;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'folios_folioentry: the entry does not follow from its lot'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF p.used + p.returned > 0 THEN
            INSERT INTO folios_dailyuse AS d (lot_id, company_id, day, used, returned, noticed)
            VALUES (p.lot_id, p.company_id, p.day, p.used, p.returned, 0)
            ON CONFLICT (lot_id, day) DO UPDATE
            SET used = d.used + excluded.used, returned = d.returned + excluded.returned;
        END IF;
    END LOOP;
    RETURN NULL;
END $$
""",
    """
CREATE OR REPLACE TRIGGER folios_folioentry_post AFTER INSERT ON folios_folioentry
REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION iofacturo_post_folios()
""",
    """
CREATE OR REPLACE FUNCTION iofacturo_refuse_counters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'folios_foliolot: counters move with an entry only'
        USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    f"""
CREATE OR REPLACE TRIGGER folios_foliolot_counters
BEFORE UPDATE OF {", ".join(COUNTERS)} ON folios_foliolot
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION iofacturo_refuse_counters()
""",
)


TAKE = f"""
CREATE OR REPLACE FUNCTION iofacturo_take_folio(
    for_company bigint, moment timestamptz, today date, replaces text, key text, name text,
    operation_key text, person bigint
) RETURNS TABLE (entry bigint, lot bigint, left_over integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    INSERT INTO folios_folioentry AS e ({COLUMNS})
    SELECT l.id, l.company_id, 'consume', -1, l.entries_count + 1, l.remaining - 1,
           key, name, operation_key, person, moment, today, ''
    FROM ({eligible("for_company", "moment", "replaces")} LIMIT 1 FOR NO KEY UPDATE) AS l
    ON CONFLICT (operation) DO NOTHING
    RETURNING e.id, e.lot_id, e.balance;
END $$
"""  # noqa: S608 - only constants are put together


def post_by_trigger() -> RunPython:
    """A migration operation; repeat it after any migration that remakes the two tables."""

    def forward(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "sqlite":
            for name in TRIGGERS:
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
        sql = SQLITE if schema_editor.connection.vendor == "sqlite" else (*POSTGRESQL, TAKE)
        for statement in sql:
            schema_editor.execute(statement, params=None)

    def backward(apps: Any, schema_editor: Any) -> None:
        tables = ("folios_folioentry", "folios_foliolot")
        for name, table in zip(TRIGGERS, tables, strict=True):
            on = "" if schema_editor.connection.vendor == "sqlite" else f" ON {table}"
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{on}", params=None)

    return RunPython(forward, backward)


def not_by_trigger() -> RunPython:
    """A migration operation before one that remakes the two tables.

    SQLite refuses to rename a table while a trigger of another names the one that is gone.
    """

    def forward(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "sqlite":
            for name in TRIGGERS:
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)

    return RunPython(forward, RunPython.noop)


def missing(connection: Any) -> list[str]:
    """The triggers that are not there, or are switched off."""
    if connection.vendor == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        sql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        there = {row[0] for row in cursor.fetchall()}
    return [name for name in TRIGGERS if name not in there]
