"""What must hold of requests and their money after every commit; `iofacturo verify` asks.

The numbers are those of the list in the domain model (I7, I8, …).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, F, Max, Q, Sum

from iofacturo.business_time import calendar
from iofacturo.business_time.version import CalendarVersion
from iofacturo.folios.lot import GRACE, FolioLot
from iofacturo.lib import clock
from iofacturo.renewals import (
    approval,
    grace,
    group_books,
    money_invariants,
    provider_invoice,
    turnaround,
)
from iofacturo.renewals.bank import Allocation, BankLine, MoneyEntry
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.due import DueTime
from iofacturo.renewals.invoice_intent import CENT, InvoiceIntent
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.quote import Quote
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.sent_form import SentForm
from iofacturo.renewals.terms import TermsAcceptance, TermsVersion, text_hash
from iofacturo.renewals.turnaround import Turnaround

ZERO = Decimal(0)
Request = RenewalRequest
SENT_OR_PAST = (
    Request.IN_REVIEW, Request.NEEDS_INFO, Request.ACTIVE, Request.REJECTED, Request.REVERSED,
)  # fmt: skip


def broken() -> Iterator[str]:
    """One line in Spanish for each offender, with its ids."""
    yield from _lots()
    yield from _graces()
    yield from money_invariants.broken()
    yield from _statements()
    yield from _payments()
    yield from _invoices()
    yield from _documents()
    yield from _quotes()
    yield from _due_times()
    yield from _decisions()
    yield from _turnarounds()
    yield from _sent()
    yield from _terms()
    yield from group_books.broken()


def _lots() -> Iterator[str]:
    """I7 and I8: a paid lot if and only if it was activated; one of each kind at most."""
    lots: dict[str, list[FolioLot]] = {}
    for lot in FolioLot.objects.filter(origin__startswith="request:"):
        lots.setdefault(lot.origin, []).append(lot)
    for request in Request.objects.select_related("quote").iterator():
        given = lots.pop(approval.origin(request), [])
        paid = [lot for lot in given if lot.kind == "paid"]
        name = f"solicitud {request.number} (id {request.pk})"
        activated = request.state in (Request.ACTIVE, Request.REVERSED)
        if len(paid) != int(activated):
            yield f"{name}: está {request.get_state_display()} y tiene {len(paid)} lotes pagados"
        if len(given) - len(paid) > 1:
            yield f"{name}: tiene más de un lote de promoción"
        if any(lot.company_id != request.company_id for lot in given):
            yield f"{name}: sus folios son de otra empresa"
        if paid and request.quote and paid[0].granted != request.quote.folios:
            yield f"{name}: entregó {paid[0].granted} folios y se cotizaron {request.quote.folios}"
        if request.state == Request.REVERSED and any(lot.voided_at is None for lot in given):
            yield f"{name}: está revertida y sus folios no están anulados"
    for unclaimed in lots:
        yield f"lote con origen {unclaimed}: esa solicitud no existe"


def _graces() -> Iterator[str]:
    """Grace runs for requests that wait and for no other, and never brings more than their plan."""
    lots = {lot.origin: lot for lot in FolioLot.objects.filter(kind=GRACE)}
    numbers = [name.removeprefix(grace.PREFIX) for name in lots]
    for request in Request.objects.filter(number__in=numbers).select_related("quote"):
        lot = lots.pop(grace.origin(request))
        name = f"solicitud {request.number} (id {request.pk})"
        if lot.company_id != request.company_id:
            yield f"{name}: sus folios de gracia son de otra empresa"
        if lot.voided_at is None and request.state not in Request.SENT:
            yield f"{name}: está {request.get_state_display()} y sus folios de gracia siguen abiertos"
        if request.quote and lot.granted > request.quote.all_folios:
            yield f"{name}: le dieron {lot.granted} folios de gracia y pidió {request.quote.all_folios}"
        if lot.consumed and request.state in (Request.ACTIVE, Request.REVERSED):
            yield f"{name}: se activó y no repuso {lot.consumed} folios de gracia"
    for unclaimed in lots:
        yield f"lote con origen {unclaimed}: esa solicitud no existe"


def _statements() -> Iterator[str]:
    """Files are there and as they came; their lines are those that were counted; no gap in equals."""
    counted = dict(
        BankLine.objects.filter(statement__isnull=False)
        .order_by()
        .values_list("statement")
        .annotate(n=Count("pk"))
    )
    for row in BankStatement.objects.iterator():
        if counted.get(row.pk, 0) != (row.added or 0):
            yield f"archivo del banco {row.pk}: dice {row.added or 0} movimientos y trajo {counted.get(row.pk, 0)}"
        try:
            if hashlib.sha256(row.content()).hexdigest() != row.sha256:
                yield f"archivo del banco {row.pk}: no es el que se subió"
        except FileNotFoundError:
            yield f"archivo del banco {row.pk}: falta el archivo"
    identity = ("iban", "booked_on", "amount", "currency", "reference", "words")
    gaps = (
        BankLine.objects.order_by()
        .values(*identity)
        .annotate(n=Count("pk"), last=Max("occurrence"))
        .exclude(n=F("last"))
    )
    for gap in gaps:
        yield f"movimientos del banco iguales a {gap['reference'] or gap['words']!r}: falta una aparición"


def _payments() -> Iterator[str]:
    """I10: an activated request is paid, less what was tolerated when it was approved."""
    paid = dict(Allocation.objects.order_by().values_list("request").annotate(n=Sum("amount")))
    used = dict(
        MoneyEntry.objects.filter(kind=MoneyEntry.USED)
        .order_by()
        .values_list("request")
        .annotate(n=Sum("amount"))
    )
    approvals = ReviewDecision.objects.filter(action="approved").values_list("request", "detail")
    tolerated = {pk: Decimal(detail.get("tolerance", "0")) for pk, detail in approvals}
    for request in Request.objects.filter(
        state__in=(Request.ACTIVE, Request.REVERSED)
    ).select_related("quote"):
        money = paid.get(request.pk, ZERO) - used.get(request.pk, ZERO)
        if request.quote and money < request.quote.total - tolerated.get(request.pk, ZERO):
            yield f"solicitud {request.number}: activada con {money} de {request.quote.total}"
    idle = Request.objects.filter(
        state__in=(Request.REJECTED, Request.CANCELLED, Request.EXPIRED)
    ).values_list("pk", "number")
    for pk, number in idle:
        if paid.get(pk, ZERO) != 0:
            yield f"solicitud {number}: no se activó y retiene {paid[pk]}"


def _invoices() -> Iterator[str]:
    """I11: the invoice is over the quote's total; the credit note over no more than it."""
    intents = {(intent.request_id, intent.kind): intent for intent in InvoiceIntent.objects.all()}
    for request in Request.objects.select_related("quote").iterator():
        invoice = intents.get((request.pk, InvoiceIntent.INVOICE))
        activated = request.state in (Request.ACTIVE, Request.REVERSED)
        if activated != (invoice is not None):
            yield f"solicitud {request.number}: la factura por emitir no corresponde a su estado"
        if invoice and request.quote and invoice.total != request.quote.total:
            yield f"solicitud {request.number}: factura {invoice.total}, cotizó {request.quote.total}"
        note = intents.get((request.pk, InvoiceIntent.CREDIT_NOTE))
        if note and (
            request.state != Request.REVERSED or not invoice or note.total > invoice.total
        ):
            yield f"solicitud {request.number}: nota de crédito que no corresponde"
    for intent in intents.values():
        if intent.net - intent.discount + intent.tax != intent.total:
            yield f"factura por emitir {intent.pk}: no suma"


def _documents() -> Iterator[str]:
    """Every intent has its document or a reason; the document is the provider's, over its amount."""
    for pk in InvoiceIntent.objects.filter(outcome__isnull=True).values_list("pk", flat=True):
        yield f"factura por emitir {pk}: nadie la va a emitir"
    for row in provider_invoice.rows().iterator():
        name = f"{row.intent.get_kind_display()} de la solicitud {row.request.number}"
        document = row.comprobante
        if row.state == row.WAITING and row.failures and not row.reason:
            yield f"{name}: espera y no dice por qué"
        if document is None:
            continue
        if not document.company.is_provider or document.operation not in row.operations:
            yield f"{name}: el comprobante {document.clave} no es suyo"
        if document.tipo != ("03" if row.is_note else "01"):
            yield f"{name}: el comprobante {document.clave} es de otro tipo"
        if document.total.quantize(CENT, ROUND_HALF_UP) != row.intent.total:
            yield f"{name}: el comprobante {document.clave} es por {document.total}"
        if row.state == row.ACCEPTED and document.state != document.ACCEPTED:
            yield f"{name}: figura aceptada y Hacienda no la aceptó"
        corrects = row.intent.corrects
        if corrects is not None and corrects.outcome.state != row.ACCEPTED:
            yield f"{name}: acredita una factura que no está aceptada"


def _quotes() -> Iterator[str]:
    """Amounts add up, and a request's quote is its own."""
    for quote in Quote.objects.iterator():
        if quote.price - quote.discount + quote.tax != quote.total:
            yield f"cotización {quote.pk}: no suma"
    for request in Request.objects.select_related("quote", "billing").iterator():
        if request.quote is None or request.quote.request_id != request.pk:
            yield f"solicitud {request.number}: su cotización no es suya"
        if request.billing is not None and request.billing.request_id != request.pk:
            yield f"solicitud {request.number}: sus datos de factura no son suyos"


def _due_times() -> Iterator[str]:
    """I16: every promise is what its calendar says; the first is the whole, a later one an hour."""
    versions = {
        version.pk: calendar.calendar_of(version) for version in CalendarVersion.objects.all()
    }
    last: dict[int, DueTime] = {}
    for row in DueTime.objects.order_by("id").iterator():
        value = versions[row.calendar_id]
        name = f"plazo {row.pk} de la solicitud {row.request_id}"
        if value.due(row.start, timedelta(seconds=row.seconds)) != row.due_at:
            yield f"{name}: su calendario da otra hora"
        if not any(opens < row.due_at <= closes for opens, closes in value.intervals(_day(row))):
            yield f"{name}: vence fuera del horario"
        if row.cause == DueTime.ANSWERED and row.seconds < 3600:
            yield f"{name}: deja menos de una hora hábil"
        last[row.request_id] = row
    for request in Request.objects.filter(state=Request.IN_REVIEW):
        promised = last.get(request.pk)
        if promised is None or promised.due_at != request.due_at:
            yield f"solicitud {request.number}: su plazo no es el último que se prometió"


def _day(row: DueTime) -> date:
    """The local day of the promise; one that falls due at midnight belongs to the day before."""
    return clock.local(row.due_at - timedelta(microseconds=1)).date()


def _decisions() -> Iterator[str]:
    """I17: the timeline leads, without gaps, to the state the request is in."""
    state: dict[int, str] = {}
    for row in ReviewDecision.objects.order_by("id").iterator():
        expected = state.get(row.request_id, "")
        if row.from_state != expected:
            yield f"paso {row.pk} de la solicitud {row.request_id}: viene de «{row.from_state}» y estaba en «{expected}»"
        state[row.request_id] = row.to_state
    for pk, number, now in Request.objects.values_list("pk", "number", "state"):
        if state.get(pk) != now:
            yield f"solicitud {number}: está en «{now}» y su historial dice «{state.get(pk, '')}»"
    repeated = (
        ReviewDecision.objects.filter(action__in=("approved", "rejected", "reversed", "submitted"))
        .values("request", "action")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
    )
    for twice in repeated:
        yield f"solicitud {twice['request']}: «{twice['action']}» {twice['n']} veces"


def _turnarounds() -> Iterator[str]:
    """Every answer is measured once, from the promise it ended."""
    answers = ReviewDecision.objects.filter(action__in=dict(Turnaround.KINDS))
    for decision in answers.filter(turnaround=None, request__due_times__isnull=False).distinct():
        yield f"paso {decision.pk} de la solicitud (id {decision.request_id}): no se midió"
    rows = Turnaround.objects.select_related("decision", "decision__request__quote")
    for row in rows.iterator():
        decision = row.decision
        given = decision.request.given.total if decision.action == Turnaround.APPROVED else ZERO
        promised = (
            DueTime.objects.filter(request=decision.request_id, made_at__lte=decision.at)
            .order_by("-id")
            .first()
        )
        taken = row.minutes
        if promised is not None and taken is not None:
            taken = turnaround.minutes(promised.start, decision.at)
        found = (row.kind, row.actor_id, row.amount, row.minutes)
        if found != (decision.action, decision.actor_id, given, taken):
            yield f"tiempo de respuesta {row.pk}: no es el de su paso {decision.pk}"


def _sent() -> Iterator[str]:
    """I14 and the whole of what was sent: one form, a proof, accepted terms."""
    sent = Request.objects.filter(state__in=SENT_OR_PAST)
    with_proof = set(
        PaymentProof.objects.filter(sent_at__isnull=False).values_list("request", flat=True)
    )
    accepted = set(TermsAcceptance.objects.values_list("request", flat=True))
    for pk, number, credit, total in sent.values_list(
        "pk", "number", "credit_wanted", "quote__total"
    ):
        if pk not in with_proof and credit < total:  # credit that pays all needs no transfer
            yield f"solicitud {number}: se envió sin comprobante"
        if pk not in accepted:
            yield f"solicitud {number}: se envió sin aceptar los términos"
    forms = (
        SentForm.objects.filter(purpose="submit")
        .values("request")
        .annotate(n=Count("id"))
        .filter(Q(n__gt=1))
    )
    for row in forms:
        yield f"solicitud {row['request']}: se envió con {row['n']} formularios"


def _terms() -> Iterator[str]:
    for version in TermsVersion.objects.all():
        if text_hash(version.text) != version.sha256:
            yield f"términos, versión {version.number}: el texto no es el que se aceptó"
    for row in TermsAcceptance.objects.select_related("terms"):
        if row.sha256 != row.terms.sha256:
            yield f"aceptación {row.pk}: de un texto que no es el de su versión"
