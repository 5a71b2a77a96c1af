"""The page of one received document: what it is worth, what it says, what was answered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hacienda import clave as claves
from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.business_time import calendar
from iofacturo.invoicing.catalogue import actividad
from iofacturo.invoicing.documents import detail
from iofacturo.invoicing.documents.lines_page import Page
from iofacturo.invoicing.reception import deadline, errand, reply, standing
from iofacturo.invoicing.reception.received import Received
from iofacturo.lib import clock

TRUST = {
    "trusted": "La firma viene de una autoridad que este sistema conoce.",
    "untrusted": "La firma no viene de una autoridad que este sistema conozca.",
    "unknown": "No sabemos de qué autoridad viene la firma: este sistema no tiene los "
    "certificados de las autoridades para compararla.",
}


def found(company: Company, public_id: str) -> Received:
    """The company's document. 404 for any other."""
    rows = company.received.select_related("company", "body", "received_by")
    row: Received = get_object_or_404(rows, public_id=public_id)
    return row


@member("see")
@never_cache
@require_safe
def document(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`/facturar/recibidos/<id>/`."""
    row, now = found(request.company, public_id), clock.now()
    value = row.document()
    page = Page.of(len(value.detalle_servicio), request.GET.get("linea", ""))
    living = _living(request, row)
    waits = not row.reply and not row.apart and row.verdict != Received.REJECTED
    return render(
        request,
        "invoicing/reception/document.html",
        living
        | {
            "badge": standing.badge(row),
            "groups": claves.format(row.clave),
            "trust": TRUST[row.trust],
            "page": page,
            "lines": detail.lines(value, page.first, page.last),
            "amounts": detail.totals(value),
            "conditions": detail.conditions(value),
            "deadline": deadline.of(row.fecha, calendar.current(now), now) if waits else None,
            "copies": list(
                request.company.received.filter(clave=row.clave).exclude(pk=row.pk)[:20]
            ),
        },
    )


@member("see")
@never_cache
@require_safe
def state(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`…/estado/`: the part that changes until Hacienda has spoken, for htmx."""
    row = found(request.company, public_id)
    living = _living(request, row)
    answer = render(request, "invoicing/reception/_state.html", living)
    if request.GET.get("visto") != living["seen"]:
        answer["HX-Refresh"] = "true"
    return answer


def _living(request: SeatedRequest, row: Received) -> dict[str, Any]:
    sent = list(row.messages.select_related("errand", "issued_by").order_by("id"))
    words = list(row.words.defer("xml").order_by("id"))
    question = row.errands.filter(message__isnull=True).first()
    last = sent[-1] if sent else None
    hindrance = "" if row.reply else reply.obstacle(row, words)
    may = request.membership.may("issue")
    told = standing.of(row, question, last, hindrance)
    return {
        "row": row,
        "standing": told,
        "steps": standing.steps(row, question, sent, words),
        "message": last,
        "words": words,
        "own_words": [one for one in words if one.message_id == (last.pk if last else None)],
        "word_file": any(one.has_xml for one in words if one.message_id is None),
        "message_word_file": any(
            one.has_xml for one in words if last is not None and one.message_id == last.pk
        ),
        "sealed": [one for one in words if one.message_id is None and one.firma],
        "differences": [text for one in words for text in one.differences],
        "may_reply": may and not row.reply and not hindrance,
        "may_ask": may and question is not None and not row.reply
        and question.state in ("done", "stopped") and row.verdict != Received.ACCEPTED,
        "may_resend": may and last is not None and last.errand.state == "stopped",
        "actividad": actividad.name(last.actividad) if last is not None else "",
        "seen": f"{row.verdict}-{row.reply}-{last.state if last else ''}"
        f"-{last.errand.state if last else ''}-{question.state if question else ''}",
    }  # fmt: skip


@member("issue")
@require_POST
def ask(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`…/preguntar/`: ask Hacienda about it once more."""
    row = found(request.company, public_id)
    question = row.errands.filter(message__isnull=True).first()
    if question is not None and errand.again(question, at=clock.now()):
        messages.success(request, "Le preguntamos otra vez a Hacienda.")
    return redirect("invoicing:received_document", public_id=row.public_id)


@member("issue")
@require_POST
def resend(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`…/reenviar/`: the same bytes of an answer that stopped, once more."""
    row = found(request.company, public_id)
    message = reply.standing_message(row)
    if message is not None and errand.again(message.errand, at=clock.now()):
        messages.success(request, "Su respuesta va de nuevo a Hacienda.")
    return redirect("invoicing:received_document", public_id=row.public_id)


# -- files -----------------------------------------------------------------------------------------


@member("see")
@require_safe
def xml(request: SeatedRequest, public_id: str) -> HttpResponse:
    """The file as it was handed in, byte for byte."""
    row = found(request.company, public_id)
    return _file(row.xml, f"{row.clave}.xml")


@member("see")
@require_safe
def word_xml(request: SeatedRequest, public_id: str) -> HttpResponse:
    """What Hacienda said of the document last, as it came."""
    row = found(request.company, public_id)
    word = row.words.filter(message__isnull=True).exclude(xml=b"").order_by("attached", "-id")
    last = word.first()
    if last is None:
        raise Http404
    return _file(bytes(last.xml), f"{row.clave}_respuesta.xml")


@member("see")
@require_safe
def message_xml(request: SeatedRequest, public_id: str) -> HttpResponse:
    """Our answer, as it was signed."""
    row = found(request.company, public_id)
    message = row.message
    if message is None:
        raise Http404
    return _file(message.xml, f"{row.clave}-{message.consecutivo}.xml")


@member("see")
@require_safe
def message_word_xml(request: SeatedRequest, public_id: str) -> HttpResponse:
    """What Hacienda said of our answer, as it came."""
    row = found(request.company, public_id)
    message = row.message
    word = message.words.exclude(xml=b"").order_by("-id").first() if message else None
    if message is None or word is None:
        raise Http404
    return _file(bytes(word.xml), f"{row.clave}-{message.consecutivo}_respuesta.xml")


def _file(data: bytes, name: str) -> HttpResponse:
    # never shown in the browser: it is somebody else's XML
    answer = HttpResponse(data, content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
