"""Real processes on the test's own database, all let go at the same moment."""

import os
import subprocess
import sys
from urllib.parse import quote

from django.db import connection

PRELUDE = """
import sys
import django; django.setup()
from django.db import connection
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
"""


def database_url() -> str:
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{there['NAME']}"
    port = f":{there['PORT']}" if there["PORT"] else ""
    name = quote(there["USER"]) + (f":{quote(there['PASSWORD'])}" if there["PASSWORD"] else "")
    return f"postgres://{name}@{quote(there['HOST'], safe='')}{port}/{there['NAME']}"


def race(*programs: str) -> list[str]:
    """Run each of *programs* in a process of its own; what each printed last."""
    environment = {**os.environ, "DATABASE_URL": database_url()}
    crew = [
        subprocess.Popen(
            [sys.executable, "-c", PRELUDE + program],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for program in programs
    ]
    for one in crew:
        assert one.stdout.readline() == "ready\n"
    for one in crew:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[0] for one in crew]
    assert [one.returncode for one in crew] == [0] * len(crew)
    return [text.strip() for text in said]
