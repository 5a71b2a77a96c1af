"""`iofacturo verify`: are the books right? Every invariant of every room, every offender named."""

from collections.abc import Iterator
from importlib import import_module

from django.apps import apps
from django.db import connection

from iofacturo.lib import append_only


def broken() -> Iterator[str]:
    """One line per offender; nothing when the books are right."""
    for table in append_only.missing(connection):
        yield f"{table}: la base de datos no protege esta tabla contra cambios."
    yield from orphans()
    for app in apps.get_app_configs():
        if not app.name.startswith("iofacturo."):
            continue
        try:
            room = import_module(f"{app.name}.invariants")
        except ModuleNotFoundError as missing:
            if missing.name != f"{app.name}.invariants":
                raise
            continue
        yield from room.broken()


def orphans() -> Iterator[str]:
    """Rows that point at nothing. SQLite lets a stranger with the file make them."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_key_check")
        for table, row, parent, _ in cursor.fetchall():
            yield f"{table} {row}: la fila de {parent} a la que apunta no existe."
