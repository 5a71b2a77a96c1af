"""Tables whose rows are never changed: the database itself refuses.

`protect(table)` gives migration operations for both engines. SQLite forgets triggers when Django
remakes a table, so every later migration of a protected table ends with `protect` again, and
`missing` (used by `iofacturo verify`) looks whether they stand.
"""

from collections.abc import Iterable

from django.db.migrations import RunPython

PROTECTED: set[str] = set()

FUNCTION = """
CREATE OR REPLACE FUNCTION iofacturo_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def statements(vendor: str, table: str, columns: Iterable[str] = ()) -> list[str]:
    """The SQL that protects *table*; with *columns*, updates of the other columns stay allowed."""
    of = f" OF {', '.join(columns)}" if columns else ""
    if vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {table}_no_update",
            f"DROP TRIGGER IF EXISTS {table}_no_delete",
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        ]
    return [
        FUNCTION,
        f"DROP TRIGGER IF EXISTS {table}_no_update ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_no_delete ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION iofacturo_refuse_change()",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION iofacturo_refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION iofacturo_refuse_change()",
    ]


def removal(vendor: str, table: str) -> list[str]:
    """The SQL that takes the protection away again."""
    suffix = "" if vendor == "sqlite" else f" ON {table}"
    names = ["no_update", "no_delete"] + ([] if vendor == "sqlite" else ["no_truncate"])
    return [f"DROP TRIGGER IF EXISTS {table}_{name}{suffix}" for name in names]


def protect(table: str, columns: Iterable[str] = ()) -> RunPython:
    """A migration operation: from here on rows of *table* are only added.

    With *columns* only those columns are frozen (a cached counter beside them may move); deletes
    are refused all the same.
    """
    frozen = tuple(columns)

    def forward(apps, schema_editor) -> None:
        for sql in statements(schema_editor.connection.vendor, table, frozen):
            schema_editor.execute(sql, params=None)

    def backward(apps, schema_editor) -> None:
        for sql in removal(schema_editor.connection.vendor, table):
            schema_editor.execute(sql, params=None)

    return RunPython(forward, backward)


def declare(*tables: str) -> None:
    """Say in a room's `apps.py` which tables must be protected, for `missing` to look at."""
    PROTECTED.update(tables)


def missing(connection) -> list[str]:
    """The declared tables that lack a trigger in this database."""
    names: tuple[str, ...]
    if connection.vendor == "sqlite":
        sql, names = (
            "SELECT name FROM sqlite_master WHERE type='trigger'",
            ("no_update", "no_delete"),
        )
    else:
        sql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        names = ("no_update", "no_delete", "no_truncate")
    with connection.cursor() as cursor:
        cursor.execute(sql)
        there = {row[0] for row in cursor.fetchall()}
    return sorted(t for t in PROTECTED if any(f"{t}_{name}" not in there for name in names))
