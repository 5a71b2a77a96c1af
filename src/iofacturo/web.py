"""`iofacturo web`: the portal behind gunicorn."""

import os
import sys

from django.conf import settings
from django.core.management import call_command

from iofacturo.lib import env

LOOPBACK = ("127.0.0.1:", "localhost:", "[::1]:")


def binds() -> list[str]:
    """The addresses to listen on, from IOFACTURO_BIND; the demo never leaves loopback."""
    wanted = env.words("IOFACTURO_BIND", (f"127.0.0.1:{env.number('PORT', 8000)}",))
    if settings.DEMO and not all(bind.startswith(LOOPBACK) for bind in wanted):
        raise SystemExit("iofacturo: the demo listens on loopback only: unset IOFACTURO_BIND.")
    return wanted


def main(argv: list[str]) -> int:
    """Collect the static files, then become gunicorn. *argv* goes to gunicorn as it is."""
    listen = [word for bind in binds() for word in ("--bind", bind)]
    call_command("collectstatic", interactive=False, verbosity=0)
    command = [
        sys.executable, "-m", "gunicorn", "iofacturo.wsgi:application", *listen,
        "--worker-class", "gthread",
        "--workers", str(env.number("IOFACTURO_WORKERS", 2)),
        "--threads", str(env.number("IOFACTURO_THREADS", 4)),
        "--max-requests", "20000", "--max-requests-jitter", "2000",
        "--timeout", "60", "--graceful-timeout", "10",
        "--logger-class", "iofacturo.lib.server_log.ServerLogger",
        "--no-control-socket", "--log-level", "warning",
        *argv,
    ]  # fmt: skip
    os.execv(sys.executable, command)
    return 0
