"""Access tokens of Hacienda's identity provider (reference: reception API, tokens).

A token lives some 300 seconds and is renewed `MARGIN` seconds before its end, with the refresh
token while that one lives and with the password after. There is one cache per credentials in a
process, whichever clients, threads or event loops use it, and only one of them fetches at a time:
the others wait for what it brings.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from hacienda.errors import SendError
from hacienda.transporte import Answer, Call, Conversation, NoAnswer, ask, join, told_wait

# Seconds before its end at which a token is no longer used.
MARGIN = 30.0
# Used when the answer does not say how long the token lives; the published life is 300 seconds.
DEFAULT_LIFE = 300.0
# Seconds that one waits for a token that another is fetching before fetching one oneself.
JOIN_TIMEOUT = 30.0
# Seconds for which a refused user and password are not tried again: the identity provider may
# close an account that insists.
REFUSAL_LIFE = 20.0
# Credentials remembered per process; the least recently used are forgotten.
MAX_CACHES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who asks for a token and where: the address of the token, `client_id`, user, password.

    The password never shows in `repr`.
    """

    token_url: str
    client_id: str
    user: str
    password: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """A digest that stands for the credentials as the key of a cache."""
        parts = (self.token_url, self.client_id, self.user, self.password)
        framed = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
        return hashlib.sha256(framed).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token; instants are those of the cache's clock, in seconds."""

    access: str = field(repr=False)
    expires_at: float
    refresh: str | None = field(default=None, repr=False)
    refresh_expires_at: float = 0.0


class TokenCache:
    """The token of one set of credentials.

    `clock` counts seconds that never go back; a change of the wall clock does no harm.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        timeout: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.credentials = credentials
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._fetching: Future[SendError | None] | None = None
        self._refusal: SendError | None = None
        self._refused_until = 0.0

    def access(self) -> Conversation[str]:
        """A usable access token, fetched when need be.

        Raises `SendError`: permanent when the user or the password is wrong.
        """
        while True:
            with self._lock:
                if self._token is not None and self._clock() < self._token.expires_at:
                    return self._token.access
                if self._refusal is not None and self._clock() < self._refused_until:
                    raise _again(self._refusal)
                fetching = self._fetching
                if fetching is None:
                    mine: Future[SendError | None] = Future()
                    mine.set_running_or_notify_cancel()
                    self._fetching = mine
                    break
            if (yield from join(fetching, JOIN_TIMEOUT)):
                if (shared_failure := fetching.result()) is not None:
                    raise _again(shared_failure)
            else:
                with self._lock:
                    # Its owner may be gone for good (an event loop that was closed).
                    if self._fetching is fetching:
                        self._fetching = None
        failure: SendError | None = None
        try:
            token = yield from self._fetch()
            with self._lock:
                self._token = token
            return token.access
        except SendError as error:
            failure = error
            raise
        finally:
            with self._lock:
                if self._fetching is mine:
                    self._fetching = None
                if failure is not None and failure.permanent:
                    self._refusal, self._refused_until = failure, self._clock() + REFUSAL_LIFE
            # Those who waited share a failure; after a cancellation (None too) one of them fetches.
            mine.set_result(failure)

    def reject(self, access: str) -> None:
        """Forget this token, refresh token included: the server did not take it.

        When another caller has brought a newer one meanwhile, that one stays.
        """
        with self._lock:
            if self._token is not None and self._token.access == access:
                self._token = None

    def logout(self, logout_url: str) -> Conversation[None]:
        """Close the session at the identity provider, if one is open, and forget the token."""
        with self._lock:
            token, self._token = self._token, None
        if token is None or token.refresh is None:
            return
        form = {"client_id": self.credentials.client_id, "refresh_token": token.refresh}
        try:
            yield from ask(Call(method="POST", url=logout_url, form=form, timeout=self._timeout))
        except NoAnswer:
            # The session ends by itself within minutes; nobody should fail over a farewell.
            return

    def _fetch(self) -> Conversation[Token]:
        with self._lock:
            old = self._token
        if old is not None and old.refresh is not None and self._clock() < old.refresh_expires_at:
            try:
                answer = yield from self._grant(
                    grant_type="refresh_token", refresh_token=old.refresh
                )
                if answer.ok:
                    return self._read(answer)
            except (NoAnswer, SendError):
                pass  # the password is the sure way, and its failure the one worth telling
        credentials = self.credentials
        try:
            answer = yield from self._grant(
                grant_type="password", username=credentials.user, password=credentials.password
            )
        except NoAnswer as error:
            raise SendError(
                "El servicio de identificación de Hacienda no responde.", permanent=False
            ) from error
        if answer.ok:
            return self._read(answer)
        raise _refusal(answer)

    def _grant(self, **form: str) -> Conversation[Answer]:
        form["client_id"] = self.credentials.client_id
        # The guide shows both parameters present and empty.
        form.setdefault("client_secret", "")
        form.setdefault("scope", "")
        return (
            yield from ask(
                Call(
                    method="POST",
                    url=self.credentials.token_url,
                    form=form,
                    timeout=self._timeout,
                )
            )
        )

    def _read(self, answer: Answer) -> Token:
        now = self._clock()
        try:
            data = answer.json()
            access = data["access_token"]
            if not isinstance(access, str) or not access:
                raise ValueError("no access token")
            refresh = data.get("refresh_token")
            life = float(data.get("expires_in", DEFAULT_LIFE))
            refresh_life = float(data.get("refresh_expires_in", 0))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SendError(
                "El servicio de identificación de Hacienda dio una respuesta que no se entiende.",
                permanent=False,
                status=answer.status,
            ) from error
        return Token(
            access=access,
            expires_at=now + usable(life),
            refresh=refresh if isinstance(refresh, str) and refresh else None,
            refresh_expires_at=now + usable(refresh_life),
        )


def usable(life: float) -> float:
    """Seconds of a token's life in which it is used: `MARGIN` less, half of it when it is short.

    >>> usable(300)
    270.0
    >>> usable(20)
    10.0
    """
    return max(life - MARGIN, life / 2, 0.0)


def _again(error: SendError) -> SendError:
    """The same failure for another caller: an exception belongs to the one it is raised in."""
    return SendError(
        error.message,
        permanent=error.permanent,
        status=error.status,
        cause=error.cause,
        retry_after=error.retry_after,
    )


def _refusal(answer: Answer) -> SendError:
    if answer.status in (400, 401, 403):
        return SendError(
            "Hacienda no reconoce el usuario o la contraseña.",
            permanent=True,
            status=answer.status,
            cause=answer.text[:500],
        )
    temporary = answer.status >= 500 or answer.status in (408, 425, 429) or answer.status < 400
    return SendError(
        f"El servicio de identificación de Hacienda respondió {answer.status}.",
        permanent=not temporary,
        status=answer.status,
        cause=answer.text[:500],
        retry_after=told_wait(answer.headers),
    )


_caches: OrderedDict[str, TokenCache] = OrderedDict()
_caches_lock = threading.Lock()


def shared(credentials: Credentials, *, timeout: float = 15.0) -> TokenCache:
    """The process's one cache for these credentials."""
    key = credentials.fingerprint
    with _caches_lock:
        cache = _caches.get(key)
        if cache is None:
            cache = _caches[key] = TokenCache(credentials, timeout=timeout)
            while len(_caches) > MAX_CACHES:
                _caches.popitem(last=False)
        _caches.move_to_end(key)
        return cache
