"""Who judged an article: a person of the portal, or a browser that was given a number.

The number is random, signed, and says nothing about anybody; it is given with the first vote and
never before.
"""

from __future__ import annotations

import secrets

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "visita"
SALT = "iofacturo.help_center.visitor"
YEAR = 365 * 24 * 3600


def known(request: HttpRequest) -> str:
    """The visitor of *request*, empty for a browser that has no number yet."""
    user = getattr(request, "user", AnonymousUser())
    if user.is_authenticated:
        return f"u{user.pk}"
    try:
        number = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
    except signing.BadSignature:
        return ""
    return f"b{number}" if isinstance(number, str) else ""


def new() -> str:
    """A browser's new number, 128 random bits."""
    return f"b{secrets.token_urlsafe(16)}"


def remember(response: HttpResponse, visitor: str, *, secure: bool) -> None:
    """Give the browser its number."""
    response.set_cookie(
        COOKIE, signing.dumps(visitor[1:], salt=SALT), max_age=YEAR, httponly=True,
        secure=secure, samesite="Lax", path="/ayuda/",
    )  # fmt: skip
