"""Emptying the database after tests that commit, in spite of the append-only triggers."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction


@pytest.fixture(scope="session", autouse=True)
def _flush_around_protection() -> Iterator[None]:
    """Lifts the protection for Django's own flush and puts it back."""
    operations = type(connection.ops)
    real = operations.execute_sql_flush

    def lifted(self, sql_list):
        if self.connection.vendor == "postgresql":
            return real(
                self,
                [
                    "SET LOCAL session_replication_role = replica",
                    *sql_list,
                    "SET LOCAL session_replication_role = origin",
                ],
            )
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
