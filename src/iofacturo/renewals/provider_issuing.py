"""What the worker does about the provider's invoices: issue what waits, follow what Hacienda says.

Any number of workers, killed anywhere: a document has its operation, under which it is issued
once, and a row moves only from the state in which it was read. Activating a plan waits for none of
this; whatever stands in the way is written on the row and tried again.
"""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal

from django.db import DatabaseError, transaction
from django.db.models import Q

from iofacturo.accounts.company import Company
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import emission, readiness
from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.catalogue import lookup
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.errors import InvoicingError, OperationReused
from iofacturo.invoicing.paper import mailing
from iofacturo.lib import clock
from iofacturo.renewals import notices, provider_document, provider_invoice
from iofacturo.renewals.invoice_intent import InvoiceIntent
from iofacturo.renewals.provider_document import Unfit
from iofacturo.renewals.provider_invoice import LEASE, ProviderInvoice

log = logging.getLogger(__name__)

BATCH = 50
OUR_FAULT = {"-1", "-15", "-78", "-400", "-487", "-505"}
"""Codes of Hacienda about the document itself: no correction of the customer's mends them."""

WITHOUT_PROVIDER = "Falta registrar la empresa del proveedor."
NOTHING_SOLD = (
    "El plan se revirtió completo y Hacienda había rechazado la factura: no queda venta que "
    "facturar ni acreditar."
)


def run(now: datetime) -> int:
    """Everything that is due at *now*; how many rows were worked on."""
    return follow(now) + issue(now)


# -- issuing -------------------------------------------------------------------------------------


def issue(now: datetime) -> int:
    """Issue what waits and is due."""
    due = ProviderInvoice.objects.filter(state=ProviderInvoice.WAITING, due_at__lte=now)
    waiting = list(due.order_by("due_at", "pk").values_list("pk", "due_at")[:BATCH])
    if not waiting:
        return 0
    seller = provider_invoice.provider()
    return sum(_claimed(pk, due_at, seller, now) for pk, due_at in waiting)


def _claimed(pk: int, due_at: datetime, seller: Company | None, now: datetime) -> bool:
    """Issue one row, unless another worker was quicker to take it."""
    mine = ProviderInvoice.objects.filter(
        pk=pk, state=ProviderInvoice.WAITING, due_at=due_at
    ).update(due_at=now + LEASE)
    if not mine:
        return False
    row = provider_invoice.rows().get(pk=pk)
    try:
        _issue(row, seller, now)
    except DatabaseError:
        raise
    except (InvoicingError, Exhausted) as refusal:
        row.wait(f"{seller}: {refusal}", now)
    except Unfit as reason:
        row.wait(str(reason), now)
    except Exception:
        log.exception("The provider's invoice %s failed; it comes round again.", pk)
        row.wait("Hubo un error inesperado; quedó en el registro del sistema.", now)
    return True


def _issue(row: ProviderInvoice, seller: Company | None, now: datetime) -> None:
    if seller is None:
        raise Unfit(WITHOUT_PROVIDER)
    done = emission.existing(seller, [row.operation]).get(row.operation)
    if done is None:
        if row.comprobante is not None and row.comprobante.state == Comprobante.ACCEPTED:
            done = row.comprobante  # Hacienda thought better of it before the replacement
        elif row.is_note:
            done = _credit(row, seller, now)
        else:
            done = _lay_down(row, seller, now)
    if done is not None:
        row.move(now, state=ProviderInvoice.ISSUED, comprobante=done, reason="", failures=0)


def _credit(row: ProviderInvoice, seller: Company, now: datetime) -> Comprobante | None:
    """The credit note, once the invoice it is about was accepted; None when none is needed."""
    corrects = row.intent.corrects_id
    invoice = provider_invoice.rows().get(pk=corrects)
    if invoice.state == ProviderInvoice.ACCEPTED and invoice.comprobante is not None:
        return _lay_down(row, seller, now, original=invoice.comprobante)
    if invoice.state == ProviderInvoice.DROPPED:
        row.drop(NOTHING_SOLD, now)
        return None
    if invoice.state == ProviderInvoice.CORRECTION:
        if row.intent.total == invoice.intent.total:
            with transaction.atomic():
                if invoice.drop(NOTHING_SOLD, now):
                    row.drop(NOTHING_SOLD, now)
            return None
        raise Unfit(
            "Espera a que se corrija la factura, que Hacienda rechazó: parte de la venta sigue "
            "en pie."
        )
    raise Unfit("Espera la respuesta de Hacienda sobre la factura que acredita.")


def _lay_down(
    row: ProviderInvoice, seller: Company, now: datetime, original: Comprobante | None = None
) -> Comprobante:
    rate = _rate(row.intent, now)
    stated = provider_document.document(row, rate=rate, original=original)
    ready = readiness.standing(seller, now).ready(stated, operation=row.operation)
    wrong = provider_document.disagreement(row.intent, ready.document)
    if wrong:
        raise Unfit(wrong)
    try:
        return emission.issue(ready, by=None)
    except OperationReused:  # by another worker, at another rate of the day
        return emission.existing(seller, [row.operation])[row.operation]


def _rate(intent: InvoiceIntent, now: datetime) -> Decimal:
    """What one unit of the currency is worth in colones today."""
    if intent.currency == "CRC":
        return Decimal(1)
    try:
        rate = lookup.exchange_rate(intent.currency, clock.local(now).date())
    except lookup.Unavailable as error:
        raise Unfit(f"Falta el tipo de cambio de {intent.currency} de hoy. {error}") from error
    if rate is None:
        raise Unfit(f"Hacienda no publica hoy un tipo de cambio de {intent.currency}.")
    return rate


# -- following -----------------------------------------------------------------------------------


def follow(now: datetime) -> int:
    """Take over what Hacienda answered, also where it thought better of a rejection."""
    answered = provider_invoice.rows().filter(
        Q(
            state=ProviderInvoice.ISSUED,
            comprobante__state__in=(Comprobante.ACCEPTED, Comprobante.REJECTED),
        )
        | Q(state=ProviderInvoice.CORRECTION, comprobante__state=Comprobante.ACCEPTED)
    )
    return sum(_followed(row, now) for row in answered.order_by("changed_at")[:BATCH])


def _followed(row: ProviderInvoice, now: datetime) -> bool:
    document = row.comprobante
    assert document is not None  # noqa: S101 - a constraint says so
    if document.state == Comprobante.ACCEPTED:
        return _accepted(row, document, now)
    with transaction.atomic():
        answer = document.answer
        asks = not row.is_note and _is_about_the_receiver(answer)
        if not row.move(
            now, state=ProviderInvoice.CORRECTION, reason=said(answer), asks_customer=asks
        ):
            return False
        notices.invoice_rejected(row, at=now)
    return True


def _accepted(row: ProviderInvoice, document: Comprobante, now: datetime) -> bool:
    with transaction.atomic():
        moved = row.move(now, state=ProviderInvoice.ACCEPTED, reason="", asks_customer=False)
        if moved:
            mailing.also_to(document, row.emails, at=now)
            # its credit note may have waited for this
            ProviderInvoice.objects.filter(
                intent__corrects=row.pk, state=ProviderInvoice.WAITING
            ).update(due_at=now)
    return moved


def _is_about_the_receiver(answer: Answer | None) -> bool:
    """Whether correcting the customer's data may help: nothing says that it is ours alone."""
    codes = {line.code for line in answer.lines} if answer else set()
    return not codes or bool(codes - OUR_FAULT)


def said(answer: Answer | None) -> str:
    """Hacienda's reasons in plain words."""
    if answer is None:
        return "Hacienda no dijo por qué."
    words = "\n".join(line.words for line in answer.lines[:5])
    return words or answer.detalle[:500] or "Hacienda no dijo por qué."
