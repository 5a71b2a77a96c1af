"""Several workers at once, and one that is killed in the middle: every mail arrives."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from urllib.parse import quote

import pytest
from django.db import connection
from tests.outbox.servers import Clerk, listening

from iofacturo.lib import clock
from iofacturo.outbox import mail
from iofacturo.outbox.models import Message

WORKER = """
import django; django.setup()
import time
from datetime import timedelta
from iofacturo.lib import clock
from iofacturo.outbox import claims
claims.LEASE = timedelta(seconds=2)
idle = 0
while idle < 12:
    idle = 0 if claims.run(clock.now()) else idle + 1
    time.sleep(0.25 if idle else 0)
"""
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def worker(port: int) -> subprocess.Popen:
    """A process of its own on the test's database."""
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{there['NAME']}"
    else:
        url = f"postgres://{there['USER']}@{quote(there['HOST'], safe='')}/{there['NAME']}"
    environment = {**os.environ, "DATABASE_URL": url, "EMAIL_URL": f"smtp://127.0.0.1:{port}"}
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment)


def write(count: int) -> None:
    at = clock.now() - timedelta(seconds=1)
    for n in range(count):
        mail.enqueue(key=f"n{n}", to=f"p{n}@ejemplo.cr", subject=f"{n}", text="Hola.", at=at)


def counted(clerk: Clerk) -> Counter:
    return Counter(message_from_bytes(raw)["Message-ID"] for raw in clerk.taken)


def test_three_workers_send_each_mail_once() -> None:
    write(60)
    clerk = Clerk()
    with listening(clerk) as port:
        crew = [worker(port) for _ in range(3)]
        assert [w.wait(60) for w in crew] == [0, 0, 0]
    assert set(counted(clerk).values()) == {1}
    assert len(clerk.taken) == 60
    assert Message.objects.filter(sent_at__isnull=False, attempts=1).count() == 60


def test_a_worker_killed_in_the_middle_loses_nothing() -> None:
    write(40)
    clerk = Clerk()
    with listening(clerk) as port:
        doomed = worker(port)
        until = time.monotonic() + 30
        while len(clerk.taken) < 5 and time.monotonic() < until:
            time.sleep(0.002)
        doomed.send_signal(signal.SIGKILL)
        doomed.wait(10)
        assert worker(port).wait(60) == 0
    there = counted(clerk)
    assert len(there) == 40, json.dumps(there)
    assert sum(there.values()) <= 41  # the one in the air may come twice, under one Message-ID
    assert Message.objects.filter(sent_at__isnull=False).count() == 40
