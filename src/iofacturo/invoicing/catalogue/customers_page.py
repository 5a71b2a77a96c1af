"""`/facturar/clientes/`: those to whom the company sells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hacienda import identificacion
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios.csv_file import stream
from iofacturo.invoicing.catalogue import (
    actividad,
    customer,
    customer_cells,
    exoneracion,
    lookup,
    shelf,
)
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.customer_form import CustomerForm
from iofacturo.invoicing.catalogue.find_page import warnings
from iofacturo.invoicing.catalogue.mark import fresh_mark
from iofacturo.lib import clock
from iofacturo.lib.visible import visible

LATEST = 10


@member("see")
@require_safe
def customers(request: SeatedRequest) -> HttpResponse:
    """Search by words of the name or by number."""
    context = shelf.context(request, request.company.customers.all(), customer.matching)
    return render(request, "invoicing/catalogue/customers.html", context)


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SeatedRequest) -> HttpResponse:
    """A customer; the same form sent twice makes one."""
    mark = fresh_mark(request.POST.get("marca"))
    if request.method == "POST":
        made = request.company.customers.filter(public_id=mark).first()
        if made is not None:
            return redirect("invoicing:customer", made.public_id)
    form = CustomerForm(
        request.POST or None,
        owner=request.company,
        initial={"nombre": visible(request.GET.get("nombre", "")[:100])},
    )
    if "consultar" in request.POST:
        return _asked(request, form, mark)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            with transaction.atomic():
                row = request.company.customers.create(
                    public_id=mark, created_at=now, created_by=request.user, updated_at=now,
                    **form.values(),
                )  # fmt: skip
        except IntegrityError:  # somebody else wrote the same number meanwhile
            form = CustomerForm(request.POST, owner=request.company)
            form.is_valid()
        else:
            messages.success(request, f"Guardamos a {row}.")
            return redirect("invoicing:customer", row.public_id)
    return _form(request, form, mark=mark)


@member("see")
@require_safe
def one(request: SeatedRequest, public_id: str) -> HttpResponse:
    """A customer, with the last documents issued to them."""
    row = _row(request, public_id)
    documents = request.company.comprobantes.filter(receptor_numero=row.identificacion)
    latest = list(documents.order_by("-fecha", "-id")[: LATEST + 1])
    context = {
        "row": row,
        "documents": latest[:LATEST],
        "more": len(latest) > LATEST,
        "actividad": actividad.name(row.actividad),
        "exoneraciones": _exoneraciones(row),
        "may": request.membership.may("issue"),
    }
    return render(request, "invoicing/catalogue/customer.html", context)


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SeatedRequest, public_id: str) -> HttpResponse:
    row = _row(request, public_id)
    form = CustomerForm(request.POST or None, owner=request.company, row=row)
    if "consultar" in request.POST:
        return _asked(request, form, row.public_id, row)
    if request.method == "POST" and form.is_valid():
        for name, value in form.values().items():
            setattr(row, name, value)
        row.updated_at = clock.now()
        try:
            with transaction.atomic():
                row.save(update_fields=[*form.values(), "folded", "updated_at"])
        except IntegrityError:
            form = CustomerForm(request.POST, owner=request.company, row=_row(request, public_id))
            form.is_valid()
        else:
            messages.success(request, f"Guardamos los datos de {row}.")
            return redirect("invoicing:customer", row.public_id)
    return _form(request, form, mark=row.public_id, row=row)


@member("issue")
@require_POST
def archive(request: SeatedRequest, public_id: str) -> HttpResponse:
    """Out of the lists, or back; its documents stay."""
    row = _row(request, public_id)
    if "restaurar" in request.POST:
        row.restore(at=clock.now())
        messages.success(request, f"{row} está de nuevo en su lista.")
    else:
        row.archive(at=clock.now())
        messages.success(request, f"Archivamos a {row}. Sus comprobantes quedan como estaban.")
    return redirect("invoicing:customer", row.public_id)


@member("see")
@require_safe
def export(request: SeatedRequest) -> StreamingHttpResponse:
    """Every customer as CSV, in the columns that an import takes."""

    def rows() -> Iterator[list[object]]:
        for row in customer.live(request.company).iterator(chunk_size=1000):
            yield customer_cells.row_of(row)

    return stream("clientes.csv", customer_cells.HEADINGS, rows())


def _exoneraciones(row: Customer) -> list[dict[str, Any]]:
    """Each with whether it is over, or about to be."""
    today = clock.today()
    return [
        {"row": one, "over": one.is_over(today), "soon": one.ends_soon(today)}
        for one in exoneracion.of(row)
    ]


def _row(request: SeatedRequest, public_id: str) -> Customer:
    row = request.company.customers.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def _form(request: SeatedRequest, form: CustomerForm, **context: Any) -> HttpResponse:
    return render(request, "invoicing/catalogue/customer_form.html", {"form": form, **context})


def _asked(
    request: SeatedRequest, form: CustomerForm, mark: str, row: Customer | None = None
) -> HttpResponse:
    """The same form with what Hacienda says of the number in it."""
    numero = visible(request.POST.get("identificacion", "")[:30])
    context: dict[str, Any] = {"mark": mark, "row": row}
    data = request.POST.copy()
    try:
        lookup.allow(request.company.pk)
        found = lookup.taxpayer(_plain(data.get("tipo_identificacion", ""), numero))
    except lookup.Unavailable as reason:
        context["refused"] = str(reason)
    else:
        if found is None:
            context["refused"] = (
                "Hacienda no tiene inscrita esa identificación. Revise el número, o escriba los "
                "datos a mano."
            )
        else:
            data["nombre"] = visible(found.nombre)[:100]
            if found.tipo_identificacion in dict(Customer.TIPOS):
                data["tipo_identificacion"] = found.tipo_identificacion
            active = found.actividades_activas
            if active and not data.get("actividad"):
                data["actividad"] = (next((a for a in active if a.principal), active[0])).codigo
            context["found"] = found
            context["warnings"] = warnings(found)
    again = CustomerForm(owner=request.company, row=row, initial=data.dict())
    return _form(request, again, **context)


def _plain(tipo: str, numero: str) -> str:
    kind = tipo or next(iter(identificacion.tipos(numero)), "")
    return identificacion.compact(kind, numero)
