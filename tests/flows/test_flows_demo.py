"""`make run` from an empty folder: it answers, the books are right, tampering is found, it ends."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from iofacturo.run import free_port

READY_WITHIN = 170  # seconds


def clean(**more: str) -> dict[str, str]:
    """An environment without the suite's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("IOFACTURO_", "HACIENDA_", "DATABASE_", "EMAIL_", "DJANGO_"))
    }
    return {**kept, **more}


def answer(port: int, path: str = "/salud") -> dict | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as got:
            return json.load(got)
    except (OSError, urllib.error.HTTPError):
        return None


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def run(data):
    """The demo's address and process, started as `make run` does."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "iofacturo.cli", "run"],
        env=clean(
            PORT=str(port), IOFACTURO_DATA=str(data), IOFACTURO_NOW="2026-11-30T16:30:00-06:00"
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + READY_WITHIN
    while answer(port) is None and time.monotonic() < until and process.poll() is None:
        time.sleep(0.5)
    yield port, process
    if process.poll() is None:
        process.terminate()
        process.wait(20)


def test_a_second_run_on_the_same_folder_is_turned_away(run, data) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "iofacturo.cli", "run"],
        env=clean(PORT=str(free_port()), IOFACTURO_DATA=str(data)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 2
    assert "another run uses" in second.stderr


def verify(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "iofacturo.cli", "verify"],
        env=clean(IOFACTURO_DATA=str(data), IOFACTURO_DEMO="1"),
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_answers_with_the_demos_clock(run) -> None:
    port, _ = run
    told = answer(port)
    assert told is not None
    assert told["listo"] is True
    assert told["hora"].startswith("2026-11-30T22:")


def test_secrets_made_on_the_spot_are_the_owners_alone(run, data) -> None:
    secrets = list((data / "secretos").iterdir())
    assert secrets
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in secrets)


def test_the_demo_shows_seven_plans_and_every_state(run, data) -> None:
    books = sqlite3.connect(data / "iofacturo.sqlite3")
    plans = books.execute(
        "SELECT count(*) FROM folios_foliolot l JOIN accounts_company c ON c.id = l.company_id "
        "WHERE c.nombre = 'Café Prueba S.A.' AND l.kind = 'paid'"
    ).fetchone()[0]
    states = {row[0] for row in books.execute("SELECT state FROM renewals_renewalrequest")}
    year = books.execute("SELECT count(*) FROM folios_folioentry WHERE kind = 'consume'").fetchone()
    books.close()
    assert plans == 7
    assert states == {
        "draft", "in_review", "needs_info", "active", "rejected", "cancelled", "expired", "reversed",
    }  # fmt: skip
    assert year[0] > 365


def test_a_second_run_on_the_same_port_says_so(run, data) -> None:
    port, _ = run
    second = subprocess.run(
        [sys.executable, "-m", "iofacturo.cli", "run"],
        env=clean(PORT=str(port), IOFACTURO_DATA=str(data)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 2
    assert f"port {port} is taken" in second.stderr


TAMPERED = {
    "a counter": "UPDATE folios_foliolot SET remaining = remaining + 5 WHERE kind = 'paid' AND id IN "
    "(SELECT max(id) FROM folios_foliolot WHERE kind = 'paid')",
    "a used folio taken away": "DELETE FROM folios_folioentry WHERE id = "
    "(SELECT max(id) FROM folios_folioentry WHERE kind = 'consume')",
    "a use moved to another day": "UPDATE folios_folioentry SET at = '2020-01-01 00:00:00' "
    "WHERE id = (SELECT max(id) FROM folios_folioentry WHERE kind = 'consume')",
    "an entry with another amount": "UPDATE folios_folioentry SET qty = qty + 7 WHERE id = "
    "(SELECT max(id) FROM folios_folioentry WHERE kind = 'grant')",
    "a price": "UPDATE renewals_quote SET total = total - 1000 WHERE id = "
    "(SELECT min(quote_id) FROM renewals_renewalrequest WHERE state = 'active')",
    "a state": "UPDATE renewals_renewalrequest SET state = 'active' WHERE state = 'rejected'",
    "an allocation": "UPDATE renewals_allocation SET amount = amount - 1 "
    "WHERE id = (SELECT min(id) FROM renewals_allocation)",
    "a bank line": "DELETE FROM renewals_bankline WHERE id = "
    "(SELECT min(id) FROM renewals_bankline)",
    "a decision": "DELETE FROM renewals_reviewdecision WHERE action = 'approved' AND id = "
    "(SELECT min(id) FROM renewals_reviewdecision WHERE action = 'approved')",
    "an accepted text": "UPDATE renewals_termsversion SET text = text || ' y algo más'",
    "a due time": "UPDATE renewals_renewalrequest SET due_at = '2026-11-29 12:00:00' "
    "WHERE state = 'in_review'",
}


def tampered(data: Path, to: Path, sql: str) -> Path:
    """A copy of the demo's database in which *sql* was done behind everybody's back."""
    original = sqlite3.connect(data / "iofacturo.sqlite3", timeout=20)
    books = sqlite3.connect(to / "iofacturo.sqlite3", isolation_level=None)
    original.backup(books)
    original.close()
    books.execute("PRAGMA ignore_check_constraints = ON")
    triggers = books.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        books.execute(f'DROP TRIGGER "{name}"')
    changed = books.execute(sql).rowcount if sql else 1
    for _, create in triggers if sql else []:
        books.execute(create)
    books.close()
    assert changed > 0
    return to


def test_the_books_are_right(run, data) -> None:
    done = verify(data)
    assert (done.returncode, done.stdout.strip()) == (0, "Los libros cuadran.")


@pytest.mark.parametrize("what", TAMPERED)
def test_verify_finds_what_was_tampered_with(what, run, data, tmp_path) -> None:
    done = verify(tampered(data, tmp_path, TAMPERED[what]))
    assert done.returncode == 1, done.stdout
    assert done.stdout.strip()


def test_verify_finds_missing_protection(run, data, tmp_path) -> None:
    done = verify(tampered(data, tmp_path, ""))
    assert done.returncode == 1
    assert "folios_folioentry" in done.stdout


@pytest.mark.parametrize(
    "more",
    [
        {"HACIENDA_ENV": "prod"},
        {"IOFACTURO_HOSTS": "portal.ejemplo.cr"},
        {"EMAIL_URL": "smtp://correo.ejemplo.cr"},
        {"IOFACTURO_NOW": "ayer"},
        {"PORT": "ocho mil"},
    ],
)
def test_the_demo_refuses_whatever_is_not_a_demo(more, tmp_path) -> None:
    port = {"PORT": str(free_port())} | more
    done = subprocess.run(
        [sys.executable, "-m", "iofacturo.cli", "run"],
        env=clean(IOFACTURO_DATA=str(tmp_path), **port),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_outside_the_demo_a_missing_secret_is_fatal_and_demo_refuses(tmp_path) -> None:
    bare = clean(IOFACTURO_DATA=str(tmp_path))
    for words in (["web"], ["worker"], ["migrate"], ["verify"]):
        done = subprocess.run(
            [sys.executable, "-m", "iofacturo.cli", *words],
            env=bare, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode != 0
        assert "IOFACTURO_SECRET_KEY" in done.stderr
    real = clean(
        IOFACTURO_DATA=str(tmp_path),
        IOFACTURO_SECRET_KEY="x",
        IOFACTURO_KEYRING="a:" + "A" * 43 + "=",
        IOFACTURO_HOSTS="portal.ejemplo.cr",
    )
    done = subprocess.run(
        [sys.executable, "-m", "iofacturo.cli", "demo"],
        env=real, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "only runs inside" in done.stderr


def test_data_that_is_not_the_demos_is_left_alone(tmp_path) -> None:
    books = sqlite3.connect(tmp_path / "iofacturo.sqlite3")
    with books:
        books.execute("CREATE TABLE lo_nuestro (n INTEGER)")
    books.close()
    done = subprocess.run(
        [sys.executable, "-m", "iofacturo.cli", "run"],
        env=clean(IOFACTURO_DATA=str(tmp_path), PORT=str(free_port())),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "not the demo's" in done.stderr


def test_ending_it_ends_all_of_it(run) -> None:
    port, process = run
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    assert answer(port) is None
