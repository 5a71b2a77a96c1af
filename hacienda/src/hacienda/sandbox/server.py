"""The sandbox as a server on loopback, and as a command.

    with Server(port=0, state=None) as server:
        print(server.url)

`hacienda sandbox --port N --state FILE` does the same until it is told to end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hacienda.catalogos.cabys import Cabys
from hacienda.errors import HaciendaError, InvalidError
from hacienda.sandbox.admin import PREFIX as ADMIN
from hacienda.sandbox.admin import Admin
from hacienda.sandbox.answer import Seal
from hacienda.sandbox.callbacks import Callbacks
from hacienda.sandbox.clock import Clock, instant
from hacienda.sandbox.faults import Faults, parse_rates
from hacienda.sandbox.identity import IdentityProvider
from hacienda.sandbox.judge import Judge
from hacienda.sandbox.processing import Processing
from hacienda.sandbox.reception import Reception
from hacienda.sandbox.references import References
from hacienda.sandbox.registers import Registers, read_listed
from hacienda.sandbox.reply import DROPPED, Reply, Request, refusal
from hacienda.sandbox.store import Store
from hacienda.transporte import is_loopback

DEFAULT_PORT = 8009
DEFAULT_DELAY = 1.0
MAX_BODY_BYTES = 12_000_000
API_PREFIXES = ("/recepcion-sandbox/v1/", "/recepcion/v1/")
IDP_PREFIX = "/auth/realms/"
LOOKUP_PREFIXES = ("/fe/", "/indicadores/")

log = logging.getLogger("hacienda.sandbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a sandbox is set up. `state` None keeps everything in memory.

    `now` is the instant its clock starts at (ISO); without it `clock_offset` is how many seconds it
    runs ahead of the machine's. `delay` is how long an answer takes, in
    seconds of that clock. `users` maps user names to passwords; None lets in whoever names
    somebody. `faults` are settings of `hacienda.sandbox.faults`.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    state: str | Path | None = None
    now: str | None = None
    clock_offset: float = 0.0
    delay: float = DEFAULT_DELAY
    users: Mapping[str, str] | None = None
    cabys: str | Path | None = None
    registers: str | Path | None = None
    xsd_dir: str | None = None
    faults: Mapping[str, Any] | None = None


class Hacienda:
    """All the rooms of the sandbox, and which request goes to which."""

    def __init__(self, options: Options) -> None:
        self._stopped = False
        self.clock = Clock(instant(options.now) if options.now else None)
        self.clock.advance(options.clock_offset)
        self.faults = Faults()
        self.faults.configure(options.faults or {})
        self.store = Store(options.state)
        self.seal = self._seal()
        self.identity = IdentityProvider(self.store, self.clock, options.users)
        self.registers = Registers(
            self.store,
            self.clock,
            cabys=Cabys.read(options.cabys) if options.cabys else None,
            listed=read_listed(options.registers) if options.registers else None,
        )
        self.callbacks = Callbacks(self.store)
        judge = Judge(References(self.store, self.registers), options.xsd_dir)
        self.processing = Processing(
            self.store, self.clock, self.faults, judge, self.seal, self.callbacks
        )
        self.reception = Reception(
            self.store,
            self.clock,
            self.faults,
            delay=options.delay,
            due=self.processing.wake,
            forge=self.processing.forge,
        )
        self.admin = Admin(self.store, self.clock, self.faults, self.identity, self.seal)

    def start(self) -> None:
        self.callbacks.start()
        self.processing.start()

    def stop(self) -> None:
        self._stopped = True
        self.processing.stop()
        self.callbacks.stop()
        self.store.close()

    def handle(self, request: Request) -> Reply:
        """Answer a request; never raises."""
        try:
            return self._route(request)
        except Exception:
            if self._stopped:
                return DROPPED
            log.exception("%s %s", request.method, request.path)
            return Reply(500)

    def _route(self, request: Request) -> Reply:
        path = request.path
        if path.startswith(ADMIN):
            return self.admin.handle(request)
        if path == "/":
            return Reply(200, b"hacienda sandbox\n", {"Content-Type": "text/plain"})
        if self.faults.is_out(self.clock.now()):
            return refusal(503, "Servicio no disponible.")
        if path.startswith(IDP_PREFIX):
            return self._idp(request)
        if path.startswith(LOOKUP_PREFIXES):
            return self._lookup(request)
        for prefix in API_PREFIXES:
            if path.startswith(prefix):
                return self._troubled(request, path[len(prefix) :])
        return Reply(404)

    def _idp(self, request: Request) -> Reply:
        if request.method != "POST":
            return Reply(405)
        if self.faults.strikes("token-503", request.path):
            return Reply(503)
        if request.path.endswith("/protocol/openid-connect/token"):
            return self.identity.token(request)
        if request.path.endswith("/protocol/openid-connect/logout"):
            return self.identity.logout(request)
        return Reply(404)

    def _lookup(self, request: Request) -> Reply:
        if self.faults.strikes("lookup-slow", request.path):
            time.sleep(self.faults.latency[1])
        if self.faults.strikes("lookup-429", request.path):
            return Reply(429, b"", {"Retry-After": f"{self.faults.retry_after:g}"})
        if self.faults.strikes("lookup-503", request.path):
            return Reply(503)
        return self.registers.handle(request)

    def _troubled(self, request: Request, where: str) -> Reply:
        """A call of the reception API, with whatever befalls it."""
        faults, subject = self.faults, f"{request.method} {where}"
        also = ""
        if request.method == "POST":
            also = _clave(request.body)
            subject += f" {also}"
        if faults.strikes("latency", subject):
            time.sleep(faults.delay(subject))
        if faults.strikes("drop-before", subject):
            return DROPPED
        if faults.strikes("401", subject):
            return Reply(401)
        if faults.strikes("429", subject):
            seconds = f"{faults.retry_after:g}"
            return Reply(
                429,
                b"",
                {
                    "Retry-After": seconds,
                    "X-Ratelimit-Limit": "10",
                    "X-Ratelimit-Remaining": "0",
                    "X-Ratelimit-Reset": seconds,
                },
            )
        for status in (500, 503):
            if faults.strikes(str(status), subject):
                return Reply(status)
        reply = self._api(request, where)
        return DROPPED if faults.strikes("drop-after", subject) else reply

    def _api(self, request: Request, where: str) -> Reply:
        user = self.identity.user(request)
        if user is None:
            return Reply(401)
        room, _, rest = where.partition("/")
        if request.method == "POST" and room == "recepcion" and not rest:
            return self.reception.post(request, user)
        if request.method != "GET":
            return Reply(405)
        if room == "recepcion" and rest:
            return self.reception.get(rest, user)
        if room == "comprobantes":
            if rest:
                return self.reception.one(rest, user)
            return self.reception.list(request, user)
        return Reply(404)

    def _seal(self) -> Seal:
        kept = self.store.meta("seal")
        if kept is not None:
            return Seal.load(kept)
        seal = Seal.make(self.clock.now())
        self.store.set_meta("seal", seal.dump())
        return seal


class Server:
    """A sandbox that listens while it is open. `port` 0 takes a free one; see `url`."""

    def __init__(self, options: Options | None = None, **more: Any) -> None:
        options = options if options is not None else Options(**more)
        if not is_loopback(f"http://{options.host}"):
            raise InvalidError("El sandbox solo atiende en esta máquina (127.0.0.1 o localhost).")
        self.hacienda = Hacienda(options)
        try:
            self._http = _Http((options.host, options.port), _handler(self.hacienda))
        except OSError as error:
            self.hacienda.store.close()
            raise InvalidError(
                f"No se puede abrir el puerto {options.port}: {error.strerror or error}"
            ) from error
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.hacienda.start()
        self._thread.start()

    def stop(self) -> None:
        if self._thread.ident is not None:
            self._http.shutdown()
        self._http.server_close()
        self.hacienda.stop()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    # A worker opens hundreds of connections at once; the usual five would refuse them.
    request_queue_size = 512
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are what this server is for."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(hacienda: Hacienda) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "hacienda-sandbox"
        sys_version = ""
        timeout = 60
        disable_nagle_algorithm = True
        # One write per answer.
        wbufsize = -1

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, format: str, *values: Any) -> None:
            log.debug(format, *values)

        def _serve(self) -> None:
            body = self._body()
            if body is None:
                return
            url = urlsplit(self.path)
            reply = hacienda.handle(
                Request(
                    method=self.command,
                    path=url.path,
                    query=dict(parse_qsl(url.query, max_num_fields=50)),
                    headers={k.lower(): v for k, v in self.headers.items()},
                    body=body,
                )
            )
            if reply.drop:
                self._hang_up()
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                # Headers go out as Latin-1; this is how UTF-8 gets through that.
                self.send_header(name, value.encode().decode("latin-1"))
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.wfile.flush()

        def _body(self) -> bytes | None:
            length = self.headers.get("Content-Length", "0")
            if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY_BYTES:
                self.send_error(413)
                self.close_connection = True
                return None
            if "Transfer-Encoding" in self.headers:
                self.send_error(411)
                self.close_connection = True
                return None
            return self.rfile.read(int(length))

        def _hang_up(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _clave(body: bytes) -> str:
    """What a POST is about, to aim faults at; empty when it cannot be told."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    return f"{data.get('clave', '')}-{data.get('consecutivoReceptor', '')}".rstrip("-")


def run(
    port: int = DEFAULT_PORT,
    state: str | Path | None = None,
    **more: Any,
) -> int:
    """Serve until SIGTERM or Ctrl-C; prints one line when ready. The exit code.

    `more` are further `Options`.
    """
    with _signals() as arrived, Server(Options(port=port, state=state, **more)) as server:
        sys.stdout.write(f"hacienda sandbox: {server.url}\n")
        sys.stdout.flush()
        # Not a lock: a signal that comes just before one is waited for would not wake it.
        while not arrived:
            time.sleep(0.05)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """`hacienda sandbox`. Exit code 2 when it cannot start."""
    arguments = _parser().parse_args(argv)
    try:
        return run(
            port=arguments.port,
            state=arguments.state,
            host=arguments.host,
            now=arguments.now or os.environ.get("HACIENDA_NOW") or None,
            clock_offset=arguments.clock_offset,
            delay=arguments.delay,
            users=_users(arguments.users),
            cabys=arguments.cabys,
            registers=arguments.registers,
            xsd_dir=arguments.xsd_dir,
            faults=_faults(arguments),
        )
    except HaciendaError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hacienda sandbox",
        description="Un Ministerio de Hacienda de prueba, en esta máquina.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="dirección de esta máquina (127.0.0.1)")
    add("--port", type=int, default=DEFAULT_PORT, help="puerto; 0 toma uno libre")
    add("--state", metavar="ARCHIVO", help="dónde guardar el estado; sin él, solo en memoria")
    add("--now", metavar="INSTANTE", help="instante en que arranca su reloj (o HACIENDA_NOW)")
    add(
        "--clock-offset",
        type=float,
        default=0.0,
        metavar="SEGUNDOS",
        help="cuánto va adelante su reloj del de la máquina",
    )
    add(
        "--delay",
        type=float,
        default=DEFAULT_DELAY,
        metavar="SEGUNDOS",
        help="cuánto tarda una respuesta",
    )
    add(
        "--users", metavar="ARCHIVO", help="JSON de usuarios y contraseñas; sin él entra cualquiera"
    )
    add("--cabys", metavar="ARCHIVO", help="catálogo CAByS en CSV")
    add("--registers", metavar="ARCHIVO", help="JSON de contribuyentes y exoneraciones")
    add("--xsd-dir", metavar="CARPETA", help="esquemas de Hacienda (o HACIENDA_XSD_DIR)")
    add("--seed", type=int, default=0, help="semilla de las fallas")
    add("--faults", default="", metavar="FALLA=TASA,…", help="por ejemplo 429=0.05,drop-after=0.02")
    add("--latency", default="", metavar="MIN-MAX", help="segundos, para la falla latency")
    add("--slow-seconds", type=float, help="cuánto tarda una respuesta con la falla slow")
    add(
        "--outage", default="", metavar="DESDE/HASTA", help="dos instantes entre los que no atiende"
    )
    return parser


def _users(path: str | None) -> dict[str, str] | None:
    if path is None:
        return None
    try:
        data = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidError(f"No se puede leer el archivo de usuarios: {error}") from error
    if not isinstance(data, dict):
        raise InvalidError("El archivo de usuarios no es un objeto JSON.")
    return {str(user).lower(): str(password) for user, password in data.items()}


def _faults(arguments: argparse.Namespace) -> dict[str, Any]:
    faults: dict[str, Any] = {"seed": arguments.seed, "rates": parse_rates(arguments.faults)}
    if arguments.latency:
        faults["latency"] = arguments.latency.split("-")
    if arguments.slow_seconds is not None:
        faults["slow_seconds"] = arguments.slow_seconds
    if arguments.outage:
        first, _, last = arguments.outage.partition("/")
        faults["outage"] = {"from": first, "until": last}
    return faults


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that asked to end; a supervisor and a keyboard may both say so."""
    arrived: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        arrived.append(number)

    before = {n: signal.signal(n, note) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
