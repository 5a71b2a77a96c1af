"""`/gestion/renovaciones/`: the desk, where a request is taken, compared and decided.

The queue stands beside the case on a wide screen; on a narrow one the case follows it. What is
done with a case stands in `review_acts`, many at once in `review_bulk`.
"""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice import review_case, review_queue
from iofacturo.backoffice.forms_review import (
    CorrectionForm,
    HandOverForm,
    LineFormSet,
    NoteForm,
    RejectionForm,
    ReopenForm,
    ReversalForm,
)
from iofacturo.lib import clock
from iofacturo.renewals.proof import ProofPage
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.sent_form import new_token


@staff("see")
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """The queue alone, with what is asked for by filter, words and page."""
    now = clock.now()
    return render(request, "backoffice/renewals.html", {"queue": review_queue.Queue(request, now)})


@staff("see")
@require_safe
def case(request: StaffRequest, number: str) -> HttpResponse:
    """One request beside the queue."""
    return show(request, find(number), clock.now())


def find(number: str) -> RenewalRequest:
    """The request called *number*, drafts left out: they are still the customer's."""
    return get_object_or_404(
        RenewalRequest.objects.select_related(
            "company", "quote", "quote__payee", "quote__plan_version", "billing", "submitted_by",
            "taken_by", "first_approved_by", "previous", "group",
        ),
        number=number,
        submitted_at__isnull=False,
    )  # fmt: skip


def show(
    request: StaffRequest,
    row: RenewalRequest,
    now: datetime,
    *,
    problem: str = "",
    status: int = 200,
    **forms: object,
) -> HttpResponse:
    """The case; *forms* replace the empty ones, with what was typed and what is wrong with it."""
    shown = review_case.Case(row, request.staff, now, chosen=_chosen(request))
    context = {
        "queue": review_queue.Queue(request, now, current=row),
        "case": shown,
        "lines": LineFormSet(prefix="lines"),
        "correction": CorrectionForm(prefix="correction"),
        "rejection": RejectionForm(prefix="rejection"),
        "reversal": ReversalForm(prefix="reversal"),
        "reopen": ReopenForm(prefix="reopen"),
        "note": NoteForm(prefix="note", initial={"token": new_token()}),
        "hand_over": HandOverForm(prefix="hand_over", people=shown.colleagues),
        "problem": problem,
        **forms,
    }
    return render(request, "backoffice/renewals.html", context, status=status)


def _chosen(request: StaffRequest) -> int | None:
    """The line that was picked from the list of movements for this case."""
    text = request.GET.get("movimiento", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


@staff("review")
@require_safe
def proof_page(request: StaffRequest, number: str, page: int) -> HttpResponse:
    """A cleaned picture of a proof, also of an earlier request it is compared with."""
    row = find(number)
    held = get_object_or_404(
        ProofPage.objects.select_related("proof"),
        pk=page,
        proof__request=row,
        proof__sent_at__isnull=False,
    )
    return held.response()


urlpatterns = [
    path("renovaciones/", queue, name="renewals"),
    path("renovaciones/<str:number>/", case, name="renewal"),
    path("renovaciones/<str:number>/comprobante/<int:page>/", proof_page, name="renewal_proof"),
]
