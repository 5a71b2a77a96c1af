"""Hacienda's reception API, for programs that wait (`Cliente`) and that do not (`AsyncCliente`).

Both hold the same conversations, written once as generators in `_Talks`:

    send        POST, once; any 2xx and "ya fue recibido anteriormente" mean sent
    status      what Hacienda says of a clave
    deliver     send, ask when in doubt, send the same bytes again; harmless to repeat
    comprobantes, comprobante, logout

A rejected document is an answer, not an error. What raises is `SendError`, and its `permanent`
says whether trying again can help. httpx is imported when a client is made, not before.

Source: reference of the reception API, sections on tokens, POST and GET /recepcion, /comprobantes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

from hacienda.comprobante import Comprobante
from hacienda.errors import SendError, XMLError
from hacienda.recepcion import Recepcion
from hacienda.respuesta import NO_ENCONTRADO, RECIBIDO, Respuesta, callback
from hacienda.tokens import Credentials, TokenCache, shared
from hacienda.transporte import (
    Answer,
    Call,
    Conversation,
    NoAnswer,
    ask,
    http_client,
    http_client_async,
    talk,
    talk_async,
    told_wait,
    wait,
)

__all__ = [
    "PROD",
    "STAG",
    "AsyncCliente",
    "Cliente",
    "Envio",
    "Environment",
    "Pagina",
    "callback",
    "environment",
    "poll_delay",
]

TIMEOUT = 15.0
# Rounds of POST, and of GET when in doubt, in one `deliver`; the caller tries again later.
ATTEMPTS = 4
# Seconds between those rounds; the last holds for any that follow.
ROUND_DELAYS = (0.5, 2.0, 5.0)
# The longest that `deliver` itself waits when told to (429); above it the caller is told.
MAX_TOLD_WAIT = 30.0
# When a 429 does not say how long.
DEFAULT_TOLD_WAIT = 5.0
# Answers with state `error` in a row after which `deliver` sends the same bytes again.
ERRORS_BEFORE_RESEND = 3
# Hacienda commits itself to about three hours; it mostly takes seconds.
POLL_DELAYS = (5.0, 15.0, 30.0, 60.0, 300.0)
POLL_DELAY_AFTER = 900.0
POLL_ALARM = 3 * 3600.0
MAX_PAGE = 50

_DUPLICATE = re.compile(r"ya\s+fue\s+recibid[oa]\s+anteriormente", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where Hacienda is: `api` and `idp` end in a slash, `client_id` goes with the realm."""

    name: str
    api: str
    idp: str
    client_id: str

    @property
    def token_url(self) -> str:
        return f"{self.idp}token"

    @property
    def logout_url(self) -> str:
        return f"{self.idp}logout"


_HOST = "comprobanteselectronicos.go.cr"
STAG = Environment(
    name="stag",
    api=f"https://api.{_HOST}/recepcion-sandbox/v1/",
    idp=f"https://idp.{_HOST}/auth/realms/rut-stag/protocol/openid-connect/",
    client_id="api-stag",
)
PROD = Environment(
    name="prod",
    api=f"https://api.{_HOST}/recepcion/v1/",
    idp=f"https://idp.{_HOST}/auth/realms/rut/protocol/openid-connect/",
    client_id="api-prod",
)


def environment(name: str, url: str | None = None) -> Environment:
    """The environment of this name: `stag`, `prod`, or `sandbox-local` at the address `url`.

    `url` moves any of them to another host that has the same paths. Raises `SendError`.

    >>> environment("sandbox-local", "http://localhost:8009").token_url
    'http://localhost:8009/auth/realms/rut-stag/protocol/openid-connect/token'
    """
    known = {"stag": STAG, "prod": PROD, "sandbox-local": STAG}.get(name)
    if known is None:
        raise SendError(f"No existe el ambiente «{name}» de Hacienda.", permanent=True)
    if not url:
        if name == "sandbox-local":
            raise SendError("El ambiente local necesita la dirección de Hacienda.", permanent=True)
        return known
    base = url.rstrip("/")
    return Environment(
        name=name,
        api=base + urlsplit(known.api).path,
        idp=base + urlsplit(known.idp).path,
        client_id=known.client_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Envio:
    """A document that Hacienda has, not yet validated. `duplicate`: it had it already."""

    clave: str
    status: int
    duplicate: bool = False
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagina:
    """Some of the documents Hacienda has of somebody, newest first, as the API gives them.

    `first` is the offset of the first one, `total` how many there are in all (None if untold).
    """

    items: tuple[Mapping[str, Any], ...]
    first: int
    total: int | None

    @property
    def next_offset(self) -> int | None:
        """Where the next page begins; None when this is the last."""
        end = self.first + len(self.items)
        if not self.items or (self.total is not None and end >= self.total):
            return None
        return end


def poll_delay(asked: int) -> float:
    """Seconds to let go by before asking for a clave again, having asked `asked` times.

    >>> [poll_delay(n) for n in (0, 1, 5, 99)]
    [5.0, 15.0, 900.0, 900.0]
    """
    return POLL_DELAYS[asked] if asked < len(POLL_DELAYS) else POLL_DELAY_AFTER


class _Talks:
    """The conversations of both clients, with no I/O in them."""

    def __init__(
        self,
        environment: Environment | str,
        user: str,
        password: str,
        *,
        url: str | None = None,
        timeout: float = TIMEOUT,
        tokens: TokenCache | None = None,
    ) -> None:
        if isinstance(environment, str):
            environment = _environment(environment, url)
        self.environment = environment
        self.timeout = timeout
        credentials = Credentials(
            token_url=environment.token_url,
            client_id=environment.client_id,
            user=user,
            password=password,
        )
        self.tokens = tokens if tokens is not None else shared(credentials, timeout=timeout)

    def send(self, recepcion: Recepcion) -> Conversation[Envio]:
        try:
            answer = yield from self._authorized(
                "POST",
                "recepcion",
                body=recepcion.body(),
                headers={"Content-Type": "application/json"},
            )
        except NoAnswer as error:
            raise _silence(error, doubtful=error.sent) from error
        if answer.ok or is_duplicate(answer):
            return Envio(
                clave=recepcion.identity,
                status=answer.status,
                duplicate=not answer.ok,
                location=answer.headers.get("location", ""),
            )
        raise _refusal(answer, doubtful=answer.status >= 500 or answer.status == 408)

    def status(self, clave: str, consecutivo: str | None = None) -> Conversation[Respuesta]:
        identity = clave if consecutivo is None else f"{clave}-{consecutivo}"
        try:
            answer = yield from self._authorized("GET", f"recepcion/{quote(identity, safe='-')}")
        except NoAnswer as error:
            raise _silence(error) from error
        if answer.status in (400, 404):
            # Also what Hacienda says shortly after a POST, before the clave can be seen.
            return Respuesta(clave, NO_ENCONTRADO, consecutivo=consecutivo)
        if not answer.ok:
            raise _refusal(answer)
        try:
            respuesta = Respuesta.read(answer.json())
        except (ValueError, XMLError) as error:
            raise SendError(
                "Hacienda dio una respuesta que no se entiende.", status=answer.status
            ) from error
        if not respuesta.is_about(clave):
            raise SendError("Hacienda respondió sobre otra clave.", status=answer.status)
        return respuesta

    def deliver(
        self, recepcion: Recepcion, *, doubtful: bool, wait_for: float
    ) -> Conversation[Respuesta]:
        until = time.monotonic() + wait_for
        respuesta = yield from self._hand_in(recepcion, doubtful=doubtful)
        return (yield from self._follow(recepcion, respuesta, until))

    def _hand_in(self, recepcion: Recepcion, *, doubtful: bool) -> Conversation[Respuesta]:
        """Send until Hacienda surely has it; the state is the latest that is known."""
        failures = 0
        while True:
            try:
                if doubtful:
                    respuesta = yield from self._state(recepcion)
                    if not (respuesta.missing or respuesta.failed):
                        return respuesta
                    doubtful = False
                envio = yield from self.send(recepcion)
            except SendError as error:
                failures += 1
                doubtful = doubtful or error.doubtful
                told = error.retry_after or 0.0
                if error.permanent or failures == ATTEMPTS or told > MAX_TOLD_WAIT:
                    error.doubtful = doubtful
                    raise
                pause = told or ROUND_DELAYS[min(failures, len(ROUND_DELAYS)) - 1]
            else:
                return (yield from self._sent(recepcion, envio))
            yield from wait(pause)

    def _sent(self, recepcion: Recepcion, envio: Envio) -> Conversation[Respuesta]:
        """What is known of a document that Hacienda has; what it had already, it may have judged."""
        received = Respuesta(recepcion.clave, RECIBIDO, consecutivo=recepcion.consecutivo_receptor)
        if not envio.duplicate:
            return received
        try:
            respuesta = yield from self._state(recepcion)
        except SendError:
            return received  # it is there; how it stands can be asked later
        return received if respuesta.missing else respuesta

    def _follow(
        self, recepcion: Recepcion, respuesta: Respuesta, until: float
    ) -> Conversation[Respuesta]:
        """Ask until the state is final or time is up."""
        asked = errors = 0
        while not respuesta.final:
            # Quick at first: with a person waiting, most answers come within seconds.
            delay = min(0.2 * 2**asked, poll_delay(0)) if asked < 6 else poll_delay(asked - 6)
            if time.monotonic() + delay > until:
                break
            yield from wait(delay)
            asked += 1
            try:
                respuesta = yield from self._state(recepcion)
            except SendError as error:
                if error.permanent:
                    raise
                if (told := error.retry_after) is not None:
                    yield from wait(max(0.0, min(told, until - time.monotonic())))
                continue
            errors = errors + 1 if respuesta.failed else 0
            if errors >= ERRORS_BEFORE_RESEND:
                errors = 0
                respuesta = yield from self._hand_in(recepcion, doubtful=False)
        return respuesta

    def comprobantes(
        self, offset: int, limit: int, emisor: str | None, receptor: str | None
    ) -> Conversation[Pagina]:
        params = {"offset": str(offset), "limit": str(min(limit, MAX_PAGE))}
        if emisor is not None:
            params["emisor"] = emisor
        if receptor is not None:
            params["receptor"] = receptor
        answer = yield from self._read("comprobantes", params)
        items = answer.json() if answer.body.strip() else []
        if not isinstance(items, list):
            raise ValueError("not a list")
        first, total = _content_range(answer.headers.get("content-range", ""))
        return Pagina(
            items=tuple(item for item in items if isinstance(item, dict)),
            first=offset if first is None else first,
            total=total if total is not None or answer.status == 206 else offset + len(items),
        )

    def comprobante(self, clave: str) -> Conversation[Mapping[str, Any] | None]:
        try:
            answer = yield from self._read(f"comprobantes/{quote(clave, safe='')}", {})
        except SendError as error:
            if error.status == 404:
                return None
            raise
        data = answer.json()
        return data if isinstance(data, dict) else None

    def logout(self) -> Conversation[None]:
        yield from self.tokens.logout(self.environment.logout_url)

    def _state(self, recepcion: Recepcion) -> Conversation[Respuesta]:
        return (yield from self.status(recepcion.clave, recepcion.consecutivo_receptor))

    def _read(self, path: str, params: Mapping[str, str]) -> Conversation[Answer]:
        try:
            answer = yield from self._authorized("GET", path, params=params)
        except NoAnswer as error:
            raise _silence(error) from error
        if not answer.ok:
            raise _refusal(answer)
        try:
            if answer.body.strip():
                answer.json()
        except ValueError as error:
            raise SendError(
                "Hacienda dio una respuesta que no se entiende.", status=answer.status
            ) from error
        return answer

    def _authorized(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Conversation[Answer]:
        """One call with a token, and once more with a new one after a 401."""
        for last in (False, True):
            access = yield from self.tokens.access()
            answer = yield from ask(
                Call(
                    method=method,
                    url=self.environment.api + path,
                    headers={"Authorization": f"bearer {access}", **(headers or {})},
                    params=params or {},
                    body=body,
                    timeout=self.timeout,
                )
            )
            if answer.status != 401:
                break
            self.tokens.reject(access)
            if last:
                break
        return answer


# The parameter of `_Talks` has the name of the function, and both names are the right ones.
_environment = environment


class Cliente:
    """Hacienda's API for one user, blocking. Safe to share between threads.

    `environment` is "stag", "prod", "sandbox-local" (with `url`) or an `Environment`; `user` is
    the name as Hacienda gave it. Tokens are shared by all clients of the process that have the
    same credentials. Use it as a context manager, or `close` it.
    """

    def __init__(
        self,
        environment: Environment | str,
        user: str,
        password: str,
        *,
        url: str | None = None,
        timeout: float = TIMEOUT,
        tokens: TokenCache | None = None,
    ) -> None:
        self._talks = _Talks(environment, user, password, url=url, timeout=timeout, tokens=tokens)
        self.environment = self._talks.environment
        self._http = http_client(self.environment.api, self.environment.idp)

    def __enter__(self) -> Cliente:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def send(
        self,
        xml: bytes | Recepcion,
        *,
        original: Comprobante | bytes | None = None,
        callback_url: str | None = None,
    ) -> Envio:
        """Send a signed document once. A document that Hacienda has already is sent.

        `original` is the document that a MensajeReceptor confirms. Raises `SendError`: permanent
        where the document or the user must change first, and with `doubtful` where the document
        may have arrived all the same.
        """
        return talk(self._http, self._talks.send(_envelope(xml, original, callback_url)))

    def status(self, clave: str, consecutivo: str | None = None) -> Respuesta:
        """What Hacienda says of a clave; of a MensajeReceptor, with its consecutivo.

        A clave that Hacienda does not know, or cannot see yet, is an answer with `missing`.
        Raises `SendError`.
        """
        return talk(self._http, self._talks.status(clave, consecutivo))

    def deliver(
        self,
        xml: bytes | Recepcion,
        *,
        original: Comprobante | bytes | None = None,
        callback_url: str | None = None,
        doubtful: bool = False,
        wait: float = 0.0,
    ) -> Respuesta:
        """Bring a document to Hacienda, whatever it takes, and follow it for `wait` seconds.

        Sends; after a 5xx or a time-out asks for the clave before sending the same bytes again;
        waits when told to. `doubtful` says that an earlier try may have arrived: then it asks
        first. Calling it again is harmless. Raises `SendError` when Hacienda refuses (permanent)
        or cannot be reached for now; hand its `doubtful` back in the next call.
        """
        recepcion = _envelope(xml, original, callback_url)
        return talk(self._http, self._talks.deliver(recepcion, doubtful=doubtful, wait_for=wait))

    def comprobantes(
        self,
        offset: int = 0,
        limit: int = MAX_PAGE,
        *,
        emisor: str | None = None,
        receptor: str | None = None,
    ) -> Pagina:
        """One page of what Hacienda has, newest first, at most 50.

        `emisor` and `receptor` are type and padded number, 14 characters: "02003101123456".
        """
        return talk(self._http, self._talks.comprobantes(offset, limit, emisor, receptor))

    def comprobante(self, clave: str) -> Mapping[str, Any] | None:
        """What Hacienda lists of one clave; None when it has none."""
        return talk(self._http, self._talks.comprobante(clave))

    def logout(self) -> None:
        """Close the session at Hacienda; the next call opens another."""
        talk(self._http, self._talks.logout())


class AsyncCliente:
    """`Cliente` for an event loop: the same methods, awaited. Many may be under way at once."""

    def __init__(
        self,
        environment: Environment | str,
        user: str,
        password: str,
        *,
        url: str | None = None,
        timeout: float = TIMEOUT,
        tokens: TokenCache | None = None,
    ) -> None:
        self._talks = _Talks(environment, user, password, url=url, timeout=timeout, tokens=tokens)
        self.environment = self._talks.environment
        self._http = http_client_async(self.environment.api, self.environment.idp)

    async def __aenter__(self) -> AsyncCliente:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(
        self,
        xml: bytes | Recepcion,
        *,
        original: Comprobante | bytes | None = None,
        callback_url: str | None = None,
    ) -> Envio:
        """See `Cliente.send`."""
        recepcion = _envelope(xml, original, callback_url)
        return await talk_async(self._http, self._talks.send(recepcion))

    async def status(self, clave: str, consecutivo: str | None = None) -> Respuesta:
        """See `Cliente.status`."""
        return await talk_async(self._http, self._talks.status(clave, consecutivo))

    async def deliver(
        self,
        xml: bytes | Recepcion,
        *,
        original: Comprobante | bytes | None = None,
        callback_url: str | None = None,
        doubtful: bool = False,
        wait: float = 0.0,
    ) -> Respuesta:
        """See `Cliente.deliver`."""
        conversation = self._talks.deliver(
            _envelope(xml, original, callback_url), doubtful=doubtful, wait_for=wait
        )
        return await talk_async(self._http, conversation)

    async def comprobantes(
        self,
        offset: int = 0,
        limit: int = MAX_PAGE,
        *,
        emisor: str | None = None,
        receptor: str | None = None,
    ) -> Pagina:
        """See `Cliente.comprobantes`."""
        conversation = self._talks.comprobantes(offset, limit, emisor, receptor)
        return await talk_async(self._http, conversation)

    async def comprobante(self, clave: str) -> Mapping[str, Any] | None:
        """See `Cliente.comprobante`."""
        return await talk_async(self._http, self._talks.comprobante(clave))

    async def logout(self) -> None:
        """See `Cliente.logout`."""
        await talk_async(self._http, self._talks.logout())


def _envelope(
    xml: bytes | Recepcion, original: Comprobante | bytes | None, callback_url: str | None
) -> Recepcion:
    if isinstance(xml, Recepcion):
        return xml
    return Recepcion.of(xml, original=original, callback_url=callback_url)


def is_duplicate(answer: Answer) -> bool:
    """Whether a POST was refused because Hacienda has the document already."""
    if answer.status == 409:
        return True
    return answer.status == 400 and _DUPLICATE.search(_cause(answer)) is not None


def _cause(answer: Answer) -> str:
    header = answer.headers.get("x-error-cause", "")
    return header if header else answer.text[:2000]


def _silence(error: NoAnswer, *, doubtful: bool = False) -> SendError:
    return SendError("Hacienda no responde.", permanent=False, cause=str(error), doubtful=doubtful)


def _refusal(answer: Answer, *, doubtful: bool = False) -> SendError:
    status, cause = answer.status, _cause(answer).strip()[:500]
    told = told_wait(answer.headers)
    if status == 400:
        message = f"Hacienda no recibió el documento: {cause or 'no dijo por qué'}"
    elif status == 401:
        message = "Hacienda no acepta la sesión, ni siquiera una nueva."
    elif status == 403:
        message = (
            "Hacienda no permite esta operación: el usuario no es el del documento, "
            "o está bloqueado."
        )
    elif status == 404:
        message = "Hacienda no conoce esa dirección."
    elif status == 429:
        message = "Hacienda pide esperar: se le enviaron demasiadas solicitudes."
        told = DEFAULT_TOLD_WAIT if told is None else told
    else:
        message = f"Hacienda respondió {status}."
    # A 401 that a new token did not cure is trouble at Hacienda, not a wrong password: that one
    # is told by the identity provider.
    permanent = 400 <= status < 500 and status not in (401, 408, 425, 429)
    return SendError(
        message,
        permanent=permanent,
        status=status,
        cause=cause,
        retry_after=told,
        doubtful=doubtful,
    )


def _content_range(text: str) -> tuple[int | None, int | None]:
    """First offset and total of `items 0-49/120`; None for what is not told."""
    match = re.search(r"(?:([0-9]{1,12})\s*-\s*[0-9]{1,12}|\*)\s*/\s*([0-9]{1,12}|\*)", text)
    if match is None:
        return None, None
    first, total = match.groups()
    return (
        int(first) if first is not None else None,
        int(total) if total not in (None, "*") else None,
    )
