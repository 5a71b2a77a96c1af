"""The list of documents of a company with a million, against one with a thousand.

`invoicing.list_growth`        the worst of all pages and both databases: time with a million
                               documents over time with a thousand
`invoicing.list_growth_*`      the worst page of each database, and under `pages` every one of them

Whole pages through Django's test client, the two companies in turns, the median of each. The pages
are the list, an old page of it, every filter, filters that combine, and searches: by clave, number,
identification, one person's name, a word that a tenth of all people have, two such words.

`BENCH_DOCUMENTS` (1000000) says how many the large company has. A twentieth of them are people, so
that the names grow with the documents. Bodies are left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
LARGE = int(os.environ.get("BENCH_DOCUMENTS", "1000000"))
SMALL = 1_000
TURNS = 25
BAR = 1.3
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FIRST = ("maria", "jose", "ana", "luis", "carmen", "juan", "rosa", "pedro", "lucia", "mario")
LAST = ("rojas", "mora", "solis", "vargas")

Row = dict[str, object]


def measure() -> dict[str, Row]:
    results: dict[str, Row] = {}
    for engine in ("sqlite", "pg"):
        done = subprocess.run(
            [sys.executable, "-m", "bench.archive_bench", engine],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        results |= json.loads(done.stdout.strip().splitlines()[-1])
    worst = max(results.values(), key=lambda row: row["ratio"])
    return results | {"invoicing.list_growth": worst}


FILL = """
INSERT INTO invoicing_comprobante (company_id, clave, tipo, consecutivo, situacion, fecha,
    receptor_tipo, receptor_numero, receptor_nombre, folded, total, moneda, referencia, operation,
    fingerprint, folio_entry_id, state, answered_at, owes_folio)
SELECT {company}, '506' || {padded_company} || {padded40}, d.tipo, d.place || d.tipo || {padded10},
    '1', {at}, '02', p.numero, p.folded, p.folded, 1000 + d.n, 'CRC', '', 'n' || d.n, '',
    {company} * 10000000 + d.n, d.state,
    CASE WHEN d.state = 'issued' THEN NULL ELSE {now} END, {false}
FROM (
    SELECT n, (CAST(n AS bigint) * 7919) % {people} AS person,
        CASE n % 20 WHEN 0 THEN '03' WHEN 2 THEN '03' WHEN 1 THEN '04' ELSE '01' END AS tipo,
        CASE WHEN n % 20 > 15 THEN '00200001' ELSE '00100001' END AS place,
        CASE WHEN n % 20 IN (2, 7) THEN 'rejected' WHEN n % 500 = 3 THEN 'issued'
            ELSE 'accepted' END AS state
    FROM {series}
) AS d JOIN people p ON p.id = d.person ORDER BY d.n
"""
ANSWERS = """
INSERT INTO invoicing_answer (comprobante_id, estado, xml, sha256, detalle, warnings, received_at)
SELECT id, 'rechazado', '', 'x', 'codigo, mensaje, fila, columna' || {newline} || '-400, no, 0, 0',
    0, {now} FROM invoicing_comprobante WHERE company_id = {company} AND state = 'rejected'
"""
SUBMISSIONS = """
INSERT INTO invoicing_submission (comprobante_id, company_id, environment, state, due_at, attempts,
    asked, failures, doubtful, stopped_for, last_error)
SELECT id, company_id, 'sandbox-local', 'waiting', {now}, 0, 0, 0, {false}, '', ''
FROM invoicing_comprobante WHERE company_id = {company} AND state = 'issued'
"""


def fill(company, documents: int) -> None:
    """*documents* of *company* by one statement, and the people in them."""
    from django.db import connection
    from tests.invoicing import scene

    from iofacturo.invoicing.archive import counterpart

    for sucursal in (1, 2):
        for tipo in scene.TIPOS:
            company.series.create(sucursal=sucursal, terminal=1, tipo=tipo, created_at=NOW)
    people = [
        (n, f"31{n:08}", f"{FIRST[n % 10]} {LAST[n // 10 % 4]} {called(n)}")
        for n in range(documents // 20)
    ]
    sqlite = connection.vendor == "sqlite"
    now = "'2026-11-23 15:00:00'" + ("" if sqlite else "::timestamptz")
    seconds = f"((d.n - {documents}) * {31_000_000 // documents})"
    words = {
        "company": company.pk,
        "people": len(people),
        "now": now,
        "false": "0" if sqlite else "false",
        "newline": "char(10)" if sqlite else "chr(10)",
        "padded_company": f"'{company.pk:07}'",
        "padded40": "printf('%040d', d.n)" if sqlite else "lpad(d.n::text, 40, '0')",
        "padded10": "printf('%010d', d.n)" if sqlite else "lpad(d.n::text, 10, '0')",
        "at": f"datetime({now}, {seconds} || ' seconds')"
        if sqlite
        else f"{now} + {seconds} * interval '1 second'",
        "series": "numbers" if sqlite else f"generate_series(1, {documents}) AS n",
    }
    numbers = (
        "WITH RECURSIVE numbers(n) AS "
        f"(SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {documents}) "
        if sqlite
        else ""
    )
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -1000000")
        else:
            cursor.execute("SET session_replication_role = replica")  # no look-ups of each key
            cursor.execute("SET synchronous_commit = off")
            cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "CREATE TEMP TABLE people (id integer PRIMARY KEY, numero text, folded text)"
        )
        for start in range(0, len(people), 1000):
            chunk = people[start : start + 1000]
            cursor.execute(
                "INSERT INTO people VALUES " + ", ".join(["(%s, %s, %s)"] * len(chunk)),
                [value for one in chunk for value in one],
            )
            counterpart.add((company.pk, numero, folded) for _, numero, folded in chunk)
        with later(cursor):
            cursor.execute((numbers + FILL).format(**words))
        for statement in (ANSWERS, SUBMISSIONS):
            cursor.execute(statement.format(**words))
        cursor.execute("DROP TABLE people")
        if sqlite:
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA cache_size = -16000")
        else:
            cursor.execute("RESET session_replication_role")
            cursor.execute("RESET synchronous_commit")


INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'invoicing_comprobante'
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


@contextmanager
def later(cursor) -> Iterator[None]:
    """PostgreSQL makes an index faster of all rows than row by row."""
    from django.db import connection

    if connection.vendor == "sqlite":
        yield
        return
    cursor.execute(INDEXES)
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _, definition in indexes:
        cursor.execute(definition)


def called(n: int) -> str:
    """A word that only person *n* has: letters, as names are."""
    return "z" + "".join(chr(ord("a") + int(digit)) for digit in str(n)) + "x"


def pages(company) -> dict[str, dict[str, str]]:
    """What is asked for, by name; each shows as many documents in either company."""
    from iofacturo.invoicing.archive.streams import Key

    old = company.comprobantes.order_by("fecha", "id")[200]
    one = company.comprobantes.get(operation="n500")
    return {
        "list": {},
        "old page": {"antes": Key(old.fecha, old.pk).text},
        "period": {"desde": "2026-02-01", "hasta": "2026-05-31"},
        "type": {"tipo": "03"},
        "state": {"estado": "rechazado"},
        "pending": {"estado": "pendiente"},
        "place": {"lugar": "002"},
        "type, state, place": {"tipo": "01", "estado": "aceptado", "lugar": "002"},
        "type and state": {"tipo": "03", "estado": "rechazado"},
        "nothing has both": {"tipo": "03", "estado": "proceso"},
        "nobody": {"q": "xiomara"},
        "clave": {"q": one.clave},
        "number": {"q": "500"},
        "identification": {"q": "31-0000-0007"},
        "one person": {"q": called(7)},
        "frequent word": {"q": "mar"},
        "two frequent words": {"q": "mora mar"},
        "word and filters": {"q": "maria", "tipo": "01", "desde": "2026-01-15"},
    }


def growth(engine: str) -> dict[str, Row]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from tests import cast

    from iofacturo.accounts.models import Membership, User
    from iofacturo.lib import clock

    settings.STAFF_MUST_HAVE_MFA = False
    cast.company("Proveedor", "3101999999", is_provider=True)
    shops = []
    for number, documents in enumerate((SMALL, LARGE)):
        company = cast.company(f"Empresa {number}", f"31010001{number:02}")
        user = User.objects.create_user(f"duena{number}@ejemplo.cr")
        Membership.objects.create(user=user, company=company, role="owner")
        start = time.perf_counter()
        fill(company, documents)
        print(f"  {engine}: {documents} in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        client = Client()
        client.force_login(user)
        shops.append((client, pages(company)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    found: dict[str, dict[str, object]] = {}
    with clock.moved_to(NOW):
        for name in shops[0][1]:
            found[name] = compare([(client, asked[name]) for client, asked in shops])
    worst = max(found, key=lambda name: found[name]["ratio"])
    row: Row = {
        **{key: found[worst][key] for key in ("value", "against", "ratio", "p99_ms")},
        "unit": f"ms, {worst}", "better": "lower", "bar": BAR, "n": TURNS, "documents": LARGE,
        "pages": {name: round(float(one["ratio"]), 3) for name, one in found.items()},
    }  # fmt: skip
    return {f"invoicing.list_growth_{engine}": row}


def compare(shops) -> dict[str, object]:
    """The same page of both companies in turns."""
    took: tuple[list[float], list[float]] = ([], [])
    shown: list[int] = [0, 0]
    for turn in range(TURNS + 3):
        for which, (client, asked) in enumerate(shops):
            start = time.perf_counter()
            response = client.get("/facturar/documentos/", asked)
            if turn >= 3:
                took[which].append(time.perf_counter() - start)
            assert response.status_code == 200
            shown[which] = response.content.count(b'scope="row"')
    assert shown[0] == shown[1], (shops[0][1], shown)
    small, large = median(took[0]) * 1000, median(took[1]) * 1000
    return {
        "value": large, "against": small, "ratio": large / small,
        "p99_ms": sorted(took[1])[-1] * 1000,
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
