"""Preparing a draft from a document: which are lawful now, and the same one for who asks twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

import hacienda
from iofacturo.accounts.user import User
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import limits, notes
from iofacturo.invoicing.documents.origin import Origin
from iofacturo.invoicing.documents.stated import Json
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.errors import InvoicingError

MAKERS: dict[str, Callable[[Comprobante], Json]] = {
    Origin.CREDIT: notes.credit,
    Origin.DEBIT: notes.debit,
    Origin.REPLACEMENT: notes.replacement,
    Origin.COPY: notes.copy,
    Origin.PAYMENT: notes.payment,
}
UNDECIDED = (
    "Hacienda todavía no ha respondido por {}. Si lo rechazara, no habría nada que corregir: "
    "espere su respuesta, que suele tardar segundos."
)


class NotLawful(InvoicingError):
    """This document cannot be the origin of such a draft, or not now."""


def refusal(
    row: Comprobante,
    act: str,
    standing: limits.Balance | None = None,
    condicion_venta: str | None = None,
) -> str:
    """Why *row* cannot have a draft of the kind *act* now; empty when it can.

    *standing* saves asking for the balance again, *condicion_venta* reading the document again.
    """
    if act == Origin.COPY:
        return "" if row.tipo in notes.COPYABLE else "Una nota o un recibo no se duplican."
    if act == Origin.REPLACEMENT:
        rejected = row.state == Comprobante.REJECTED
        return "" if rejected else "Solo se reemplaza un comprobante que Hacienda rechazó."
    if row.state == Comprobante.REJECTED:
        return (
            "Hacienda lo rechazó: para efectos tributarios no existe y no lleva notas. "
            "Emita otro en su lugar."
        )
    if not _takes(row, act, condicion_venta):
        return _not_its_kind(row, act)
    if not row.final:
        return UNDECIDED.format(row.label)
    if act in (Origin.CREDIT, Origin.PAYMENT):
        return _nothing_left(act, standing or limits.balance(row))
    return ""


def prepare(row: Comprobante, act: str, *, by: User, at: datetime) -> Draft:
    """The open draft of the kind *act* about *row*, or a new one. NotLawful when there is none.

    Of a replacement that was issued and not rejected in its turn, its draft is answered.
    """
    why = refusal(row, act)
    if why:
        raise NotLawful(why)
    with transaction.atomic():
        # Held, so that two who press at once find the same draft.
        Comprobante.objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
        there = existing(row, act)
        if there is not None:
            return there
        data = MAKERS[act](row)
        sucursal, terminal = place(row, hacienda.TIPOS[data["tipo"]].codigo)
        fresh = drafts.write(row.company, data, by=by, at=at, sucursal=sucursal, terminal=terminal)
        Origin.objects.create(draft=fresh, company=row.company, comprobante=row, act=act)
    return fresh


def existing(row: Comprobante, act: str) -> Draft | None:
    """The draft that *act* has made of *row* and that still serves."""
    origins = row.company.draft_origins.filter(
        comprobante=row, act=act, draft__discarded_at__isnull=True
    )
    for origin in origins.select_related("draft__comprobante").order_by("-draft_id")[:20]:
        draft = origin.draft
        if draft.comprobante is None:
            if act != Origin.COPY or draft.version == 1:  # a copy somebody wrote on is another sale
                return draft
        elif act == Origin.REPLACEMENT and draft.comprobante.state != Comprobante.REJECTED:
            return draft
    return None


def place(row: Comprobante, tipo: str) -> tuple[int, int]:
    """Sucursal and terminal for another document of type code *tipo*: those of *row* if they issue it."""
    here = int(row.consecutivo[:3]), int(row.consecutivo[3:8])
    open_ones = row.company.series.filter(tipo=tipo).order_by("sucursal", "terminal")
    places = list(open_ones.values_list("sucursal", "terminal")[:200])
    return here if here in places or not places else places[0]


def _takes(row: Comprobante, act: str, condicion_venta: str | None) -> bool:
    if act == Origin.CREDIT:
        return row.tipo in notes.CREDITABLE
    if act == Origin.DEBIT:
        return row.tipo in notes.DEBITABLE
    if row.tipo not in notes.PAYABLE or not row.receptor_numero:
        return False
    return (condicion_venta or row.document().condicion_venta) in notes.PAYS


def _not_its_kind(row: Comprobante, act: str) -> str:
    if act == Origin.PAYMENT:
        return (
            "El recibo de pago es solo para ventas al Estado o a crédito de IVA hasta 90 días, "
            "con el cliente identificado."
        )
    if row.tipo == "10":
        return "Un recibo de pago no lleva notas: van a la factura que se pagó."
    return "Este tipo de comprobante no lleva esa nota."


def _nothing_left(act: str, standing: limits.Balance) -> str:
    if act == Origin.PAYMENT:
        return "Ya se pagó por completo." if standing.to_pay < limits.CRUMB else ""
    return (
        "Ya se acreditó por completo: no queda nada por anular."
        if standing.to_credit < limits.CRUMB
        else ""
    )
