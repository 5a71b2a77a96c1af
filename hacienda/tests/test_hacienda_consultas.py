"""The public look-ups: against the sandbox, and against answers made up to be odd."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import httpx
import pytest

from hacienda.consultas import AsyncConsultas, Cache, Consultas, Pace
from hacienda.errors import InvalidError, SendError
from hacienda.sandbox.server import Server


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Server]:
    with Server(port=0, now="2026-11-22T10:00:00-06:00") as server:
        yield server


def of(sandbox: Server, **more: object) -> Consultas:
    return Consultas(sandbox.url, **more)


class Scripted:
    """Answers one after another; counts what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **more: object) -> Consultas:
        consultas = Consultas("http://localhost", **more)
        consultas.close()
        consultas._http = httpx.Client(transport=httpx.MockTransport(self))
        return consultas


def test_a_taxpayer(sandbox: Server) -> None:
    with of(sandbox) as consultas:
        who = consultas.contribuyente("3-101-123456")
        assert who is not None
        assert who.identificacion == "3101123456"
        assert who.tipo_identificacion == "02"
        assert who.nombre
        assert who.actividades_activas
        assert not who.moroso
        assert consultas.contribuyente("3101123456") == who


def test_both_ways_of_not_being_found(sandbox: Server) -> None:
    with of(sandbox) as consultas:
        assert consultas.contribuyente("3101120404") is None
        assert consultas.contribuyente("3101120200") is None


def test_cabys_by_words_and_by_code(sandbox: Server) -> None:
    with of(sandbox) as consultas:
        found = consultas.cabys("cafe molido")
        assert [p.codigo for p in found] == ["2391102010200"]
        assert found[0].impuesto == 1
        product = consultas.producto("2391102010200")
        assert product is not None
        assert product.descripcion == found[0].descripcion
        assert consultas.producto("9999999999999") is None


def test_rates(sandbox: Server) -> None:
    with of(sandbox) as consultas:
        today = consultas.tipo_cambio()
        assert today.fecha == date(2026, 11, 22)
        assert today.compra is not None
        assert 0 < today.compra < today.venta
        days = consultas.tipos_cambio(date(2026, 11, 20), date(2026, 11, 22))
        assert [d.fecha for d in days] == [date(2026, 11, n) for n in (20, 21, 22)]
        assert days[-1].venta == today.venta


def test_an_exoneration(sandbox: Server) -> None:
    with of(sandbox) as consultas:
        found = consultas.exoneracion("al-00112233-26")
        assert found is not None
        assert found.numero == "AL-00112233-26"
        assert found.porcentaje == 13
        assert found.vencimiento is not None
        assert found.vencimiento > date(2026, 11, 22)
        assert consultas.exoneracion("AL-00110404-26") is None
        assert consultas.agropecuario("3101123456") is None
        assert consultas.pesca("3101123456") is None


def test_the_same_from_an_event_loop(sandbox: Server) -> None:
    async def ask() -> None:
        async with AsyncConsultas(sandbox.url) as consultas:
            who = await consultas.contribuyente("112340123")
            assert who is not None
            assert who.tipo_identificacion == "01"
            assert await consultas.cabys("agua") != ()
            assert (await consultas.tipo_cambio()).venta > 0
            assert await consultas.producto("2441099000000") is not None
            assert await consultas.exoneracion("AL-00110200-26") is None
            assert await consultas.agropecuario("112340123") is None
            assert await consultas.pesca("112340123") is None
            assert len(await consultas.tipos_cambio(date(2026, 1, 1), date(2026, 1, 1))) == 1

    asyncio.run(ask())


def test_the_same_question_is_asked_once() -> None:
    script = Scripted(httpx.Response(404))
    consultas = script.client()
    assert consultas.contribuyente("3101123456") is None
    assert consultas.contribuyente("3-101-123456") is None
    assert len(script.asked) == 1


@pytest.mark.parametrize("bad", ["", "12", "no es un número", "1" * 13])
def test_an_impossible_number_is_not_asked(bad: str) -> None:
    script = Scripted(httpx.Response(404))
    with pytest.raises(InvalidError):
        script.client().contribuyente(bad)
    assert script.asked == []


def test_fewer_than_three_letters_are_not_asked() -> None:
    script = Scripted(httpx.Response(404))
    with pytest.raises(InvalidError):
        script.client().cabys("ca ")
    assert script.asked == []


@pytest.mark.parametrize("code", [404, "404"])
def test_an_inner_code_means_not_found(code: object) -> None:
    script = Scripted(httpx.Response(200, json={"code": code, "status": "no"}))
    assert script.client().contribuyente("3101123456") is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b"{}",
        b"[1]",
        b'"x"',
        b'{"nombre": "x"}',
        b"[" * 100_000,
        b'{"nombre": "x", "tipoIdentificacion": 1, "actividades": [7]}',
        b'{"nombre": "x", "tipoIdentificacion": 1, "regimen": "y"}',
    ],
)
def test_nonsense_is_our_own_error(body: bytes) -> None:
    with pytest.raises(SendError) as caught:
        Scripted(httpx.Response(200, content=body)).client().contribuyente("3101123456")
    assert not caught.value.permanent


def test_codes_stay_text_as_they_come() -> None:
    answer = {
        "nombre": " ANA ",
        "tipoIdentificacion": "1",
        "regimen": {"codigo": 1},
        "situacion": {"moroso": "SI", "omiso": "NO"},
        "actividades": [
            {"estado": "A", "tipo": "P", "codigo": 6201.0, "ciiu3": [{"codigo": "722003"}]},
            {"estado": "I", "tipo": "S", "codigo": "4711.1"},
        ],
    }
    who = Scripted(httpx.Response(200, json=answer)).client().contribuyente("112340123")
    assert who is not None
    assert (who.nombre, who.tipo_identificacion, who.regimen) == ("ANA", "01", "1")
    assert who.moroso
    assert [a.codigo for a in who.actividades] == ["6201.0", "4711.1"]
    assert [a.codigo for a in who.actividades_activas] == ["6201.0"]
    assert who.actividades[0].codigo_ciiu3 == "722003"


@pytest.mark.parametrize(
    "failure", [httpx.ConnectTimeout("x"), httpx.ReadTimeout("x"), httpx.ConnectError("x")]
)
def test_silence_is_a_temporary_error_and_is_not_remembered(failure: Exception) -> None:
    script = Scripted(failure, httpx.Response(404))
    consultas = script.client()
    with pytest.raises(SendError) as caught:
        consultas.contribuyente("3101123456")
    assert not caught.value.permanent
    assert consultas.contribuyente("3101123456") is None


def test_after_a_429_nothing_is_asked_until_the_time_told() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    script = Scripted(httpx.Response(429, headers={"Retry-After": "40"}), httpx.Response(404))
    consultas = script.client(pace=pace)
    for _ in range(3):
        with pytest.raises(SendError) as caught:
            consultas.contribuyente("3101123456")
        assert caught.value.retry_after == 40
    assert len(script.asked) == 1
    now[0] = 40.1
    assert consultas.contribuyente("3101123456") is None


def test_a_429_that_says_nothing_blocks_ten_minutes() -> None:
    with pytest.raises(SendError) as caught:
        Scripted(httpx.Response(429)).client().tipo_cambio()
    assert caught.value.retry_after == 600


def test_the_limits_are_kept_to() -> None:
    now = [0.0]
    pace = Pace(burst=15, per_second=8, clock=lambda: now[0])
    assert sum(pace.take() == 0 for _ in range(100)) == 15
    now[0] = 1.0
    assert sum(pace.take() == 0 for _ in range(100)) == 8
    assert 0 < pace.take() <= 1 / 8


def test_the_cache_is_bounded_and_forgets() -> None:
    now = [0.0]
    cache = Cache(3, clock=lambda: now[0])
    for n in range(10):
        cache.put(str(n), n, 60)
    assert len(cache) == 3
    assert cache.get("9") == (True, 9)
    assert cache.get("0") == (False, None)
    now[0] = 61
    assert cache.get("9") == (False, None)


def test_rates_that_are_none_are_refused() -> None:
    for body in ({"venta": {"valor": None}}, {"venta": {"valor": 0}}, {"venta": {"valor": "NaN"}}):
        with pytest.raises(SendError):
            Scripted(httpx.Response(200, content=json.dumps(body))).client().tipo_cambio()


def test_decimals_do_not_pass_through_binary_fractions() -> None:
    body = '{"venta": {"fecha": "2026-11-22", "valor": 505.1}, "compra": {"valor": 499.9}}'
    rate = Scripted(httpx.Response(200, content=body)).client().tipo_cambio()
    assert (rate.venta, rate.compra) == (Decimal("505.1"), Decimal("499.9"))


def test_the_sandbox_limits_and_fails_on_demand(sandbox: Server) -> None:
    sandbox.hacienda.faults.configure({"next": ["lookup-503", "lookup-429"]})
    for status in (429, 503):
        with of(sandbox) as consultas, pytest.raises(SendError) as caught:
            consultas.contribuyente("3101999999")
        assert caught.value.status == status
