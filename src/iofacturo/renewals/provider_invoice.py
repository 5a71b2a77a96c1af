"""What became of each thing the provider must invoice or credit: the row is the queue.

    waiting ──issued──▶ issued ──Hacienda──▶ accepted
       ▲                  │
       └──corrected── correction ◀──rejected┘        waiting, correction ──▶ dropped

A row is made in the transaction that activates or reverses a plan; everything after that happens
in the worker. What waits says why, in words for the provider's people.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import F, Q

from iofacturo.accounts.company import Company
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.renewals import billing as billings
from iofacturo.renewals.billing import Billing, BillingSnapshot
from iofacturo.renewals.errors import WrongState
from iofacturo.renewals.invoice_intent import InvoiceIntent

if TYPE_CHECKING:
    from iofacturo.accounts.user import User
    from iofacturo.renewals.request import RenewalRequest

LEASE = timedelta(minutes=2)  # issuing takes milliseconds, asking for a day's rate some seconds
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(minutes=10)


class ProviderInvoice(models.Model):
    """The way of one intent. `attempt` counts the documents: each one after a rejection is new."""

    WAITING, ISSUED, ACCEPTED = "waiting", "issued", "accepted"
    CORRECTION, DROPPED = "correction", "dropped"
    STATES = [
        (WAITING, "Por emitir"),
        (ISSUED, "En Hacienda"),
        (ACCEPTED, "Aceptada"),
        (CORRECTION, "Por corregir"),
        (DROPPED, "No se emite"),
    ]
    TONES = {
        WAITING: ("warn", "clock"),
        ISSUED: ("info", "send"),
        ACCEPTED: ("ok", "good"),
        CORRECTION: ("bad", "stop"),
        DROPPED: ("", "void"),
    }

    intent = models.OneToOneField(
        InvoiceIntent, models.PROTECT, primary_key=True, related_name="outcome"
    )
    state = models.CharField(max_length=10, choices=STATES, default=WAITING)
    attempt = models.PositiveSmallIntegerField(default=1)
    # data corrected after a rejection; without them those of the intent hold
    billing = models.ForeignKey(BillingSnapshot, models.PROTECT, null=True, related_name="+")
    # the newest document, of this attempt or, while the next one waits, of the one before
    comprobante = models.OneToOneField(
        Comprobante, models.PROTECT, null=True, related_name="provider_invoice"
    )
    asks_customer = models.BooleanField(default=False)  # to correct the data
    reason = models.TextField(blank=True)
    due_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "factura de un plan"
        verbose_name_plural = "facturas de planes"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "dropped"]) | Q(comprobante__isnull=False),
                name="provider_invoice_document",
            ),
            models.CheckConstraint(
                condition=~Q(state="dropped") | ~Q(reason=""), name="provider_invoice_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="provider_invoice_due"
            ),
            models.Index(
                fields=["state", "changed_at"],
                condition=~Q(state__in=["accepted", "dropped"]),
                name="provider_invoice_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.intent.get_kind_display()} de {self.request.number}"

    @property
    def request(self) -> RenewalRequest:
        return self.intent.request

    @property
    def is_note(self) -> bool:
        return self.intent.kind == InvoiceIntent.CREDIT_NOTE

    @property
    def tone(self) -> str:
        return self.TONES[self.state][0]

    @property
    def icon(self) -> str:
        return self.TONES[self.state][1]

    @property
    def word(self) -> str:
        """The state as its customer reads it."""
        words = {self.WAITING: "En preparación", self.CORRECTION: "Rechazada por Hacienda"}
        return words.get(self.state) or str(self.get_state_display())

    @property
    def told(self) -> str:
        """What the customer is told about it, true of the state it is in."""
        what = "nota de crédito" if self.is_note else "factura"
        if self.state == self.WAITING:
            if self.comprobante is not None:
                return f"Hacienda rechazó la anterior; la {what} de nuevo va en camino."
            return f"La {what} va en camino: se emite sola y no tiene que hacer nada."
        if self.state == self.ISSUED:
            return "Está emitida y firmada; esperamos la respuesta de Hacienda."
        if self.state == self.ACCEPTED:
            return f"Hacienda la aceptó. Va en PDF y XML a {self.listed}."
        if self.asks_customer:
            return "Hay que corregir los datos y la emitimos de nuevo. Su plan no cambia."
        if self.state == self.CORRECTION:
            return "La estamos corrigiendo; no tiene que hacer nada. Su plan no cambia."
        return "No hay nada que facturar por esta solicitud."

    @property
    def emails(self) -> list[str]:
        """The receiver's addresses as they stand now."""
        snapshot = self.billing
        if snapshot is None and self.intent.corrects is not None:
            snapshot = self.intent.corrects.outcome.billing
        snapshot = snapshot or self.request.billing
        return list(snapshot.correos) if snapshot is not None else []

    @property
    def listed(self) -> str:
        """The addresses as people list them."""
        return " y ".join(part for part in (", ".join(self.emails[:-1]), *self.emails[-1:]) if part)

    @property
    def operations(self) -> list[str]:
        """The keys under which its documents were and are issued, the newest last."""
        kind = "credit" if self.is_note else "sale"
        first = f"{kind}:{self.request.number}"
        return [first, *(f"{first}:{n}" for n in range(2, self.attempt + 1))]

    @property
    def operation(self) -> str:
        return self.operations[-1]

    def typed(self) -> Billing:
        """The receiver's data as they stand now, for the form that corrects them."""
        snapshot = self.billing or self.request.billing
        assert snapshot is not None  # noqa: S101 - an activated request has it
        return snapshot.as_billing()

    def move(self, at: datetime, **values: object) -> bool:
        """Write *values* if nobody moved the row since it was read."""
        values["changed_at"] = at
        done = ProviderInvoice.objects.filter(
            pk=self.pk, state=self.state, attempt=self.attempt
        ).update(**values)
        if done:
            for name, value in values.items():
                setattr(self, name, value)
        return bool(done)

    def wait(self, reason: str, at: datetime) -> None:
        """Try again later, and say why."""
        pause = min(SHORTEST * 2 ** min(self.failures, 8), LONGEST)
        self.move(at, reason=reason, due_at=at + pause, failures=self.failures + 1)

    def drop(self, reason: str, at: datetime) -> bool:
        """Nothing is issued, for *reason*."""
        return self.move(at, state=self.DROPPED, reason=reason, asks_customer=False)

    def correct(self, checked: Billing | None, *, by: User, at: datetime) -> None:
        """Issue a replacement of the rejected document, with *checked* data if they changed.

        WrongState when nothing waits for a correction any more.
        """
        with transaction.atomic():
            snapshot = self.billing
            if checked is not None:
                snapshot = billings.keep(self.request, checked, by=by, at=at)
            moved = self.state == self.CORRECTION and self.move(
                at,
                state=self.WAITING,
                attempt=F("attempt") + 1,
                billing=snapshot,
                asks_customer=False,
                reason="",
                due_at=at,
                failures=0,
            )
            if not moved:
                raise WrongState("Estos datos ya se corrigieron.")
        self.refresh_from_db()

    def hurry(self, at: datetime) -> bool:
        """Try now what waits."""
        return bool(
            ProviderInvoice.objects.filter(pk=self.pk, state=self.WAITING).update(due_at=at)
        )


def queue(intent: InvoiceIntent, at: datetime) -> ProviderInvoice:
    """Let the worker issue what *intent* says; in the transaction that made it."""
    return ProviderInvoice.objects.create(intent=intent, due_at=at, changed_at=at)


def rows() -> models.QuerySet[ProviderInvoice]:
    """With what their names and amounts need."""
    return ProviderInvoice.objects.select_related(
        "intent__request__company",
        "intent__request__billing",
        "intent__request__quote",
        "intent__corrects__outcome__billing",
        "billing",
        "comprobante__company",
    )


def of(request: RenewalRequest) -> list[ProviderInvoice]:
    """The invoice of *request* and its credit note, as far as they are due."""
    return sorted(rows().filter(intent__request=request), key=lambda row: row.is_note)


def provider() -> Company | None:
    """The company that sells the plans."""
    return Company.objects.filter(is_provider=True).first()


def documents(request: RenewalRequest) -> models.QuerySet[Comprobante]:
    """Every document the provider issued for *request*, rejected ones too, the newest first."""
    seller = provider()
    if seller is None:
        return Comprobante.objects.none()
    names = [name for row in of(request) for name in row.operations]
    return seller.comprobantes.filter(operation__in=names).order_by("-id")


def invoices_of(company: Company) -> dict[str, tuple[str, Comprobante]]:
    """The standing invoices of the company's plans: by the origin of the lots, the request's
    number and the document."""
    found = ProviderInvoice.objects.filter(
        intent__request__company=company,
        intent__kind=InvoiceIntent.INVOICE,
        state__in=(ProviderInvoice.ISSUED, ProviderInvoice.ACCEPTED),
    ).select_related("comprobante", "intent__request")
    return {
        f"request:{row.request.number}": (row.request.number, row.comprobante)
        for row in found
        if row.comprobante is not None
    }
