"""`/facturar/clientes/<cliente>/exoneraciones/…`: adding, changing and taking away one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.catalogue import exoneracion, lookup
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.exoneracion import Exoneracion
from iofacturo.invoicing.catalogue.exoneracion_form import ExoneracionForm, spelled
from iofacturo.invoicing.catalogue.mark import fresh_mark
from iofacturo.lib import clock, formats
from iofacturo.lib.visible import visible

MOST = 20  # of one customer


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SeatedRequest, public_id: str) -> HttpResponse:
    """One more exoneration of a customer; the same form sent twice makes one."""
    customer = _customer(request, public_id)
    now = clock.now()
    mark = fresh_mark(request.POST.get("marca"))
    if request.method == "POST" and customer.exoneraciones.filter(public_id=mark).exists():
        return redirect("invoicing:customer", customer.public_id)
    if exoneracion.of(customer).count() >= MOST:
        messages.error(request, f"Un cliente guarda {MOST} exoneraciones como máximo.")
        return redirect("invoicing:customer", customer.public_id)
    form = _bound(request, customer, now)
    if "consultar" in request.POST:
        return _asked(request, customer, now, mark=mark)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        made = Exoneracion(
            company=request.company, customer=customer, public_id=mark, created_at=now,
            created_by=request.user, updated_at=now, **values,
        )  # fmt: skip
        if _kept(made, now):
            messages.success(request, f"Guardamos la exoneración {made}.")
            return redirect("invoicing:customer", customer.public_id)
        form = _bound(request, customer, now)  # somebody else wrote the same number meanwhile
        form.is_valid()
    return _form(request, customer, form, mark=mark)


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SeatedRequest, public_id: str, which: str) -> HttpResponse:
    customer = _customer(request, public_id)
    row = _row(customer, which)
    now = clock.now()
    if "consultar" in request.POST:
        return _asked(request, customer, now, mark=row.public_id, row=row)
    form = _bound(request, customer, now, row)
    if request.method == "POST" and form.is_valid():
        for name, value in form.values().items():
            setattr(row, name, value)
        row.updated_at = now
        if _kept(row, now):
            messages.success(request, f"Guardamos la exoneración {row}.")
            return redirect("invoicing:customer", customer.public_id)
        row = _row(customer, which)
        form = _bound(request, customer, now, row)
        form.is_valid()
    return _form(request, customer, form, mark=row.public_id, row=row)


@member("issue")
@require_POST
def retire(request: SeatedRequest, public_id: str, which: str) -> HttpResponse:
    """Offer it no more; documents that carry it stay as they are."""
    customer = _customer(request, public_id)
    row = _row(customer, which)
    row.retire(at=clock.now())
    messages.success(request, f"Quitamos la exoneración {row}.")
    return redirect("invoicing:customer", customer.public_id)


def _customer(request: SeatedRequest, public_id: str) -> Customer:
    found: Customer = get_object_or_404(request.company.customers, public_id=public_id)
    return found


def _row(customer: Customer, which: str) -> Exoneracion:
    found: Exoneracion = get_object_or_404(exoneracion.of(customer), public_id=which)
    return found


def _bound(
    request: SeatedRequest, customer: Customer, now: datetime, row: Exoneracion | None = None
) -> ExoneracionForm:
    today = clock.local(now).date()
    return ExoneracionForm(request.POST or None, customer=customer, row=row, today=today)


def _kept(row: Exoneracion, now: datetime) -> bool:
    """False when another one of this customer has the number."""
    row.watch_at = exoneracion.next_look(row.vence, now)
    today = clock.local(now).date()
    if row.ends_soon(today):
        row.watch_at = now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return False
    return True


def _asked(
    request: SeatedRequest, customer: Customer, now: datetime, **context: Any
) -> HttpResponse:
    """The same form with what Hacienda says of the number in it."""
    data: dict[str, Any] = {name: held for name, held in request.POST.items() if held}
    number = visible(request.POST.get("numero_documento", ""))[:40]
    found = None
    try:
        lookup.allow(request.company.pk)
        found = lookup.exoneration(number) if number else None
    except lookup.Unavailable as reason:
        context["refused"] = str(reason)
    else:
        if found is None:
            context["refused"] = (
                "Hacienda no tiene una autorización con ese número. Revíselo; si es de otra "
                "institución, escriba los datos a mano."
            )
    if found is not None:
        told = exoneracion.stated(found)
        data |= {name: held for name, held in (told | spelled(told)).items() if held}
        context["found"] = found
        context["warnings"] = _warnings(found, customer, now)
    form = ExoneracionForm(
        customer=customer, row=context.get("row"), today=clock.local(now).date(), initial=data
    )
    return _form(request, customer, form, **context)


def _warnings(found: Any, customer: Customer, now: datetime) -> list[str]:
    told = []
    if found.identificacion and found.identificacion != customer.identificacion:
        told.append(
            f"Está a nombre de la identificación {found.identificacion}, que no es la de este "
            "cliente: Hacienda rechazaría el comprobante."
        )
    if found.vencimiento and found.vencimiento < clock.local(now).date():
        told.append(f"Venció el {formats.dia_largo(found.vencimiento)}.")
    return told


def _form(
    request: SeatedRequest, customer: Customer, form: ExoneracionForm, **context: Any
) -> HttpResponse:
    context |= {"form": form, "customer": customer}
    return render(request, "invoicing/catalogue/exoneracion_form.html", context)
