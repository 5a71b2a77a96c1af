"""`/facturar/recibidos/<id>/responder/`: accept, accept in part, reject."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hacienda.errors import Problem
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.business_time import calendar
from iofacturo.invoicing.errors import InvoicingError, NotReady
from iofacturo.invoicing.reception import deadline, reply
from iofacturo.invoicing.reception.document_page import found
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.reception.reply_form import ReplyForm
from iofacturo.invoicing.reception.standing import SAID
from iofacturo.lib import clock

FROM_LINK = {"aceptar": "1", "en-parte": "2", "rechazar": "3"}


@member("issue")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: SeatedRequest, public_id: str) -> HttpResponse:
    """The form, and sending it: once for each document, whatever is pressed how often."""
    row, now = found(request.company, public_id), clock.now()
    there = reply.standing_message(row)
    if request.method != "POST":
        if there is not None or reply.obstacle(row):
            return _back(row)
        asked = FROM_LINK.get(request.GET.get("respuesta", ""), "")
        form = ReplyForm(row, initial={"mensaje": asked} if asked else None)
        return _form(request, row, form, ())
    form = ReplyForm(row, request.POST)
    problems: tuple[Problem, ...] = ()
    if form.is_valid():
        try:
            message = reply.answer(row, form.decision(), by=request.user, at=now)
        except NotReady as error:
            problems = error.problems
        except InvoicingError as error:
            messages.error(request, str(error))
            return _back(row)
        else:
            messages.success(request, _done(message))
            return _back(row)
    return _form(request, row, form, problems)


def _form(
    request: SeatedRequest, row: Received, form: ReplyForm, problems: tuple[Problem, ...]
) -> HttpResponse:
    now = clock.now()
    return render(
        request,
        "invoicing/reception/reply.html",
        {
            "row": row,
            "form": form,
            "problems": [problem for problem in problems if problem.is_error],
            "deadline": deadline.of(row.fecha, calendar.current(now), now),
        },
        status=422 if form.errors or problems else 200,
    )


def _done(message: ReceiverMessage) -> str:
    return f"Usted {SAID[message.mensaje]} el documento. Su respuesta va camino a Hacienda."


def _back(row: Received) -> HttpResponse:
    return redirect("invoicing:received_document", public_id=row.public_id)
