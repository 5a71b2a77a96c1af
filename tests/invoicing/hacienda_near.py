"""A Hacienda on loopback for the tests of this room, and one round of the worker at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

from hacienda import tokens
from hacienda.sandbox.server import Server
from iofacturo.invoicing import delivery
from iofacturo.invoicing.models import Comprobante, Submission


class Near:
    """The sandbox, told what to do, and the worker that talks to it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.now: datetime | None = None

    def tell(self, where: str, **data: Any) -> dict[str, Any]:
        request = Request(
            f"{self.server.url}/_sandbox/{where}",
            data=json.dumps(data).encode() if data else None,
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=5) as reply:
            return json.loads(reply.read())

    def faults(self, **data: Any) -> None:
        self.tell("faults", **data)

    def seen(self, row: Comprobante) -> dict[str, Any]:
        return self.tell(f"documents/{row.clave}")

    def decided(self, row: Comprobante) -> None:
        """Wait until the sandbox has judged *row*."""
        until = time.monotonic() + 5
        while self.seen(row)["state"] in ("recibido", "procesando"):
            assert time.monotonic() < until, "the sandbox does not decide"
            time.sleep(0.01)

    def round(self, at: datetime) -> int:
        return delivery.run(at)

    def until_final(self, rows: list[Comprobante], at: datetime, rounds: int = 60) -> datetime:
        """Rounds of the worker, each a quarter of an hour after the last; when all was said."""
        for _ in range(rounds):
            delivery.run(at)
            if not Submission.objects.exclude(state__in=("done", "stopped")).exists():
                break
            at += timedelta(minutes=15)
        for row in rows:
            row.refresh_from_db()
        return at


@contextmanager
def nearby(settings, **options: Any) -> Iterator[Near]:
    tokens._caches.clear()
    with Server(port=0, **{"delay": 0.0, "now": "2026-11-23T09:00:00-06:00", **options}) as server:
        settings.HACIENDA_URL = server.url
        settings.SITE_URL = "http://127.0.0.1:9"
        yield Near(server)
    tokens._caches.clear()
