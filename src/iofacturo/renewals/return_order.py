"""The order to send money back: who asked for it, to which account, who signed, how it was paid.

While it stands open its amount is held: of the bank line it came with, or of the company's credit.
The return itself is written when the bank has paid it (`returning`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User


class ReturnOrder(models.Model):
    """One return, of a company's credit or of what is left of a line that is nobody's.

    What it is of never changes; what came of it is written once. `iban` and `holder` are where the
    money goes, typed by a senior.
    """

    UNKNOWN, MISTAKE, TWICE, ASKED = "unknown", "mistake", "twice", "asked"
    REASONS = [
        (UNKNOWN, "Nadie sabe de quién es"),
        (MISTAKE, "Nos la mandaron por error"),
        (TWICE, "Se pagó dos veces"),
        (ASKED, "La pidió quien pagó"),
    ]
    OPEN = Q(paid_at__isnull=True, dropped_at__isnull=True)

    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="return_orders")
    line = models.ForeignKey("BankLine", models.PROTECT, null=True, related_name="return_orders")
    amount = models.DecimalField("monto", max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CRC")
    reason = models.CharField("motivo", max_length=8, choices=REASONS)
    note = models.CharField("qué pasó", max_length=200)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    iban = models.CharField("cuenta IBAN", max_length=34, blank=True)
    holder = models.CharField("a nombre de", max_length=120, blank=True)
    ordered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ordered_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    bank_reference = models.CharField("referencia del banco", max_length=40, blank=True)
    paid_on = models.DateField("fecha de la transferencia", null=True)
    paid_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    paid_at = models.DateTimeField(null=True)
    dropped_why = models.CharField("por qué no se devuelve", max_length=200, blank=True)
    dropped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "orden de devolución"
        verbose_name_plural = "órdenes de devolución"
        indexes = [
            models.Index(
                fields=["id"], condition=Q(paid_at=None, dropped_at=None), name="return_order_open"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="return_order_positive"),
            models.CheckConstraint(
                condition=Q(company__isnull=True, line__isnull=False)
                | Q(company__isnull=False, line__isnull=True),
                name="return_order_of_one",
            ),
            models.CheckConstraint(
                condition=Q(ordered_at=None, ordered_by=None, iban="")
                | (Q(ordered_at__isnull=False, ordered_by__isnull=False) & ~Q(iban="")),
                name="return_order_ordered_whole",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True)
                | (Q(ordered_by__isnull=False) & ~Q(signed_by=F("ordered_by"))),
                name="return_order_two_people",
            ),
            models.CheckConstraint(
                condition=Q(paid_at=None, paid_by=None, paid_on=None, bank_reference="")
                | (
                    Q(
                        paid_at__isnull=False, paid_by__isnull=False, paid_on__isnull=False,
                        ordered_at__isnull=False, dropped_at=None,
                    )
                    & ~Q(bank_reference="")
                ),
                name="return_order_paid_whole",
            ),
        ]  # fmt: skip

    @property
    def is_open(self) -> bool:
        return self.paid_at is None and self.dropped_at is None

    @property
    def needs_second(self) -> bool:
        """Whether somebody else must sign it; one in another currency always."""
        return two_people(self.amount, self.currency)

    @property
    def step(self) -> str:
        """What it waits for: `order`, `sign`, `pay`; or what came of it: `paid`, `dropped`."""
        if self.dropped_at:
            return "dropped"
        if self.paid_at:
            return "paid"
        if self.ordered_at is None:
            return "order"
        return "sign" if self.needs_second and self.signed_at is None else "pay"

    @property
    def state(self) -> tuple[str, str, str]:
        """(tone, icon, words)."""
        return {
            "order": ("warn", "edit", "Falta la cuenta"),
            "sign": ("warn", "people", "Falta otra firma"),
            "pay": ("info", "bank", "Por transferir"),
            "paid": ("ok", "good", "Devuelta"),
            "dropped": ("", "void", "No se devolvió"),
        }[self.step]

    @property
    def day(self) -> date | None:
        return self.paid_on


def two_people(amount: Decimal, currency: str) -> bool:
    """Whether a return of this amount takes two people."""
    return currency != "CRC" or amount >= settings.SECOND_APPROVAL_FROM
