"""`iofacturo run`: the whole house on loopback with demo data, for trying it.

Web, worker, a Hacienda sandbox and a mail catcher are kept together by honcho; when one of them
ends, or this process is asked to end, all of them do.
"""

import fcntl
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from subprocess import run as call
from typing import TextIO

READY_WITHIN = 180  # seconds
LOGINS = [
    ("duena@demo.cr", "dueña de Café Prueba S.A."),
    ("emisor@demo.cr", "emite, no puede renovar"),
    ("contador@demo.cr", "contador de varias empresas"),
    ("extrana@demo.cr", "dueña de otra empresa"),
    ("revisor@demo.cr", "revisa solicitudes"),
    ("revisora@demo.cr", "revisora principal"),
    ("soporte@demo.cr", "soporte"),
    ("admin@demo.cr", "administración del proveedor"),
]
PASSWORD = "demo-iofacturo"


def main(argv: list[str]) -> int:
    """Exit status of the first part that ended, or 2 when nothing could start."""
    if argv:
        print("iofacturo run takes no arguments; PORT and IOFACTURO_DATA move it.", file=sys.stderr)
        return 2
    try:
        port = int(os.environ.get("PORT") or 8000)
        environment = demo_environment(port)
    except ValueError as problem:
        print(f"iofacturo: {problem}", file=sys.stderr)
        return 2
    if not free(port):
        print(
            f"iofacturo: port {port} is taken, perhaps by an earlier run that was killed. "
            "End it, or choose another with PORT=….",
            file=sys.stderr,
        )
        return 2
    folder = Path(environment["IOFACTURO_DATA"])
    held = hold(folder)
    if held is None:
        print(
            f"iofacturo: another run uses {folder}. End it, or choose another folder with "
            "IOFACTURO_DATA=….",
            file=sys.stderr,
        )
        return 2
    print("Preparing the demo…", flush=True)
    prepared = call([sys.executable, "-m", "iofacturo.cli", "demo"], env=environment, check=False)
    if prepared.returncode:
        return prepared.returncode
    return supervise(port, environment)


def demo_environment(port: int) -> dict[str, str]:
    """The environment of every part: the demo, on loopback, with one clock for all."""
    for name in ("HACIENDA_URL", "EMAIL_URL", "STORAGE_URL", "IOFACTURO_BIND"):
        if os.environ.get(name):
            raise ValueError(f"the demo chooses {name} itself: unset it.")
    data = Path(os.environ.get("IOFACTURO_DATA") or "var").resolve()
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "iofacturo.settings",
        "IOFACTURO_DEMO": "1",
        "IOFACTURO_DATA": str(data),
        "IOFACTURO_URL": f"http://localhost:{port}",
        "IOFACTURO_CLOCK_OFFSET": str(clock_offset()),
        "PORT": str(port),
    }
    catalogue = Path(__file__).resolve().parents[3] / "shared" / "catalogs" / "cabys.csv"
    if catalogue.is_file():
        environment.setdefault("HACIENDA_CABYS", str(catalogue))
    sandbox, mail = free_port(), free_port()
    environment["HACIENDA_URL"] = f"http://127.0.0.1:{sandbox}"
    environment["EMAIL_URL"] = f"smtp://127.0.0.1:{mail}"
    return environment


def clock_offset() -> float:
    """Seconds between the demo's clock and the machine's, from IOFACTURO_NOW."""
    wanted = (os.environ.get("IOFACTURO_NOW") or "").strip()
    if not wanted:
        return 0.0
    from iofacturo.lib.clock import COSTA_RICA

    try:
        start = datetime.fromisoformat(wanted)
    except ValueError:
        raise ValueError("IOFACTURO_NOW must be an ISO instant.") from None
    if start.tzinfo is None:
        start = start.replace(tzinfo=COSTA_RICA)
    return (start - datetime.now(UTC)).total_seconds()


def hold(folder: Path) -> TextIO | None:
    """The folder's lock, kept while this process lives; None when another run has it.

    Two runs on one folder would have two clocks and two sandboxes for one database.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def free(port: int) -> bool:
    """Whether nothing listens on *port* of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens_on_ipv6(port: int) -> bool:
    """Whether localhost's other address can be served too."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", port))
    except OSError:
        return False
    return True


def supervise(port: int, environment: dict[str, str]) -> int:
    from honcho.manager import Manager

    python = quote(sys.executable)
    data = Path(environment["IOFACTURO_DATA"])
    binds = [f"127.0.0.1:{port}"] + ([f"[::1]:{port}"] if listens_on_ipv6(port) else [])
    environment = {**environment, "IOFACTURO_BIND": ",".join(binds)}
    sandbox_port = environment["HACIENDA_URL"].rsplit(":", 1)[1]
    mail_port = environment["EMAIL_URL"].rsplit(":", 1)[1]
    manager = Manager()
    parts = {
        "web": "-m iofacturo.cli web",
        "worker": "-m iofacturo.cli worker",
        "correo": f"-m iofacturo.outbox.catcher {mail_port}",
        "hacienda": f"-m hacienda.cli sandbox --port {sandbox_port} "
        f"--state {quote(str(data / 'hacienda.sqlite3'))} "
        f"--clock-offset {environment['IOFACTURO_CLOCK_OFFSET']}",
    }
    if environment.get("HACIENDA_CABYS"):
        parts["hacienda"] += f" --cabys {quote(environment['HACIENDA_CABYS'])}"
    for name, words in parts.items():
        manager.add_process(name, f"exec {python} {words}", env=environment)
    threading.Thread(target=announce, args=(port,), daemon=True).start()
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    return int(manager.returncode or 0)


def announce(port: int) -> None:
    """Say the address and the logins once the portal answers."""
    address = f"http://localhost:{port}"
    for _ in range(READY_WITHIN * 4):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/salud", timeout=5) as answer:
                if answer.status == 200:
                    break
        except OSError:
            time.sleep(0.25)
    else:
        print("The portal does not answer yet; see the lines above.", flush=True)
        return
    lines = [f"ioFacturo is ready: {address}", f"  mail it sends: {address}/correo/", ""]
    lines += [f"  {login:<20}{who}" for login, who in LOGINS]
    lines += [f"  password of all of them: {PASSWORD}", "", "  Ctrl-C ends it."]
    print("\n".join(lines), flush=True)
