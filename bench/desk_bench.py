"""The reviewers' desk with fifty thousand past requests, against fifty.

`desk.growth`        the worst of all pages and both databases: time with the long past over time
                     with the short one
`desk.growth_*`      the worst page of each database, and under `pages` every one of them

Whole pages through Django's test client, the median of each, of two providers in turns, each in a
process and a database of its own. One answered fifty requests in two years, the other
`BENCH_REQUESTS` (50000), with their companies, proofs, promises, decisions, movements of the bank
and allocations. What waits is the same. `after an act` is the case that opens when another reviewer
decided something meanwhile, so that nothing remembered about the bank holds any more.

SQLite works inside the process, and there it is the processor's time that is compared: a busy
machine does not touch it. With PostgreSQL it is the clock's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
LONG = int(os.environ.get("BENCH_REQUESTS", "50000"))
SHORT = 50
OPEN = 12
TURNS = int(os.environ.get("BENCH_TURNS", "31"))
BAR = 1.3
DAYS = 730
PORTION = 2_000
NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)

Row = dict[str, object]


def measure() -> dict[str, Row]:
    results = {f"desk.growth_{engine}": growth(engine) for engine in ("sqlite", "pg")}
    worst = max(results.values(), key=lambda row: float(str(row["ratio"])))
    return results | {"desk.growth": worst}


def growth(engine: str) -> Row:
    """The same page of two providers, one with a short past and one with a long, in turns."""
    desks = [Desk(engine, count) for count in (SHORT, LONG)]
    try:
        names = [desk.names() for desk in desks]
        times: dict[str, tuple[list[float], list[float]]] = {}
        for name in names[0]:
            took: tuple[list[float], list[float]] = ([], [])
            for turn in range(TURNS + 3):
                for desk, spent in zip(desks, took, strict=True):
                    seconds = desk.visit(name)
                    if turn >= 3:
                        spent.append(seconds * 1000)
            times[name] = took
    finally:
        for desk in desks:
            desk.close()
    ratios = {name: median(long) / median(short) for name, (short, long) in times.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    short, long = times[worst]
    return {
        "value": median(long), "against": median(short), "ratio": ratios[worst],
        "p99_ms": max(long), "unit": f"ms, {worst}", "better": "lower", "bar": BAR, "n": TURNS,
        "requests": LONG, "pages": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "ms": {name: round(median(long), 1) for name, (_, long) in times.items()},
    }  # fmt: skip


class Desk:
    """A provider in a process and a database of its own, asked for one page at a time."""

    def __init__(self, engine: str, count: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.desk_bench", engine, str(count)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def names(self) -> list[str]:
        """The pages, once everything is written."""
        return list(json.loads(self._line()))

    def visit(self, name: str) -> float:
        """The seconds that one opening of the page took."""
        assert self.process.stdin is not None
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The desk of the bench ended by itself.")
        return line

    def close(self) -> None:
        self.process.communicate()


# -- inside the process of one desk --------------------------------------------------------------


class Past:
    """Answered requests, written straight into the tables as the acts leave them."""

    def __init__(self, template, people) -> None:
        self.template, self.people, self.made = template, people, 0
        self.promise = template.due_times.get()

    def grow_to(self, count: int) -> None:
        from tests import cast

        while self.made < count:
            some = range(self.made, min(self.made + PORTION, count))
            companies = [
                cast.company(f"Empresa {n} {called(n)}", f"3102{n:06}") for n in some if n % 25 == 0
            ]
            self._write(list(some), companies or [self.template.company])
            self.made = some.stop

    def _write(self, some: list[int], companies) -> None:
        from iofacturo.lib import clock
        from iofacturo.renewals.models import (
            Allocation,
            BankLine,
            DueTime,
            PaymentProof,
            RenewalRequest,
            ReviewDecision,
            Turnaround,
        )

        like = self.template
        total = like.given.total
        requests = RenewalRequest.objects.bulk_create(
            RenewalRequest(
                company=companies[n // 25 % len(companies)], state="active", version=3,
                number=f"SR-P{n:07}", reference=f"P{n:08}",
                created_at=at(n), created_by=like.created_by, changed_at=at(n), saved_at=at(n),
                quote=like.quote, billing=like.billing, submitted_at=at(n),
                submitted_by=like.created_by, due_at=at(n) + timedelta(hours=4),
                due_calendar=like.due_calendar, decided_at=at(n) + timedelta(minutes=20 + n % 150),
            )
            for n in some
        )  # fmt: skip
        pairs = list(zip(some, requests, strict=True))
        DueTime.objects.bulk_create(
            DueTime(request=row, cause="submitted", start=at(n), seconds=14400, due_at=row.due_at,
                    calendar_id=self.promise.calendar_id, made_at=at(n))
            for n, row in pairs
        )  # fmt: skip
        ReviewDecision.objects.bulk_create(
            ReviewDecision(request=row, at=at(n), actor=like.created_by, side="customer",
                           action="submitted", to_state="in_review", version=2)
            for n, row in pairs
        )  # fmt: skip
        approvals = ReviewDecision.objects.bulk_create(
            ReviewDecision(request=row, at=row.decided_at, actor=self.people[n % len(self.people)],
                           side="staff", action="approved", from_state="in_review",
                           to_state="active", version=3)
            for n, row in pairs
        )  # fmt: skip
        Turnaround.objects.bulk_create(
            Turnaround(decision=one, day=clock.local(one.at).date(), actor=one.actor,
                       kind="approved", minutes=20 + n % 150, late=n % 40 == 0, amount=total,
                       currency="CRC")
            for n, one in zip(some, approvals, strict=True)
        )  # fmt: skip
        lines = BankLine.objects.bulk_create(
            BankLine(iban=like.given.payee.iban, booked_on=clock.local(at(n)).date(), amount=total,
                     reference=f"PAST{n:08}", payer=f"PAGADOR {n % 5000}", source="file",
                     folded=f"past{n:08} pagador", created_by=self.people[0], created_at=at(n))
            for n in some
        )  # fmt: skip
        Allocation.objects.bulk_create(
            Allocation(line=line, request=row, amount=total, created_at=at(n))
            for (n, row), line in zip(pairs, lines, strict=True)
        )
        PaymentProof.objects.bulk_create(
            PaymentProof(company=row.company, request=row, name="pago.png", kind="png", size=1,
                         sha256=f"{n:064x}", original=f"x/{n}", uploaded_by=like.created_by,
                         uploaded_at=at(n), sent_at=at(n), bank_reference=f"PAST{n:08}",
                         **likeness(n))
            for n, row in pairs
        )  # fmt: skip


def likeness(n: int) -> dict[str, str]:
    """A perceptual hash as slips have it: spread, a few of one part alike."""
    phash = f"{(n + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}"
    return {"phash": phash, **{f"band{i}": phash[4 * i : 4 * i + 4] for i in range(4)}}


def at(n: int) -> datetime:
    """When request *n* was sent: spread over two years by a step that meets no day twice in a row."""
    return NOW - timedelta(days=1 + n * 389 % DAYS, minutes=n % 240)


def called(n: int) -> str:
    """A word that only company *n* has: letters, as names are."""
    return "z" + "".join(chr(ord("a") + int(digit)) for digit in str(n)) + "x"


def pages(waiting, movement: int) -> dict[str, str]:
    """What is opened, by name; each shows as much with either past."""
    desk = "/gestion/renovaciones/"
    return {
        "queue": desk,
        "case": f"{desk}{waiting[3].number}/",
        "after an act": f"{desk}{waiting[4].number}/",
        "closed": f"{desk}?estado=cerradas",
        "late": f"{desk}?estado=tarde",
        "second": f"{desk}?estado=segunda",
        "exact": f"{desk}?estado=exactas",
        "number": f"{desk}?q={waiting[2].number}",
        "company": f"{desk}?q={called(0)}",
        "nothing": f"{desk}?q=xiomara",
        "together": f"{desk}lote/",
        "board": "/gestion/tablero/",
        "movements": "/gestion/movimientos/",
        "movement": f"/gestion/movimientos/{movement}/",
        "board of today": "/gestion/tablero/?desde=2026-11-23&hasta=2026-11-23",
    }


def serve(count: int) -> None:
    """Write the past, then answer each name on standard input with the seconds its page took."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from tests import cast
    from tests.renewals import scene

    from iofacturo.lib import clock

    settings.STAFF_MUST_HAVE_MFA = False
    with clock.moved_to(NOW):
        cafe = cast.company("Café Prueba S.A.", "3101000001")
        owner = cast.seat("duena", cafe, "owner")
        people = [cast.staff_person(f"revisor{n}", "reviewer") for n in range(4)]
        senior = cast.staff_person("revisora", "senior")
        scene.house(senior, cast.staff_person("admin", "administrator"))
        waiting = [scene.sent(cafe, owner, "100") for _ in range(OPEN)]
        statement = scene.imported(
            senior, *((row.given.total, row.reference) for row in waiting[2:5])
        )
        movement = statement.lines.order_by("pk")[2].pk
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA synchronous = OFF")
            Past(waiting[0], people).grow_to(count)
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA synchronous = FULL")
        client = Client()
        client.force_login(people[0])
        urls = pages(waiting, movement)
        spent = time.process_time if connection.vendor == "sqlite" else time.perf_counter
        print(json.dumps(list(urls)), flush=True)
        for line in sys.stdin:
            name = line.strip()
            if name == "after an act":  # the books moved: nothing remembered holds any more
                waiting[0].refresh_from_db()
                waiting[0].change(saved_at=NOW)
            start = spent()
            response = client.get(urls[name])
            seconds = spent() - start
            assert response.status_code == 200, name
            print(seconds, flush=True)


def main(engine: str, count: int) -> None:
    import warnings

    warnings.simplefilter("ignore")
    from tests import engine as engines

    engines.environment(engine)
    try:
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        serve(count)
        connection.close()
    finally:
        engines.pytest_unconfigure(None)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(sys.argv[1], int(sys.argv[2]))
    else:
        print(
            json.dumps({name: growth(name) for name in sys.argv[1:] or ["sqlite", "pg"]}, indent=1)
        )
