"""Hacienda's callback: a hint that there is an answer, and nothing else.

Anybody who has the address could call it, so nothing of what it says is kept: it makes us ask.
"""

from __future__ import annotations

from hmac import compare_digest

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hacienda.errors import XMLError
from hacienda.respuesta import callback as read
from iofacturo.accounts.access import anybody
from iofacturo.invoicing import delivery, submission
from iofacturo.lib import clock


@anybody
@csrf_exempt
@require_POST
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """POST of the JSON of a state. 200 when it is about a document of ours, else 404."""
    try:
        aviso = read(request.body)
    except (XMLError, RequestDataTooBig):
        raise Http404 from None
    if not compare_digest(delivery.token(aviso.clave), token):
        raise Http404
    submission.hint(aviso.clave, clock.now())
    return HttpResponse(status=200)
