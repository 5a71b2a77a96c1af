"""Choosing a plan: the cards, and the draft that comes of them."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import member
from iofacturo.folios import summary
from iofacturo.lib import clock
from iofacturo.renewals import draft, plan_page
from iofacturo.renewals.conflict import conflict
from iofacturo.renewals.errors import Invalid, RenewalError, Repeated
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.seated import SeatedRequest
from iofacturo.renewals.sent_form import new_token


@member("renew")
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SeatedRequest) -> HttpResponse:
    """`/mi-plan/renovar/?plan=…`: the plans; a POST makes the draft and goes to its own address."""
    now, company = clock.now(), request.company
    if not summary.has_ever_had_plan(company):
        return render(request, "renewals/contract.html", status=200)
    problem = ""
    previous = _previous(request)
    if request.method == "POST":
        try:
            made = _chosen(request, previous, now)
        except Repeated as error:
            return conflict(request, error)
        except RenewalError as error:
            problem = str(error)
        else:
            return redirect("renewals:renew", made.number)
    context = plan_page.choices(company, now, request.GET.get("plan", ""))
    context |= {"changing": _changing(request), "now": now, "token": new_token(), "problem": problem, "previous": previous,
                "may_renew": True}  # fmt: skip
    return render(request, "renewals/choose.html", context, status=422 if problem else 200)


def _previous(request: SeatedRequest) -> RenewalRequest | None:
    """The rejected request that a new one repeats, if the link or the form names one."""
    number = request.POST.get("anterior") or request.GET.get("anterior")
    if not number:
        return None
    rejected = request.company.renewal_requests.filter(state=RenewalRequest.REJECTED)
    return rejected.select_related("billing", "quote").filter(number=number).first()


def _changing(request: SeatedRequest) -> RenewalRequest | None:
    """The draft that gets another plan, if the link or the form names one."""
    number = request.POST.get("solicitud") or request.GET.get("solicitud")
    if not number:
        return None
    rows = request.company.renewal_requests.select_related("group")
    found: RenewalRequest = get_object_or_404(rows, number=number)
    if found.in_making:  # its plan is changed where the group is made
        raise Http404
    return found


def _chosen(
    request: SeatedRequest, previous: RenewalRequest | None, now: datetime
) -> RenewalRequest:
    code = request.POST.get("plan", "")
    if not code:
        raise Invalid({"plan": "Escoja un plan para continuar."})
    changing = _changing(request)
    if changing is not None:
        return draft.change_plan(changing, code, by=request.user, at=now)
    token = request.POST.get("token", "")
    return draft.choose(
        request.company, code, by=request.user, at=now, token=token, previous=previous
    )
