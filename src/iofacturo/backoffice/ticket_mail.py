"""`/gestion/tickets-correo/`: mail that did not find its own way into a ticket."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.lib import clock
from iofacturo.support import incoming
from iofacturo.support.errors import SupportError
from iofacturo.support.incoming import IncomingMail

PAGE = 25


@staff("see")
@require_safe
def mails(request: StaffRequest) -> HttpResponse:
    """Those that wait, the oldest first."""
    return _page(request)


def _page(
    request: StaffRequest, wrong: IncomingMail | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    rows = list(incoming.waiting()[: PAGE + 1])
    context = {
        "mails": rows[:PAGE],
        "more": len(rows) > PAGE,
        "wrong": wrong,
        "problem": problem,
        "typed": request.POST.get("ticket", ""),
    }
    return render(request, "backoffice/ticket_mails.html", context, status=status)


@staff("see")
@require_POST
def file_in(request: StaffRequest, pk: int) -> HttpResponse:
    """Put one into the ticket that is named."""
    row, now = get_object_or_404(IncomingMail, pk=pk), clock.now()
    try:
        ticket = incoming.by_number(request.POST.get("ticket", ""))
        entry = incoming.file_in(row, ticket, by=request.user, at=now)
    except SupportError as refusal:
        return _page(request, row, str(refusal), status=409 if row.entry_id else 422)
    how = "como mensaje de quien lo envió" if entry.is_public else "como nota interna"
    messages.success(request, f"El correo quedó en {ticket.number}, {how}.")
    return redirect("backoffice:ticket_mails")


@staff("see")
@require_POST
def dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    try:
        incoming.dismiss(get_object_or_404(IncomingMail, pk=pk), by=request.user, at=clock.now())
    except SupportError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Correo descartado.")
    return redirect("backoffice:ticket_mails")


urlpatterns = [
    path("tickets-correo/", mails, name="ticket_mails"),
    path("tickets-correo/<int:pk>/ticket/", file_in, name="ticket_mail_file"),
    path("tickets-correo/<int:pk>/descarte/", dismiss, name="ticket_mail_dismiss"),
]
