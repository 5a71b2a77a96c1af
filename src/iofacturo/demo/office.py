"""A Hacienda that the demo's past talks to, at the hour of each document.

It is the sandbox that `iofacturo run` starts later, on the same file: what was answered here is
known there. Documents go out by the same claims, letters and records as the worker's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from hacienda.sandbox.server import Server
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.demo import keys
from iofacturo.invoicing import credentials, delivery, draft, emission, key, series, submission
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.courier import Courier
from iofacturo.invoicing.documents.origin import Origin
from iofacturo.invoicing.paper import claims as paper
from iofacturo.invoicing.submission import Submission
from iofacturo.lib import clock
from iofacturo.renewals import provider_issuing

STATE = "hacienda.sqlite3"
TIPOS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10")
SENT_AFTER, ASKED_AFTER = timedelta(seconds=2), timedelta(seconds=15)
PATIENCE = 10.0  # seconds for the sandbox to judge
A_LIFE = 10 * 365 * 86_400.0


class Office:
    """The sandbox and one courier, open while the past is made."""

    def __init__(self, server: Server, courier: Courier[Submission]) -> None:
        self.server = server
        self.courier = courier

    def issue(
        self,
        company: Company,
        data: dict[str, Any],
        *,
        by: User,
        at: datetime,
        replaces: Comprobante | None = None,
    ) -> Comprobante:
        """Write, issue and deliver one document; it comes back answered."""
        wanted = draft.write(company, data, by=by, at=at - timedelta(minutes=2))
        if replaces is not None:  # as its page does, so that it leads to what took its place
            wanted.company.draft_origins.create(
                draft=wanted, comprobante=replaces, act=Origin.REPLACEMENT
            )
        row = emission.issue_draft(wanted, by=by, at=at)
        self.deliver(at)
        self.mail(at + ASKED_AFTER)
        row.refresh_from_db()
        return row

    def deliver(self, at: datetime) -> None:
        """Bring what is due at *at* to the sandbox, and wait for its answer."""
        self.server.hacienda.clock.set(at + SENT_AFTER)
        self._round(at + SENT_AFTER)
        until = time.monotonic() + PATIENCE
        asked = at + ASKED_AFTER
        while Submission.objects.filter(state=Submission.ASKING, due_at__lte=asked).exists():
            self._round(asked)
            asked += timedelta(seconds=30)
            if time.monotonic() > until:
                raise RuntimeError("the demo's Hacienda does not answer")

    def invoice(self, at: datetime) -> None:
        """What the provider owes for its sales at *at*: issued, answered, written down."""
        with clock.moved_to(at):
            provider_issuing.run(at)
            self.deliver(at)
            provider_issuing.run(at + ASKED_AFTER * 2)

    def mail(self, at: datetime) -> None:
        """Leave the mails of what was accepted in the outbox."""
        with clock.moved_to(at):
            paper.run(at)

    def _round(self, at: datetime) -> None:
        rows = submission.claim(settings.HACIENDA_ENV, 50, at)
        if not rows:
            return
        self.courier.carry(delivery.letters(rows, at))
        while self.courier.under_way:
            outcomes = self.courier.collect(50, 1.0)
            if outcomes:
                delivery.record(outcomes, settings.HACIENDA_ENV, at)


@contextmanager
def near() -> Iterator[Office]:
    """The office, at the address where the sandbox of `iofacturo run` will stand in a moment."""
    port = urlsplit(settings.HACIENDA_URL).port or 0
    with Server(port=port, state=settings.DATA / STATE, delay=0.0) as server:
        server.hacienda.identity.access_life = A_LIFE
        # nobody listens yet at the address of the callbacks
        server.hacienda.faults.configure({"rates": {"callback-lost": 1.0}})
        with Courier[Submission](delivery.where()) as courier:
            yield Office(server, courier)


def set_up(company: Company, *, by: User, at: datetime) -> None:
    """Key, access to the sandbox and every series: what the set-up page does."""
    number = company.identificacion
    key.install(company, keys.p12(company), keys.PIN, by=by, at=at)
    credentials.install(
        company, settings.HACIENDA_ENV,
        f"cpj-{number[0]}-{number[1:4]}-{number[4:]}@stag.comprobanteselectronicos.go.cr",
        "demo-hacienda", by=by, at=at, tried=True,
    )  # fmt: skip
    for tipo in TIPOS:
        series.open_series(company, tipo, by=by, at=at)
