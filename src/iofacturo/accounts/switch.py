"""Going from one company to another."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import person
from iofacturo.accounts.middleware import SESSION_KEY
from iofacturo.accounts.seated import PersonRequest


@person
@require_safe
def companies(request: PersonRequest) -> HttpResponse:
    """`/empresa/todas/`: all companies of the person, searched in the page by the browser."""
    return render(request, "accounts/companies.html")


@person
@require_POST
def switch(request: PersonRequest) -> HttpResponse:
    """`/empresa/cambiar/`: `empresa` names the company, `next` the page one stands on."""
    named = request.POST.get("empresa", "")
    seat = next((s for s in request.memberships if s.company.public_id == named), None)
    if seat is None:
        raise Http404
    request.session[SESSION_KEY] = named
    messages.success(request, f"Ahora está en {str(seat.company).rstrip('.')}.")
    return redirect(shared_page(request, request.POST.get("next", "")))


def shared_page(request: HttpRequest, address: str) -> str:
    """The nearest page to *address* that every company has.

    A page about one thing (`/mi-plan/solicitudes/SR-…/`) belongs to the company one leaves, so
    it gives way to the page above it.
    """
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return "/"
    path = urlsplit(address).path
    while path not in ("", "/"):
        try:
            match = resolve(path)
        except Resolver404:
            pass
        else:
            if not match.kwargs and not match.args:
                return path
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return "/"
