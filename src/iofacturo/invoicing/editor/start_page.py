"""`/facturar/`: what to issue, and what was left half done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.accounts.user import User
from iofacturo.folios import summary
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.editor import blank, place
from iofacturo.invoicing.editor.posted import whole
from iofacturo.invoicing.setup import steps
from iofacturo.lib import clock

FIRST, MOST = 20, 200
MAIN = (
    ("FE", "Factura", "issue", "Para una empresa o persona que se identifica y puede deducir el gasto."),
    ("TE", "Tiquete", "ticket", "Para quien compra sin identificarse, o no necesita deducirlo."),
)  # fmt: skip
OTHERS = (
    ("NC", "Nota de crédito", "Para anular o rebajar un comprobante. Lo más fácil es empezarla desde su página en Documentos."),
    ("ND", "Nota de débito", "Para cobrar de más sobre un comprobante ya emitido."),
    ("FEC", "Factura de compra", "Para comprarle a quien no está obligado a facturar, o a un proveedor del extranjero."),
    ("FEE", "Factura de exportación", "Para vender bienes o servicios a un cliente fuera del país."),
    ("REP", "Recibo de pago", "Para cuando le pagan una venta al Estado, o una a crédito de IVA hasta 90 días."),
)  # fmt: skip


@member("see")
@require_safe
def start(request: SeatedRequest) -> HttpResponse:
    """The types in plain words, the open drafts newest first, the folios left."""
    now = clock.now()
    most = min(whole(request.GET.get("ver")) or FIRST, MOST)
    rows = list(drafts.open_drafts(request.company).order_by("-updated_at", "-id")[: most + 1])
    return render(
        request,
        "invoicing/editor/start.html",
        {
            "may": request.membership.may("issue"),
            "main": MAIN,
            "others": OTHERS,
            "rows": [_shown(row) for row in rows[:most]],
            "more": min(most + FIRST, MOST) if len(rows) > most and most < MOST else None,
            "overview": summary.overview(request.company, now),
            "missing": steps.missing(request.company, now),
            "thrown": _thrown(request),
        },
    )


def _shown(row: Draft) -> dict[str, Any]:
    """A draft in one line: for whom, what the first line says."""
    who = place.get(row.data, "Emisor/Nombre" if row.tipo == "FEC" else "Receptor/Nombre")
    first = place.get(row.data, "L1/Detalle")
    count = len(place.items(row.data, place.LINES))
    return {
        "row": row,
        "who": who if isinstance(who, str) else "",
        "what": first if isinstance(first, str) else "",
        "more": max(count - 1, 0),
    }


def _thrown(request: SeatedRequest) -> Draft | None:
    """The draft just thrown away, to be brought back in one press."""
    asked = request.GET.get("descartado")
    if not asked:
        return None
    gone: Draft | None = request.company.drafts.filter(
        public_id=asked[:12], discarded_at__isnull=False, comprobante__isnull=True
    ).first()
    return gone


@member("issue")
@require_POST
def new_draft(request: SeatedRequest) -> HttpResponse:
    """`POST /facturar/nuevo/`: an empty draft of the type asked for; a second press finds the first."""
    tipo = request.POST.get("tipo", "")
    if tipo not in dict(drafts.TIPOS):
        return HttpResponseBadRequest("No hay un comprobante de ese tipo.")
    row = begin(request.company, tipo, by=request.user, at=clock.now())
    return redirect("invoicing:draft", public_id=row.public_id)


def begin(company: Company, tipo: str, *, by: User, at: datetime) -> Draft:
    """The person's blank draft of this type, there already or new."""
    data = blank.of(tipo)
    with transaction.atomic():
        Company.locked(company.pk)  # two presses at once go one by one
        rows = drafts.open_drafts(company).filter(tipo=tipo, version=1, created_by=by)
        for row in rows.order_by("-updated_at", "-id")[:5]:
            if row.data == drafts.stated(data):
                untouched: Draft = row
                return untouched
        return drafts.write(company, data, by=by, at=at)
