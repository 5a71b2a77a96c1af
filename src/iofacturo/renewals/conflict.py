"""The page of a 409: something else happened first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from iofacturo.renewals.errors import Repeated


def conflict(request: HttpRequest, error: Exception, back: str = "/mi-plan/") -> HttpResponse:
    """409: what happened, and the way back. Nothing was stored."""
    sent = isinstance(error, Repeated)
    context = {
        "title": "Esto ya se había enviado" if sent else "La solicitud cambió mientras tanto",
        "message": str(error),
        "back": back,
        "back_label": "Ver cómo quedó",
    }
    return render(request, "409.html", context, status=409)
