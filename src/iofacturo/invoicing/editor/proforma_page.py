"""The paper of a proforma."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.editor import proforma
from iofacturo.invoicing.errors import NotReady
from iofacturo.invoicing.paper import pdf


@member("see")
@require_safe
def paper(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`/facturar/borradores/<public_id>/proforma.pdf`: 404 for a draft that was not offered."""
    rows = request.company.drafts.filter(comprobante__isnull=True, discarded_at__isnull=True)
    draft: Draft = get_object_or_404(rows, public_id=public_id)
    draft.company = request.company
    row = proforma.of(draft)
    if row is None:
        raise Http404
    try:
        body = pdf.render_draft(proforma.on_paper(draft, row))
    except NotReady as refusal:
        return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="proforma-{row.number}.pdf"'
    return answer
