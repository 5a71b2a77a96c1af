"""The last line of the books of money: the database itself adds up.

Whatever writes a row, of a bank line never more is allocated, credited, returned, ordered back or
taken back than it brought, no request's part of it goes below zero, and no company's credit is
spent that is not there. Both engines; `missing` tells when a trigger is gone (SQLite forgets them
when a table is remade, so a migration that does so ends with `guard` again).
"""

# ruff: noqa: S608 - the SQL is made of our own names only

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython

FROM_A_LINE = "('excess', 'released', 'credited')"
SPENT = "('used', 'returned')"
LINES = {
    "renewals_allocation": "INSERT",
    "renewals_moneyentry": "INSERT",
    "renewals_linereturn": "INSERT",
    "renewals_returnorder": "INSERT OR UPDATE",
    "renewals_withdrawal": "INSERT OR UPDATE",
}
PARTS = (
    "SELECT amount FROM renewals_allocation WHERE line_id = {id}",
    f"SELECT amount FROM renewals_moneyentry WHERE line_id = {{id}} AND kind IN {FROM_A_LINE}",
    "SELECT amount FROM renewals_linereturn WHERE line_id = {id}",
    "SELECT amount FROM renewals_returnorder WHERE line_id = {id} AND paid_at IS NULL "
    "AND dropped_at IS NULL",
    "SELECT from_free FROM renewals_withdrawal WHERE line_id = {id}",
)
USED = f"SELECT coalesce(sum(amount), 0) FROM ({' UNION ALL '.join(PARTS)}) AS parts"
OF_REQUEST = (
    "SELECT coalesce(sum(amount), 0) FROM renewals_allocation "
    "WHERE line_id = {id} AND request_id = {request}"
)
BALANCE = (
    "SELECT coalesce(sum(amount), 0) FROM renewals_moneyentry "
    "WHERE company_id = {company} AND currency = {currency}"
)


def statements(vendor: str) -> list[str]:
    """The SQL that sets the triggers, whether or not they stand."""
    return _sqlite() if vendor == "sqlite" else _postgresql()


def _sqlite() -> list[str]:
    # decimals are floats here: they are counted in céntimos
    def cents(sql: str) -> str:
        return f"CAST(round(100 * ({sql})) AS INTEGER)"

    made = []
    whole = "SELECT amount FROM renewals_bankline WHERE id = NEW.line_id"
    over = f"{cents(USED.format(id='NEW.line_id'))} > {cents(whole)}"
    for table, events in LINES.items():
        for event in events.split(" OR "):
            name = f"{table}_adds_up_{event.lower()}"
            when = "WHEN NEW.line_id IS NOT NULL " if table != "renewals_allocation" else ""
            made += [
                f"DROP TRIGGER IF EXISTS {name}",
                f"CREATE TRIGGER {name} AFTER {event} ON {table} {when}"
                f"BEGIN SELECT RAISE(ABORT, 'more than the bank line brought') WHERE {over}; END",
            ]
    below = cents(OF_REQUEST.format(id="NEW.line_id", request="NEW.request_id"))
    spent = cents(BALANCE.format(company="NEW.company_id", currency="NEW.currency"))
    return [
        *made,
        "DROP TRIGGER IF EXISTS renewals_allocation_not_below",
        "CREATE TRIGGER renewals_allocation_not_below AFTER INSERT ON renewals_allocation "
        f"BEGIN SELECT RAISE(ABORT, 'allocation below zero') WHERE {below} < 0; END",
        "DROP TRIGGER IF EXISTS renewals_moneyentry_credit",
        "CREATE TRIGGER renewals_moneyentry_credit AFTER INSERT ON renewals_moneyentry "
        f"WHEN NEW.kind IN {SPENT} "
        f"BEGIN SELECT RAISE(ABORT, 'more than the credit') WHERE {spent} < 0; END",
    ]  # fmt: skip


def _postgresql() -> list[str]:
    used = USED.format(id="NEW.line_id")
    below = OF_REQUEST.format(id="NEW.line_id", request="NEW.request_id")
    spent = BALANCE.format(company="NEW.company_id", currency="NEW.currency")
    refuse = "USING ERRCODE = 'check_violation'"
    made = [
        # the row is locked first, so that two who write at once count one after the other
        "CREATE OR REPLACE FUNCTION renewals_line_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE whole numeric; BEGIN "
        "IF NEW.line_id IS NULL THEN RETURN NULL; END IF; "
        "SELECT amount INTO whole FROM renewals_bankline WHERE id = NEW.line_id FOR NO KEY UPDATE; "
        f"IF ({used}) > whole THEN "
        f"RAISE EXCEPTION 'more than bank line % brought', NEW.line_id {refuse}; END IF; "
        "RETURN NULL; END $$",
        "CREATE OR REPLACE FUNCTION renewals_allocation_above_zero() RETURNS trigger "
        "LANGUAGE plpgsql AS $$ BEGIN "
        f"IF ({below}) < 0 THEN "
        f"RAISE EXCEPTION 'allocation of line % below zero', NEW.line_id {refuse}; END IF; "
        "RETURN NULL; END $$",
        "CREATE OR REPLACE FUNCTION renewals_credit_is_there() RETURNS trigger "
        "LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.kind NOT IN {SPENT} THEN RETURN NULL; END IF; "
        "PERFORM 1 FROM accounts_company WHERE id = NEW.company_id FOR NO KEY UPDATE; "
        f"IF ({spent}) < 0 THEN "
        f"RAISE EXCEPTION 'more than the credit of company %', NEW.company_id {refuse}; END IF; "
        "RETURN NULL; END $$",
    ]
    for table, events in LINES.items():
        made += _set(f"{table}_adds_up", table, events, "renewals_line_adds_up")
    made += _set(
        "renewals_allocation_not_below", "renewals_allocation", "INSERT",
        "renewals_allocation_above_zero",
    )  # fmt: skip
    return made + _set(
        "renewals_moneyentry_credit", "renewals_moneyentry", "INSERT", "renewals_credit_is_there"
    )


def _set(name: str, table: str, events: str, function: str) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} AFTER {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
    ]


def guard() -> RunPython:
    """A migration operation: from here on the database adds up."""

    def forward(apps: Any, schema_editor: Any) -> None:
        for sql in statements(schema_editor.connection.vendor):
            schema_editor.execute(sql, params=None)

    return RunPython(forward, RunPython.noop)


def names(vendor: str) -> set[str]:
    """The triggers that must stand."""
    own = {"renewals_allocation_not_below", "renewals_moneyentry_credit"}
    if vendor != "sqlite":
        return own | {f"{table}_adds_up" for table in LINES}
    return own | {
        f"{table}_adds_up_{event.lower()}"
        for table, events in LINES.items()
        for event in events.split(" OR ")
    }


def missing(connection: Any) -> list[str]:
    """The triggers that this database lacks."""
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        there = {row[0] for row in cursor.fetchall()}
    return sorted(names(connection.vendor) - there)
