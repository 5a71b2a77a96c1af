"""A storm: companies issue while Hacienda fails a third of the time and everybody gets killed.

Afterwards every document has its final state, numbers have no hole and no double, and the books are
right. `BENCH_STORM` says for how many seconds it blows (20 by default).
"""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection
from tests.accounts.processes import database_url
from tests.cast import company
from tests.invoicing import scene
from tests.invoicing.hacienda_near import nearby

from iofacturo import verify
from iofacturo.invoicing.models import Comprobante, Draft, Submission
from iofacturo.lib import clock

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
SECONDS = float(os.environ.get("BENCH_STORM", "20"))
ENOUGH = 25
MOST = 400  # documents, so that the calm afterwards does not take longer than the storm
RATES = {
    "drop-before": 0.08, "drop-after": 0.08, "429": 0.06, "500": 0.06, "503": 0.05, "401": 0.03,
    "token-503": 0.1, "error": 0.1, "invisible": 0.1, "latency": 0.1,
}  # fmt: skip

CLIENT = """
import random, sys, time
import django; django.setup()
from django.db import DatabaseError
from tests.invoicing import scene
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import draft, emission
from iofacturo.accounts.models import Company
from iofacturo.lib import clock
chance = random.Random({seed})
companies = list(Company.objects.filter(is_provider=False))
while True:
    own, now = chance.choice(companies), clock.now()
    more = {{"Receptor": scene.UNKNOWN}} if chance.random() < 0.15 else {{}}
    try:
        soft = draft.write(own, scene.stated(chance.choice(["FE", "TE"]), **more), by=None, at=now)
        emission.issue_draft(soft, by=None, at=now)
        if chance.random() < 0.3:
            emission.issue_draft(soft, by=None, at=now)
        if chance.random() < 0.1:
            batch = [scene.ready(own, f"{{time.time_ns()}}-{{n}}", at=now) for n in range(4)]
            emission.issue_batch(batch, by=None)
    except Exhausted:
        pass
    time.sleep(0.05)
"""
WORKER = """
import time
from datetime import timedelta
import django; django.setup()
from iofacturo.invoicing import breaker, claims, delivery, submission
from iofacturo.lib import clock
submission.LEASE = timedelta(seconds=4)
submission.RETRY_PAUSES = (0.2, 0.5, 1)
delivery.cliente.POLL_DELAYS, delivery.cliente.POLL_DELAY_AFTER = (0.2, 0.5), 1.0
breaker.FIRST_PAUSE = breaker.LONGEST_PAUSE = timedelta(seconds=0.5)
breaker.PROBE = timedelta(seconds=2)
while True:
    if not claims.run(clock.now()):
        time.sleep(0.1)
"""


def start(program: str, settings) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "HACIENDA_URL": settings.HACIENDA_URL,
            "PYTHONPATH": os.getcwd(),
        },
        stderr=subprocess.DEVNULL,
    )


def test_after_the_storm_every_document_is_where_it_belongs(provider, settings):
    chance = random.Random(4)
    companies = [
        scene.set_up(company(f"Empresa {n} S.A.", f"31015000{n:02}"), folios=200, at=clock.now())
        for n in range(6)
    ]
    with nearby(settings, now=clock.now().isoformat(), faults={"rates": RATES, "seed": 4}) as near:
        near.faults(latency=[0.0, 0.5], retry_after=0.2)
        clients = [start(CLIENT.format(seed=n), settings) for n in range(3)]
        workers = [start(WORKER, settings) for _ in range(2)]
        try:
            started, killed, count = time.monotonic(), 0, 0
            while count < MOST and (blown := time.monotonic() - started) < 3 * SECONDS:
                if blown > SECONDS and count > ENOUGH and killed >= 3:
                    break
                time.sleep(chance.uniform(1.0, 4.0))  # a busy machine starts them slowly
                count = Comprobante.objects.count()
                crew = chance.choice([clients, workers])
                place = chance.randrange(len(crew))
                crew[place].send_signal(signal.SIGKILL)
                crew[place].wait()
                killed += 1
                program = WORKER if crew is workers else CLIENT.format(seed=100 + killed)
                crew[place] = start(program, settings)
            for one in clients:
                one.send_signal(signal.SIGKILL)
                one.wait()
            near.faults(rates={}, outage=None)
            calm = time.monotonic() + 90
            open_still = Submission.objects.exclude(state="done")
            while open_still.exists() and time.monotonic() < calm:
                time.sleep(0.2)
        finally:
            for one in [*clients, *workers]:
                one.kill()
                one.wait()
        assert killed >= 3
        assert list(open_still.values("state", "last_error", "comprobante__clave")) == []
        rows = list(Comprobante.objects.all())
        assert len(rows) > ENOUGH
        assert {row.state for row in rows} == {"accepted", "rejected"}
        for row in rows[:50]:
            assert near.seen(row)["decisions"] >= 1
            assert (row.state == "rejected") == (row.receptor_numero == "3101650404")
    assert list(verify.broken()) == []
    spent = {one.pk: 200 - one.lots.get().remaining for one in companies}
    kept = {one.pk: one.comprobantes.filter(state="accepted").count() for one in companies}
    assert spent == kept
    issued = Draft.objects.filter(comprobante__isnull=False).count()
    assert issued <= len(rows)
    connection.close()
