"""`/gestion/tickets/`: the queue of tickets, one conversation, and what the team does with it.

Support reads the request or the document of a ticket and decides nothing about either: a request
is handed over to the reviewers with a note.
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice import ticket_queue
from iofacturo.business_time import calendar
from iofacturo.invoicing.documents import timeline as document_timeline
from iofacturo.lib import clock
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support import (
    assignment,
    attachment,
    closing,
    conversation,
    opening,
    participant,
    receiving,
    thread,
)
from iofacturo.support.attachment import TicketPage
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid, SupportError
from iofacturo.support.ticket import Ticket

LABELS = {
    "mensaje": "Respuesta",
    "archivo": "Archivos",
    "nota": "Nota interna",
    "entrega": "Qué hay que revisar",
    "persona": "Persona",
}


@staff("see")
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """The queue alone."""
    now = clock.now()
    return render(request, "backoffice/tickets.html", {"queue": ticket_queue.Queue(request, now)})


@staff("see")
@require_safe
def ticket(request: StaffRequest, number: str) -> HttpResponse:
    """One conversation beside the queue."""
    return show(request, find(number), clock.now())


def find(number: str) -> Ticket:
    return get_object_or_404(
        Ticket.objects.select_related(
            "company", "author", "assigned_to", "request", "request__quote", "comprobante",
            "comprobante__submission", "previous",
        ),
        number=number,
    )  # fmt: skip


def show(
    request: StaffRequest,
    row: Ticket,
    now: datetime,
    error: SupportError | None = None,
    status: int = 200,
) -> HttpResponse:
    problems = error.problems if isinstance(error, Invalid) else {}
    hours = calendar.current(now)
    tone, icon, word = ticket_queue.badge(row, now, hours)
    lines = thread.lines(row, request.user, staff=True)
    context = {
        "queue": ticket_queue.Queue(request, now, current=row),
        "ticket": row,
        "tone": tone,
        "icon": icon,
        "word": word,
        "lines": lines,
        "seen": max((line.pk for line in lines if not line.internal), default=0),
        "closed": row.is_closed(now),
        "people": participant.people(row),
        "team": assignment.team(),
        "others": _others(row),
        "text": request.POST.get("mensaje", ""),
        "note": request.POST.get("nota", ""),
        "handover": request.POST.get("entrega", ""),
        "files": receiving.waiting(request, row.company, request.user),
        "room": attachment.MOST_FILES,
        "token": receiving.token(request) or opening.new_token(),
        "problems": problems,
        "links": [(name, LABELS[name], text) for name, text in problems.items()],
        "error": "" if problems or error is None else str(error),
        **_about(row, now),
    }
    return render(request, "backoffice/tickets.html", context, status=status)


def _about(row: Ticket, now: datetime) -> dict[str, object]:
    """The request or the document with its timeline, to be read."""
    told: dict[str, object] = {}
    if row.request is not None:
        told["request_word"] = row.request.word(now)
        told["request_late"] = row.request.is_late(now)
        told["decisions"] = row.request.decisions.select_related("actor").order_by("id")
        told["can_hand_over"] = row.request.state in RenewalRequest.SENT
    if row.comprobante is not None:
        answers = list(row.comprobante.answers.order_by("id"))
        told["steps"] = document_timeline.steps(row.comprobante, answers, now)
    return told


def _others(row: Ticket) -> list[Ticket]:
    """The company's other tickets, those about the same thing and the newest first."""
    same = Q(request=row.request_id) if row.request_id else Q(pk=None)
    rows = Ticket.objects.filter(company=row.company_id).exclude(pk=row.pk)
    return [*rows.filter(same).order_by("-id")[:3], *rows.exclude(same).order_by("-id")[:3]]


def act(request: StaffRequest, number: str, do: Callable[[Ticket, datetime], str]) -> HttpResponse:
    """Do one act; what it refuses comes back with what was typed."""
    row, now = find(number), clock.now()
    try:
        told = do(row, now)
    except SupportError as refusal:
        status = 422 if isinstance(refusal, Invalid) else 409
        return show(request, find(number), now, refusal, status=status)
    if not told:
        return show(request, find(number), now)
    messages.success(request, told)
    return redirect("backoffice:ticket", number)


@staff("see")
@require_POST
def reply(request: StaffRequest, number: str) -> HttpResponse:
    """Answer the customer, and resolve with it if the button says so."""

    def do(row: Ticket, now: datetime) -> str:
        receiving.receive(request, row.company, request.user, now)
        button = request.POST.get("accion", "responder")
        gone = receiving.removed(button)
        if gone is not None:
            attachment.remove(row.company, request.user, receiving.token(request), gone)
        if button not in ("responder", "resolver"):
            return ""
        conversation.reply(
            row,
            by=request.user,
            at=now,
            text=request.POST.get("mensaje", ""),
            seen=_seen(request),
            token=receiving.token(request),
            files=receiving.waiting(request, row.company, request.user),
            resolve=button == "resolver",
        )
        return f"{row.number}: le enviamos la respuesta a {row.company}."

    return act(request, number, do)


def _seen(request: StaffRequest) -> int:
    """The last public line that stood on the screen."""
    text = request.POST.get("visto", "")
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


@staff("see")
@require_POST
def note(request: StaffRequest, number: str) -> HttpResponse:
    """Something for colleagues."""

    def do(row: Ticket, now: datetime) -> str:
        conversation.note(row, by=request.user, at=now, text=request.POST.get("nota", ""))
        return f"{row.number}: guardamos la nota. El cliente no la ve."

    return act(request, number, do)


@staff("see")
@require_POST
def assign(request: StaffRequest, number: str) -> HttpResponse:
    """Give it to somebody of the team, or to nobody."""

    def do(row: Ticket, now: datetime) -> str:
        named = request.POST.get("persona", "")
        to = next((user for user in assignment.team() if str(user.pk) == named), None)
        if named and to is None:
            raise Invalid({"persona": "Escoja a una persona de la lista."})
        assignment.assign(row, to, by=request.user, at=now)
        return f"{row.number}: {f'lo tiene {to}' if to else 'no lo tiene nadie'}."

    return act(request, number, do)


@staff("see")
@require_POST
def hand_over(request: StaffRequest, number: str) -> HttpResponse:
    """Show the request to the reviewers, with a note."""

    def do(row: Ticket, now: datetime) -> str:
        assignment.hand_over(row, by=request.user, at=now, text=request.POST.get("entrega", ""))
        return f"{row.number}: la solicitud quedó señalada para quien revisa."

    return act(request, number, do)


@staff("see")
@require_POST
def resolve(request: StaffRequest, number: str) -> HttpResponse:
    """Done, without another message."""

    def do(row: Ticket, now: datetime) -> str:
        closing.resolve(row, by=request.user, side=Entry.STAFF, at=now)
        return f"{row.number}: resuelto. Ya le avisamos al cliente."

    return act(request, number, do)


@staff("see")
@require_POST
def reopen(request: StaffRequest, number: str) -> HttpResponse:
    def do(row: Ticket, now: datetime) -> str:
        closing.reopen(row, by=request.user, at=now)
        return f"{row.number}: abierto de nuevo."

    return act(request, number, do)


@staff("see")
@require_safe
def picture(request: StaffRequest, number: str, file: int, page: int) -> HttpResponse:
    """One cleaned page of a file that came with a message."""
    held = get_object_or_404(TicketPage, file=file, number=page, file__entry__ticket__number=number)
    return held.response()


urlpatterns = [
    path("tickets/", queue, name="tickets"),
    path("tickets/<str:number>/", ticket, name="ticket"),
    path("tickets/<str:number>/respuesta/", reply, name="ticket_reply"),
    path("tickets/<str:number>/nota/", note, name="ticket_note"),
    path("tickets/<str:number>/asignacion/", assign, name="ticket_assign"),
    path("tickets/<str:number>/entrega/", hand_over, name="ticket_handover"),
    path("tickets/<str:number>/resolucion/", resolve, name="ticket_resolve"),
    path("tickets/<str:number>/reapertura/", reopen, name="ticket_reopen"),
    path("tickets/<str:number>/archivos/<int:file>/<int:page>.png", picture, name="ticket_picture"),
]
