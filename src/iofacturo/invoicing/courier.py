"""The thread that talks to Hacienda: many letters at once in an event loop, no database.

The worker's own thread reads and writes the database and hands letters over; outcomes come back
through a queue. Clients are made per company and credentials, so there is one token per company.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from types import TracebackType
from typing import Generic, TypeVar

from hacienda.cliente import AsyncCliente, Envio, Environment
from hacienda.errors import HaciendaError, SendError
from hacienda.recepcion import Recepcion
from hacienda.respuesta import Respuesta

Row = TypeVar("Row")
"""What a letter was made of, and its outcome is written down in: the row of a queue."""

TIMEOUT = 15.0  # seconds of one call
PATIENCE = 150.0  # seconds after which a letter is given back whatever happens; under the lease
CLOSING = 5.0
WAIT = 0.1  # for the next outcome
LANES, LANE = 6, 5
"""Clients of one company, and letters at once in each: a pool looks at all its connections for every
call, so that six of five connections cost a third of what one of thirty does."""


@dataclass(frozen=True)
class Account:
    """Whom to talk as."""

    company_id: int
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Letter(Generic[Row]):
    """One row of a queue in the courier's hands. Without `recepcion` there is only to ask.

    `consecutivo` is the receiver's, for a MensajeReceptor: several may speak of one clave.
    """

    submission: Row
    account: Account
    clave: str
    recepcion: Recepcion | None
    ask_first: bool
    consecutivo: str | None = None


@dataclass(frozen=True)
class Outcome(Generic[Row]):
    """What came of a letter: sent, an answer, or an error. `sent` also when asked afterwards."""

    letter: Letter[Row]
    envio: Envio | None = None
    respuesta: Respuesta | None = None
    error: SendError | None = None


@dataclass
class Lane:
    """A few connections of one company. Tokens are shared by all its lanes."""

    client: AsyncCliente
    turn: asyncio.Semaphore
    busy: int = 0


class Courier(Generic[Row]):
    """Use it as a context manager; `carry` letters, `collect` outcomes."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._done: queue.SimpleQueue[Outcome[Row]] = queue.SimpleQueue()
        self._lanes: dict[Account, list[Lane]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.under_way = 0

    def __enter__(self) -> Courier[Row]:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        closing = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        with contextlib.suppress(TimeoutError):  # connections left open end with the process
            closing.result(CLOSING)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSING)
        if not self._thread.is_alive():
            self._loop.close()

    def carry(self, letters: Sequence[Letter[Row]]) -> None:
        """Take *letters* and go."""
        self.under_way += len(letters)
        self._loop.call_soon_threadsafe(self._start, list(letters))

    def collect(self, most: int, wait: float) -> list[Outcome[Row]]:
        """Up to *most* outcomes; waits up to *wait* seconds for the first, and briefly for more."""
        outcomes: list[Outcome[Row]] = []
        until = time.monotonic() + wait
        while len(outcomes) < most and self.under_way:
            try:
                outcomes.append(self._done.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                break
            self.under_way -= 1
            until = min(until, time.monotonic() + wait / 4)
        return outcomes

    def _start(self, letters: list[Letter[Row]]) -> None:
        for letter in letters:
            task = self._loop.create_task(self._run(letter))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, letter: Letter[Row]) -> None:
        """Every letter comes back, whatever befalls it."""
        try:
            async with asyncio.timeout(PATIENCE):
                lane = min(self._lanes_of(letter.account), key=attrgetter("busy"))
                lane.busy += 1
                try:
                    async with lane.turn:
                        outcome = await self._talk(letter, lane.client)
                finally:
                    lane.busy -= 1
        except SendError as error:
            outcome = Outcome(letter, error=error)
        except TimeoutError:
            outcome = Outcome(letter, error=SendError("Hacienda no responde.", doubtful=True))
        except HaciendaError as error:
            outcome = Outcome(letter, error=SendError(error.message, permanent=error.permanent))
        except Exception as error:
            fault = SendError(f"{type(error).__name__}: {error}", doubtful=True)
            outcome = Outcome(letter, error=fault)
        self._done.put(outcome)

    async def _talk(self, letter: Letter[Row], client: AsyncCliente) -> Outcome[Row]:
        if letter.recepcion is None or letter.ask_first:
            respuesta = await client.status(letter.clave, letter.consecutivo)
            if letter.recepcion is None or not respuesta.missing:
                return Outcome(letter, respuesta=respuesta)
        assert letter.recepcion is not None  # noqa: S101
        return Outcome(letter, envio=await client.send(letter.recepcion))

    def _lanes_of(self, account: Account) -> list[Lane]:
        lanes = self._lanes.get(account)
        if lanes is None:
            lanes = self._lanes[account] = [
                Lane(
                    AsyncCliente(
                        self._environment, account.user, account.password, timeout=TIMEOUT
                    ),
                    asyncio.Semaphore(LANE),
                )
                for _ in range(LANES)
            ]
        return lanes

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        for lanes in self._lanes.values():
            for lane in lanes:
                await lane.client.close()


def carry_all(
    environment: Environment,
    now: datetime,
    *,
    seconds: float,
    recorded: int,
    hand_over: Callable[[Courier[Row], datetime], int],
    record: Callable[[Sequence[Outcome[Row]], datetime], None],
) -> int:
    """Carry what *hand_over* claims, for at most *seconds*, and *record* what comes back.

    Both are told the instant, which runs on from *now*. At most *recorded* outcomes are written
    down at once. How many letters came back.
    """
    started = time.monotonic()

    def at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - started)

    done = 0
    with Courier[Row](environment) as courier:
        while True:
            claimed = 0
            if time.monotonic() - started < seconds:
                claimed = hand_over(courier, at())
            outcomes = courier.collect(recorded, WAIT)
            if outcomes:
                record(outcomes, at())
                done += len(outcomes)
            if not (claimed or outcomes or courier.under_way):
                return done
