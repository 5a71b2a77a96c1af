"""Around the public links: no cookies in or out, no trace for robots, referrers and caches."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ROOT = "/d/"
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


class PublicDoorMiddleware:
    """Everybody is nobody under `/d/`: cookies of the request are not looked at, none is set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ROOT):
            return self.get_response(request)
        request.COOKIES = {}
        answer = self.get_response(request)
        answer.cookies.clear()
        for name, value in HEADERS.items():
            answer[name] = value
        answer.headers.pop("Vary", None)
        return answer
