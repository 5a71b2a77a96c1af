"""Where a member mails a document again and handles its public link."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.paper import mailing, public_link
from iofacturo.invoicing.paper.downloads import found
from iofacturo.lib import clock

SEPARATORS = re.compile(r"[\s,;]+")
LONGEST = 2000  # characters of the field; the rest of what somebody pasted is not read


@member("see")
@never_cache
@require_safe
def share(request: SeatedRequest, clave: str) -> HttpResponse:
    """`/facturar/documentos/<clave>/compartir/`."""
    row = found(request.company, clave)
    return _page(request, row, typed=", ".join(mailing.addresses(row)))


@member("issue")
@require_POST
def send_mail(request: SeatedRequest, clave: str) -> HttpResponse:
    """`/facturar/documentos/<clave>/correo`: a copy to every address typed."""
    row = found(request.company, clave)
    typed = request.POST.get("correos", "")[:LONGEST]
    addresses = [one for one in SEPARATORS.split(typed) if one]
    try:
        copies = mailing.send(row, addresses, by=request.user, at=clock.now())
    except mailing.Refused as refusal:
        return _page(request, row, typed=typed, error=refusal.message, status=422)
    if len(copies) > 1:
        messages.success(request, f"El documento va en camino a {len(copies)} correos.")
    else:
        messages.success(request, f"El documento va en camino a {addresses[0]}.")
    return redirect("invoicing:share", row.clave)


@member("issue")
@require_POST
def make_link(request: SeatedRequest, clave: str) -> HttpResponse:
    """`…/enlace`: a public link, if there is none that works."""
    row = found(request.company, clave)
    public_link.of(row, at=clock.now(), by=request.user)
    return redirect("invoicing:share", row.clave)


@member("issue")
@require_POST
def revoke_link(request: SeatedRequest, clave: str) -> HttpResponse:
    """`…/enlace/anular`: from now on nobody gets in by it."""
    row = found(request.company, clave)
    if public_link.revoke(row, by=request.user, at=clock.now()):
        messages.success(request, "El enlace ya no abre el documento.")
    return redirect("invoicing:share", row.clave)


def _page(
    request: SeatedRequest, row: Comprobante, *, typed: str, error: str = "", status: int = 200
) -> HttpResponse:
    link = public_link.current(row)
    context: dict[str, Any] = {
        "row": row,
        "typed": typed,
        "error": error,
        "most": mailing.MOST_AT_ONCE,
        "link": link,
        "deliveries": mailing.status(row)[:50],
        "may_issue": request.membership.may("issue"),
    }
    return render(request, "invoicing/paper/share.html", context, status=status)
