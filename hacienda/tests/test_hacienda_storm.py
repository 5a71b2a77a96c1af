"""A thousand documents through everything that can go wrong at once, over real HTTP.

The sandbox runs as its own process, and is killed once in the middle. Whatever happens on the way, each document is decided once and
its sender ends up with the right answer.
"""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from hacienda_ventas import NOW, PASSWORD, USER, signed, venta, with_resumen

from hacienda import cliente as module
from hacienda.cliente import AsyncCliente, Cliente
from hacienda.errors import SendError
from hacienda.firma import verify
from hacienda.recepcion import Recepcion
from hacienda.respuesta import Respuesta

DOCUMENTS = 1000
AT_ONCE = 48
# Every tenth has a total that is not its sum.
WRONG_EVERY = 10
# Far above what it takes; a storm that does not end is a failure too.
LIMIT_SECONDS = 400  # with everything else of the suite beside it

RATES = {
    "latency": 0.05,
    "drop-before": 0.04,
    "drop-after": 0.05,
    "401": 0.03,
    "429": 0.05,
    "500": 0.04,
    "503": 0.04,
    "error": 0.04,
    "slow": 0.03,
    "invisible": 0.10,
    "token-503": 0.10,
    "callback-forged": 0.5,
    "callback-duplicate": 0.5,
}


class Sandbox:
    """A sandbox in a process of its own, which can be killed and started again."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.url = ""
        self.start(0)

    def start(self, port: int) -> None:
        rates = ",".join(f"{name}={rate}" for name, rate in RATES.items())
        command = [sys.executable, "-m", "hacienda.sandbox.server", "--port", str(port)]
        options = ["--state", str(self.state), "--now", NOW.isoformat(), "--delay", "0"]
        faults = ["--seed", "2026", "--faults", rates, "--latency", "0-0.1"]
        self.process = subprocess.Popen(
            [*command, *options, *faults], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()

    def kill_and_start(self) -> None:
        self.kill()
        self.start(int(self.url.rsplit(":", 1)[1]))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path / "estado.sqlite3")
    yield made
    made.kill()


def documents() -> list[Recepcion]:
    """The envelopes; a wrong one can be told by its number."""
    made = []
    for number in range(1, DOCUMENTS + 1):
        document = venta(number)
        if number % WRONG_EVERY == 0:
            document = with_resumen(document, total_comprobante=Decimal(1))
        envelope = Recepcion.of(signed(document))
        if number % 7 == 0:
            # Nobody listens there; the forged and doubled callbacks change nothing.
            envelope = dataclasses.replace(envelope, callback_url="http://127.0.0.1:9/aviso")
        made.append(envelope)
    return made


async def bring(
    cliente: AsyncCliente, envelope: Recepcion, turns: asyncio.Semaphore, troubles: Counter[str]
) -> Respuesta:
    """What a worker does with one document, until its answer is final."""
    doubtful = False
    while True:
        try:
            async with turns:
                respuesta = await cliente.deliver(envelope, doubtful=doubtful, wait=3)
        except SendError as error:
            if error.permanent:
                raise
            troubles[str(error.status)] += 1
            doubtful = error.doubtful
            await asyncio.sleep(0.05)
            continue
        if respuesta.final:
            return respuesta
        doubtful = True


async def let_hours_pass(sandbox: Sandbox) -> None:
    """By the sandbox's clock, so that slow answers come and an outage comes and goes; and kill it."""
    back_door = f"{sandbox.url}/_sandbox/"
    outage = {"from": "2026-11-22T00:00:00", "until": "2026-11-22T11:00:00"}
    async with httpx.AsyncClient(base_url=back_door) as http:
        await asyncio.sleep(1.5)
        await asyncio.to_thread(sandbox.kill_and_start)
        await asyncio.sleep(1.5)
        await http.post("faults", json={"outage": outage})
        await asyncio.sleep(1)
        while True:
            await http.post("clock", json={"advance": 1800})
            await asyncio.sleep(0.5)


def test_a_thousand_documents_arrive_exactly_once(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROUND_DELAYS", (0.02, 0.05, 0.1))
    envelopes = documents()
    troubles: Counter[str] = Counter()

    async def storm() -> list[Respuesta]:
        turns = asyncio.Semaphore(AT_ONCE)
        hours = asyncio.create_task(let_hours_pass(sandbox))
        async with AsyncCliente("sandbox-local", USER, PASSWORD, url=sandbox.url) as cliente:
            work = [bring(cliente, envelope, turns, troubles) for envelope in envelopes]
            answers = await asyncio.wait_for(asyncio.gather(*work), LIMIT_SECONDS)
        hours.cancel()
        return answers

    began = time.monotonic()
    answers = asyncio.run(storm())
    took = time.monotonic() - began

    for number, (envelope, answer) in enumerate(zip(envelopes, answers, strict=True), 1):
        assert answer.clave == envelope.clave
        assert answer.accepted is (number % WRONG_EVERY != 0), answer.detalle.texto
        assert answer.mensaje.clave == envelope.clave
    assert all(verify(answer.xml).integrity for answer in answers[::100])

    with httpx.Client(base_url=f"{sandbox.url}/_sandbox/") as http:
        http.post("faults", json={"rates": {}, "outage": None})
        counted = [http.get(f"documents/{envelope.clave}").json() for envelope in envelopes]
    assert {c["decisions"] for c in counted} == {1}
    # Only what failed in processing was taken in again.
    assert 0 < sum(c["receptions"] > 1 for c in counted) < DOCUMENTS * 0.1
    with Cliente("sandbox-local", USER, PASSWORD, url=sandbox.url) as cliente:
        listed: list[str] = []
        offset: int | None = 0
        while offset is not None:
            page = cliente.comprobantes(offset)
            listed += [str(item["clave"]) for item in page.items]
            offset = page.next_offset
    lawful = [e.clave for n, e in enumerate(envelopes, 1) if n % WRONG_EVERY]
    assert len(listed) == len(lawful)
    assert set(listed) == set(lawful)
    # The storm was one: some troubles got through to the worker.
    assert troubles
    assert took < LIMIT_SECONDS
