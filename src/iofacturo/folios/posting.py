"""The database posts the ledger: adding an entry moves the counters of its lot, and nothing else can.

An entry says which one of its lot it is (`seq`) and what the lot holds afterwards (`balance`); a
trigger checks both against the lot before it moves the counters, and keeps the use per day. Another
trigger refuses every other change of the counters. So a counter without its entry, or an entry
without its counter, cannot be written by any program, whichever way it comes in.

On PostgreSQL the first one fires once per statement, so that a batch moves each lot once.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython

COUNTERS = ("entries_count", "remaining", "adjusted", "consumed", "expired", "voided", "voided_at")
TRIGGERS = ("folios_folioentry_post", "folios_foliolot_counters")

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
        consumed = consumed - CASE WHEN NEW.kind IN ('consume', 'reverse') THEN NEW.qty ELSE 0 END,
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
""",
)

POSTGRESQL = (
    """
CREATE OR REPLACE FUNCTION iofacturo_post_folios() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lots integer;
    moved integer;
BEGIN
    SELECT count(*) INTO lots FROM (SELECT DISTINCT lot_id, company_id FROM posted) AS distinct_lots;
    UPDATE folios_foliolot AS l SET
        entries_count = p.seq,
        remaining = p.balance,
        adjusted = l.adjusted + p.adjusted,
        consumed = l.consumed - p.consumed,
        expired = l.expired - p.expired,
        voided = l.voided - p.voided,
        voided_at = coalesce(l.voided_at, p.voided_at)
    FROM (
        SELECT lot_id, company_id, max(seq) AS seq, count(*) AS entries, sum(qty) AS qty,
               (array_agg(balance ORDER BY seq DESC))[1] AS balance,
               coalesce(sum(qty) FILTER (WHERE kind = 'adjust'), 0) AS adjusted,
               coalesce(sum(qty) FILTER (WHERE kind IN ('consume', 'reverse')), 0) AS consumed,
               coalesce(sum(qty) FILTER (WHERE kind = 'expire'), 0) AS expired,
               coalesce(sum(qty) FILTER (WHERE kind = 'void'), 0) AS voided,
               min(at) FILTER (WHERE kind = 'void') AS voided_at
        FROM posted GROUP BY lot_id, company_id
    ) AS p
    WHERE l.id = p.lot_id AND l.company_id = p.company_id
      AND l.entries_count + p.entries = p.seq AND l.remaining + p.qty = p.balance;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> lots THEN
        RAISE EXCEPTION 'folios_folioentry: an entry does not follow from its lot'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO folios_dailyuse AS d (lot_id, company_id, day, used, returned, noticed)
    SELECT lot_id, company_id, day,
           count(*) FILTER (WHERE kind = 'consume'), count(*) FILTER (WHERE kind = 'reverse'), 0
    FROM posted WHERE kind IN ('consume', 'reverse') GROUP BY lot_id, company_id, day
    ON CONFLICT (lot_id, day) DO UPDATE
    SET used = d.used + excluded.used, returned = d.returned + excluded.returned;
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


def post_by_trigger() -> RunPython:
    """A migration operation; repeat it after any migration that remakes the two tables."""

    def forward(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "sqlite":
            for name in TRIGGERS:
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
        sql = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL
        for statement in sql:
            schema_editor.execute(statement, params=None)

    def backward(apps: Any, schema_editor: Any) -> None:
        tables = ("folios_folioentry", "folios_foliolot")
        for name, table in zip(TRIGGERS, tables, strict=True):
            on = "" if schema_editor.connection.vendor == "sqlite" else f" ON {table}"
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{on}", params=None)

    return RunPython(forward, backward)


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
