"""Taking folios: one lot under eight processes, on both databases; and Mi Plan with a long ledger.

`folios.consume_pg`    our consume through the ORM's connection, against the bare statement sent by
                       the driver (prepared, as psycopg does by itself), eight processes on one lot
`folios.consume_sqlite` the slowest of a hundred consumes, eight processes on one file
`folios.batch_pg`      folios a second by batches of fifty, against singles, eight processes on one lot
`mi_plan.growth_*`     Mi Plan with a million ledger entries, against a hundred

Each database is served in its own process, because settings are read once.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))  # for each task
SLICE = 0.1
LONG = int(os.environ.get("BENCH_ENTRIES", "1000000"))
SHORT = 100
PAGES = 60
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def measure() -> dict[str, dict]:
    results: dict[str, dict] = {}
    for engine in ("sqlite", "pg"):
        done = subprocess.run(
            [sys.executable, "-m", "bench.folios_bench", engine],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        results |= json.loads(done.stdout.strip().splitlines()[-1])
    return results


# -- one process of the eight --------------------------------------------------------------------


def worker(tasks: list[str], company_id: int, name: str, seconds: float, barrier, answers) -> None:
    """Run the *tasks* in turns of a tenth of a second, the same one at the same time everywhere.

    Turns make the ratio between them indifferent to whatever else the machine is doing. Puts
    {task: (folios taken, seconds spent, latencies)} in *answers*.
    """
    import django

    django.setup()
    turns = [TASKS[task](company_id) for task in tasks]
    for number, turn in enumerate(turns):
        for again in range(10):
            turn(f"{name}-warm-{number}-{again}")
    done: list[tuple[int, float, list[float]]] = [(0, 0.0, []) for _ in tasks]
    barrier.wait()
    count = 0
    last = time.monotonic()
    end = last + seconds
    while last < end:
        which = int(last / SLICE) % len(tasks)
        folios = turns[which](f"{name}-{count}")
        now = time.monotonic()
        if int(now / SLICE) == int(last / SLICE):  # what straddles two turns belongs to neither
            taken, spent, latencies = done[which]
            latencies.append(now - last)
            done[which] = (taken + folios, spent + now - last, latencies)
        last = now
        count += 1
    answers.put(dict(zip(tasks, done, strict=True)))


def single(company_id: int):
    """Our consume, as a view calls it."""
    from iofacturo.accounts.models import Company
    from iofacturo.folios import ledger

    company = Company.objects.get(pk=company_id)

    def turn(name: str) -> int:
        ledger.consume(company, name, at=NOW, label="Factura electrónica 4121")
        return 1

    return turn


def batch(company_id: int):
    """Fifty documents in one transaction."""
    from iofacturo.accounts.models import Company
    from iofacturo.folios import ledger

    company = Company.objects.get(pk=company_id)

    def turn(name: str) -> int:
        documents = [ledger.Document(f"{name}-{n}", "Factura electrónica") for n in range(50)]
        return len(ledger.consume_batch(company, documents, at=NOW))

    return turn


def bare(company_id: int):
    """The same statement and nothing else, on a connection of the driver's own."""
    import psycopg
    from django.db import connection

    from iofacturo.folios import consume

    own = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold", "server_side_binding"):
        own.pop(ours, None)
    driver = psycopg.connect(**own, autocommit=True)
    sql = consume.TAKE["postgresql"]
    fixed = {"company": company_id, "at": NOW, "day": NOW.date(), "replaces": "", "actor": None}

    def turn(name: str) -> int:
        operation = consume.operation_of(company_id, name, 1)
        own = {"document": name, "label": "Factura electrónica 4121", "operation": operation}
        return len(driver.execute(sql, fixed | own).fetchall())

    return turn


TASKS = {"single": single, "batch": batch, "bare": bare}


def load(tasks: list[str], company_id: int, seconds: float) -> dict[str, tuple[float, list[float]]]:
    """For each task the folios a second of all processes together, and every latency."""
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(PROCESSES), spawn.Queue()
    people = [
        spawn.Process(target=worker, args=(tasks, company_id, f"p{n}", seconds, barrier, answers))
        for n in range(PROCESSES)
    ]
    for one in people:
        one.start()
    results = [answers.get(timeout=seconds + 120) for _ in people]
    for one in people:
        one.join()
    found = {}
    for task in tasks:
        shares = [result[task] for result in results]
        rate = sum(folios / spent for folios, spent, _ in shares if spent)
        found[task] = (rate, [latency for _, _, latencies in shares for latency in latencies])
    return found


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# -- the measures --------------------------------------------------------------------------------


def company_with(folios: int, identificacion: str):
    from iofacturo.accounts.models import Company
    from iofacturo.folios import ledger

    company = Company.objects.create(
        tipo_identificacion="02", identificacion=identificacion, nombre=f"Empresa {identificacion}"
    )
    ledger.grant(
        company, "paid", folios, origin=f"request:{identificacion}", at=NOW - timedelta(days=200),
        months=12,
    )  # fmt: skip
    return company


def consume_sqlite() -> dict[str, dict]:
    company = company_with(10_000_000, "3101000001")
    rate, latencies = load(["single"], company.pk, SECONDS)["single"]
    p99 = percentile(latencies, 0.99) * 1000
    return {
        "folios.consume_sqlite": {
            "value": p99, "unit": "ms (p99)", "against": 50.0, "ratio": p99 / 50, "better": "lower",
            "p99_ms": p99, "n": len(latencies), "per_second": rate,
        }
    }  # fmt: skip


def consume_pg() -> dict[str, dict]:
    company = company_with(100_000_000, "3101000002")
    found = load(["single", "bare", "batch"], company.pk, 3 * SECONDS)
    ours, latencies = found["single"]
    limit, batches = found["bare"][0], found["batch"][0]
    return {
        "folios.consume_pg": {
            "value": ours, "unit": "folios/s", "against": limit, "ratio": ours / limit,
            "better": "higher", "p99_ms": percentile(latencies, 0.99) * 1000, "n": len(latencies),
        },
        "folios.batch_pg": {
            "value": batches, "unit": "folios/s", "against": ours, "ratio": batches / ours,
            "better": "higher", "p99_ms": percentile(found["batch"][1], 0.99) * 1000,
            "n": len(found["batch"][1]),
        },
    }  # fmt: skip


def fill(company_id: int, entries: int, days: int) -> None:
    """Add *entries* uses to the company's lot, spread over the last *days*, by one statement.

    The triggers post them as they post every entry, so that the books stay right.
    """
    from django.db import connection

    first = NOW - timedelta(days=days)
    back = "(n - 1) * %(days)s / %(entries)s"
    if connection.vendor == "sqlite":
        series = (
            "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series "
            "WHERE n < %(entries)s) "
        )
        source, at = "series", f"datetime('{first:%Y-%m-%d %H:%M:%S}', '+' || ({back}) || ' days')"
        day = f"date('{first:%Y-%m-%d}', '+' || ({back}) || ' days')"
    else:
        series, source = "", "generate_series(1, %(entries)s) AS n"
        at = f"'{first.isoformat()}'::timestamptz + ({back}) * interval '1 day'"
        day = f"'{first:%Y-%m-%d}'::date + ({back})"
    with connection.cursor() as cursor:
        cursor.execute(
            series + "INSERT INTO folios_folioentry (lot_id, company_id, kind, qty, seq, balance, "
            "document, label, operation, at, day, note) "
            "SELECT l.id, l.company_id, 'consume', -1, l.entries_count + n, l.remaining - n, "
            "'d' || n, 'Factura electrónica ' || n, 'consume:' || l.company_id || ':d' || n || ':1', "
            f"{at}, {day}, '' FROM folios_foliolot AS l, {source} "
            "WHERE l.company_id = %(company)s ORDER BY n",
            {"company": company_id, "entries": entries, "days": days},
        )


def growth(engine: str) -> dict[str, dict]:
    """Mi Plan for an owner with a hundred entries and one with a million, in turns."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from iofacturo.accounts.models import Membership, User
    from iofacturo.folios.plan import Plan
    from iofacturo.lib import clock

    settings.STAFF_MUST_HAVE_MFA = False
    for code, folios, total in (("100", 100, 22000), ("500", 500, 63750), ("1000", 1000, 125000)):
        Plan.objects.create(code=f"plan-{code}").publish(
            name=f"Plan {code}", folios=folios, months=12, total=Decimal(total), by=None,
            at=NOW - timedelta(days=300),
        )  # fmt: skip
    clients = []
    for number, entries in enumerate((SHORT, LONG)):
        company = company_with(entries * 2, f"31010001{number:02}")
        user = User.objects.create_user(f"duena{number}@ejemplo.cr")
        Membership.objects.create(user=user, company=company, role="owner")
        fill(company.pk, entries, 150)
        client = Client()
        client.force_login(user)
        clients.append(client)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    took: tuple[list[float], list[float]] = ([], [])
    with clock.moved_to(NOW):
        for turn in range(PAGES + 5):
            for client, times in zip(clients, took, strict=True):
                start = time.perf_counter()
                response = client.get("/mi-plan/")
                if turn >= 5:
                    times.append(time.perf_counter() - start)
                assert response.status_code == 200
                assert "Folios usados por mes" in response.content.decode()
    short, long = median(took[0]) * 1000, median(took[1]) * 1000
    return {
        f"mi_plan.growth_{engine}": {
            "value": long, "unit": "ms", "against": short, "ratio": long / short, "better": "lower",
            "p99_ms": percentile(took[1], 0.99) * 1000, "n": PAGES, "entries": LONG,
        }
    }  # fmt: skip


def main(engine: str) -> None:
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
        results = consume_sqlite() if engine == "sqlite" else consume_pg()
        results |= growth(engine)
        connection.close()
        print(json.dumps(results))
    finally:
        engines.pytest_unconfigure(None)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        print(json.dumps(measure(), indent=1))
