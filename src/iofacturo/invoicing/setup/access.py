"""Whether Hacienda takes a user and a password: asked for a token on the spot, and let go of it."""

from __future__ import annotations

import re

from django.core.cache import cache
from django.views.decorators.debug import sensitive_variables

from hacienda.cliente import Environment
from hacienda.errors import SendError
from hacienda.tokens import Credentials, TokenCache
from hacienda.transporte import http_client, talk
from iofacturo.accounts.company import Company
from iofacturo.invoicing import delivery

TIMEOUT = 5.0  # seconds: somebody waits before the screen
TRIES = 8  # Hacienda may close an account that insists
TRIES_WITHIN = 600  # seconds

_NAMED = re.compile(r"(?:cpf|cpj|nite|dimex)-([0-9-]+)(?:@|$)", re.IGNORECASE)


class Wrong(Exception):
    """Hacienda does not take them; `str()` says so."""


class Unreachable(Exception):
    """It could not be tried now; `str()` says why."""


@sensitive_variables("password")
def attempt(company: Company, user: str, password: str) -> None:
    """Nothing when Hacienda takes *user* and *password*. Raises Wrong or Unreachable."""
    if not _allowed(company):
        raise Unreachable(
            "Se probó muchas veces seguidas y Hacienda podría bloquear el usuario. "
            "Espere diez minutos."
        )
    try:
        where = delivery.where()
        _token(where, user, password)
    except SendError as error:
        if error.permanent and error.status in (400, 401, 403):
            raise Wrong(
                "Hacienda no reconoce este usuario con esta contraseña. "
                "Cópielos de nuevo tal como se los dio."
            ) from None
        raise Unreachable("Hacienda no responde en este momento.") from None


@sensitive_variables("password", "credentials", "tokens")
def _token(where: Environment, user: str, password: str) -> None:
    credentials = Credentials(
        token_url=where.token_url, client_id=where.client_id, user=user, password=password
    )
    tokens = TokenCache(credentials, timeout=TIMEOUT)  # our own: it ends with this try
    with http_client(where.token_url, where.logout_url) as client:
        talk(client, tokens.access())
        talk(client, tokens.logout(where.logout_url))


def _allowed(company: Company) -> bool:
    name = f"hacienda-try:{company.pk}"
    cache.add(name, 0, TRIES_WITHIN)
    try:
        return cache.incr(name) <= TRIES
    except ValueError:  # it lapsed between the two lines
        return True


def somebody_elses(company: Company, user: str) -> bool:
    """Whether *user* is plainly another taxpayer's: Hacienda writes the cédula into its users."""
    found = _NAMED.match(user)
    if found is None:
        return False
    return found[1].replace("-", "").lstrip("0") != company.identificacion.lstrip("0")
