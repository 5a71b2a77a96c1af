"""A person presses «Emitir»: what a document costs the web and the database, and how long it takes.

`invoicing.http_pg`, `invoicing.http_sqlite`  milliseconds of processor time of the web's processes
    and of the database's for one document, against one RSA-2048 signing by the same library in the
    same run: `ratio` is how many signings it costs. Sixteen clients, each with a session of its own,
    over one company (`one`) and over sixteen (`many`); the row tells the dearer of the two
`invoicing.http_form_pg`, `invoicing.http_form_sqlite`  the same when the whole form is sent, as
    browsers without the editor's script do, and those with it while something is still unsaved:
    it is read, compared and stored before the document is issued
`p99_ms` is that of the sixteen clients, who press again as soon as they are answered; `p50_one_ms`
    what a single client waits; `p99_ratio` the one over the other
`paced_p99_ms` is that of the sixteen when they press at half the rate that the machine can bear

What is measured is what a browser does: `iofacturo web` as it is run, with two processes, and a
draft of five lines. The editor saves while people type, so that its button «Emitir» finds nothing
unsaved and sends the draft's version to `/facturar/borradores/…/emitir/`; the `form` rows send the
editor's form, every field of it, to `/facturar/borradores/…/`. The answer is the redirect to the
document. The drafts were written before. The load comes from a process of its own, which is not counted. `BENCH_HTTP` (640) says how
many documents each crowd issues. `python -m bench.http_bench profile` prints where the time goes
(`WHOLE=1`: of the whole form).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = int(os.environ.get("BENCH_HTTP", "640"))
CLIENTS, LINES, ALONE, WARM = 16, 5, 120, 4
BAR_SIGNINGS = 10.0
TOKEN = "b" * 32  # of the form and of its cookie
HOST = "localhost"

Row = dict[str, object]


def measure() -> dict[str, Row]:
    results: dict[str, Row] = {}
    for engine in ("pg", "sqlite"):
        done = subprocess.run(
            [sys.executable, "-m", "bench.http_bench", engine],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        results |= json.loads(done.stdout.strip().splitlines()[-1])
    return results


# -- the clients -----------------------------------------------------------------------------------


def load() -> None:
    """On standard input the clients, each a list of requests, and the pace; on standard output
    how many milliseconds each request took."""
    import threading

    plan = json.load(sys.stdin)
    took: list[float] = []
    every = plan["every"]  # seconds between two requests of one client; 0 is at once
    gate = threading.Barrier(len(plan["clients"]))

    def client(number: int, requests: list[str]) -> None:
        line = socket.create_connection(("127.0.0.1", plan["port"]))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        gate.wait()
        start = time.perf_counter() + every * number / len(plan["clients"])
        for turn, request in enumerate(requests):
            time.sleep(max(0.0, start + turn * every - time.perf_counter()))
            begun = time.perf_counter()
            status, line = ask(line, request.encode(), plan["port"])
            took.append((time.perf_counter() - begun) * 1000)
            if status != 302:
                raise SystemExit(f"answered {status}")

    crew = [
        threading.Thread(target=client, args=(n, requests))
        for n, requests in enumerate(plan["clients"])
    ]
    begun = time.perf_counter()
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    print(json.dumps({"took": took, "wall": time.perf_counter() - begun}))


def ask(line: socket.socket, request: bytes, port: int) -> tuple[int, socket.socket]:
    """Send, and read one answer whole; the connection to go on with."""
    for _ in range(2):
        try:
            line.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head:
                part = line.recv(65536)
                if not part:
                    raise ConnectionError
                head += part
            break
        except ConnectionError:  # it was idle for too long
            line = socket.create_connection(("127.0.0.1", port))
    head, _, body = head.partition(b"\r\n\r\n")
    fields = dict(one.lower().split(b": ", 1) for one in head.split(b"\r\n")[1:] if b": " in one)
    missing = int(fields.get(b"content-length", b"0")) - len(body)
    while missing > 0:
        missing -= len(line.recv(65536))
    if fields.get(b"connection") == b"close":
        line.close()
        line = socket.create_connection(("127.0.0.1", port))
    return int(head.split()[1]), line


class Fields(HTMLParser):
    """What a browser sends of the form that has the button «Emitir»."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []
        self.open: str | None = None
        self.meant = False
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        name = held.get("name") or ""
        if tag == "form":
            self.sent, self.meant = {}, False
        elif tag == "button" and name == "accion" and held.get("value") == "emitir":
            self.meant = True
        elif tag == "input" and name:
            kind = held.get("type", "text")
            if kind in ("submit", "file") or (
                kind in ("radio", "checkbox") and "checked" not in held
            ):
                return
            self.sent[name] = held.get("value") or ("on" if kind == "checkbox" else "")
        elif tag == "select" and name:
            self.open = name
            self.sent.setdefault(name, "")
        elif tag == "option" and self.open:
            first = self.sent[self.open] == "" and f"{self.open}?" not in self.forms
            if "selected" in held or first:
                self.sent[self.open] = held.get("value") or ""
        elif tag == "textarea" and name:
            self.open = None
            self.sent[name] = ""
            self.text = name

    def handle_data(self, data: str) -> None:
        if getattr(self, "text", None):
            self.sent[self.text] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.open = None
        elif tag == "textarea":
            self.text = None
        elif tag == "form" and self.meant:
            self.found = self.sent


# -- the house -------------------------------------------------------------------------------------


def settle() -> list[tuple[object, str]]:
    """Sixteen companies that can issue, the first with sixteen people; each person's cookie."""
    from django.test import Client
    from tests.invoicing import scene

    from iofacturo.accounts.models import Company, Membership, User
    from iofacturo.lib import clock

    now = clock.now()
    Company.objects.create(
        tipo_identificacion="02", identificacion="3101999999", nombre="Proveedor", is_provider=True
    )
    companies = []
    for n in range(CLIENTS):
        company = Company.objects.create(
            tipo_identificacion="02", identificacion=f"31010000{n:02}", nombre=f"Café {n} S.A.",
            actividad="5610.0", provincia="1", canton="01", distrito="01",
            otras_senas="Avenida central, casa 25", emails=["facturas@ejemplo.cr"],
        )  # fmt: skip
        companies.append(scene.set_up(company, folios=100_000, at=now))
    people = []
    for n in range(CLIENTS):
        one = User.objects.create_user(
            f"cliente{n}@ejemplo.cr", "una clave larga", name=f"Cliente {n}"
        )
        for company in {companies[0], companies[n]}:
            Membership.objects.create(user=one, company=company, role="owner")
        client = Client()
        client.force_login(one)
        people.append((one, client.cookies["sessionid"].value))
    return [(companies, people)]


def drafts(company: object, by: object, count: int) -> list[str]:
    from tests.invoicing import scene

    from iofacturo.invoicing import draft
    from iofacturo.lib import clock

    return [
        draft.write(company, scene.stated(lines=LINES), by=by, at=clock.now()).public_id
        for _ in range(count)
    ]


def head(method: str, path: str, cookie: str, more: str = "") -> str:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n"
        f"Cookie: sessionid={cookie}; csrftoken={TOKEN}\r\nReferer: https://{HOST}/\r\n{more}\r\n"
    )


def form(port: int, cookie: str, public_id: str, empresa: str) -> dict[str, str]:
    """The fields of a draft's page, as the browser holds them."""
    request = head(
        "GET",
        f"/facturar/borradores/{public_id}/?empresa={empresa}",
        cookie,
        "Connection: close\r\n",
    )
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(request.encode())
    page = b""
    while part := line.recv(65536):
        page += part
    reader = Fields()
    reader.feed(page.partition(b"\r\n\r\n")[2].decode())
    if not reader.found:
        raise SystemExit(f"no form on the page: {page[:300]!r}")
    return reader.found | {"csrfmiddlewaretoken": TOKEN, "accion": "emitir"}


def press(public_id: str, cookie: str, fields: dict[str, str], *, whole: bool) -> str:
    """«Emitir»: the *whole* form, or what the editor's script sends of a form that is saved."""
    if not whole:
        fields = {name: fields[name] for name in ("csrfmiddlewaretoken", "empresa", "version")}
    body = urlencode(fields)
    more = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    path = f"/facturar/borradores/{public_id}/" + ("" if whole else "emitir/")
    return head("POST", path, cookie, more) + body


@contextmanager
def web() -> Iterator[tuple[int, int]]:
    """`iofacturo web` on a free port; the port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "iofacturo.cli", "web"],
        env=os.environ | {"PORT": str(port), "IOFACTURO_WORKERS": "2"},
        cwd=ROOT,
    )
    try:
        until = time.monotonic() + 180
        while True:
            try:
                line = socket.create_connection(("127.0.0.1", port), timeout=20)
                line.sendall(
                    f"GET /salud HTTP/1.0\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n\r\n".encode()
                )
                if b" 200 " in line.recv(400):
                    break
            except OSError:
                pass
            if time.monotonic() > until:
                raise SystemExit("the web did not start")
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def web_seconds(pid: int) -> float:
    """Processor time of gunicorn and its workers, those that ended included."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid:
            total += sum(int(one) for one in fields[11:15])
        elif int(fields[1]) == pid:
            total += int(fields[11]) + int(fields[12])
    return total / ticks


def crowd(port: int, clients: list[list[str]], every: float = 0.0) -> tuple[list[float], float]:
    told = subprocess.run(
        [sys.executable, "-m", "bench.http_bench", "load"],
        input=json.dumps({"port": port, "clients": clients, "every": every}),
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    answer = json.loads(told.stdout)
    expected = sum(len(one) for one in clients)
    if len(answer["took"]) != expected:
        raise SystemExit(f"{len(answer['took'])} of {expected} were answered")
    return sorted(answer["took"]), answer["wall"]


def at(sorted_ms: list[float], share: float) -> float:
    return sorted_ms[min(len(sorted_ms) - 1, int(len(sorted_ms) * share))]


class Signing:
    """One signing in milliseconds of processor time, measured between the crowds."""

    def __init__(self, llave: object) -> None:
        self.llave, self.count, self.cpu = llave, 0, 0.0

    def measure(self, count: int = 300) -> None:
        from bench.invoicing_bench import own_seconds

        before = own_seconds()
        for n in range(count):
            self.llave.sign(b"%d" % n * 40)
        self.cpu += own_seconds() - before
        self.count += count

    @property
    def ms(self) -> float:
        return self.cpu / self.count * 1000


def issue(engine: str) -> dict[str, Row]:
    from bench.invoicing_bench import database_seconds
    from iofacturo.invoicing.models import Comprobante

    ((companies, people),) = settle()
    signing = Signing(companies[0].keys.get().open())
    each = max(1, DOCUMENTS // CLIENTS)
    with web() as (port, pid):

        def requests(n: int, company: object, count: int, *, whole: bool = False) -> list[str]:
            user, cookie = people[n]
            written = drafts(company, user, count)
            fields = form(port, cookie, written[0], company.public_id)
            return [press(one, cookie, fields, whole=whole) for one in written]

        def spent() -> float:
            return web_seconds(pid) + database_seconds()

        found: dict[str, dict[str, float]] = {}
        crowd(port, [requests(n, companies[0], WARM) for n in range(CLIENTS)])
        signing.measure()
        alone, _ = crowd(port, [requests(0, companies[0], ALONE)])
        p50 = at(alone, 0.5)
        for name in ("one", "many", "form"):
            where = [companies[0] if name == "one" else companies[n] for n in range(CLIENTS)]
            whole = name == "form"
            clients = [requests(n, where[n], each, whole=whole) for n in range(CLIENTS)]
            signing.measure()
            web_before, all_before = web_seconds(pid), spent()
            took, wall = crowd(port, clients)
            count = each * CLIENTS
            cpu, web_cpu = spent() - all_before, web_seconds(pid) - web_before
            paced, _ = crowd(
                port,
                [requests(n, where[n], max(1, each // 2), whole=whole) for n in range(CLIENTS)],
                every=2 * CLIENTS * wall / count,
            )
            found[name] = {
                "ms": cpu / count * 1000, "web_ms": web_cpu / count * 1000,
                "p50_ms": at(took, 0.5), "p99_ms": at(took, 0.99), "per_second": count / wall,
                "paced_p50_ms": at(paced, 0.5), "paced_p99_ms": at(paced, 0.99),
            }  # fmt: skip
        signing.measure()
    assert Comprobante.objects.exists()
    form_row = found.pop("form") | {"unit": "ms CPU a document", "against": signing.ms}
    form_row |= {"value": form_row.pop("ms"), "better": "lower", "n": each * CLIENTS}
    form_row["ratio"] = form_row["value"] / signing.ms
    worst = max(found.values(), key=lambda one: one["ms"])
    row: Row = {
        "value": worst["ms"], "unit": "ms CPU a document", "against": signing.ms,
        "ratio": worst["ms"] / signing.ms, "better": "lower", "bar": BAR_SIGNINGS,
        "n": each * CLIENTS * 2, "p99_ms": max(one["p99_ms"] for one in found.values()),
        "p50_one_ms": p50,
        "p99_ratio": max(one["p99_ms"] for one in found.values()) / p50,
        "paced_p99_ms": max(one["paced_p99_ms"] for one in found.values()),
        **{name: one | {"ratio": one["ms"] / signing.ms} for name, one in found.items()},
    }  # fmt: skip
    return {f"invoicing.http_{engine}": row, f"invoicing.http_form_{engine}": form_row}


def profile() -> None:
    """Where a request's time goes, in one process with Django's own client."""
    import cProfile
    import pstats
    from urllib.parse import urlencode as encode

    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    ((companies, people),) = settle()
    company, (user, cookie) = companies[1], people[1]
    client = Client(headers={"host": HOST, "x-forwarded-proto": "https"})
    client.cookies["sessionid"], client.cookies["csrftoken"] = cookie, TOKEN
    written = drafts(company, user, 420)
    page = client.get(f"/facturar/borradores/{written[0]}/?empresa={company.public_id}")
    reader = Fields()
    reader.feed(page.content.decode())
    whole = os.environ.get("WHOLE") == "1"
    held = reader.found | {"csrfmiddlewaretoken": TOKEN, "accion": "emitir"}
    fields = encode(held if whole else {"csrfmiddlewaretoken": TOKEN, "version": held["version"]})
    door = "" if whole else "emitir/"

    def go(public_id: str) -> None:
        answer = client.post(
            f"/facturar/borradores/{public_id}/{door}", fields,
            content_type="application/x-www-form-urlencoded", headers={"referer": f"https://{HOST}/"},
        )  # fmt: skip
        assert answer.status_code == 302, answer.status_code

    for one in written[:20]:
        go(one)
    with CaptureQueriesContext(connection) as said:
        go(written[20])
    for query in said.captured_queries:
        print(query["sql"][:230].replace("\n", " "))
    signing = Signing(company.keys.get().open())
    signing.measure()
    begun = time.process_time()
    for one in written[21:220]:
        go(one)
    mine = (time.process_time() - begun) / 199 * 1000
    print(f"{mine:.2f} ms here, {mine / signing.ms:.1f} signings of {signing.ms:.3f} ms")
    tracer = cProfile.Profile(time.process_time)
    tracer.enable()
    for one in written[220:]:
        go(one)
    tracer.disable()
    pstats.Stats(tracer).sort_stats(os.environ.get("SORT", "cumulative")).print_stats(
        int(os.environ.get("TOP", "70"))
    )


def main(what: str, engine: str) -> None:
    import warnings

    warnings.simplefilter("ignore")
    from tests import engine as engines

    engines.environment(engine)
    del os.environ["IOFACTURO_TESTING"]  # as it is run, not as it is tested
    os.environ["IOFACTURO_SITE_URL"] = f"https://{HOST}"
    try:
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        if what == "profile":
            call_command("collectstatic", interactive=False, verbosity=0)
            profile()
        else:
            print(json.dumps(issue(engine)))
        connection.close()
    finally:
        engines.pytest_unconfigure(None)


if __name__ == "__main__":
    words = sys.argv[1:] or ["all"]
    if words[0] == "load":
        load()
    elif words[0] == "profile":
        main("profile", [*words, "pg"][1])
    elif words[0] in ("pg", "sqlite"):
        main("issue", words[0])
    else:
        print(json.dumps(measure(), indent=1))
