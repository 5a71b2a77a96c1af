"""The wire, seen as values.

A conversation with a server is a generator: it yields a `Call`, a `Wait` or a `Join` and is
given what came of it. `talk` and `talk_async` carry it out with httpx, so that the rules of a
conversation are written once and serve both the synchronous and the asynchronous client, and can
be tested with no server at all.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import re
import ssl
import time
from collections.abc import AsyncIterable, Generator, Iterable, Mapping
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

# Answers of Hacienda are some kilobytes; what is far above that is not an answer of Hacienda.
MAX_ANSWER_BYTES = 20_000_000
# Per client, that is per user of Hacienda; more at once wait their turn. httpx looks at every open
# connection for every call, so that a hundred of them cost more than they bring, and Hacienda
# limits how fast one may ask.
MAX_CONNECTIONS = 20
# Seconds to wait for one's turn.
TURN_TIMEOUT = 60.0


class NoAnswer(Exception):
    """No whole answer came back.

    `sent` tells whether the other side may have received the request: False only when the
    connection could not even be made.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request. `timeout` is in seconds, for the whole of each phase of it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    body: bytes | None = None
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is any 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError` when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error


@dataclass(frozen=True, slots=True)
class Wait:
    """Let `seconds` go by."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Join:
    """Wait for what another conversation is fetching, at most `timeout` seconds.

    The answer is True when it ended and False when time ran out.
    """

    future: Future[Any]
    timeout: float


Step = Call | Wait | Join
Conversation = Generator[Step, Any, T]


def ask(call: Call) -> Conversation[Answer]:
    """Yield one call; the answer, or `NoAnswer` raised."""
    answer: Answer = yield call
    return answer


def wait(seconds: float) -> Conversation[None]:
    """Yield one wait."""
    if seconds > 0:
        yield Wait(seconds)


def join(future: Future[Any], timeout: float) -> Conversation[bool]:
    """Yield one join; whether the future ended in time."""
    ended: bool = yield Join(future, timeout)
    return ended


def told_wait(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the headers of an answer ask to wait; None if they ask nothing.

    Reads Retry-After as seconds or date, and X-Ratelimit-Reset as seconds or instant.

    >>> told_wait({"retry-after": "7"}), told_wait({"x-ratelimit-reset": "1000000060"}, now=1e9)
    (7.0, 60.0)
    """
    now = time.time() if now is None else now
    retry = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", retry):
        return float(retry)
    if retry:
        try:
            when = email.utils.parsedate_to_datetime(retry)
        except ValueError:
            pass
        else:
            zoned = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
            return max(0.0, (zoned - datetime.fromtimestamp(now, UTC)).total_seconds())
    reset = headers.get("x-ratelimit-reset", "").strip()
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", reset):
        return None
    value = float(reset)
    if value > 1e11:  # milliseconds since 1970
        value /= 1000
    return max(0.0, value - now) if value > 1e8 else value


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine; such calls never go through a proxy.

    >>> is_loopback("http://127.0.0.1:8009/recepcion-sandbox/v1/")
    True
    >>> is_loopback("https://api.comprobanteselectronicos.go.cr/")
    False
    """
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def http_client(*urls: str) -> httpx.Client:
    """A client for talking to these addresses."""
    import httpx

    return httpx.Client(**_settings(*urls))


def http_client_async(*urls: str) -> httpx.AsyncClient:
    """A client for talking to these addresses from an event loop."""
    import httpx

    return httpx.AsyncClient(**_settings(*urls))


def _settings(*urls: str) -> dict[str, Any]:
    import httpx

    return {
        # Nothing to verify where nothing is encrypted; one address that is, and all is verified.
        "verify": _trusted() if any(not url.startswith("http:") for url in urls) else False,
        "trust_env": not all(is_loopback(url) for url in urls),
        "limits": httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=None),
    }


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities one trusts; reading them takes longer than a call, so once per process."""
    import httpx

    return httpx.create_ssl_context()


def talk(client: httpx.Client, conversation: Conversation[T]) -> T:
    """Carry out a conversation, blocking."""
    reply: Any = None
    failure: BaseException | None = None
    try:
        while True:
            try:
                step = conversation.throw(failure) if failure else conversation.send(reply)
            except StopIteration as end:
                value: T = end.value
                return value
            reply, failure = None, None
            try:
                if isinstance(step, Call):
                    reply = _request(client, step)
                elif isinstance(step, Wait):
                    time.sleep(step.seconds)
                else:
                    reply = _joined(step)
            except NoAnswer as error:
                failure = error
    finally:
        conversation.close()


async def talk_async(client: httpx.AsyncClient, conversation: Conversation[T]) -> T:
    """Carry out a conversation in an event loop."""
    reply: Any = None
    failure: BaseException | None = None
    try:
        while True:
            try:
                step = conversation.throw(failure) if failure else conversation.send(reply)
            except StopIteration as end:
                value: T = end.value
                return value
            reply, failure = None, None
            try:
                if isinstance(step, Call):
                    reply = await _request_async(client, step)
                elif isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                else:
                    reply = await _joined_async(step)
            except NoAnswer as error:
                failure = error
    finally:
        conversation.close()


def _request(client: httpx.Client, call: Call) -> Answer:
    import httpx

    try:
        with client.stream(**_arguments(call)) as response:
            return _answer(response, _bounded(response.iter_bytes()))
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise _no_answer(error) from error


async def _request_async(client: httpx.AsyncClient, call: Call) -> Answer:
    import httpx

    try:
        async with client.stream(**_arguments(call)) as response:
            return _answer(response, await _bounded_async(response.aiter_bytes()))
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise _no_answer(error) from error


def _arguments(call: Call) -> dict[str, Any]:
    import httpx

    return {
        "method": call.method,
        "url": call.url,
        "headers": dict(call.headers),
        # httpx takes the query out of the address when it is handed an empty one.
        "params": dict(call.params) or None,
        "data": None if call.form is None else dict(call.form),
        "content": call.body,
        "timeout": httpx.Timeout(call.timeout, pool=TURN_TIMEOUT),
    }


def _answer(response: httpx.Response, body: bytes) -> Answer:
    return Answer(response.status_code, dict(response.headers.items()), body)


def _no_answer(error: Exception) -> NoAnswer:
    import httpx

    never_left = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
    )
    return NoAnswer(f"{type(error).__name__}: {error}", sent=not isinstance(error, never_left))


def _bounded(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise NoAnswer("the answer is too large", sent=True)
    return bytes(body)


async def _bounded_async(chunks: AsyncIterable[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise NoAnswer("the answer is too large", sent=True)
    return bytes(body)


def _joined(step: Join) -> bool:
    futures.wait([step.future], step.timeout)
    return step.future.done()


async def _joined_async(step: Join) -> bool:
    # asyncio.wait cancels nothing when time runs out, or when this task is cancelled itself: the
    # others who wait for the same future go on waiting.
    await asyncio.wait([asyncio.wrap_future(step.future)], timeout=step.timeout)
    return step.future.done()
