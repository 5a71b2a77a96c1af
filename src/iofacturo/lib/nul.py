"""A NUL is no text: PostgreSQL refuses it, SQLite takes it, nobody types it. Nothing gets it."""

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict

NUL = "\x00"


class NoNulMiddleware:
    """Answers 400 to an address, a query or a form with a NUL in it. Files are not looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path or _has_nul(request.GET):
            raise SuspiciousOperation("NUL in an address")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> None:
        # the form is read here, after the check of its token has read it anyway
        if request.method == "POST" and _has_nul(request.POST):
            raise SuspiciousOperation("NUL in a form")


def _has_nul(fields: QueryDict) -> bool:
    return any(
        NUL in name or any(NUL in str(value) for value in values) for name, values in fields.lists()
    )
