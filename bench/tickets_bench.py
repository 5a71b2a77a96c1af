"""The lists of tickets with 100 000 of them, against the same lists with 100.

`tickets.growth`       the worst of all pages and both databases
`tickets.growth_*`     the worst page of each database, and under `pages` every one of them

Whole pages through Django's test client, the median of each. One database holds a company with
100 tickets; another the same and a company with all the others. The staff's queue holds everybody's:
its filters, an old page, searches and one conversation. A company's own list is asked for by who
sees all of it and by who sees their own. A quarter of the tickets is in each state, whatever the
number, and pages are cut to twenty rows so that both sides show the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
LARGE = int(os.environ.get("BENCH_TICKETS", "100000"))
SMALL = 100
ROWS = 20
TURNS = 21
BAR = 1.3
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

Row = dict[str, object]


def measure() -> dict[str, Row]:
    results: dict[str, Row] = {}
    for engine in ("sqlite", "pg"):
        done = subprocess.run(
            [sys.executable, "-m", "bench.tickets_bench", engine],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        results |= json.loads(done.stdout.strip().splitlines()[-1])
    worst = max(results.values(), key=lambda row: row["ratio"])
    return results | {"tickets.growth": worst}


TICKETS = """
INSERT INTO support_ticket (company_id, number, mail_token, cause, author_id, subject, created_at,
    state, live, changed_at, due_at, answered_at, assigned_to_id, resolved_at, closes_at, followed)
SELECT {company}, 'TK-' || {padded}, {padded_token}, 'person', {author}, 'Pregunta ' || n, {past},
    CASE n % 4 WHEN 0 THEN 'open' WHEN 1 THEN 'waiting' WHEN 2 THEN 'resolved' ELSE 'closed' END,
    n % 4 < 2, {past}, CASE WHEN n % 4 = 0 THEN {past} END, {past},
    CASE WHEN n % 4 = 1 THEN {agent} END, CASE WHEN n % 4 > 1 THEN {past} END,
    CASE WHEN n % 4 = 2 THEN {future} WHEN n % 4 = 3 THEN {past} END, ''
FROM {series}
"""
ENTRIES = """
INSERT INTO support_entry (ticket_id, kind, side, author_id, at, text, to_state, via, token, fingerprint)
SELECT id, 'message', 'customer', {author}, {past}, 'Hola', state, 'web', '', ''
FROM support_ticket WHERE company_id = {company}
"""
PEOPLE = """
INSERT INTO support_participant (ticket_id, company_id, user_id, added_at)
SELECT id, {company}, {author}, {past} FROM support_ticket WHERE company_id = {company}
"""


def fill(company, author, agent, tickets: int) -> None:
    """*tickets* of *company*, each with its first message, by one statement each."""
    from django.db import connection

    sqlite = connection.vendor == "sqlite"
    stamp = "'{}'" if sqlite else "'{}'::timestamptz"
    text = (
        f"'{company.pk}' || printf('%07d', n)"
        if sqlite
        else f"'{company.pk}' || lpad(n::text, 7, '0')"
    )
    token = text.replace("%07d", "%031d").replace("7, '0'", "31, '0'")
    words = {
        "company": company.pk, "author": author.pk, "agent": agent.pk,
        "past": stamp.format("2026-11-20 15:00:00"), "future": stamp.format("2026-12-20 15:00:00"),
        "padded": text, "padded_token": token,
        "series": "numbers" if sqlite else f"generate_series(1, {tickets}) AS n",
    }  # fmt: skip
    numbers = (
        "WITH RECURSIVE numbers(n) AS "
        f"(SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {tickets}) "
        if sqlite
        else ""
    )
    with connection.cursor() as cursor:
        cursor.execute((numbers + TICKETS).format(**words))
        cursor.execute(ENTRIES.format(**words))
        cursor.execute(PEOPLE.format(**words))
        cursor.execute("ANALYZE" if sqlite else "VACUUM ANALYZE")


def took(client, url: str) -> tuple[float, int]:
    """Milliseconds of the page, and how many tickets it shows."""
    start = time.perf_counter()
    response = client.get(url)
    spent = (time.perf_counter() - start) * 1000
    assert response.status_code == 200, url
    return spent, response.content.count(b"/TK-")


def copied() -> str:
    """The name of a copy of this database as it stands."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.close()
    if connection.vendor == "sqlite":
        copy = f"{name}.small"
        shutil.copy(name, copy)
        return copy
    import psycopg

    there = connection.settings_dict
    with psycopg.connect(
        dbname="template1", user=there["USER"], password=there["PASSWORD"] or None,
        host=there["HOST"], port=there["PORT"] or None, autocommit=True,
    ) as server:  # fmt: skip
        server.execute(f'CREATE DATABASE "{name}_small" TEMPLATE "{name}"')
    return f"{name}_small"


def turn_to(name: str) -> None:
    """Talk to the database *name* from here on."""
    from django.db import connection

    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.ensure_connection()


def old(company) -> str:
    """A ticket that a page of older ones begins after."""
    from iofacturo.support.ticket import Ticket

    return Ticket.objects.filter(company=company).order_by("-id")[30].number


def staff_pages(companies) -> dict[str, list[str]]:
    """Each page's address in the small database and in the large one."""
    from iofacturo.support.ticket import Ticket

    names = ("por-responder", "mios", "sin-asignar", "tarde", "en-espera", "resueltos", "cerrados")
    pages = {name: [f"/gestion/tickets/?ver={name}"] * 2 for name in names}
    for company, _ in companies:
        closed = Ticket.objects.filter(company=company, state="closed").order_by("-id")[2].number
        for name, url in {
            "old page": f"?ver=cerrados&desde={closed}",
            "number": f"?q={closed}",
            "company": f"?q={company.nombre.replace(' ', '+')}",
            "conversation": f"{closed}/",
        }.items():
            pages.setdefault(name, []).append(f"/gestion/tickets/{url}")
    return pages


def compare(page, databases) -> tuple[list[float], list[float]]:
    """The page of either database in turns, so that a busy machine is busy for both."""
    times: tuple[list[float], list[float]] = ([], [])
    shown = [0, 0]
    for turn in range(TURNS + 1):
        for size in (0, 1):
            turn_to(databases[size])
            took(page[size], page[2][size])  # a new connection is warm after it
            spent, shown[size] = took(page[size], page[2][size])
            if turn:
                times[size].append(spent)
    assert shown[0] == shown[1], (page[2], shown)
    return times


def growth(engine: str) -> dict[str, Row]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from tests import cast

    from iofacturo.backoffice import ticket_queue
    from iofacturo.lib import clock
    from iofacturo.support import list_page

    settings.STAFF_MUST_HAVE_MFA = False
    ticket_queue.PAGE = list_page.PAGE = ROWS
    agent = cast.staff_person("soporte", "support")
    desk = Client()
    desk.force_login(agent)
    companies, clients = [], []
    for number in range(2):
        company = cast.company(f"Empresa {'AB'[number]}", f"31010001{number:02}")
        owner = cast.seat(f"duena{number}", company, "owner")
        issuer = cast.seat(f"emisor{number}", company, "issuer")
        pair = []
        for user in (owner, issuer):
            pair.append(Client())
            pair[-1].force_login(user)
        companies.append((company, issuer))
        clients.append(pair)
    with clock.moved_to(NOW):
        fill(*companies[0], agent, SMALL)
        small = copied()
        large = str(connection.settings_dict["NAME"])
        start = time.perf_counter()
        fill(*companies[1], agent, LARGE)
        print(f"  {engine}: {LARGE} in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        pages = {f"desk: {name}": (desk, desk, url) for name, url in staff_pages(companies).items()}
        lists = {"open": "", "every": "?ver=todos", "old page": "?ver=todos&antes={}"}
        for which, role in enumerate(("all", "own")):
            for name, query in lists.items():
                pages[f"{role}: {name}"] = (
                    clients[0][which], clients[1][which],
                    [f"/soporte/{query.format(old(one))}" for one, _ in companies],
                )  # fmt: skip
        found = {name: compare(page, (small, large)) for name, page in pages.items()}
    ratios = {name: median(many) / median(few) for name, (few, many) in found.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    few, many = found[worst]
    row: Row = {
        "value": median(many), "against": median(few), "ratio": ratios[worst],
        "p99_ms": max(many), "unit": f"ms, {worst}", "better": "lower", "bar": BAR, "n": TURNS,
        "tickets": LARGE, "pages": {name: round(ratio, 3) for name, ratio in ratios.items()},
    }  # fmt: skip
    return {f"tickets.growth_{engine}": row}


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
        results = growth(engine)
        connection.close()
        print(json.dumps(results))
    finally:
        engines.pytest_unconfigure(None)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        print(json.dumps(measure(), indent=1))
