"""`/facturar/productos/`: what the company sells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios.csv_file import stream
from iofacturo.invoicing.catalogue import cabys, cabys_warnings, product, product_cells, shelf
from iofacturo.invoicing.catalogue.find_page import FOR_STAFF, NOT_IMPORTED
from iofacturo.invoicing.catalogue.mark import fresh_mark
from iofacturo.invoicing.catalogue.product import Product
from iofacturo.invoicing.catalogue.product_form import ProductForm
from iofacturo.lib import clock
from iofacturo.lib.visible import visible

CODES = 8


@member("see")
@require_safe
def products(request: SeatedRequest) -> HttpResponse:
    """Search by words, own code or CAByS; those with a warning alone."""
    warned = request.GET.get("aviso") == "1" and not shelf.archived(request)
    context = shelf.context(
        request,
        request.company.products.all(),
        product.matching,
        ~Q(cabys_warning="") if warned else None,
    )
    context |= {
        "warned": warned,
        "warnings": product.live(request.company).exclude(cabys_warning="").count(),
    }
    return render(request, "invoicing/catalogue/products.html", context)


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SeatedRequest) -> HttpResponse:
    """A product; the same form sent twice makes one."""
    mark = fresh_mark(request.POST.get("marca"))
    if request.method == "POST":
        made = request.company.products.filter(public_id=mark).first()
        if made is not None:
            return redirect("invoicing:products")
    form = ProductForm(request.POST or None, owner=request.company)
    if _searching(request):
        return _searched(request, mark)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        values = form.values()
        row = Product(
            company=request.company, public_id=mark, created_at=now, created_by=request.user,
            updated_at=now, **values,
        )  # fmt: skip
        row.cabys_warning = _warning(row)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # somebody else took the own code meanwhile
            form = ProductForm(request.POST, owner=request.company)
            form.is_valid()
        else:
            messages.success(request, f"Guardamos «{row}».")
            again = "invoicing:product_new" if "otro" in request.POST else "invoicing:products"
            return redirect(again)
    return _form(request, form, mark=mark)


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SeatedRequest, public_id: str) -> HttpResponse:
    row = _row(request, public_id)
    form = ProductForm(request.POST or None, owner=request.company, row=row)
    if _searching(request):
        return _searched(request, row.public_id, row)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = clock.now()
        row.cabys_warning = _warning(row)
        try:
            with transaction.atomic():
                row.save(update_fields=[*values, "folded", "updated_at", "cabys_warning"])
        except IntegrityError:
            form = ProductForm(request.POST, owner=request.company, row=_row(request, public_id))
            form.is_valid()
        else:
            messages.success(request, f"Guardamos «{row}».")
            return redirect("invoicing:products")
    return _form(request, form, mark=row.public_id, row=row)


@member("issue")
@require_POST
def archive(request: SeatedRequest, public_id: str) -> HttpResponse:
    """Out of the lists, or back."""
    row = _row(request, public_id)
    if "restaurar" in request.POST:
        row.restore(at=clock.now())
        messages.success(request, f"«{row}» está de nuevo en su lista.")
    else:
        row.archive(at=clock.now())
        messages.success(request, f"Archivamos «{row}».")
    return redirect("invoicing:products")


@member("issue")
@require_POST
def dismiss(request: SeatedRequest, public_id: str) -> HttpResponse:
    """The product is right as it is: no warning until the catalogue changes again."""
    row = _row(request, public_id)
    request.company.products.filter(pk=row.pk).update(cabys_warning=Product.FINE)
    messages.success(request, f"«{row}» queda como está.")
    return redirect("invoicing:products")


@member("see")
@require_safe
def export(request: SeatedRequest) -> StreamingHttpResponse:
    """Every product as CSV, in the columns that an import takes."""

    def rows() -> Iterator[list[object]]:
        for row in product.live(request.company).iterator(chunk_size=1000):
            yield product_cells.row_of(row)

    return stream("productos.csv", product_cells.HEADINGS, rows())


def _row(request: SeatedRequest, public_id: str) -> Product:
    row = request.company.products.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def _warning(row: Product) -> str:
    """Only a code that is not there: who chose another tariff by hand had their reasons."""
    entry = cabys.find(row.cabys)
    found = cabys_warnings.of(
        row.cabys, row.porcentaje, entry, imported=cabys.CabysEdition.objects.exists()
    )
    return Product.FINE if found == Product.RATE else found


def _searching(request: SeatedRequest) -> bool:
    return "buscar_cabys" in request.POST or "elegir" in request.POST


def _searched(request: SeatedRequest, mark: str, row: Product | None = None) -> HttpResponse:
    """The same form with the codes found, or with the one that was chosen in it."""
    data: QueryDict = request.POST.copy()
    context: dict[str, Any] = {"mark": mark, "row": row, "words": visible(data.get("palabras", ""))}
    chosen = cabys.find(request.POST.get("elegir", "")[:13])
    if chosen is not None:
        data["cabys"] = chosen.codigo
        data["tarifa_iva"] = chosen.tarifa or data.get("tarifa_iva", "")
        context["entry"] = chosen
    else:
        context["codes"] = cabys.search(context["words"], CODES)
        context["looked"] = True
    values: dict[str, Any] = data.dict()
    values["con_iva"] = bool(data.get("con_iva"))
    return _form(request, ProductForm(owner=request.company, row=row, initial=values), **context)


def _form(request: SeatedRequest, form: ProductForm, **context: Any) -> HttpResponse:
    imported = cabys.CabysEdition.objects.exists()
    context.setdefault("entry", cabys.find(form["cabys"].value() or "") if imported else None)
    context["missing"] = "" if imported else NOT_IMPORTED
    if not imported and getattr(request, "staff", None) is not None:
        context["missing"] = f"{NOT_IMPORTED} {FOR_STAFF}"
    return render(request, "invoicing/catalogue/product_form.html", {"form": form, **context})
