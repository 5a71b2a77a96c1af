"""Web and worker are killed with -9 while reviewers approve: nothing is lost or doubled.

The web is a real gunicorn on loopback, the worker a real process, the mail server a real SMTP
server; the reviewers click until they get an answer, as people do.
"""

import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.db import connection
from django.test import Client
from tests import cast
from tests.outbox.servers import Clerk, listening
from tests.renewals import scene

from iofacturo import verify
from iofacturo.accounts import sealing
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock
from iofacturo.outbox.models import Message
from iofacturo.renewals import review
from iofacturo.renewals.request import RenewalRequest
from iofacturo.run import free_port

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
REQUESTS = 24
KILLS = 6
PATIENCE = 120  # seconds for everything


def database_url() -> str:
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{there['NAME']}"
    host = urllib.parse.quote(there["HOST"], safe="")
    return f"postgres://{there['USER']}@{host}/{there['NAME']}"


class House:
    """A web and a worker that come back after each kill."""

    def __init__(self, mail_port: int, data: Path) -> None:
        self.port = free_port()
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "IOFACTURO_DATA": str(data),
            "IOFACTURO_CLOCK_OFFSET": str((clock.now() - _machine()).total_seconds()),
            "PORT": str(self.port),
            "IOFACTURO_WORKERS": "2",
        }
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("web", "worker"):
            self.start(name)

    def start(self, name: str) -> None:
        self.parts[name] = subprocess.Popen(
            [sys.executable, "-m", "iofacturo.cli", name],
            env=self.environment,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        """-9 to the part and all its children, then a new one."""
        os.killpg(self.parts[name].pid, signal.SIGKILL)
        self.parts[name].wait(10)
        self.start(name)

    def end(self) -> None:
        for part in self.parts.values():
            os.killpg(part.pid, signal.SIGTERM)
        for part in self.parts.values():
            try:
                part.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(part.pid, signal.SIGKILL)


def _machine():
    from datetime import UTC, datetime

    return datetime.now(UTC)


class _Still(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def post(port: int, path: str, cookies: str, token: str, fields: dict[str, str]) -> int | None:
    """The status, or None when nobody answered."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode(),
        headers={"Cookie": cookies, "Referer": f"http://127.0.0.1:{port}/"},
    )
    try:
        with urllib.request.build_opener(_Still).open(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
        return None


def test_killing_web_and_worker_during_approvals_loses_and_doubles_nothing(tmp_path) -> None:
    assert settings.TESTING
    now = _machine()
    reviewer = cast.staff_person("revisor", "reviewer")
    senior = cast.staff_person("revisora", "senior")
    scene.house(senior, cast.staff_person("admin", "administrator"))
    requests = []
    with clock.moved_to(now):
        for n in range(6):
            where = cast.company(f"Empresa {n} S.A.", f"31017000{n:02d}")
            owner = cast.seat(f"duena{n}", where, "owner")
            requests += [scene.sent(where, owner, "100", now) for _ in range(REQUESTS // 6)]
        for row in requests:
            review.take(row, by=reviewer, at=now)
    client = Client()
    client.force_login(reviewer)
    with sealing.owner(reviewer):  # staff do not work without a second factor
        TOTP.activate(reviewer, generate_totp_secret())
    client.get(f"/gestion/renovaciones/{requests[0].number}/")  # a page with a form, for its token
    token = client.cookies["csrftoken"].value
    cookies = "; ".join(f"{c.key}={c.value}" for c in client.cookies.values())
    chance = random.Random(7)
    clerk = Clerk()
    statuses: Counter[int | None] = Counter()
    with listening(clerk) as mail_port:
        house = House(mail_port, tmp_path)
        try:
            until = time.monotonic() + PATIENCE
            waiting = list(requests)
            kills = 0
            while waiting and time.monotonic() < until:
                row = waiting[0]
                version = RenewalRequest.objects.get(pk=row.pk).version
                status = post(
                    house.port,
                    f"/gestion/renovaciones/{row.number}/aprobacion/",
                    cookies,
                    token,
                    {
                        "version": str(version),
                        "lines-TOTAL_FORMS": "3",
                        "lines-INITIAL_FORMS": "0",
                        "lines-0-booked_on": f"{clock.local(now):%Y-%m-%d}",
                        "lines-0-amount": "22000",
                        "lines-0-reference": f"BNK{row.pk}",
                    },
                )
                statuses[status] += 1
                if status in (302, 409):  # 409: it was done before the web died
                    waiting.pop(0)
                elif status is None:
                    time.sleep(0.2)
                if status == 302 and kills < KILLS and chance.random() < 0.5:
                    kills += 1
                    house.kill(chance.choice(["web", "worker"]))
            while (
                Message.objects.filter(sent_at=None, failed_at=None).exists()
                and time.monotonic() < until
            ):
                time.sleep(0.3)
                if kills < KILLS:
                    kills += 1
                    house.kill("worker")
        finally:
            house.end()
    assert waiting == [], statuses
    assert kills == KILLS
    states = Counter(RenewalRequest.objects.values_list("state", flat=True))
    assert states == {RenewalRequest.ACTIVE: REQUESTS}
    assert FolioLot.objects.filter(kind="paid").count() == REQUESTS
    told = Message.objects.filter(key__contains=":activated")
    assert told.count() == REQUESTS
    arrived = {message_from_bytes(raw)["Message-ID"] for raw in clerk.taken}
    assert len(arrived) == Message.objects.count()
    assert list(verify.broken()) == []
