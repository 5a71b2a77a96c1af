"""`/facturar/tiquete/`: three fields and Enter, for a counter with people waiting."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hacienda.catalogos.medio_pago import MEDIO_PAGO
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios import summary
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import comprobante as rows
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing import emission, readiness
from iofacturo.invoicing.catalogue import cabys, product
from iofacturo.invoicing.catalogue.product import Product
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.editor import quick, spot
from iofacturo.invoicing.editor.quick import Item
from iofacturo.invoicing.errors import InvoicingError, NotReady
from iofacturo.invoicing.setup import steps
from iofacturo.lib import amounts, clock, folding
from iofacturo.lib.amounts import AmountError
from iofacturo.lib.visible import visible

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,40}")
MEANS = ("01", "06", "02", "04", "07", "03", "05")
LAST = "tiquete_suelto"
"""In the session: CAByS, unit and tariff of the last thing sold without a product."""
ISSUED = "tiquete_emitido"
UNKNOWN = (
    "El código {} no está en el catálogo CAByS y Hacienda rechaza los que no existen. Búsquelo en "
    "«Tiquete con más líneas»."
)
KEPT = "tiquete_guardado"
"""In the session: the draft that the last form became when it could not be issued."""


@dataclass
class Form:
    """The three fields as typed, and what is wrong with them."""

    que: str = ""
    monto: str = ""
    medio: str = MEANS[0]
    cabys: str = ""
    token: str = ""
    errors: dict[str, str] = attribute(default_factory=dict)
    products: list[Product] = attribute(default_factory=list)
    asks_code: bool = False


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def tiquete(request: SeatedRequest) -> HttpResponse:
    now = clock.now()
    if request.method != "POST":
        return _page(request, Form(medio=_last_means(request)), now)
    form = _typed(request)
    if not TOKEN.fullmatch(form.token):
        form.errors["que"] = "La página venció. Revise los datos y vuelva a enviar."
        form.token = ""
        return _page(request, form, now, status=422)
    done = emission.existing(request.company, [_operation(form)]).get(_operation(form))
    if done is None:
        item, amount = _read(request, form)
        if item is None or amount is None or form.errors:
            return _page(request, form, now, status=422)
        kept = _kept_before(request, form)
        if kept is not None and (kept.comprobante is not None or kept.version > 1):
            return _of_kept(kept)  # issued or changed in the editor meanwhile
        try:
            done = _issued(request, form, item, amount, now)
        except NotReady as refusal:
            form.errors["que"] = " ".join(
                spot.message(one) for one in refusal.problems if one.is_error
            )
            return _page(request, form, now, status=422)
        except (Exhausted, InvoicingError) as error:
            kept = _kept(request, form, item, amount, now)
            return _page(request, form, now, status=409, kept=kept, why=str(error))
    request.session[ISSUED] = done.clave
    request.session["tiquete_medio"] = form.medio
    return redirect("invoicing:quick")


def _typed(request: SeatedRequest) -> Form:
    post = request.POST
    medio = post.get("medio", MEANS[0])
    return Form(
        que=visible(post.get("que", "")[:200]),
        monto=post.get("monto", "")[:40].strip(),
        medio=medio if medio in MEANS else MEANS[0],
        cabys=visible(post.get("cabys", "")[:100]),
        token=post.get("token", ""),
    )


def _operation(form: Form) -> str:
    return f"tiquete:{form.token}"


def _issued(
    request: SeatedRequest, form: Form, item: Item, amount: Decimal, now: datetime
) -> Comprobante:
    kept = _kept_before(request, form)
    if kept is not None:
        kept = _kept(request, form, item, amount, now)  # with what the form says now
        kept.refresh_from_db()
        return emission.issue_draft(kept, by=request.user, at=now)
    document = drafts.read(quick.tiquete(item, amount, form.medio))
    standing = readiness.standing(request.company, now)
    ready = standing.ready(document, operation=_operation(form))
    return emission.issue(ready, by=request.user)


def _kept_before(request: SeatedRequest, form: Form) -> Draft | None:
    """The draft that this very form became when it could not be issued."""
    held = request.session.get(KEPT)
    if not isinstance(held, dict) or held.get("token") != form.token:
        return None
    row: Draft | None = (
        request.company.drafts.select_related("comprobante")
        .filter(public_id=held.get("draft"), discarded_at__isnull=True)
        .first()
    )
    if row is not None:
        row.company = request.company
    return row


def _kept(request: SeatedRequest, form: Form, item: Item, amount: Decimal, now: datetime) -> Draft:
    """What could not be issued, as a draft; the same one when the form is sent again."""
    row = _kept_before(request, form)
    data = quick.tiquete(item, amount, form.medio)
    if row is None:
        row = drafts.write(request.company, data, by=request.user, at=now)
        request.session[KEPT] = {"token": form.token, "draft": row.public_id}
    elif row.version == 1:
        drafts.open_drafts(request.company).filter(pk=row.pk, version=1).update(
            data=drafts.stated(data), updated_at=now, updated_by=request.user
        )
    return row


def _of_kept(row: Draft) -> HttpResponse:
    if row.comprobante is not None:
        return redirect("invoicing:document", clave=row.comprobante.clave)
    return redirect("invoicing:draft", public_id=row.public_id)


def _read(request: SeatedRequest, form: Form) -> tuple[Item | None, Decimal | None]:
    """What is sold and for how much, or what is wrong beside each field."""
    if not form.que:
        form.errors["que"] = "Escriba qué vende: el código o el nombre del producto, o un detalle."
    found = _product(request, form)
    item = quick.of_product(found) if found else None
    if item is None and form.que and not form.products:
        item = _loose(request, form)
    if item is not None and cabys.unknown([item.cabys]):
        form.errors["cabys" if form.asks_code else "que"] = UNKNOWN.format(item.cabys)
    return item, _amount(form, found)


def _amount(form: Form, found: Product | None) -> Decimal | None:
    """The amount typed; left blank, the product's own price."""
    if not form.monto and found is not None and found.moneda == "CRC" and found.precio:
        return found.precio_con_iva
    try:
        amount = amounts.parse(form.monto)
    except AmountError as error:
        form.errors["monto"] = (
            str(error) if form.monto else "Escriba cuánto cobró, con IVA incluido."
        )
        return None
    if amount <= 0:
        form.errors["monto"] = "El monto debe ser mayor que cero."
        return None
    return amount


def _product(request: SeatedRequest, form: Form) -> Product | None:
    """The product meant: chosen, by its code, by its whole name, or the only one of these words."""
    chosen = request.POST.get("producto")
    if chosen == "libre" or not form.que:
        return None
    if chosen:
        row: Product | None = product.live(request.company).filter(public_id=chosen[:12]).first()
        if row is not None:
            return row
    found = product.search(request.company, form.que)
    wanted = folding.fold(form.que)
    for row in found:
        if wanted in (folding.fold(row.codigo), folding.fold(row.detalle)):
            return row
    if len(found) == 1:
        return found[0]
    if found:
        form.products = found
        form.errors["que"] = "Hay varios productos con ese nombre. Elija uno."
    return None


def _loose(request: SeatedRequest, form: Form) -> Item | None:
    """Something that is no product: under the code typed, or the one of the last such sale."""
    kept = request.session.get(LAST)
    code = form.cabys or (kept["cabys"] if isinstance(kept, dict) else "")
    form.asks_code = True
    if not code:
        form.errors["cabys"] = (
            "Escriba el código CAByS de lo que vende; la próxima vez ya lo recordamos."
        )
        return None
    item = cabys.find(code) if len(code) == 13 else None
    if len(code) != 13 or not code.isdigit():
        form.errors["cabys"] = "El código CAByS lleva 13 dígitos."
        return None
    tarifa = (item.tarifa if item else "") or quick.GENERAL
    unidad = "Sp" if item is not None and item.es_servicio else "Unid"
    request.session[LAST] = {"cabys": code}
    return Item(form.que, code, unidad, tarifa)


def _last_means(request: SeatedRequest) -> str:
    held = request.session.get("tiquete_medio")
    return held if held in MEANS else MEANS[0]


def _page(
    request: SeatedRequest,
    form: Form,
    now: datetime,
    status: int = 200,
    *,
    kept: Draft | None = None,
    why: str = "",
) -> HttpResponse:
    company = request.company
    last = request.session.get(LAST)
    if not form.cabys and isinstance(last, dict):
        form.cabys = str(last.get("cabys", ""))
    context: dict[str, Any] = {
        "form": form,
        "token": form.token or secrets.token_urlsafe(18),
        "means": [(code, MEDIO_PAGO.nombre_de(code)) for code in MEANS],
        "products": product.search(company, "", 30),
        "kept": kept,
        "why": why,
        "left": summary.left(company, now),
        "missing": steps.missing(company, now),
        "last": _last(request),
        "problems": [
            {"id": name, "label": LABELS[name], "message": message}
            for name, message in form.errors.items()
        ],
    }
    return render(request, "invoicing/editor/quick.html", context, status=status)


LABELS = {"que": "Qué vende", "monto": "Monto", "cabys": "Código CAByS", "medio": "Medio de pago"}


def _last(request: SeatedRequest) -> dict[str, Any] | None:
    """The tiquete just issued, with what can be done with it."""
    clave = request.session.get(ISSUED)
    row = request.company.comprobantes.filter(clave=clave).first() if clave else None
    if row is None:
        return None
    assert isinstance(row, rows.Comprobante)  # noqa: S101 - the relation's own class
    return {"row": row, "print": reverse("invoicing:ticket", args=[row.clave])}
