"""Bringing in a list: choose a file, look at what it would do, say yes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hacienda import identificacion
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios.csv_file import stream
from iofacturo.invoicing.catalogue import customer_cells, importing, product_cells
from iofacturo.invoicing.catalogue import table_file as files
from iofacturo.invoicing.catalogue.list_import import ListImport
from iofacturo.lib import clock, formats

SHOWN = 40  # rows of each sort in the preview
KINDS = {"clientes": ListImport.CUSTOMERS, "productos": ListImport.PRODUCTS}


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SeatedRequest, which: str) -> HttpResponse:
    """`/facturar/clientes/importar/` and `/facturar/productos/importar/`"""
    kind = _kind(which)
    problem = ""
    if request.method == "POST":
        sent = request.FILES.get("archivo")
        if sent is None:
            problem = "Escoja un archivo."
        elif (sent.size or 0) > files.MOST_BYTES:
            problem = "El archivo pesa más de 5 MB. Divídalo en varios."
        else:
            try:
                row = importing.read(
                    request.company, kind, sent.name or "", sent.read(),
                    by=request.user, at=clock.now(),
                )  # fmt: skip
            except files.Unreadable as reason:
                problem = str(reason)
            else:
                return redirect("invoicing:import_preview", which, row.public_id)
    headings = _cells_of(kind).HEADINGS
    context = {"which": which, "problem": problem, "headings": headings}
    return render(
        request, "invoicing/catalogue/import.html", context, status=400 if problem else 200
    )


@member("issue")
@require_safe
def preview(request: SeatedRequest, which: str, public_id: str) -> HttpResponse:
    """What the file would do, or did; every bad row with its reason."""
    row = _row(request, which, public_id)
    context = {
        "row": row,
        "which": which,
        "good": [_shown(row, values) for values in row.good[:SHOWN]],
        "bad": [
            {**bad, "cells": [cell for cell in bad["cells"] if cell]} for bad in row.bad[:SHOWN]
        ],
        "more_good": max(0, len(row.good) - SHOWN),
        "more_bad": max(0, len(row.bad) - SHOWN),
    }
    return render(request, "invoicing/catalogue/import_preview.html", context)


@member("issue")
@require_POST
def confirm(request: SeatedRequest, which: str, public_id: str) -> HttpResponse:
    """Import the good rows; pressing twice does it once."""
    row = _row(request, which, public_id)
    done = importing.apply(row, by=request.user, at=clock.now())
    told = f"Listo: {done.new} {'nuevo' if done.new == 1 else 'nuevos'}, {done.updated} al día."
    messages.success(request, told)
    if done.bad:
        return redirect("invoicing:import_preview", which, row.public_id)
    return redirect(f"invoicing:{_kind(which)}")


@member("issue")
@require_safe
def bad_rows(request: SeatedRequest, which: str, public_id: str) -> StreamingHttpResponse:
    """The bad rows as they came, with the reason in a column of its own."""
    row = _row(request, which, public_id)
    width = len(row.headings)

    def rows() -> Iterator[list[object]]:
        for bad in row.bad:
            cells = (bad["cells"] + [""] * width)[:width]
            yield [*cells, " ".join(bad["reasons"])]

    return stream(f"{which}-por-corregir.csv", [*row.headings, "Motivo"], rows())


@member("see")
@require_safe
def template(request: SeatedRequest, which: str) -> StreamingHttpResponse:
    """The columns that are understood, with a row as an example."""
    of = _cells_of(_kind(which))
    return stream(f"plantilla-{which}.csv", of.HEADINGS, [of.EXAMPLE])


def _kind(which: str) -> str:
    kind = KINDS.get(which)
    if kind is None:
        raise Http404
    return kind


def _cells_of(kind: str):  # type: ignore[no-untyped-def]  # one of two modules
    return customer_cells if kind == ListImport.CUSTOMERS else product_cells


def _row(request: SeatedRequest, which: str, public_id: str) -> ListImport:
    row = request.company.list_imports.filter(public_id=public_id, kind=_kind(which)).first()
    if row is None:
        raise Http404
    return row


def _shown(row: ListImport, values: dict[str, object]) -> list[object]:
    """A good row in the preview: who or what, and two more facts."""
    if row.of_customers:
        emails = values.get("emails") or []
        first = emails[0] if isinstance(emails, list) and emails else ""
        kind, number = str(values["tipo_identificacion"]), str(values["identificacion"])
        return [values["nombre"], identificacion.format(kind, number), first]
    price = Decimal(str(values["precio"]))
    return [
        values["detalle"],
        values["cabys"],
        formats.dinero(price, str(values.get("moneda", "CRC"))),
    ]
