"""Plain statements that many requests make, by the ORM's connection and the driver's own cursor.

Django's cursor writes the values into the text on PostgreSQL, so that the database parses and plans
the same statement anew each time, and wraps every step. Here the values travel apart and the
statement stays prepared in its connection (`prepare_threshold` in the settings). The transaction,
its state and the family of errors remain Django's. SQLite is asked in Django's way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

Row = tuple[Any, ...]
Model = TypeVar("Model", bound=models.Model)


def rows(sql: str, values: Sequence[Any] | dict[str, Any]) -> list[Row]:
    """What *sql*, which answers rows, answers."""
    here = connections[DEFAULT_DB_ALIAS]  # the proxy `connection` looks it up at every use
    if here.vendor != "postgresql":
        with here.cursor() as plain:
            plain.execute(sql, values)
            return list(plain.fetchall())
    import psycopg  # loaded only where the database is PostgreSQL

    here.close_if_health_check_failed()
    here.ensure_connection()
    here.validate_no_broken_transaction()
    with here.wrap_database_errors, psycopg.Cursor(here.connection) as cursor:
        return cursor.execute(sql, values, prepare=True).fetchall()


def run(sql: str, values: Sequence[Any] | dict[str, Any]) -> None:
    """Do *sql*, which answers no rows."""
    here = connections[DEFAULT_DB_ALIAS]
    if here.vendor != "postgresql":
        with here.cursor() as plain:
            plain.execute(sql, values)
        return
    import psycopg

    here.close_if_health_check_failed()
    here.ensure_connection()
    here.validate_no_broken_transaction()
    with here.wrap_database_errors, psycopg.Cursor(here.connection) as cursor:
        cursor.execute(sql, values, prepare=True)


def columns(model: type[models.Model], alias: str) -> str:
    """All columns of *model*, as `read` wants them, of the table called *alias*."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def width(model: type[models.Model]) -> int:
    """How many columns those are."""
    return len(model._meta.concrete_fields)


def read(model: type[Model], values: Sequence[Any]) -> Model:
    """The row of *model* whose columns are *values*, as a queryset would give it."""
    here = connections[DEFAULT_DB_ALIAS]
    names, converters = _reading(model, here.vendor)
    held = list(values)
    for place, convert, expression in converters:
        held[place] = convert(held[place], expression, here)
    found: Model = model.from_db(here.alias, names, held)
    return found


@cache
def _reading(model: type[models.Model], vendor: str) -> tuple[list[str], list[Any]]:
    here = connections[DEFAULT_DB_ALIAS]
    converters = []
    for place, field in enumerate(model._meta.concrete_fields):
        expression = field.get_col(model._meta.db_table)
        for convert in here.ops.get_db_converters(expression) + field.get_db_converters(here):
            converters.append((place, convert, expression))
    return [field.attname for field in model._meta.concrete_fields], converters
