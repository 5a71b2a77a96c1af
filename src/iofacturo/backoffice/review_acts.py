"""What a reviewer does with a case: each act a POST that goes on to the next one.

All share one way. A form that lacks something comes back with the case; so does what the act
refuses, with the reason, and nothing that was typed is lost. What was done is told on the page
that follows, with a link back to the case.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice import review_queue
from iofacturo.backoffice.forms_review import (
    CorrectionForm,
    HandOverForm,
    LineFormSet,
    NoteForm,
    RejectionForm,
    ReopenForm,
    ReversalForm,
)
from iofacturo.backoffice.renewals import find, show
from iofacturo.lib import clock
from iofacturo.lib.visible import visible_lines
from iofacturo.renewals import approval, bank, internal_note, late, review
from iofacturo.renewals import credit as credits
from iofacturo.renewals.errors import NotAllowed, RenewalError
from iofacturo.renewals.request import RenewalRequest

MOST_FOUND = 20
Do = Callable[[RenewalRequest, datetime], str]


def act(
    request: StaffRequest, number: str, do: Do, *, stay: bool = False, **forms: object
) -> HttpResponse:
    """Do it and go on; what is refused comes back with the case. *do* answers what to tell."""
    row, now = find(number), clock.now()
    try:
        told = do(row, now)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except RenewalError as refusal:
        return show(request, find(number), now, problem=str(refusal), status=409, **forms)
    here = reverse("backoffice:renewal", args=[number])
    where = here if stay else _after(request, row, now)
    if where.partition("?")[0] != here:
        told = format_html('{} <a href="{}">Volver a {}</a>', told, here, number)
    messages.success(request, told)
    return redirect(where)


def act_by_form(
    request: StaffRequest, number: str, name: str, form: forms.Form, do: Do, *, stay: bool = False
) -> HttpResponse:
    """The same once *form* is whole; *name* is what the page calls it."""
    forms_of_page: dict[str, Any] = {name: form}
    if not form.is_valid():
        return show(request, find(number), clock.now(), status=422, **forms_of_page)
    return act(request, number, do, stay=stay, **forms_of_page)


def _after(request: StaffRequest, row: RenewalRequest, now: datetime) -> str:
    """The same case while it is still the reviewer's to work on, else the next one to decide.

    Who works through one filter of the queue goes on in it.
    """
    current = RenewalRequest.objects.get(pk=row.pk)
    if current.state == RenewalRequest.IN_REVIEW and current.taken_by_id == request.user.pk:
        return reverse("backoffice:renewal", args=[row.number])
    chosen = request.POST.get("estado", "")
    where = f"?estado={chosen}" if chosen in review_queue.WORKED_THROUGH else ""
    following = review_queue.next_for(request.staff, now, after=current, chosen=chosen)
    if following is None:
        return reverse("backoffice:renewals") + where
    return reverse("backoffice:renewal", args=[following.number]) + where


def _version(request: StaffRequest) -> int:
    """The version the reviewer looked at."""
    try:
        return int(request.POST["version"])
    except (KeyError, ValueError):
        raise Http404 from None


def _found(request: StaffRequest) -> list[int]:
    """The lines of the bank that were shown beside the button."""
    texts = request.POST.getlist("line")[:MOST_FOUND]
    if not all(text.isascii() and text.isdigit() and len(text) < 16 for text in texts):
        raise Http404
    return [int(text) for text in texts]


# -- whose hands -----------------------------------------------------------------------------------


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
def hand_over(request: StaffRequest, number: str) -> HttpResponse:
    """Pass the case to a colleague, or to the queue, with the reason."""
    people = review.colleagues(find(number), request.user)
    form = HandOverForm(request.POST, prefix="hand_over", people=people)

    def do(row: RenewalRequest, now: datetime) -> str:
        to = form.person
        review.hand_over(row, by=request.user, at=now, to=to, reason=form.cleaned_data["reason"])
        if to is None:
            return f"La solicitud {row.number} volvió a la cola, con su motivo."
        return f"La solicitud {row.number} la tiene ahora {to}; ya le avisamos."

    return act_by_form(request, number, "hand_over", form, do)


@staff("review")
@require_POST
def note(request: StaffRequest, number: str) -> HttpResponse:
    """Write something down for colleagues."""
    form = NoteForm(request.POST, prefix="note")

    def do(row: RenewalRequest, now: datetime) -> str:
        internal_note.write(row, by=request.user, at=now, **form.cleaned_data)
        return f"{row.number}: nota guardada. Solo la lee el equipo."

    return act_by_form(request, number, "note", form, do, stay=True)


# -- decisions -------------------------------------------------------------------------------------


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
            there = credits.available(row.company, row.given.currency, but=row)
            credit = max(min(missing, there), bank.ZERO)
        done = approval.approve(
            row,
            by=request.user,
            at=now,
            version=_version(request),
            lines=typed,
            found=found,
            keep_rest=bool(request.POST.get("keep")),
            credit=credit,
            note=visible_lines(request.POST.get("note", "")[:1000]),
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

    return act_by_form(request, number, "correction", form, do)


@staff("review")
@require_POST
def reject(request: StaffRequest, number: str) -> HttpResponse:
    """Turn the request down for a reason of the list."""
    form = RejectionForm(request.POST, prefix="rejection")

    def do(row: RenewalRequest, now: datetime) -> str:
        version = _version(request)
        # its part of the line that pays a whole group becomes its company's credit
        found = _found(request) if row.group_id is not None else []
        review.reject(
            row, by=request.user, at=now, version=version, found=found, **form.cleaned_data
        )
        return f"{row.number}: rechazada. El cliente puede enviar una nueva a partir de esta."

    return act_by_form(request, number, "rejection", form, do)


@staff("second")
@require_POST
def reverse_plan(request: StaffRequest, number: str) -> HttpResponse:
    """Void what is unused of an active plan, with its credit note."""
    form = ReversalForm(request.POST, prefix="reversal")

    def do(row: RenewalRequest, now: datetime) -> str:
        version = _version(request)
        review.reverse(row, by=request.user, at=now, version=version, **form.cleaned_data)
        return f"{row.number}: revertida. Los folios sin usar quedaron anulados."

    return act_by_form(request, number, "reversal", form, do)


@staff("review")
@require_POST
def reopen(request: StaffRequest, number: str) -> HttpResponse:
    """Late money: a request that lapsed comes back to the desk."""
    form = ReopenForm(request.POST, prefix="reopen")

    def do(row: RenewalRequest, now: datetime) -> str:
        review.resurrect(row, by=request.user, at=now, **form.cleaned_data)
        return f"{row.number}: vuelve a estar en revisión."

    return act_by_form(request, number, "reopen", form, do)


@staff("review")
@require_POST
def revive(request: StaffRequest, number: str) -> HttpResponse:
    """Late money: reopen and approve with the lines shown, in one act."""
    found, note = _found(request), visible_lines(request.POST.get("note", "")[:1000])

    def do(row: RenewalRequest, now: datetime) -> str:
        done = late.revive(
            row, by=request.user, at=now, version=_version(request), found=found, note=note
        )
        if done.state == RenewalRequest.ACTIVE:
            return f"{row.number}: revivió y el plan de {row.company} está activo."
        return f"{row.number}: revivió con la primera aprobación. Falta la de otra persona."

    return act(request, number, do)


urlpatterns = [
    path("renovaciones/<str:number>/reserva/", take, name="renewal_take"),
    path("renovaciones/<str:number>/devolucion/", release, name="renewal_release"),
    path("renovaciones/<str:number>/traspaso/", hand_over, name="renewal_hand_over"),
    path("renovaciones/<str:number>/notas/", note, name="renewal_note"),
    path("renovaciones/<str:number>/aprobacion/", approve, name="renewal_approve"),
    path("renovaciones/<str:number>/correccion/", correction, name="renewal_correction"),
    path("renovaciones/<str:number>/rechazo/", reject, name="renewal_reject"),
    path("renovaciones/<str:number>/reversion/", reverse_plan, name="renewal_reverse"),
    path("renovaciones/<str:number>/reapertura/", reopen, name="renewal_reopen"),
    path("renovaciones/<str:number>/dinero-tardio/", revive, name="renewal_revive"),
]
