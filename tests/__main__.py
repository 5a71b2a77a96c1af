"""`make test`: the library, the portal on SQLite and on PostgreSQL, and a real browser.

Every part runs even when an earlier one failed; the exit status is that of the worst.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CI = os.environ.get("CI") == "true"
Part = tuple[str, list[str]]


def chromium() -> str | None:
    """A Chromium on this machine, installed from Debian when we are root and apt is there."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found or not shutil.which("apt-get") or os.geteuid() != 0:
        return found
    print("Installing Chromium for the browser tests…", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run(["apt-get", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)
    return shutil.which("chromium")


def parts() -> tuple[list[Part], list[Part]]:
    """Two streams of parts, each with pytest's arguments.

    The first keeps the processors busy; the second mostly waits, for a browser or for processes
    that are killed and come back, and runs beside it. What starts the whole house is in `flows` and
    chooses its own database, so nothing of it runs twice.
    """
    fast = ["-q", "-n", "2", "--dist", "loadfile"]
    portal = ["tests", "-m", "not browser", "--ignore=tests/flows", *fast]
    busy = [
        ("the library", ["hacienda/tests", "--doctest-modules", "hacienda/src", *fast]),
        ("the portal on SQLite", [*portal, "--engine=sqlite"]),
        ("the portal on PostgreSQL", [*portal, "--engine=pg"]),
    ]
    killed = ["tests/flows", "--deselect=tests/flows/test_flows_demo.py"]
    waiting = [
        ("the whole house on SQLite", ["tests/flows", "-q", "--engine=sqlite"]),
        ("the whole house on PostgreSQL", [*killed, "-q", "--engine=pg"]),
    ]
    browser = chromium()
    if browser:
        os.environ["IOFACTURO_CHROMIUM"] = browser
        waiting.insert(0, ("a real browser", ["tests/browser", "-m", "browser", "-q"]))
    elif CI:
        print("Chromium is not here and could not be installed; CI must not go without it.")
        waiting.append(("a real browser", ["--chromium-is-missing"]))
    else:
        print("LEFT OUT: the browser tests, because Chromium is not on this machine.", flush=True)
    return busy, waiting


def run(stream: list[Part], results: list[tuple[str, int, float]]) -> None:
    """One part after the other; what each printed, whole, when it is done."""
    root = Path(__file__).resolve().parent.parent
    for name, words in stream:
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=root, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        took = time.monotonic() - started
        results.append((name, done.returncode, took))
        print(f"\n== {name}, {took:.0f} s\n{done.stdout}", flush=True)


def main() -> int:
    results: list[tuple[str, int, float]] = []
    print("Two streams at once; each part is printed when it is done.", flush=True)
    streams = [threading.Thread(target=run, args=(stream, results)) for stream in parts()]
    for one in streams:
        one.start()
    for one in streams:
        one.join()
    print()
    for name, status, took in results:
        print(f"  {'passed' if status == 0 else 'FAILED':<7} {name} ({took:.0f} s)")
    return max(abs(status) for _, status, _ in results)  # a part that was killed ends below zero


if __name__ == "__main__":
    sys.exit(main())
