"""`/gestion/renovaciones/`: the desk, where a request is taken, compared and decided.

The queue stands beside the case on a wide screen; on a narrow one the case follows it. Every act
is a POST that answers by going to the next case; what it refuses comes back with the case and the
reason, and nothing that was typed is lost.
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice import review_case, review_queue
from iofacturo.backoffice.forms_review import (
    CorrectionForm,
    LineFormSet,
    RejectionForm,
    ReopenForm,
    ReversalForm,
)
from iofacturo.lib import clock
from iofacturo.renewals import approval, bank, picture, review
from iofacturo.renewals.errors import NotAllowed, RenewalError
from iofacturo.renewals.proof import ProofPage
from iofacturo.renewals.request import RenewalRequest

MOST_FOUND = 20


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
            "taken_by", "first_approved_by", "previous",
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
    context = {
        "queue": review_queue.Queue(request, now, current=row),
        "case": review_case.Case(row, request.staff, now, chosen=_chosen(request)),
        "lines": LineFormSet(prefix="lines"),
        "correction": CorrectionForm(prefix="correction"),
        "rejection": RejectionForm(prefix="rejection"),
        "reversal": ReversalForm(prefix="reversal"),
        "reopen": ReopenForm(prefix="reopen"),
        "problem": problem,
        **forms,
    }
    return render(request, "backoffice/renewals.html", context, status=status)


def _chosen(request: StaffRequest) -> int | None:
    """The line that was picked from the list of movements for this case."""
    text = request.GET.get("movimiento", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _found(request: StaffRequest) -> list[int]:
    """The lines of the bank that were shown beside the button."""
    texts = request.POST.getlist("line")[:MOST_FOUND]
    if not all(text.isascii() and text.isdigit() and len(text) < 16 for text in texts):
        raise Http404
    return [int(text) for text in texts]


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
    return picture.response(held)


# -- acts ----------------------------------------------------------------------------------------


def act(
    request: StaffRequest,
    number: str,
    do: Callable[[RenewalRequest, datetime], str],
    **forms: object,
) -> HttpResponse:
    """Do it and go on; what is refused comes back with the case."""
    row, now = find(number), clock.now()
    try:
        told = do(row, now)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except RenewalError as refusal:
        return show(request, find(number), now, problem=str(refusal), status=409, **forms)
    messages.success(request, told)
    return redirect(_after(request, row, now))


def _after(request: StaffRequest, row: RenewalRequest, now: datetime) -> str:
    """The same case while it is still the reviewer's to work on, else the next one to decide."""
    current = RenewalRequest.objects.get(pk=row.pk)
    if current.state == RenewalRequest.IN_REVIEW and current.taken_by_id == request.user.pk:
        return reverse("backoffice:renewal", args=[row.number])
    exact = request.POST.get("estado") == "exactas"
    where = "?estado=exactas" if exact else ""
    following = review_queue.next_for(request.user, now, after=current, exact=exact)
    if following is None:
        return reverse("backoffice:renewals") + where
    return reverse("backoffice:renewal", args=[following.number]) + where


def _version(request: StaffRequest) -> int:
    """The version the reviewer looked at."""
    try:
        return int(request.POST["version"])
    except (KeyError, ValueError):
        raise Http404 from None


@staff("review")
@require_POST
def take(request: StaffRequest, number: str) -> HttpResponse:
    """Hold the case; again, to hold it longer."""

    def do(row: RenewalRequest, now: datetime) -> str:
        review.take(row, by=request.user, at=now)
        return f"La solicitud {row.number} está reservada para usted."

    return act(request, number, do)


@staff("review")
@require_POST
def release(request: StaffRequest, number: str) -> HttpResponse:
    """Give the case back to the queue."""

    def do(row: RenewalRequest, now: datetime) -> str:
        review.release(row, by=request.user, at=now)
        return f"La solicitud {row.number} volvió a la cola."

    return act(request, number, do)


@staff("review")
@require_POST
def approve(request: StaffRequest, number: str) -> HttpResponse:
    """Activate with lines of the bank, found or typed; the first of two people only signs."""
    found = _found(request)
    lines = LineFormSet(None if found else request.POST, prefix="lines")
    if not found and not lines.is_valid():
        return show(request, find(number), clock.now(), lines=lines, status=422)

    def do(row: RenewalRequest, now: datetime) -> str:
        credit, typed = bank.ZERO, [] if found else lines.typed()
        if request.POST.get("credit"):
            missing = row.given.total - bank.paid(row) - sum(t.amount for t in typed)
            credit = max(min(missing, bank.credit(row.company, row.given.currency)), bank.ZERO)
        done = approval.approve(
            row,
            by=request.user,
            at=now,
            version=_version(request),
            lines=typed,
            found=found,
            keep_rest=bool(request.POST.get("keep")),
            credit=credit,
            note=request.POST.get("note", "")[:1000],
        )
        if done.state == RenewalRequest.ACTIVE:
            return f"{row.number}: el plan de {row.company} está activo y ya le avisamos."
        return f"{row.number}: primera aprobación anotada. Falta la de otra persona."

    return act(request, number, do, lines=lines)


@staff("review")
@require_POST
def correction(request: StaffRequest, number: str) -> HttpResponse:
    """Ask the customer to mend something; the clock stands still."""
    found = _found(request)
    form = CorrectionForm(request.POST, prefix="correction", found=bool(found))
    if not form.is_valid():
        return show(request, find(number), clock.now(), correction=form, status=422)

    def do(row: RenewalRequest, now: datetime) -> str:
        review.ask_correction(
            row,
            by=request.user,
            at=now,
            version=_version(request),
            reason=form.cleaned_data["reason"],
            message=form.cleaned_data["message"],
            lines=form.typed(),
            found=found if form.cleaned_data["reason"] == "underpaid" else (),
        )
        return f"{row.number}: pedimos la corrección. El reloj se detuvo."

    return act(request, number, do, correction=form)


@staff("review")
@require_POST
def reject(request: StaffRequest, number: str) -> HttpResponse:
    """Turn the request down for a reason of the list."""
    form = RejectionForm(request.POST, prefix="rejection")
    if not form.is_valid():
        return show(request, find(number), clock.now(), rejection=form, status=422)

    def do(row: RenewalRequest, now: datetime) -> str:
        review.reject(
            row,
            by=request.user,
            at=now,
            version=_version(request),
            reason=form.cleaned_data["reason"],
            message=form.cleaned_data["message"],
        )
        return f"{row.number}: rechazada. El cliente puede enviar una nueva a partir de esta."

    return act(request, number, do, rejection=form)


@staff("second")
@require_POST
def reverse_plan(request: StaffRequest, number: str) -> HttpResponse:
    """Void what is unused of an active plan, with its credit note."""
    form = ReversalForm(request.POST, prefix="reversal")
    if not form.is_valid():
        return show(request, find(number), clock.now(), reversal=form, status=422)

    def do(row: RenewalRequest, now: datetime) -> str:
        review.reverse(
            row,
            by=request.user,
            at=now,
            version=_version(request),
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            amount=form.cleaned_data["amount"],
        )
        return f"{row.number}: revertida. Los folios sin usar quedaron anulados."

    return act(request, number, do, reversal=form)


@staff("review")
@require_POST
def reopen(request: StaffRequest, number: str) -> HttpResponse:
    """Late money: a request that lapsed comes back to the desk."""
    form = ReopenForm(request.POST, prefix="reopen")
    if not form.is_valid():
        return show(request, find(number), clock.now(), reopen=form, status=422)

    def do(row: RenewalRequest, now: datetime) -> str:
        review.resurrect(row, by=request.user, at=now, note=form.cleaned_data["note"])
        return f"{row.number}: vuelve a estar en revisión."

    return act(request, number, do, reopen=form)


urlpatterns = [
    path("renovaciones/", queue, name="renewals"),
    path("renovaciones/<str:number>/", case, name="renewal"),
    path("renovaciones/<str:number>/comprobante/<int:page>/", proof_page, name="renewal_proof"),
    path("renovaciones/<str:number>/reserva/", take, name="renewal_take"),
    path("renovaciones/<str:number>/devolucion/", release, name="renewal_release"),
    path("renovaciones/<str:number>/aprobacion/", approve, name="renewal_approve"),
    path("renovaciones/<str:number>/correccion/", correction, name="renewal_correction"),
    path("renovaciones/<str:number>/rechazo/", reject, name="renewal_reject"),
    path("renovaciones/<str:number>/reversion/", reverse_plan, name="renewal_reverse"),
    path("renovaciones/<str:number>/reapertura/", reopen, name="renewal_reopen"),
]
