"""`/facturar/recibidos/`: what came in, what waits for an answer, and the IVA of a month."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hacienda import clave as claves
from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios.csv_file import stream
from iofacturo.invoicing.reception import credit, filters, standing
from iofacturo.invoicing.reception.filters import Filters
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import CREDIT_NOTE, Received
from iofacturo.lib import clock

HEADINGS = (
    "Fecha", "Tipo", "Clave", "Cédula del emisor", "Emisor", "Moneda", "Tipo de cambio", "Total",
    "Impuesto", "Hacienda", "Respuesta", "Número de la respuesta", "Fecha de la respuesta",
    "Condición del impuesto", "IVA por acreditar", "Gasto", "Aparte por",
)  # fmt: skip


@member("see")
@never_cache
@require_safe
def received(request: SeatedRequest) -> HttpResponse:
    """Fifty documents a page, the newest first."""
    now, asked = clock.now(), filters.from_query(request.GET)
    page = filters.page(request.company, asked, request.GET.get("antes", ""))
    this_month = clock.local(now).date().replace(day=1)
    return render(
        request,
        "invoicing/reception/received.html",
        {
            "page": page,
            "rows": [(row, standing.badge(row)) for row in page.rows],
            "filters": asked,
            "asked": asked.asked,
            "query": asked.query,
            "states": filters.STATES.items(),
            "beginning": not request.GET.get("antes"),
            "month": credit.month(request.company, asked.mes or this_month),
            "token": uuid4(),
            "may_issue": request.membership.may("issue"),
        },
    )


@member("see")
@require_safe
def received_csv(request: SeatedRequest) -> StreamingHttpResponse:
    """`/facturar/recibidos.csv`: everything the filters let through."""
    asked = filters.from_query(request.GET)
    return stream("documentos-recibidos.csv", HEADINGS, cells(request.company, asked))


def cells(company: Company, asked: Filters) -> Iterator[tuple[object, ...]]:
    """A row each, notas de crédito below zero, so that columns add up."""
    rows = filters.rows(company, asked).prefetch_related("messages")
    for row in rows.iterator(chunk_size=500):
        sign = -1 if row.tipo == CREDIT_NOTE else 1
        message = _standing(row)
        yield (
            clock.local(row.fecha).date().isoformat(),
            claves.TIPOS[row.tipo],
            row.clave,
            row.emisor_numero,
            row.emisor_nombre,
            row.moneda,
            plain(row.tipo_cambio),
            plain(row.total * sign),
            plain(row.impuesto * sign),
            row.get_verdict_display() if not row.apart else "",
            row.get_reply_display() if not row.apart else "",
            message.consecutivo if message else "",
            clock.local(message.fecha).date().isoformat() if message else "",
            message.condition if message else "",
            plain(message.acreditar * sign) if message and message.acreditar is not None else "",
            plain(message.gasto * sign) if message and message.gasto is not None else "",
            row.get_apart_display(),
        )


def _standing(row: Received) -> ReceiverMessage | None:
    for message in row.messages.all():
        if not message.rejected:
            return message
    return None


def plain(amount: Decimal) -> Decimal:
    """The amount without zeros that say nothing, in plain notation."""
    short = amount.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
