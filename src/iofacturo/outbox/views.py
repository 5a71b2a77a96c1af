"""`/correo/`: the demo's caught mail. Outside the demo these pages do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from iofacturo.outbox import caught

View = Callable[..., Any]
# A mail may bring its own styles and nothing else; the sandbox keeps it from being our origin.
# Its links open in a tab of their own.
FRAME = {
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
}


def demo_only(view: View) -> View:
    """Open to whoever sits at the demo's machine; elsewhere there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    # The same mark as the locks of the room above, which this room must not import.
    guarded.lock = ("anybody", "")  # type: ignore[attr-defined]
    return guarded


@demo_only
@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The mails that came in, newest first; `?para=` keeps those of one address."""
    to = request.GET.get("para", "").strip()[:320]
    return render(request, "outbox/mailbox.html", {"mails": list(caught.newest(to)), "to": to})


@demo_only
@never_cache
@require_safe
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail: its text with links that work, its page in a frame without rights."""
    found = caught.get(key)
    if found is None:
        raise Http404
    return render(request, "outbox/mail_read.html", {"mail": found})


@demo_only
@never_cache
@require_safe
@xframe_options_sameorigin
@csp(FRAME)  # type: ignore[arg-type] # written for views without arguments; passes them on
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """The mail's own page, for the frame."""
    found = caught.get(key)
    if found is None or not found.html:
        raise Http404
    response = HttpResponse('<!doctype html><base target="_blank">' + found.html)
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return response
