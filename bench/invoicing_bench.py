"""Issuing and delivering: ten thousand documents of one company, and a Hacienda that takes 50 ms.

`invoicing.batch*`    milliseconds for one document of a batch (checked, numbered, signed, stored,
                      its folio taken, committed durably), against one RSA-2048 signing by the same
                      library; `ratio` is how many signings it costs. Processor time of this process
                      and of the database's; `wall` is the same by the clock on the wall
`invoicing.deliver`   documents a second that one worker hands in at a server that answers each call
                      after 50 ms, recorded, for one company (whose connections are twenty at most)
`invoicing.deliver_answers`  documents a second whose answer is asked for and stored

`BENCH_BATCH` (10000) and `BENCH_DELIVER` (1500) say how many documents. Each database is served in
its own process, because settings are read once.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCH = int(os.environ.get("BENCH_BATCH", "10000"))
DELIVER = int(os.environ.get("BENCH_DELIVER", "1500"))
LINES = 5
ANSWER_SECONDS = 0.05
BAR_SIGNINGS, BAR_DELIVERED = 6.0, 300.0
CHUNK = 500
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

Row = dict[str, object]


def measure() -> dict[str, Row]:
    results: dict[str, Row] = {}
    for engine in ("sqlite", "pg"):
        done = subprocess.run(
            [sys.executable, "-m", "bench.invoicing_bench", engine],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        results |= json.loads(done.stdout.strip().splitlines()[-1])
    return results


# -- the batch -------------------------------------------------------------------------------------


def database_seconds() -> float:
    """Processor time of the database's own processes, those that ended included."""
    from tests import engine as engines

    if engines.SERVER is None:
        return 0.0
    pid = engines.SERVER.get_postmaster_info().pid
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(stat.parent.name) == pid:
            total += sum(int(one) for one in fields[11:15])  # with the children it waited for
        elif int(fields[1]) == pid:
            total += int(fields[11]) + int(fields[12])
    return total / ticks


def own_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def batch(engine: str) -> dict[str, Row]:
    from tests.invoicing import scene

    from iofacturo.invoicing import draft, emission, readiness
    from iofacturo.invoicing.models import Comprobante

    company = shop("3101000001", BATCH + 1000)
    sale = draft.read(scene.stated(lines=LINES))
    llave = company.keys.get().open()
    signings, signing_cpu, signing_wall = 0, 0.0, 0.0
    spent_cpu, spent_wall, slowest = 0.0, 0.0, []
    first = database_seconds()
    for start in range(-CHUNK, BATCH, CHUNK):  # the first round warms up
        cpu, wall = own_seconds(), time.perf_counter()
        standing = readiness.standing(company, NOW)
        ready = [
            standing.ready(sale, operation=f"lote:{n}")
            for n in range(start, min(start + CHUNK, BATCH))
        ]
        emission.issue_batch(ready, by=None)
        if start < 0:
            first = database_seconds()
            continue
        spent_cpu += own_seconds() - cpu
        took = time.perf_counter() - wall
        spent_wall += took
        slowest.append(took / len(ready) * 1000)
        cpu, wall = own_seconds(), time.perf_counter()
        for n in range(200):
            llave.sign(b"%d" % n * 40)
        signing_cpu += own_seconds() - cpu
        signing_wall += time.perf_counter() - wall
        signings += 200
    spent_cpu += database_seconds() - first
    assert Comprobante.objects.count() == BATCH + CHUNK
    each, one = spent_cpu / BATCH * 1000, signing_cpu / signings * 1000
    row: Row = {
        "value": each, "unit": "ms CPU a document", "against": one, "ratio": each / one,
        "better": "lower", "bar": BAR_SIGNINGS, "n": BATCH, "p99_ms": max(slowest),
        "wall": spent_wall / BATCH * 1000, "wall_ratio": spent_wall / BATCH
        / (signing_wall / signings), "per_second": BATCH / spent_wall,
    }  # fmt: skip
    return {"invoicing.batch" if engine == "pg" else "invoicing.batch_sqlite": row}


def shop(identificacion: str, folios: int):
    from tests.invoicing import scene

    from iofacturo.accounts.models import Company

    Company.objects.get_or_create(
        identificacion="3101999999",
        defaults={"tipo_identificacion": "02", "nombre": "Proveedor", "is_provider": True},
    )
    company = Company.objects.create(
        tipo_identificacion="02",
        identificacion=identificacion,
        nombre="Café Prueba S.A.",
        actividad="5610.0",
        provincia="1",
        canton="01",
        distrito="01",
        otras_senas="Avenida central, casa 25",
        emails=["facturas@ejemplo.cr"],
    )
    return scene.set_up(company, folios=folios, at=NOW)


# -- delivery --------------------------------------------------------------------------------------


async def hacienda(port_told) -> None:
    """A server that takes everything and answers each call of the API after 50 ms."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, _, headers = head.partition(b"\r\n")
                method, path, _ = line.decode().split(" ", 2)
                length = 0
                for one in headers.lower().split(b"\r\n"):
                    if one.startswith(b"content-length:"):
                        length = int(one[15:])
                if length:
                    await reader.readexactly(length)
                if path.endswith("/token"):
                    status, body = b"200 OK", TOKEN
                elif method == "POST":
                    await asyncio.sleep(ANSWER_SECONDS)
                    status, body = b"202 Accepted", b""
                else:
                    await asyncio.sleep(ANSWER_SECONDS)
                    status, body = b"200 OK", accepted(path.rpartition("/")[2])
                writer.write(
                    b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                    % (status, len(body), body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port_told(server.sockets[0].getsockname()[1])
    await server.serve_forever()


TOKEN = json.dumps({"access_token": "x", "expires_in": 300, "refresh_expires_in": 0}).encode()
NAMESPACE = "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/mensajeHacienda"


def accepted(clave: str) -> bytes:
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<MensajeHacienda xmlns="{NAMESPACE}">'
        f"<Clave>{clave}</Clave><NombreEmisor>Café</NombreEmisor><Mensaje>1</Mensaje>"
        "<DetalleMensaje>Aceptado</DetalleMensaje></MensajeHacienda>"
    )
    body = {
        "clave": clave,
        "ind-estado": "aceptado",
        "respuesta-xml": base64.b64encode(xml.encode()).decode(),
    }
    return json.dumps(body).encode()


def server_main() -> None:
    asyncio.run(hacienda(lambda port: print(port, flush=True)))


@contextmanager
def server() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.invoicing_bench", "server"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def deliver() -> dict[str, Row]:
    from django.conf import settings
    from tests.invoicing import scene

    from iofacturo.invoicing import delivery, draft, emission, readiness
    from iofacturo.invoicing.models import Comprobante, Submission

    company = shop("3101000002", DELIVER)
    sale = draft.read(scene.stated(lines=LINES))
    standing = readiness.standing(company, NOW)
    ready = [standing.ready(sale, operation=f"envio:{n}") for n in range(DELIVER)]
    emission.issue_batch(ready, by=None)
    Submission.objects.exclude(company=company).update(state="done")
    delivery.ROUND_SECONDS = 600
    delivery.cliente.POLL_DELAYS = (1200.0,)  # nobody asks while documents are still handed in
    found: dict[str, Row] = {}
    with server() as url:
        settings.HACIENDA_URL = url
        settings.SITE_URL = "http://127.0.0.1:9"
        for name, at in (
            ("invoicing.deliver", NOW),
            ("invoicing.deliver_answers", NOW + timedelta(hours=1)),
        ):
            cpu, wall = own_seconds(), time.perf_counter()
            done = delivery.run(at)
            took = time.perf_counter() - wall
            assert done >= DELIVER, f"{name}: {done} of {DELIVER}"
            found[name] = {
                "value": DELIVER / took, "unit": "documents/s", "against": BAR_DELIVERED,
                "ratio": DELIVER / took / BAR_DELIVERED, "better": "higher", "p99_ms": None,
                "n": DELIVER, "cpu_ms": (own_seconds() - cpu) / DELIVER * 1000,
            }  # fmt: skip
    states = set(company.comprobantes.values_list("state", flat=True))
    assert states == {Comprobante.ACCEPTED}, states
    return found


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
        results = batch(engine)
        if engine == "pg":
            results |= deliver()
        connection.close()
        print(json.dumps(results))
    finally:
        engines.pytest_unconfigure(None)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "server":
        server_main()
    elif len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        print(json.dumps(measure(), indent=1))
