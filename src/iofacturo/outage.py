"""When the database goes away in the middle of a request: say so, and that it may be sent again."""

import sys

from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

RETRY_AFTER = "5"  # seconds


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: a session that could not be written is our trouble, not what was sent."""
    if isinstance(exception, SessionInterrupted):
        return _away()
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: a database that does not answer is a pause, anything else a fault of ours."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _away()
    return defaults.server_error(request)


def _away() -> HttpResponse:
    response = render(None, "503.html", status=503)  # type: ignore[arg-type]
    response["Retry-After"] = RETRY_AFTER
    response["Cache-Control"] = "no-store"
    return response
