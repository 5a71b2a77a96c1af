"""Somebody who will not wait: send once more what stopped, ask once more what has no answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing import submission
from iofacturo.invoicing.documents.page import found
from iofacturo.lib import clock


@member("issue")
@require_POST
def send_again(request: SeatedRequest, clave: str) -> HttpResponse:
    """`…/enviar/`: the same bytes, once more."""
    row = found(request.company, clave)
    if submission.again(row.submission, at=clock.now()):
        messages.success(
            request, "Lo enviamos de nuevo. Es el mismo comprobante: no usa otro folio."
        )
    else:
        messages.info(
            request, "Este comprobante ya va por su cuenta: no hace falta enviarlo otra vez."
        )
    return redirect("invoicing:document", clave)


@member("issue")
@require_POST
def ask_now(request: SeatedRequest, clave: str) -> HttpResponse:
    """`…/preguntar/`: the worker asks at its next round."""
    row = found(request.company, clave)
    if submission.hint(row.clave, clock.now()):
        messages.success(request, "Le preguntamos a Hacienda ahora mismo.")
    else:
        messages.info(request, "Ya le estamos preguntando a Hacienda, o ya respondió.")
    return redirect("invoicing:document", clave)
