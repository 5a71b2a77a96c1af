"""The locks on views: member of the company, or staff; strangers get 404.

Anonymous people are sent to log in; a colleague whose role does not reach gets 403 with a page
that says which role does; who is no colleague at all learns nothing: 404.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from iofacturo.accounts.seated import PersonRequest

View = Callable[..., HttpResponseBase]


def same_company(request: PersonRequest) -> bool:
    """Whether a form was made for the company of now.

    Forms of a company carry its public id as `empresa`. Who changed the company in another tab
    and then sends an old form must not act for the wrong one; `member` answers 409 by itself.
    """
    named = request.POST.get("empresa")
    return named is None or (request.company is not None and named == request.company.public_id)


def _entered(view: View) -> View:
    """Whoever is not logged in logs in first, and goes on where they were."""

    @wraps(view)
    def entered(request: PersonRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return redirect_to_login(_where(request))

    return entered


def _where(request: PersonRequest) -> str:
    """The page to come back to: of a form that was sent too late, the page it stands on.

    The address a form is sent to is often no page, and nobody should end there.
    """
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, request.get_host()):
        return "/"
    parts = urlsplit(page)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def member(act: str) -> Callable[[View], View]:
    """Only for people of the current company whose role may do *act*.

    The view finds them as `request.company` and `request.membership`.
    """

    def lock(view: View) -> View:
        @wraps(view)
        @_entered
        def locked(request: PersonRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if request.membership is None:
                raise Http404
            if not same_company(request):  # before the role: that of the wrong company says nothing
                return render(request, "409.html", status=409)
            if not request.membership.may(act):
                raise PermissionDenied("Su rol en esta empresa no permite hacer esto.")
            return view(request, *args, **kwargs)

        return _locked(locked, "member", act)

    return lock


def staff(act: str) -> Callable[[View], View]:
    """Only for the provider's people whose role may do *act*; found as `request.staff`."""

    def lock(view: View) -> View:
        @wraps(view)
        @_entered
        def locked(request: PersonRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if request.staff is None:
                raise Http404
            if not request.staff.may(act):
                raise PermissionDenied("Su rol no permite hacer esto.")
            return view(request, *args, **kwargs)

        return _locked(locked, "staff", act)

    return lock


def person(view: View) -> View:
    """For anybody who is logged in."""
    return _locked(_entered(view), "person")


def anybody(view: View) -> View:
    """Open to the world; said aloud so that a view without any lock stands out."""
    return _locked(view, "anybody")


def _locked(view: View, kind: str, act: str = "") -> View:
    """Leave the mark that the walk through the URL table looks for."""

    @wraps(view)
    def answering(request: PersonRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        if answer.status_code == 405 and request.method == "GET":
            return _no_page_here(request, answer)
        return answer

    answering.lock = (kind, act)  # type: ignore[attr-defined]
    return answering


def _no_page_here(request: PersonRequest, refused: HttpResponseBase) -> HttpResponseBase:
    """An address that only takes forms, opened as a page: said in words, with a way back."""
    answer = render(request, "405.html", {"back": _where_from(request)}, status=405)
    answer["Allow"] = refused.get("Allow", "POST")
    return answer


def _where_from(request: PersonRequest) -> str:
    """The page of ours that led here, or the first one."""
    page = request.headers.get("Referer", "")
    parts = urlsplit(page)
    ours = url_has_allowed_host_and_scheme(page, request.get_host())
    if not ours or not parts.path or parts.path == request.path:
        return "/"
    return f"{parts.path}{'?' if parts.query else ''}{parts.query}"
