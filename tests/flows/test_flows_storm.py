"""The storm: eight people sell for twenty companies by HTTP while everything is killed with -9.

Web, worker and PostgreSQL die at random, several times each, and Hacienda fails a third of the time.
Afterwards every document has its final state, numbers have no hole and no double, one folio was
taken for each accepted document, and `iofacturo verify` ends 0. All parts are processes, with a
database of their own: `--engine=pg` starts a PostgreSQL that may be killed, SQLite is a file.
`BENCH_STORM` says for how many seconds it blows (25 by default).
"""

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.flows import storm_scene
from tests.flows.cluster import Cluster
from tests.flows.customer import Customer, Diary, Unanswered

from iofacturo.run import free_port

pytestmark = pytest.mark.race
SECONDS = float(os.environ.get("BENCH_STORM", "25"))
CLIENTS = 8
MOST = 400  # documents, so that the calm afterwards does not take longer than the storm
ENOUGH = 20
KILLS = 3  # of each part, at least
PATIENCE = 120  # seconds for any one thing, on a slow machine
RATES = (
    "drop-before=0.07,drop-after=0.07,429=0.06,500=0.05,503=0.05,401=0.03,"
    "token-503=0.1,error=0.1,invisible=0.1,latency=0.1"
)
ROOT = str(Path(__file__).resolve().parents[2])
WORKERS = ("worker", "another worker")
SPANISH = {"accepted": "aceptado", "rejected": "rechazado"}
LATER = timedelta(minutes=15)  # longer than any lease and most pauses
OPEN = """
SELECT 1 FROM invoicing_submission
WHERE state <> 'done' AND (lease IS NOT NULL OR due_at <= %s)
UNION ALL SELECT 1 FROM invoicing_duemail WHERE done_at IS NULL
"""
UNFINISHED = """
SELECT 1 FROM invoicing_submission WHERE state <> 'done'
UNION ALL SELECT 1 FROM invoicing_duemail WHERE done_at IS NULL
"""


class House:
    """Web, worker and sandbox as processes, over a database of their own."""

    def __init__(self, folder: Path, cluster: Cluster | None) -> None:
        self.folder, self.cluster = folder, cluster
        self.port, self.hacienda = free_port(), free_port()
        self.ahead = timedelta(0)  # of the worker's clock
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()
        self.chance = random.Random()
        data = folder / "data"
        data.mkdir()
        url = cluster.url if cluster else f"sqlite:///{data / 'iofacturo.sqlite3'}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("IOFACTURO_")}
        self.environment = kept | {
            "PYTHONPATH": os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH")))),
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "iofacturo.settings",
            "IOFACTURO_DEMO": "1",
            "IOFACTURO_DATA": str(data),
            "IOFACTURO_URL": f"http://127.0.0.1:{self.port}",
            "HACIENDA_ENV": "sandbox-local",
            "HACIENDA_URL": f"http://127.0.0.1:{self.hacienda}",
            "EMAIL_URL": "memory://",
            "PORT": str(self.port),
            "IOFACTURO_WORKERS": "2",
        }

    # -- parts ---------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        words = {
            "web": ["iofacturo.cli", "web"],
            "worker": ["iofacturo.cli", "worker"],
            "another worker": ["iofacturo.cli", "worker"],
            "hacienda": ["hacienda.cli", "sandbox", "--port", str(self.hacienda), "--delay", "0.2",
                         "--seed", "4", "--faults", RATES, "--latency", "0-0.5"],
        }[name]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self.parts[name] = subprocess.Popen(
                [sys.executable, "-m", *words],
                env=self.environment
                | {"IOFACTURO_CLOCK_OFFSET": str(self.ahead.total_seconds() * ("worker" in name))},
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def strike(self, name: str) -> None:
        """-9 to the part and all its children, and it is started again; or to one child of the web."""
        self.kills[name] += 1
        if name == "database":
            assert self.cluster is not None
            self.cluster.kill()
            self.cluster.start()
            return
        if name == "worker":
            name = self.chance.choice(WORKERS)
        children = psutil.Process(self.parts[name].pid).children() if name == "web" else []
        if children and self.chance.random() < 0.4:
            with contextlib.suppress(psutil.NoSuchProcess):
                self.chance.choice(children).kill()
            return
        _end(self.parts[name], signal.SIGKILL)
        self.start(name)

    def end(self) -> None:
        for part in self.parts.values():
            _end(part, signal.SIGKILL)

    def run(self, *words: str) -> str:
        """What a program of the house prints. It must end well."""
        done = subprocess.run(
            [sys.executable, "-m", *words],
            env=self.environment, capture_output=True, text=True, check=False, timeout=3 * PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def scene(self, what: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.run("tests.flows.storm_scene", what).splitlines()[-1]
        )
        return found

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/salud", timeout=5) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def hacienda_says(self, where: str, data: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.hacienda}/_sandbox/{where}",
            data=data,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            said: dict[str, Any] = json.load(reply)
        return said

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        if self.cluster:
            with self.cluster.connect() as there:
                return there.execute(sql, values).fetchall()
        there = sqlite3.connect(self.folder / "data" / "iofacturo.sqlite3", timeout=20)
        try:
            words = [str(v.replace(tzinfo=None)) if isinstance(v, datetime) else v for v in values]
            return there.execute(sql.replace("%s", "?"), words).fetchall()
        finally:
            there.close()

    def last_words(self) -> str:
        """The end of every log, for who has to find out."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in sorted(self.folder.glob("*.log"))
        )


def _end(part: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Only processes that this test started, by the group they were started in."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(part.pid, how)
    part.wait(PATIENCE)


def until(what: Callable[[], bool], seconds: float = PATIENCE, every: float = 0.1) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


@pytest.fixture
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="iofacturo-storm-"))
    folder.chmod(0o755)
    cluster = None
    built = None
    try:
        if request.config.getoption("--engine") == "pg":
            cluster = Cluster(folder)
            cluster.start()
        built = House(folder, cluster)
        yield built
    finally:
        if built:
            built.end()
        if cluster:
            cluster.kill()
        shutil.rmtree(folder, ignore_errors=True)


def blow(house: House, diary: Diary) -> None:
    """Strike one part after the other, each when the last blow is over: something was sold since."""
    names = ["web", "worker"] + (["database"] if house.cluster else [])
    started = time.monotonic()
    while diary.issued < MOST:
        blown = time.monotonic() - started
        struck = min(house.kills[name] for name in names)
        if blown > 4 * SECONDS + PATIENCE or (
            blown > SECONDS and struck >= KILLS and diary.issued > ENOUGH
        ):
            return
        few = [name for name in names if house.kills[name] == struck]
        enough = diary.issued + 10
        house.strike(house.chance.choice(few if house.chance.random() < 0.7 else names))
        until(lambda enough=enough: diary.issued >= enough or bool(diary.faults), 20)
        time.sleep(house.chance.uniform(0.0, 1.5))


def settle(house: House) -> None:
    """Time passes until nothing is open: new workers take over, each a quarter of an hour later."""
    for _ in range(12):
        house.ahead += LATER
        for name in WORKERS:
            _end(house.parts[name], signal.SIGTERM)
            house.start(name)
        until(lambda: not house.rows(OPEN, datetime.now(UTC) + house.ahead), every=0.3)
        if not house.rows(UNFINISHED):
            return


def test_after_the_storm_nothing_is_lost_and_nothing_is_double(house: House) -> None:
    house.run("iofacturo.cli", "migrate", "--verbosity", "0")
    house.run("iofacturo.cli", "createcachetable")
    scene = house.scene("found")
    for name in ("hacienda", "web", *WORKERS):
        house.start(name)
    assert until(house.answers), house.last_words()
    diary, over = Diary(), threading.Event()

    def sell(seed: int) -> None:
        customer = Customer(house.port, scene, diary, seed, storm_scene.UNKNOWN)
        try:
            while not over.is_set() and diary.issued < MOST:
                customer.sell()
        except (Unanswered, ValueError) as error:
            diary.faults.append(f"{type(error).__name__}: {error}")

    crowd = [threading.Thread(target=sell, args=(n,), daemon=True) for n in range(CLIENTS)]
    for one in crowd:
        one.start()
    try:
        blow(house, diary)
    finally:
        over.set()
        for one in crowd:  # whoever waits for an answer gets it
            one.join(3 * PATIENCE)
    assert diary.faults == [], "\n".join([*diary.faults[:5], house.last_words()])
    assert diary.issued > ENOUGH, (diary.statuses, house.last_words())
    assert min(house.kills.values()) >= KILLS, house.kills
    assert len(house.kills) == (3 if house.cluster else 2)

    house.hacienda_says("faults", b'{"rates": {}}')
    settle(house)
    told = house.scene("told")
    assert told["submissions"] == [], house.last_words()
    assert set(told["states"]) <= {"accepted", "rejected"}, told["states"]
    assert told["wrong_states"] == []
    assert told["broken_series"] == []
    assert told["mails"] == told["expected_mails"]
    assert told["wrong_folios"] == []
    assert told["of_nobody"] == []
    assert told["doubled"] == []
    assert told["claves"] == told["documents"]
    for clave, state in told["some"].items():
        assert house.hacienda_says(f"documents/{clave}")["state"] == SPANISH[state]
    # What people were told is what is written: one document for one draft, however often pressed.
    assert {name: told["drafts"].get(name) for name in diary.claves} == {
        name: min(claves) for name, claves in diary.claves.items()
    }
    assert [claves for claves in diary.claves.values() if len(claves) > 1] == []
    assert diary.quick <= set(told["operations"])
    assert told["documents"] == len(told["drafts"]) + sum(
        name.startswith("tiquete:") for name in told["operations"]
    )
    print(
        f"\n{told['documents']} documents {told['states']}; killed {dict(house.kills)};"
        f" answers {dict(diary.statuses)}"
    )
    assert "Los libros cuadran." in house.run("iofacturo.cli", "verify")
