"""Real processes on the test's own database, all let go at the same moment.

They are children of one process that has Django set up already and no connection open: a race of
eight then costs eight forks instead of eight starts of an interpreter.
"""

import atexit
import json
import os
import subprocess
import sys
from urllib.parse import quote

from django.db import connection

SECONDS = 60
STABLE = f"""
import json, os, signal, sys, traceback
import django; django.setup()
from django.db import connection

def child(program, ready, go, said):
    os.dup2(said, 1)
    sys.stdin = open(os.devnull)
    signal.alarm({SECONDS})
    code = 0
    try:
        connection.ensure_connection()
        os.write(ready, b".")
        os.read(go, 1)
        exec(compile(program, "<race>", "exec"), {{"__name__": "__main__", "sys": sys, "connection": connection}})
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.close()
        os._exit(code)

for line in sys.stdin:
    ready_read, ready = os.pipe()
    go, go_write = os.pipe()
    crew = []
    for program in json.loads(line):
        heard, said = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(heard)
            os.close(ready_read)
            os.close(go_write)
            child(program, ready, go, said)
        os.close(said)
        crew.append((pid, heard))
    os.close(ready)
    os.close(go)
    for _ in crew:
        os.read(ready_read, 1)
    os.write(go_write, b"!" * len(crew))
    os.close(go_write)
    os.close(ready_read)
    told = []
    for pid, heard in crew:
        with open(heard, encoding="utf-8") as pipe:
            text = pipe.read()
        told.append([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text])
    print(json.dumps(told), flush=True)
"""

_stables: dict[str, subprocess.Popen[str]] = {}


def database_url() -> str:
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{there['NAME']}"
    port = f":{there['PORT']}" if there["PORT"] else ""
    name = quote(there["USER"]) + (f":{quote(there['PASSWORD'])}" if there["PASSWORD"] else "")
    return f"postgres://{name}@{quote(there['HOST'], safe='')}{port}/{there['NAME']}"


def _stable() -> subprocess.Popen[str]:
    """The process whose children race, one for each database."""
    url = database_url()
    found = _stables.get(url)
    if found is None or found.poll() is not None:
        found = _stables[url] = subprocess.Popen(
            [sys.executable, "-c", STABLE],
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(found.kill)
    return found


def race(*programs: str) -> list[str]:
    """Run each of *programs* in a process of its own; what each printed."""
    stable = _stable()
    assert stable.stdin is not None
    assert stable.stdout is not None
    stable.stdin.write(json.dumps(programs) + "\n")
    stable.stdin.flush()
    told = json.loads(stable.stdout.readline())
    assert [code for code, _ in told] == [0] * len(programs)
    return [text.strip() for _, text in told]
