"""The client: the table of statuses, tokens, delivery; over real HTTP under each fault."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hacienda_ventas import CLIENTE_USER, NOW, PASSWORD, USER, signed, venta

from hacienda import cliente as module
from hacienda.cliente import AsyncCliente, Cliente, environment, poll_delay
from hacienda.errors import SendError
from hacienda.recepcion import Parte, Recepcion
from hacienda.sandbox.identity import WRONG_PASSWORD
from hacienda.sandbox.server import Server
from hacienda.tokens import Credentials, TokenCache, shared
from hacienda.transporte import talk, told_wait

CLAVE = "50622112600310112345600100001010000000001112345678"
ENVELOPE = Recepcion(
    clave=CLAVE, fecha="2026-11-22T10:30:00-06:00", emisor=Parte("02", "3101123456"), xml=b"<x/>"
)


@pytest.fixture
def sandbox() -> Iterator[Server]:
    with Server(port=0, now=NOW.isoformat(), delay=0.0) as server:
        yield server


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rounds of `deliver`, without their pauses."""
    monkeypatch.setattr(module, "ROUND_DELAYS", (0.0, 0.01, 0.02))


def client(server: Server, user: str = USER, password: str = PASSWORD, **more: Any) -> Cliente:
    return Cliente("sandbox-local", user, password, url=server.url, **more)


def fault(server: Server, *names: str) -> None:
    server.hacienda.faults.configure({"retry_after": 0.05, "next": list(names)})


def row(server: Server, clave: str) -> Any:
    return server.hacienda.store.document(clave)


class Scripted:
    """A Hacienda that answers as told, call by call; keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception, life: float = 300) -> None:
        self.answers = list(answers)
        self.calls: list[httpx.Request] = []
        self.grants: list[dict[str, str]] = []
        self.token_answers: list[httpx.Response | Exception] = []
        self.life = life

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/openid-connect/" in request.url.path:
            self.grants.append(dict(parse_qsl(request.content.decode(), keep_blank_values=True)))
            if self.token_answers:
                return _given(self.token_answers.pop(0))
            return httpx.Response(
                200,
                json={
                    "access_token": f"t{len(self.grants)}",
                    "expires_in": self.life,
                    "refresh_token": f"r{len(self.grants)}",
                    "refresh_expires_in": 1800,
                },
            )
        self.calls.append(request)
        return _given(self.answers.pop(0))

    def client(self, clock: Any = time.monotonic) -> Cliente:
        where = environment("sandbox-local", "http://localhost:1")
        credentials = Credentials(
            token_url=where.token_url, client_id=where.client_id, user=USER, password=PASSWORD
        )
        made = Cliente(where, USER, PASSWORD, tokens=TokenCache(credentials, clock=clock))
        made.close()
        made._http = httpx.Client(transport=httpx.MockTransport(self))
        return made

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.calls]


def _given(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer


def state(estado: str) -> httpx.Response:
    return httpx.Response(200, json={"clave": CLAVE, "ind-estado": estado})


DUPLICATE = httpx.Response(
    400, headers={"X-Error-Cause": f"El comprobante [{CLAVE}] ya fue recibido anteriormente."}
)


# The table of statuses of POST /recepcion.


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_sent(status: int) -> None:
    envio = Scripted(httpx.Response(status, headers={"Location": "/x"})).client().send(ENVELOPE)
    assert not envio.duplicate
    assert (envio.status, envio.location) == (status, "/x")


@pytest.mark.parametrize(
    "answer",
    [
        DUPLICATE,
        httpx.Response(409),
        httpx.Response(400, text="Ya  fue recibido anteriormente"),
    ],
)
def test_a_duplicate_is_sent(answer: httpx.Response) -> None:
    assert Scripted(answer).client().send(ENVELOPE).duplicate


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 415, 422])
def test_refusals_are_permanent_and_not_repeated(status: int) -> None:
    script = Scripted(httpx.Response(status, headers={"X-Error-Cause": "no se puede"}))
    with pytest.raises(SendError) as caught:
        script.client().deliver(ENVELOPE)
    assert caught.value.permanent
    assert caught.value.status == status
    assert caught.value.cause == "no se puede"
    assert not caught.value.doubtful
    assert len(script.calls) == 1


def test_a_401_gets_a_new_token_and_one_more_try() -> None:
    script = Scripted(httpx.Response(401), httpx.Response(202))
    script.client().send(ENVELOPE)
    assert [c.headers["authorization"] for c in script.calls] == ["bearer t1", "bearer t2"]
    assert [g["grant_type"] for g in script.grants] == ["password", "password"]


def test_a_second_401_is_not_looped_on() -> None:
    script = Scripted(httpx.Response(401), httpx.Response(401), httpx.Response(202))
    with pytest.raises(SendError) as caught:
        script.client().send(ENVELOPE)
    assert caught.value.status == 401
    assert not caught.value.permanent
    assert len(script.calls) == 2


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_5xx_is_an_unknown_end(status: int) -> None:
    with pytest.raises(SendError) as caught:
        Scripted(httpx.Response(status)).client().send(ENVELOPE)
    assert not caught.value.permanent
    assert caught.value.doubtful


@pytest.mark.parametrize(
    ("failure", "doubtful"),
    [
        (httpx.ReadTimeout("x"), True),
        (httpx.ReadError("x"), True),
        (httpx.WriteError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
        (httpx.ConnectError("x"), False),
        (httpx.ConnectTimeout("x"), False),
    ],
)
def test_silence_is_temporary_and_doubtful_if_anything_left(
    failure: Exception, doubtful: bool
) -> None:
    with pytest.raises(SendError) as caught:
        Scripted(failure).client().send(ENVELOPE)
    assert not caught.value.permanent
    assert caught.value.doubtful is doubtful


def test_429_tells_how_long() -> None:
    with pytest.raises(SendError) as caught:
        Scripted(httpx.Response(429, headers={"Retry-After": "17"})).client().send(ENVELOPE)
    assert not caught.value.permanent
    assert caught.value.retry_after == 17
    assert not caught.value.doubtful


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "120"}, 120),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:40 GMT"}, 60),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-reset": "1000000010"}, 10),
        ({"x-ratelimit-reset": "1000000010000"}, 10),
        ({"x-ratelimit-reset": "x"}, None),
        ({"retry-after": "2", "x-ratelimit-reset": "30"}, 2),
    ],
)
def test_how_long_to_wait_is_read_from_the_headers(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert told_wait(headers, now=1e9) == seconds


# Delivery.


@pytest.mark.parametrize("failure", [httpx.Response(500), httpx.ReadTimeout("x")])
def test_in_doubt_it_asks_before_sending_again(failure: httpx.Response | Exception) -> None:
    script = Scripted(failure, state("procesando"))
    assert script.client().deliver(ENVELOPE).estado == "procesando"
    assert script.methods == ["POST", "GET"]


@pytest.mark.parametrize("unknown", [400, 404])
def test_what_did_not_arrive_is_sent_again_with_the_same_bytes(unknown: int) -> None:
    script = Scripted(httpx.Response(503), httpx.Response(unknown), httpx.Response(202))
    assert script.client().deliver(ENVELOPE).estado == "recibido"
    assert script.methods == ["POST", "GET", "POST"]
    assert script.calls[0].content == script.calls[2].content


@pytest.mark.parametrize(
    ("answer", "estado"),
    [
        (state("rechazado"), "rechazado"),
        (state("error"), "error"),
        (httpx.Response(404), "recibido"),
        (httpx.Response(503), "recibido"),
    ],
)
def test_a_duplicate_is_asked_about(answer: httpx.Response, estado: str) -> None:
    script = Scripted(DUPLICATE, answer)
    assert script.client().deliver(ENVELOPE).estado == estado
    assert script.methods == ["POST", "GET"]


def test_an_earlier_doubt_is_settled_first() -> None:
    script = Scripted(state("aceptado"))
    assert script.client().deliver(ENVELOPE, doubtful=True).accepted
    assert script.methods == ["GET"]


def test_while_it_cannot_ask_it_does_not_send() -> None:
    script = Scripted(httpx.Response(500), *[httpx.Response(503)] * 10)
    with pytest.raises(SendError) as caught:
        script.client().deliver(ENVELOPE)
    assert caught.value.doubtful
    assert not caught.value.permanent
    assert script.methods == ["POST", "GET", "GET", "GET"]


def test_a_connection_that_cannot_be_made_leaves_no_doubt() -> None:
    script = Scripted(httpx.ConnectError("x"), httpx.ConnectError("x"), httpx.Response(202))
    script.client().deliver(ENVELOPE)
    assert script.methods == ["POST", "POST", "POST"]


def test_a_long_wait_is_left_to_the_caller() -> None:
    script = Scripted(httpx.Response(429, headers={"Retry-After": "600"}))
    with pytest.raises(SendError) as caught:
        script.client().deliver(ENVELOPE)
    assert caught.value.retry_after == 600
    assert script.methods == ["POST"]


def test_a_failed_processing_is_sent_again_after_a_while() -> None:
    script = Scripted(
        httpx.Response(202), *[state("error")] * 3, httpx.Response(202), state("aceptado")
    )
    assert script.client().deliver(ENVELOPE, wait=60).accepted
    assert script.methods == ["POST", "GET", "GET", "GET", "POST", "GET"]


def test_an_answer_about_another_clave_is_not_taken() -> None:
    other = {"clave": CLAVE[:-1] + "9", "ind-estado": "aceptado"}
    with pytest.raises(SendError) as caught:
        Scripted(httpx.Response(200, json=other)).client().status(CLAVE)
    assert not caught.value.permanent


@pytest.mark.parametrize("body", [b"<html>mantenimiento</html>", b"", b"[]", b"[" * 99_999])
def test_a_page_instead_of_an_answer_is_temporary(body: bytes) -> None:
    with pytest.raises(SendError) as caught:
        Scripted(httpx.Response(200, content=body)).client().status(CLAVE)
    assert not caught.value.permanent


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hacienda.transporte.MAX_ANSWER_BYTES", 1000)
    with pytest.raises(SendError):
        Scripted(httpx.Response(200, content=b"x" * 1001)).client().status(CLAVE)


def test_how_often_to_ask() -> None:
    assert [poll_delay(n) for n in range(7)] == [5, 15, 30, 60, 300, 900, 900]


# Tokens.


def test_a_token_is_kept_and_renewed_before_its_end() -> None:
    now = [1000.0]
    script = Scripted(*[state("recibido")] * 4)
    cliente = script.client(clock=lambda: now[0])
    cliente.status(CLAVE)
    now[0] += 269
    cliente.status(CLAVE)
    assert len(script.grants) == 1
    now[0] += 2  # 29 seconds before its end
    cliente.status(CLAVE)
    assert [g["grant_type"] for g in script.grants] == ["password", "refresh_token"]
    assert script.grants[1]["refresh_token"] == "r1"
    now[0] += 1800
    cliente.status(CLAVE)
    assert script.grants[2]["grant_type"] == "password"


@pytest.mark.parametrize(
    "refused", [httpx.Response(400), httpx.Response(500), httpx.ReadTimeout("x")]
)
def test_a_refresh_that_fails_falls_back_to_the_password(
    refused: httpx.Response | Exception,
) -> None:
    now = [1000.0]
    script = Scripted(*[state("recibido")] * 2)
    cliente = script.client(clock=lambda: now[0])
    cliente.status(CLAVE)
    now[0] += 280
    script.token_answers = [refused]
    cliente.status(CLAVE)
    assert [g["grant_type"] for g in script.grants] == ["password", "refresh_token", "password"]


def test_the_password_travels_encoded() -> None:
    script = Scripted(state("recibido"))
    script.client().status(CLAVE)
    assert script.grants[0]["password"] == PASSWORD
    assert script.grants[0]["username"] == USER
    assert script.grants[0]["client_id"] == "api-stag"


def test_a_wrong_password_is_permanent_and_not_insisted_on() -> None:
    now = [1000.0]
    script = Scripted(state("recibido"))
    script.token_answers = [httpx.Response(401, json={"error": "invalid_grant"})]
    cliente = script.client(clock=lambda: now[0])
    for _ in range(5):
        with pytest.raises(SendError) as caught:
            cliente.status(CLAVE)
        assert caught.value.permanent
    assert len(script.grants) == 1
    now[0] += 21
    cliente.status(CLAVE)
    assert len(script.grants) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"access_token": "x", "expires_in": "soon"}),
        httpx.ReadTimeout("x"),
    ],
)
def test_trouble_at_the_identity_provider_is_temporary(
    answer: httpx.Response | Exception,
) -> None:
    script = Scripted(state("recibido"))
    script.token_answers = [answer]
    cliente = script.client()
    with pytest.raises(SendError) as caught:
        cliente.send(ENVELOPE)
    assert not caught.value.permanent
    assert not caught.value.doubtful
    assert cliente.status(CLAVE).estado == "recibido"


def test_one_cache_for_one_set_of_credentials() -> None:
    def credentials(password: str) -> Credentials:
        return Credentials(token_url="http://x/", client_id="c", user="u", password=password)

    assert shared(credentials("a")) is shared(credentials("a"))
    assert shared(credentials("a")) is not shared(credentials("b"))
    assert "secreta" not in repr(credentials("secreta"))


def test_many_threads_fetch_one_token(sandbox: Server) -> None:
    before = _sessions(sandbox)
    cliente = client(sandbox)
    threads = [threading.Thread(target=lambda: cliente.status(CLAVE)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _sessions(sandbox) - before == 1
    cliente.close()


def test_many_tasks_and_a_thread_fetch_one_token(sandbox: Server) -> None:
    async def ask() -> None:
        async with AsyncCliente("sandbox-local", USER, PASSWORD, url=sandbox.url) as cliente:
            await asyncio.gather(*(cliente.status(CLAVE) for _ in range(40)))

    with client(sandbox) as blocking:
        thread = threading.Thread(target=lambda: blocking.status(CLAVE))
        thread.start()
        asyncio.run(ask())
        thread.join()
    assert _sessions(sandbox) == 1


def test_a_cancelled_fetch_does_not_hold_up_the_others(sandbox: Server) -> None:
    async def ask() -> str:
        async with AsyncCliente("sandbox-local", USER, PASSWORD, url=sandbox.url) as cliente:
            first = asyncio.create_task(cliente.status(CLAVE))
            second = asyncio.create_task(cliente.status(CLAVE))
            await asyncio.sleep(0)
            first.cancel()
            return (await asyncio.wait_for(second, 10)).estado

    assert asyncio.run(ask()) == "no-encontrado"


def test_an_abandoned_fetch_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hacienda.tokens.JOIN_TIMEOUT", 0.05)
    script = Scripted(state("recibido"))
    cliente = script.client()
    gone = cliente._talks.tokens.access()
    next(gone)  # whoever this is never comes back
    assert cliente.status(CLAVE).estado == "recibido"
    gone.close()


def _sessions(server: Server) -> int:
    return int(server.hacienda.store.value("SELECT count(DISTINCT session) FROM tokens"))


# Over real HTTP.


def test_from_the_document_to_the_signed_answer(sandbox: Server) -> None:
    document = venta()
    with client(sandbox) as cliente:
        envio = cliente.send(signed(document))
        assert envio.location.startswith(f"{sandbox.url}/recepcion")
        assert envio.location.endswith(f"/{document.clave}")
        respuesta = cliente.deliver(signed(document), wait=10)
        assert respuesta.accepted
        assert respuesta.mensaje.total_factura == document.resumen_factura.total_comprobante
        listed = cliente.comprobante(document.clave)
        assert listed is not None
        assert listed["emisor"]["nombre"] == "Café Prueba S.A."
        assert cliente.comprobante(CLAVE[:-1] + "0") is None
        assert cliente.status("0" * 50).missing
    assert row(sandbox, document.clave).receptions == 1


def test_sending_twice_is_harmless(sandbox: Server) -> None:
    xml = signed(venta())
    with client(sandbox) as cliente:
        assert not cliente.send(xml).duplicate
        assert cliente.send(xml).duplicate
        assert cliente.deliver(xml, wait=10).accepted
    assert row(sandbox, venta().clave).decisions == 1


@pytest.mark.parametrize(
    "faults",
    [
        ["401"],
        ["429"],
        ["500"],
        ["503"],
        ["drop-before"],
        ["drop-after"],
        ["latency"],
        ["invisible"],
        ["token-503"],
        ["drop-after", "invisible"],
        ["503", "drop-after", "429"],
        ["drop-before", "drop-after", "500"],
    ],
    ids="+".join,
)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_delivery_comes_through_each_fault(sandbox: Server, faults: list[str], kind: str) -> None:
    fault(sandbox, *faults)
    document = venta()

    async def deliver() -> Any:
        async with AsyncCliente("sandbox-local", USER, PASSWORD, url=sandbox.url) as cliente:
            return await cliente.deliver(signed(document), wait=20)

    if kind == "async":
        respuesta = asyncio.run(deliver())
    else:
        with client(sandbox) as cliente:
            respuesta = cliente.deliver(signed(document), wait=20)
    assert respuesta.accepted
    assert row(sandbox, document.clave).receptions == 1
    assert sandbox.hacienda.faults.describe()["next"] == []


def test_a_document_that_failed_in_processing_arrives_in_the_end(sandbox: Server) -> None:
    fault(sandbox, "error")
    with client(sandbox) as cliente:
        assert cliente.deliver(signed(venta()), wait=20).accepted
    assert (row(sandbox, venta().clave).receptions, row(sandbox, venta().clave).decisions) == (2, 1)


def test_a_silent_hacienda_times_out_and_may_have_the_document(sandbox: Server) -> None:
    sandbox.hacienda.faults.configure({"latency": [1, 1], "next": ["latency"]})
    with client(sandbox, timeout=0.3) as cliente:
        with pytest.raises(SendError) as caught:
            cliente.send(signed(venta()))
        assert caught.value.doubtful
        time.sleep(1.2)
        assert cliente.deliver(signed(venta()), doubtful=True, wait=10).accepted
    assert row(sandbox, venta().clave).receptions == 1


def test_an_answer_that_takes_hours(sandbox: Server) -> None:
    fault(sandbox, "slow")
    with client(sandbox) as cliente:
        assert cliente.deliver(signed(venta()), wait=1.0).pending
        sandbox.hacienda.clock.advance(3 * 3600 + 1)
        assert cliente.deliver(signed(venta()), doubtful=True, wait=10).accepted


def test_an_outage_is_temporary(sandbox: Server) -> None:
    sandbox.hacienda.faults.configure(
        {"outage": {"from": "2026-11-22T10:00:00", "until": "2026-11-22T12:00:00"}}
    )
    with client(sandbox) as cliente:
        with pytest.raises(SendError) as caught:
            cliente.deliver(signed(venta()))
        assert not caught.value.permanent
        sandbox.hacienda.clock.advance(2 * 3600)
        assert cliente.deliver(signed(venta()), wait=10).accepted


def test_expired_tokens_are_replaced(sandbox: Server) -> None:
    with client(sandbox) as cliente:
        cliente.status(CLAVE)
        sandbox.hacienda.identity.expire()
        assert cliente.deliver(signed(venta()), wait=10).accepted
        sandbox.hacienda.clock.advance(7200)
        assert cliente.status(venta().clave).accepted


def test_logout_closes_the_session(sandbox: Server) -> None:
    with client(sandbox) as cliente:
        cliente.status(CLAVE)
        assert _sessions(sandbox) == 1
        cliente.logout()
        assert _sessions(sandbox) == 0
        cliente.status(CLAVE)
        assert _sessions(sandbox) == 1


def test_a_wrong_password(sandbox: Server) -> None:
    with client(sandbox, password=WRONG_PASSWORD) as cliente, pytest.raises(SendError) as caught:
        cliente.status(CLAVE)
    assert caught.value.permanent
    assert caught.value.status == 401


def test_another_users_document_is_forbidden(sandbox: Server) -> None:
    with client(sandbox, "cpj-3-101-777777@x") as cliente, pytest.raises(SendError) as caught:
        cliente.deliver(signed(venta()))
    assert caught.value.status == 403
    assert caught.value.permanent


def test_the_list_comes_in_pages(sandbox: Server) -> None:
    documents = [venta(n) for n in range(1, 8)]
    with client(sandbox) as cliente, client(sandbox, CLIENTE_USER) as other:
        for document in documents:
            cliente.deliver(signed(document))
        until = time.monotonic() + 10
        while cliente.comprobantes(limit=1).total != 7 and time.monotonic() < until:
            time.sleep(0.05)
        first = cliente.comprobantes(limit=3, emisor="02003101123456")
        assert [i["clave"] for i in first.items] == [d.clave for d in documents[:3:-1]]
        assert (first.total, first.next_offset) == (7, 3)
        last = cliente.comprobantes(6, 3)
        assert [i["clave"] for i in last.items] == [documents[0].clave]
        assert last.next_offset is None
        assert len(cliente.comprobantes(limit=500).items) == 7
        assert cliente.comprobantes(emisor="02009999999999").items == ()
        assert other.comprobantes(receptor="02003101654321").total == 7


def test_an_unreachable_hacienda() -> None:
    cliente = Cliente("sandbox-local", USER, PASSWORD, url="http://127.0.0.1:9")
    with cliente, pytest.raises(SendError) as caught:
        cliente.deliver(ENVELOPE)
    assert not caught.value.permanent
    assert not caught.value.doubtful


def test_the_async_client_has_every_method(sandbox: Server) -> None:
    async def use() -> None:
        async with AsyncCliente("sandbox-local", USER, PASSWORD, url=sandbox.url) as cliente:
            await cliente.send(signed(venta()))
            assert (await cliente.deliver(signed(venta()), wait=10)).accepted
            assert (await cliente.status(venta().clave)).accepted
            assert (await cliente.comprobantes()).total == 1
            assert await cliente.comprobante(venta().clave) is not None
            await cliente.logout()

    asyncio.run(use())
    public = {name for name in vars(Cliente) if not name.startswith("_")}
    assert public <= set(vars(AsyncCliente))


def test_the_environments() -> None:
    stag, prod = environment("stag"), environment("prod")
    assert stag.api == "https://api.comprobanteselectronicos.go.cr/recepcion-sandbox/v1/"
    assert prod.api == "https://api.comprobanteselectronicos.go.cr/recepcion/v1/"
    assert prod.token_url == (
        "https://idp.comprobanteselectronicos.go.cr/auth/realms/rut/protocol/openid-connect/token"
    )
    assert (stag.client_id, prod.client_id) == ("api-stag", "api-prod")
    assert environment("stag", "http://localhost:1/").api == "http://localhost:1" + (
        "/recepcion-sandbox/v1/"
    )
    for name, url in (("prueba", None), ("sandbox-local", None)):
        with pytest.raises(SendError):
            environment(name, url)


def test_httpx_is_imported_only_to_send(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, hacienda.cliente, hacienda.consultas, hacienda.respuesta,"
        " hacienda.recepcion, hacienda.tokens;"
        "sys.exit('httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_body_is_what_the_api_wants() -> None:
    script = Scripted(httpx.Response(202))
    script.client().send(ENVELOPE)
    assert script.calls[0].headers["content-type"] == "application/json"
    assert json.loads(script.calls[0].content) == {
        "clave": CLAVE,
        "fecha": "2026-11-22T10:30:00-06:00",
        "emisor": {"tipoIdentificacion": "02", "numeroIdentificacion": "3101123456"},
        "comprobanteXml": "PHgvPg==",
    }


def test_a_conversation_needs_no_server() -> None:
    script = Scripted(state("recibido"))
    cliente = script.client()
    assert talk(cliente._http, cliente._talks.status(CLAVE)).estado == "recibido"


def test_passwords_travel_only_where_the_other_side_is_verified() -> None:
    import ssl

    from hacienda.transporte import http_client

    for urls in (("https://a/",), ("http://127.0.0.1/", "https://a/"), ("HTTPS://a/",)):
        with http_client(*urls) as http:
            context = http._transport._pool._ssl_context
            assert context.verify_mode is ssl.CERT_REQUIRED
            assert context.check_hostname
