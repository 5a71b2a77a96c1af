"""django-csp, which composes the same header anew for every answer: composed once here."""

from __future__ import annotations

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PolicyMiddleware(CSPMiddleware):
    """Gives the house's policy to whatever asks for none of its own."""

    _usual = ""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_usual = (
            getattr(request, "_csp_nonce", None) is None
            and HEADER not in response
            and not any(name.startswith("_csp_") for name in vars(response))
        )
        if not (is_usual and self._usual):
            response = super().process_response(request, response)
            if is_usual:
                self._usual = response.get(HEADER, "")
            return response
        response[HEADER] = self._usual
        return response
