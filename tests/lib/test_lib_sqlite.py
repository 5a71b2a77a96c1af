"""A connection that is kept from one request to the next: while it is good, and no longer."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError

from iofacturo.lib.sqlite.base import DatabaseWrapper


@pytest.fixture
def connection(tmp_path, django_db_blocker):
    """Of a database of its own, with the options of the house."""
    held = DatabaseWrapper(
        settings.DATABASES["default"]
        | {
            "NAME": str(tmp_path / "own.sqlite3"),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        },
        alias="own",
    )
    with django_db_blocker.unblock():
        with held.cursor() as cursor:
            cursor.execute("CREATE TABLE word (said text)")
            cursor.execute("INSERT INTO word VALUES ('before')")
        yield held
        held.close()


def said(connection) -> str:
    with connection.cursor() as cursor:
        return cursor.execute("SELECT said FROM word").fetchone()[0]


def test_the_next_request_finds_the_same_connection(connection):
    inner = connection.connection
    connection.close_if_unusable_or_obsolete()  # what Django does between requests
    assert said(connection) == "before"
    assert connection.connection is inner


def test_a_copy_that_was_put_back_is_what_is_read(connection, tmp_path):
    name = Path(connection.settings_dict["NAME"])
    copy = tmp_path / "copy.sqlite3"
    shutil.copy(name, copy)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE word SET said = 'after'")
    connection.close_if_unusable_or_obsolete()
    copy.replace(name)
    assert said(connection) == "before"


def test_after_an_error_it_is_opened_anew(connection):
    inner = connection.connection
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT said FROM nowhere")
    connection.close_if_unusable_or_obsolete()
    assert said(connection) == "before"
    assert connection.connection is not inner
