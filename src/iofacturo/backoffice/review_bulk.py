"""`/gestion/renovaciones/lote/`: what has its exact movement, looked at and approved together.

A list with a box beside each request, one page that shows every one that was chosen with its
reasons, and the results. The button may be pressed twice: its form has a token.
"""

import re

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.lib import clock
from iofacturo.renewals import bulk
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.bulk import BulkApproval, Chosen, Exact
from iofacturo.renewals.errors import Invalid, NotAllowed
from iofacturo.renewals.sent_form import new_token

CHOSEN = re.compile(r"[A-Z0-9-]{1,12}:[0-9]{1,9}:[0-9]{1,15}(,[0-9]{1,15}){0,20}", re.ASCII)
TOKEN = re.compile(r"[-\w]{1,64}", re.ASCII)


class Shown:
    """One request of the list, with the movements that pay it."""

    def __init__(self, exact: Exact, lines: dict[int, BankLine]) -> None:
        self.request, self.evidence = exact.request, exact.match.evidence
        self.lines = [lines[pk] for pk in exact.lines if pk in lines]
        numbers = ",".join(str(pk) for pk in exact.lines)
        self.value = f"{exact.request.number}:{exact.request.version}:{numbers}"


def _shown(some: list[Exact]) -> list[Shown]:
    lines = BankLine.objects.in_bulk({pk for one in some for pk in one.lines})
    return [Shown(one, lines) for one in some]


@staff("review")
@require_safe
def choice(request: StaffRequest) -> HttpResponse:
    """Everything that may be approved together."""
    rows = _shown(bulk.exact(request.user, clock.now()))
    problem = "Escoja al menos una solicitud." if request.GET.get("vacio") else ""
    context = {"rows": rows, "problem": problem}
    return render(request, "backoffice/bulk_choice.html", context)


@staff("review")
@require_safe
def confirmation(request: StaffRequest) -> HttpResponse:
    """Every chosen one with its explanation, and the button."""
    asked = list(dict.fromkeys(request.GET.getlist("solicitud")))[: bulk.MOST]
    if not asked:
        return redirect(reverse("backoffice:renewals_bulk") + "?vacio=1")
    rows = _shown(bulk.exact(request.user, clock.now(), asked))
    left_out = sorted(set(asked) - {row.request.number for row in rows})
    context = {"rows": rows, "left_out": left_out, "token": new_token()}
    return render(request, "backoffice/bulk_confirmation.html", context)


@staff("review")
@require_POST
def approve(request: StaffRequest) -> HttpResponse:
    """Approve each in its own transaction, and show what became of every one."""
    try:
        chosen = [_read(text) for text in request.POST.getlist("solicitud")[: bulk.MOST]]
        token = request.POST.get("token", "")
        if not TOKEN.fullmatch(token):
            raise ValueError(token)
        done = bulk.approve(chosen, by=request.user, at=clock.now(), token=token)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except (Invalid, ValueError):
        return redirect(reverse("backoffice:renewals_bulk") + "?vacio=1")
    return redirect("backoffice:renewals_bulk_result", done.token)


def _read(text: str) -> Chosen:
    """`SR-…:version:line,line` as the confirmation wrote it; ValueError for anything else."""
    if not CHOSEN.fullmatch(text):
        raise ValueError(text)
    number, version, lines = text.split(":")
    return Chosen(number, int(version), tuple(int(line) for line in lines.split(",")))


@staff("review")
@require_safe
def result(request: StaffRequest, token: str) -> HttpResponse:
    """What became of each request of a list."""
    done = get_object_or_404(BulkApproval.objects.select_related("by"), token=token)
    rows = list(done.results.select_related("request__company", "request__quote").order_by("pk"))
    context = {"bulk": done, "rows": rows, "approved": sum(row.approved for row in rows)}
    return render(request, "backoffice/bulk_result.html", context)


urlpatterns = [
    path("renovaciones/lote/", choice, name="renewals_bulk"),
    path("renovaciones/lote/confirmacion/", confirmation, name="renewals_bulk_confirmation"),
    path("renovaciones/lote/aprobacion/", approve, name="renewals_bulk_approve"),
    path("renovaciones/lote/<slug:token>/", result, name="renewals_bulk_result"),
]
