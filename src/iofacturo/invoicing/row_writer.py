"""Rows of this room into the database in one plain statement each.

Django's own way builds every statement anew, which takes longer than signing a document; a document
is three rows. The values are prepared by the models' fields all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from iofacturo.lib import statement


def insert(rows: Sequence[models.Model]) -> None:
    """Insert *rows*, all of one model; those whose key the database gives get it."""
    model = type(rows[0])
    fields = _fields(model)
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for row in rows
        for field in fields
    ]
    given = rows[0].pk is None
    sql = _statement(model, len(rows), given)
    if given:
        for row, (pk,) in zip(rows, statement.rows(sql, values), strict=True):
            row.pk = pk
    else:
        statement.run(sql, values)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


@cache
def _fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(
        field
        for field in model._meta.local_concrete_fields
        if not isinstance(field, models.AutoField | models.BigAutoField)
    )


@cache
def _statement(model: type[models.Model], count: int, given: bool) -> str:
    fields = _fields(model)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = f"({', '.join(['%s'] * len(fields))})"
    end = " RETURNING id" if given else ""
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) '  # noqa: S608 - names of our own
        f"VALUES {', '.join([places] * count)}{end}"
    )
