"""The page of a 409: something else happened first."""

from django.http import HttpResponse
from django.shortcuts import render

from iofacturo.renewals.seated import SeatedRequest


def conflict(request: SeatedRequest, error: Exception, back: str = "/mi-plan/") -> HttpResponse:
    """409: what happened, and the way back. Nothing was stored."""
    context = {
        "title": "Esto ya se había enviado",
        "message": str(error),
        "back": back,
        "back_label": "Ver cómo quedó",
    }
    return render(request, "409.html", context, status=409)
