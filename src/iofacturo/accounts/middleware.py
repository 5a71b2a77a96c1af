"""What every request knows about the person: their company, their seat, their staff role."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect

from iofacturo.accounts import seats
from iofacturo.accounts.seated import PersonRequest

SESSION_KEY = "company"
Next = Callable[[PersonRequest], HttpResponse]


class CurrentCompanyMiddleware:
    """Sets `request.memberships`, `.membership`, `.company`, `.staff` and `.frame`.

    `frame` is the template that a page of the person's own account stands in.

    Seats are read on every request, so that a removal takes effect on the next one. A link may
    name the company (`?empresa=`), as the links in our mails do; it only counts for members.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: PersonRequest) -> HttpResponse:
        request.memberships = []
        request.membership = request.company = request.staff = None
        request.frame = "plain.html"
        if request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        if request.user.is_authenticated:
            request.memberships, request.staff = seats.of(request.user)
            self._choose(request)
            if request.membership is not None:
                request.frame = "portal.html"
            elif request.staff is not None:
                request.frame = "gestion.html"
        return self.get_response(request)

    @staticmethod
    def _choose(request: PersonRequest) -> None:
        named = request.GET.get("empresa") or request.session.get(SESSION_KEY, "")
        found = {seat.company.public_id: seat for seat in request.memberships}
        asked = request.GET.get("empresa")
        if asked and asked not in found:
            return  # a link for somebody else's company opens nothing, not even one's own
        seat = found.get(named) or next(iter(found.values()), None)
        if seat is None:
            return
        request.membership, request.company = seat, seat.company
        if request.session.get(SESSION_KEY) != seat.company.public_id:
            request.session[SESSION_KEY] = seat.company.public_id


class PrivatePagesMiddleware:
    """What somebody who is logged in sees stays out of every cache, the browser's included.

    Whoever sits down at the machine after a logout finds nothing with the back button. Views that
    say otherwise themselves are left alone, and static files never come this far.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: PersonRequest) -> HttpResponse:
        known = request.user.is_authenticated
        response = self.get_response(request)
        if (known or request.user.is_authenticated) and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class StaffMFAMiddleware:
    """The provider's people do not get past the door with a password alone."""

    FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # spare codes are none
    OPEN = ("/cuenta/", "/static/", "/salud")

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: PersonRequest) -> HttpResponse:
        if (
            settings.STAFF_MUST_HAVE_MFA
            and request.staff is not None
            and not request.path.startswith(self.OPEN)
            and not is_mfa_enabled(request.user, self.FACTORS)
        ):
            return redirect("mfa_index")
        return self.get_response(request)
