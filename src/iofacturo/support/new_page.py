"""`/soporte/nuevo/`: Enviar un Ticket, with what the page one came from knows."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.lib import clock
from iofacturo.support import attachment, due, opening, participant, receiving
from iofacturo.support import subject as subjects
from iofacturo.support.errors import Invalid, Repeated, SupportError
from iofacturo.support.subject import Subject
from iofacturo.support.ticket import Ticket

LABELS = {"asunto": "Asunto", "mensaje": "Mensaje", "archivo": "Archivos"}


@member("see")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SeatedRequest) -> HttpResponse:
    """The form; by POST a ticket, a file more, or a file less."""
    now = clock.now()
    if request.method != "POST":
        return _page(request, subjects.read(request.membership, request.GET), now)
    about = subjects.read(request.membership, request.POST)
    try:
        receiving.receive(request, request.company, request.user, now)
        act = request.POST.get("accion", "enviar")
        gone = receiving.removed(act)
        if gone is not None:
            attachment.remove(request.company, request.user, receiving.token(request), gone)
        if act != "enviar":
            return _page(request, about, now)
        ticket = opening.open_ticket(
            request.company,
            by=request.user,
            at=now,
            subject=request.POST.get("asunto", ""),
            text=request.POST.get("mensaje", ""),
            token=receiving.token(request),
            about=about,
            copies=_copies(request),
            files=receiving.waiting(request, request.company, request.user),
        )
    except Repeated as error:
        context = {"title": "Esto ya se había enviado", "message": str(error), "back": "/soporte/",
                   "back_label": "Ver los tickets"}  # fmt: skip
        return render(request, "409.html", context, status=409)
    except SupportError as error:
        return _page(request, about, now, error, status=422)
    messages.success(request, f"Recibimos su ticket {ticket.number}.")
    return redirect("support:ticket", ticket.number)


def _copies(request: SeatedRequest) -> list[User]:
    """The colleagues that were ticked; others are passed over."""
    wanted = set(request.POST.getlist("copia"))
    return [user for user in _colleagues(request) if str(user.pk) in wanted]


def _colleagues(request: SeatedRequest) -> list[User]:
    return participant.of(request.company, but=request.user)


def _page(
    request: SeatedRequest,
    about: Subject,
    now: datetime,
    error: SupportError | None = None,
    status: int = 200,
) -> HttpResponse:
    problems = error.problems if isinstance(error, Invalid) else {}
    context = {
        "about": about,
        "word": about.request.word(now) if about.request else "",
        "late": about.request.is_late(now) if about.request else False,
        "open_already": _open_already(request, about),
        "subject": request.POST.get("asunto", about.suggested),
        "text": request.POST.get("mensaje", ""),
        "ticked": request.POST.getlist("copia"),
        "colleagues": _colleagues(request),
        "files": receiving.waiting(request, request.company, request.user),
        "room": attachment.MOST_FILES,
        "token": receiving.token(request) or opening.new_token(),
        "problems": problems,
        "links": [(name, LABELS[name], text) for name, text in problems.items()],
        "error": "" if problems or error is None else str(error),
        "due": due.answer(now),
        "hours": calendar.current(now).describe(),
    }
    return render(request, "support/new.html", context, status=status)


def _open_already(request: SeatedRequest, about: Subject) -> list[Ticket]:
    """Tickets about the same thing that one could write in instead."""
    rows = Ticket.seen_by(request.membership).filter(live=True)
    if about.request is not None:
        return list(rows.filter(request=about.request).order_by("-id")[:3])
    if about.comprobante is not None:
        return list(rows.filter(comprobante=about.comprobante).order_by("-id")[:3])
    return []
