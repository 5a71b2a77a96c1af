"""Sending a cleaned picture so that nothing in it can act as a page of ours."""

from collections.abc import Callable

from django.http import Http404, HttpResponse

POLICY = "sandbox; default-src 'none'; img-src 'self'"


def png(read: Callable[[], bytes], name: str) -> HttpResponse:
    """The PNG that *read* gives, as *name*, with the headers that lock it in; 404 without its file.

    Who may see it is the caller's to decide.
    """
    try:
        data = read()
    except FileNotFoundError:
        raise Http404 from None
    answer = HttpResponse(data, content_type="image/png")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = POLICY
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    return answer
