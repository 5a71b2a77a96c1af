"""Emptying the database after tests that commit, in spite of the append-only triggers.

Only tables that hold rows are touched: to truncate every table of the house costs PostgreSQL a new
file for each, and most tests fill a dozen.
"""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

# Without the triggers and the foreign keys' checks, which are triggers as well
EMPTIED = """
DO $$
DECLARE one regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'p')
        AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations'
    LOOP
        EXECUTE format('DELETE FROM %s', one);
    END LOOP;
    SET LOCAL session_replication_role = origin;
END $$
"""


@pytest.fixture(scope="session", autouse=True)
def _flush_around_protection() -> Iterator[None]:
    """Lifts the protection for Django's own flush and puts it back."""
    operations = type(connection.ops)
    real = operations.execute_sql_flush

    def lifted(self, sql_list):
        if self.connection.vendor == "postgresql":
            return real(self, [EMPTIED])
        with transaction.atomic(using=self.connection.alias):
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
                    "AND sql LIKE '%RAISE(ABORT%'"
                )
                triggers = cursor.fetchall()
                for name, _ in triggers:
                    cursor.execute(f'DROP TRIGGER "{name}"')
            done = real(self, sql_list)
            with self.connection.cursor() as cursor:
                for _, sql in triggers:
                    cursor.execute(sql.replace("%", "%%") if "%" in sql else sql)
        return done

    operations.execute_sql_flush = lifted
    yield
    operations.execute_sql_flush = real
