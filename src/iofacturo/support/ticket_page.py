"""`/soporte/TK-…/`: the conversation, an answer to it, and who is in copy."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.lib import clock
from iofacturo.support import (
    attachment,
    closing,
    conversation,
    copying,
    list_page,
    opening,
    participant,
    receiving,
    thread,
)
from iofacturo.support.attachment import TicketPage
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid, SupportError
from iofacturo.support.ticket import Ticket

LABELS = {"mensaje": "Mensaje", "archivo": "Archivos", "persona": "Persona"}


def find(request: SeatedRequest, number: str) -> Ticket:
    """The ticket called *number*, for whoever may read it; 404 for everybody else."""
    rows = Ticket.seen_by(request.membership).select_related(
        "company", "author", "request", "request__quote", "comprobante", "previous"
    )
    found: Ticket = get_object_or_404(rows, number=number)
    return found


@member("see")
@require_safe
def ticket(request: SeatedRequest, number: str) -> HttpResponse:
    """Everything that was said, and the place to answer."""
    return _page(request, find(request, number), clock.now())


def _page(
    request: SeatedRequest,
    found: Ticket,
    now: datetime,
    error: SupportError | None = None,
    status: int = 200,
) -> HttpResponse:
    problems = error.problems if isinstance(error, Invalid) else {}
    people = participant.people(found)
    context = {
        "row": list_page.row(found, now),
        "ticket": found,
        "lines": thread.lines(found, request.user, staff=False),
        "closed": found.is_closed(now),
        "late": found.is_late(now),
        "about_word": found.request.word(now) if found.request else "",
        "people": people,
        "colleagues": participant.colleagues(found),
        "follow_up": found.successors.filter(company=request.company).order_by("-id").first(),
        "text": request.POST.get("mensaje", ""),
        "files": receiving.waiting(request, request.company, request.user),
        "room": attachment.MOST_FILES,
        "token": receiving.token(request) or opening.new_token(),
        "problems": problems,
        "links": [(name, LABELS[name], text) for name, text in problems.items()],
        "error": "" if problems or error is None else str(error),
    }
    return render(request, "support/ticket.html", context, status=status)


@member("see")
@require_POST
def answer(request: SeatedRequest, number: str) -> HttpResponse:
    """A message; or a file more, or one less, with what was typed kept."""
    now, found = clock.now(), find(request, number)
    try:
        receiving.receive(request, request.company, request.user, now)
        act = request.POST.get("accion", "enviar")
        gone = receiving.removed(act)
        if gone is not None:
            attachment.remove(request.company, request.user, receiving.token(request), gone)
        if act != "enviar":
            return _page(request, found, now)
        conversation.answer(
            found,
            by=request.user,
            at=now,
            text=request.POST.get("mensaje", ""),
            token=receiving.token(request),
            files=receiving.waiting(request, request.company, request.user),
        )
    except SupportError as error:
        status = 422 if isinstance(error, Invalid) else 409
        return _page(request, find(request, number), now, error, status=status)
    messages.success(request, "Enviamos su mensaje.")
    return redirect("support:ticket", number)


@member("see")
@require_POST
def copy(request: SeatedRequest, number: str) -> HttpResponse:
    """Put a colleague in copy (`agregar`), or take one out (`quitar`)."""
    now, found = clock.now(), find(request, number)
    out = "quitar" in request.POST
    named = request.POST.get("quitar" if out else "persona", "")
    among = participant.people(found) if out else participant.colleagues(found)
    user = next((one for one in among if str(one.pk) == named), None)
    if user is None:
        error = Invalid({"persona": "Escoja a una persona de la lista."})
        return _page(request, found, now, error, status=422)
    try:
        (copying.remove if out else copying.add)(found, user, by=request.user, at=now)
    except SupportError as problem:
        return _page(request, found, now, problem, status=422)
    if out and not Ticket.seen_by(request.membership).filter(pk=found.pk).exists():
        messages.success(request, f"Ya no está en copia del ticket {number}.")
        return redirect("support:tickets")
    messages.success(request, f"{user} {'ya no está' if out else 'está'} en copia.")
    return redirect("support:ticket", number)


@member("see")
@require_POST
def resolution(request: SeatedRequest, number: str) -> HttpResponse:
    """The customer says that it is done."""
    now, found = clock.now(), find(request, number)
    try:
        closing.resolve(found, by=request.user, side=Entry.CUSTOMER, at=now)
    except SupportError as error:
        return _page(request, found, now, error, status=409)
    messages.success(request, "Gracias por avisarnos: el ticket quedó resuelto.")
    return redirect("support:ticket", number)


@member("see")
@require_safe
def picture(request: SeatedRequest, number: str, file: int, page: int) -> HttpResponse:
    """One cleaned page of a file that came with a message the customer reads."""
    found = TicketPage.objects.filter(
        file=file,
        number=page,
        file__entry__ticket=find(request, number),
        file__entry__kind__in=Entry.PUBLIC,
    ).first()
    if found is None:
        raise Http404
    return found.response()
