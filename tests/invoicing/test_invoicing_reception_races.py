"""Received documents under real processes: one row for a file, one answer, all or nothing."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from tests.accounts.processes import database_url, race
from tests.invoicing import purchases
from tests.invoicing.scene import AT

from iofacturo.invoicing import invariants
from iofacturo.invoicing.reception import reply
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.reception.reply import Decision

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ANSWER = """
from datetime import datetime
from iofacturo.invoicing.reception import reply
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.reception.reply import Decision
said = []
for pk in {rows}:
    row = Received.objects.get(pk=pk)
    try:
        message = reply.answer(row, {decision}, by=None, at=datetime.fromisoformat("{at}"))
        said.append(message.consecutivo)
    except reply.AlreadyAnswered:
        said.append("no")
print(" ".join(said))
"""
ACCEPT, REJECT = 'Decision("1")', 'Decision("3", "No es nuestra")'


def answering(*rows, decision=ACCEPT) -> str:
    return ANSWER.format(rows=[row.pk for row in rows], decision=decision, at=AT.isoformat())


def test_a_double_click_in_six_processes_gives_one_message(shop):
    for number in range(1, 4):
        row = purchases.accepted(shop)
        said = race(*[answering(row)] * 6)
        assert set(said) == {f"0010000105{number:010}"}
        assert row.messages.count() == 1


def test_who_accepts_and_who_rejects_at_once_cannot_both(shop):
    for _ in range(3):
        row = purchases.accepted(shop)
        said = race(*[answering(row), answering(row, decision=REJECT)] * 3)
        row.refresh_from_db()
        message = row.messages.get()
        assert row.reply == message.mensaje
        assert Counter(said) == {message.consecutivo: 3, "no": 3}
    assert list(invariants.broken()) == []


def test_six_processes_share_a_series_without_hole_or_double(shop):
    rows = [[purchases.accepted(shop) for _ in range(5)] for _ in range(6)]
    said = " ".join(race(*(answering(*own) for own in rows))).split()
    assert sorted(said) == [f"0010000105{number:010}" for number in range(1, 31)]
    assert shop.series.get(tipo="05").next_number == 31


RECEIVE = """
import io, sys
from datetime import datetime
from uuid import UUID, uuid4
from iofacturo.accounts.models import Company
from iofacturo.invoicing.reception import intake
company = Company.objects.get(pk={company})
files = [(name, open(name, "rb")) for name in {files}]
batch = intake.receive(company, files, token={token}, by=None, at=datetime.fromisoformat("{at}"))
print(" ".join(one["kind"] for one in batch.outcomes))
"""


def receiving(company, *paths, token="uuid4()") -> str:
    return RECEIVE.format(
        company=company.pk, files=[str(path) for path in paths], token=token, at=AT.isoformat()
    )


def test_the_same_files_dropped_by_five_processes_are_there_once(shop, tmp_path):
    paths = []
    for number in range(8):
        paths.append(tmp_path / f"{number}.xml")
        paths[-1].write_bytes(purchases.purchase(shop))
    said = race(*[receiving(shop, *paths)] * 5)
    assert shop.received.count() == 8
    assert Counter(" ".join(said).split()) == {"new": 8, "again": 32}


def test_different_files_of_one_clave_at_once_leave_one_that_stands(shop, tmp_path):
    value = purchases.document(shop)
    paths = []
    for number in range(5):
        paths.append(tmp_path / f"{number}.xml")
        paths[-1].write_bytes(purchases.signed(value, at=AT + timedelta(seconds=number)))
    said = race(*(receiving(shop, path) for path in paths))
    assert Counter(said) == {"new": 1, "apart": 4}
    assert shop.received.filter(apart="").count() == 1


KILLED = """
import os, signal
import django; django.setup()
from datetime import datetime
from iofacturo.invoicing import series
from iofacturo.invoicing.reception import reply
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.reception.reply import Decision

def dies(home, name):
    real = getattr(home, name)
    def last(*args, **kwargs):
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(home, name, last)

dies(*{step})
row = Received.objects.get(pk={pk})
reply.answer(row, Decision("1"), by=None, at=datetime.fromisoformat("{at}"))
"""
STEPS = ["(series, 'take')", "(reply.firma, 'build_sign')", "(reply, '_store')"]


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_while_answering_leaves_nothing_behind(shop, step):
    reply.answer(purchases.accepted(shop), Decision("1"), by=None, at=AT)
    row = purchases.accepted(shop)
    told = subprocess.run(
        [sys.executable, "-c", KILLED.format(step=step, pk=row.pk, at=AT.isoformat())],
        env={**os.environ, "DATABASE_URL": database_url()},
        timeout=60,
        check=False,
    )
    assert told.returncode == -signal.SIGKILL
    row.refresh_from_db()
    assert row.reply == ""
    assert ReceiverMessage.objects.count() == 1
    assert list(invariants.broken()) == []
    assert reply.answer(row, Decision("1"), by=None, at=AT).number == 2


DROPPED = """
import os, signal
import django; django.setup()
from iofacturo.invoicing.reception import intake
real, done = intake.lay_down, []
def lay_down(*args, **kwargs):
    if len(done) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(1)
    return real(*args, **kwargs)
intake.lay_down = lay_down
"""


def test_a_drop_that_is_killed_in_the_middle_goes_on_when_dropped_again(shop, tmp_path):
    paths = []
    for number in range(4):
        paths.append(tmp_path / f"{number}.xml")
        paths[-1].write_bytes(purchases.purchase(shop))
    told = subprocess.run(
        [sys.executable, "-c", DROPPED + receiving(shop, *paths)],
        env={**os.environ, "DATABASE_URL": database_url()},
        timeout=60,
        check=False,
    )
    assert told.returncode == -signal.SIGKILL
    assert Received.objects.count() == 2
    assert race(receiving(shop, *paths)) == ["again again new new"]


WORK = """
from datetime import datetime
from django.conf import settings
settings.HACIENDA_URL = "{url}"
from iofacturo.invoicing.reception import journey
print(journey.run(datetime.fromisoformat("{at}")))
"""


def test_workers_share_the_errands_and_each_message_is_sent_once(shop, near):
    rows = [purchases.accepted(shop) for _ in range(12)]
    for row in rows:
        purchases.hand_in(near, row.xml)
        reply.answer(row, Decision("1"), by=None, at=AT)
    said = race(*[WORK.format(url=near.server.url, at=AT.isoformat())] * 4)
    assert sum(int(one) for one in said) == 12
    assert {row.state for row in ReceiverMessage.objects.all()} == {"sent"}
