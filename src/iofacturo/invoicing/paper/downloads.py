"""What members download of their documents; free for ever, also after every plan has expired."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.paper import enclosure


def found(company: Company, clave: str) -> Comprobante:
    """The company's document with its bytes. 404 for any other."""
    rows = company.comprobantes.select_related("signed_xml", "company")
    row: Comprobante = get_object_or_404(rows, clave=clave)
    return row


@member("see")
@require_safe
def download(request: SeatedRequest, clave: str, which: str) -> HttpResponse:
    """`/facturar/documentos/<clave>/pdf`, `/tiquete`, `/xml`, `/respuesta`."""
    return enclosure.response(found(request.company, clave), which)
