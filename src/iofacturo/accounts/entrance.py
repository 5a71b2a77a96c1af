"""Who has no invitation is told how one gets in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import anybody


@anybody
@require_safe
def signup_closed(request: HttpRequest) -> HttpResponse:
    """`/cuenta/registro/`: there is no open sign-up."""
    return render(request, "account/signup_closed.html")
