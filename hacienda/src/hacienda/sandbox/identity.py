"""The sandbox's identity provider: tokens for whoever has a user name that names somebody.

With no list of users, any user is let in whose name carries an identification
(`cpj-3-101-123456@…`, `cpf-01-1234-0123@…`), with any password but `WRONG_PASSWORD`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import parse_qsl

from hacienda.certificado import Titular
from hacienda.sandbox.clock import Clock
from hacienda.sandbox.reply import Reply, Request, as_json
from hacienda.sandbox.store import Store

ACCESS_LIFE = 300
REFRESH_LIFE = 1800
# So that a wrong password can be tried where any other is right.
WRONG_PASSWORD = "incorrecta"  # noqa: S105 - it opens nothing
CLIENTS = frozenset({"api-stag", "api-prod"})


class IdentityProvider:
    """Tokens, kept as digests; they outlive a restart as Hacienda's do."""

    def __init__(self, store: Store, clock: Clock, users: Mapping[str, str] | None = None) -> None:
        self._store = store
        self._clock = clock
        self._users = users
        self.access_life: float = ACCESS_LIFE

    def token(self, request: Request) -> Reply:
        """POST …/token."""
        form = _form(request)
        if form.get("client_id") not in CLIENTS:
            return _error(401, "invalid_client", "Invalid client credentials")
        grant = form.get("grant_type")
        if grant == "password":
            user = form.get("username", "")
            if not self._knows(user, form.get("password", "")):
                return _error(401, "invalid_grant", "Invalid user credentials")
            return self._open(user, uuid.uuid4().hex)
        if grant == "refresh_token":
            found = self._find(form.get("refresh_token", ""), "refresh")
            if found is None:
                return _error(400, "invalid_grant", "Session not active")
            return self._open(*found)
        return _error(400, "unsupported_grant_type", "Unsupported grant_type")

    def logout(self, request: Request) -> Reply:
        """POST …/logout: the session of this refresh token ends."""
        found = self._find(_form(request).get("refresh_token", ""), "refresh")
        if found is None:
            return _error(400, "invalid_grant", "Invalid refresh token")
        self._store.execute("DELETE FROM tokens WHERE session = ?", (found[1],))
        return Reply(204)

    def user(self, request: Request) -> str | None:
        """Whose access token the request bears; None when it bears no good one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = self._find(token.strip(), "access")
        return found[0] if found is not None else None

    def expire(self) -> None:
        """End every access token now, wherever it is."""
        self._store.execute("DELETE FROM tokens WHERE kind = 'access'")

    def _knows(self, user: str, password: str) -> bool:
        if not password:
            return False
        if self._users is not None:
            known = self._users.get(user.lower())
            return known is not None and compare_digest(known.encode(), password.encode())
        return password != WRONG_PASSWORD and titular(user) is not None

    def _open(self, user: str, session: str) -> Reply:
        now = self._clock.timestamp()
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self._store.transaction():
            self._store.execute("DELETE FROM tokens WHERE expires_at < ?", (now,))
            # A refresh token is good once, as many identity providers have it.
            self._store.execute(
                "DELETE FROM tokens WHERE session = ? AND kind = 'refresh'", (session,)
            )
            for token, kind, life in (
                (access, "access", self.access_life),
                (refresh, "refresh", REFRESH_LIFE),
            ):
                self._store.execute(
                    "INSERT INTO tokens VALUES (?, ?, ?, ?, ?)",
                    (_digest(token), session, kind, user, now + life),
                )
        return as_json(
            {
                "access_token": access,
                "expires_in": self.access_life,
                "refresh_expires_in": REFRESH_LIFE,
                "refresh_token": refresh,
                "token_type": "bearer",
                "session_state": session,
            }
        )

    def _find(self, token: str, kind: str) -> tuple[str, str] | None:
        rows = self._store.rows(
            "SELECT user, session FROM tokens WHERE digest = ? AND kind = ? AND expires_at > ?",
            (_digest(token), kind, self._clock.timestamp()),
        )
        return (rows[0]["user"], rows[0]["session"]) if rows else None


def titular(user: str) -> Titular | None:
    """Whom a user name names; None when it names nobody.

    >>> titular("cpj-3-101-123456@stag.comprobanteselectronicos.go.cr")
    Titular(tipo='02', numero='3101123456')
    """
    found = Titular.parse(user.partition("@")[0])
    return found if re.fullmatch(r"[0-9A-Z]{9,12}", found.numero) else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _form(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))


def _error(status: int, error: str, description: str) -> Reply:
    return as_json({"error": error, "error_description": description}, status)
