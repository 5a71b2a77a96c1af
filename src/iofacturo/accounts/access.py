"""The locks on views: member of the company, or staff; strangers get 404.

Anonymous people are sent to log in; a colleague whose role does not reach gets 403 with a page
that says which role does; who is no colleague at all learns nothing: 404.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render

from iofacturo.accounts.seated import PersonRequest

View = Callable[..., HttpResponseBase]


def same_company(request: PersonRequest) -> bool:
    """Whether a form was made for the company of now.

    Forms of a company carry its public id as `empresa`. Who changed the company in another tab
    and then sends an old form must not act for the wrong one; `member` answers 409 by itself.
    """
    named = request.POST.get("empresa")
    return named is None or (request.company is not None and named == request.company.public_id)


def member(act: str) -> Callable[[View], View]:
    """Only for people of the current company whose role may do *act*.

    The view finds them as `request.company` and `request.membership`.
    """

    def lock(view: View) -> View:
        @wraps(view)
        @login_required
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
        @login_required
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
    return _locked(login_required(view), "person")


def anybody(view: View) -> View:
    """Open to the world; said aloud so that a view without any lock stands out."""
    return _locked(view, "anybody")


def _locked(view: View, kind: str, act: str = "") -> View:
    """Leave the mark that the walk through the URL table looks for."""
    view.lock = (kind, act)  # type: ignore[attr-defined]
    return view
