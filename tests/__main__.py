"""`make test`: the library, the portal on SQLite and on PostgreSQL, and a real browser.

Every part runs even when an earlier one failed; the exit status is that of the worst.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CI = os.environ.get("CI") == "true"


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


def parts() -> list[tuple[str, list[str]]]:
    """Name and pytest arguments of each part."""
    fast = ["-q", "-n", "2", "--dist", "loadfile"]
    suite = [
        ("the library", ["hacienda/tests", "--doctest-modules", "hacienda/src", *fast]),
        ("the portal on SQLite", ["tests", "-m", "not browser", "--engine=sqlite", *fast]),
        ("the portal on PostgreSQL", ["tests", "-m", "not browser", "--engine=pg", *fast]),
    ]
    browser = chromium()
    if browser:
        os.environ["IOFACTURO_CHROMIUM"] = browser
        suite.append(("a real browser", ["tests/browser", "-m", "browser", "-q"]))
    elif CI:
        print("Chromium is not here and could not be installed; CI must not go without it.")
        suite.append(("a real browser", ["--chromium-is-missing"]))
    else:
        print("LEFT OUT: the browser tests, because Chromium is not on this machine.", flush=True)
    return suite


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    worst = 0
    lines = []
    for name, words in parts():
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        status = subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=root, check=False
        ).returncode
        lines.append(
            f"  {'passed' if status == 0 else 'FAILED':<7} {name} ({time.monotonic() - started:.0f} s)"
        )
        worst = max(worst, status)
    print("\n" + "\n".join(lines))
    return worst


if __name__ == "__main__":
    sys.exit(main())
