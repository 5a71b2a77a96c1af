"""The buttons that begin another document from this one: a draft to be finished in the editor."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.documents import preparation
from iofacturo.invoicing.documents.page import found
from iofacturo.lib import clock


@member("issue")
@require_POST
def prepare(request: SeatedRequest, clave: str, act: str) -> HttpResponse:
    """`…/nota-de-credito/` and its like: to the draft, the same one when it is open already."""
    row = found(request.company, clave)
    try:
        draft = preparation.prepare(row, act, by=request.user, at=clock.now())
    except preparation.NotLawful as error:
        messages.error(request, str(error))
        return redirect("invoicing:document", clave)
    if draft.comprobante is not None:
        return redirect("invoicing:document", draft.comprobante.clave)
    return redirect("invoicing:draft", draft.public_id)
