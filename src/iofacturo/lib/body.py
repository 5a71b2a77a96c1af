"""Nobody may fill the disk: a request that announces too much is refused before it is read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

LARGEST = 40 * 1024 * 1024
"""Bytes. Room for a proof that is too large, so that its own form can say so beside the field."""


class BoundedBodyMiddleware:
    """Answers 413 to a body of more than LARGEST bytes. One without a length is read as empty."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdigit() or int(announced) > LARGEST:
            answer = render(request, "413.html", status=413)
            answer["Connection"] = "close"
            return answer
        return self.get_response(request)
