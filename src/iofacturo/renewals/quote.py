"""The quote: what was offered, at which price, until when, to be paid where. It never changes.

A quote belongs to a request, which keeps its payment reference from one quote to the next.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from iofacturo.accounts.user import User
from iofacturo.lib import clock
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.terms import TermsVersion

if TYPE_CHECKING:
    from datetime import date

GUARANTEED_DAYS = 5  # besides the day on which it is made
CENT = Decimal("0.01")


class Quote(models.Model):
    """A price given to one request. Append-only.

    All amounts are in `currency`, to the céntimo: total = price - discount + tax.
    """

    request = models.ForeignKey("RenewalRequest", models.PROTECT, related_name="quotes")
    plan_version = models.ForeignKey("folios.PlanVersion", models.PROTECT, related_name="+")
    promotion_version = models.ForeignKey(
        "folios.PromotionVersion", models.PROTECT, null=True, related_name="+"
    )
    plan_name = models.CharField(max_length=80)
    promotion_name = models.CharField(max_length=120, blank=True)
    folios = models.PositiveIntegerField()
    bonus_folios = models.PositiveIntegerField(default=0)
    months = models.PositiveSmallIntegerField()
    cabys = models.CharField(max_length=13)
    price = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=14, decimal_places=2)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CRC")
    payee = models.ForeignKey(PayeeAccount, models.PROTECT, related_name="+")
    terms = models.ForeignKey(TermsVersion, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    valid_until = models.DateTimeField()

    class Meta:
        verbose_name = "cotización"
        verbose_name_plural = "cotizaciones"
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gte=0, tax__gte=0, discount__gte=0, folios__gt=0, months__gt=0),
                name="quote_sane",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=models.F("created_at")), name="quote_lasts"
            ),
        ]

    def holds(self, at: datetime) -> bool:
        """Whether its price is guaranteed at *at*."""
        return at < self.valid_until

    def covers(self, day: date) -> bool:
        """Whether money dated *day* (Costa Rica) came while the price was guaranteed."""
        return clock.local(self.created_at).date() <= day <= self.last_day

    @property
    def last_day(self) -> date:
        """The last day on which the price is guaranteed, in Costa Rica."""
        return clock.local(self.valid_until - timedelta(microseconds=1)).date()

    @property
    def net(self) -> Decimal:
        return self.price - self.discount

    @property
    def price_with_tax(self) -> Decimal:
        """The total without the promotion, for «antes»."""
        if not self.discount:
            return self.total
        rate = 1 + self.tax_rate / 100
        return (self.price * rate).quantize(CENT, ROUND_HALF_UP)

    @property
    def per_month(self) -> Decimal:
        return (self.total / self.months).quantize(CENT, ROUND_HALF_UP)

    @property
    def all_folios(self) -> int:
        return self.folios + self.bonus_folios


def guaranteed_until(at: datetime) -> datetime:
    """The midnight that ends the guarantee of a quote made at *at*."""
    return clock.midnight(clock.local(at).date() + timedelta(days=GUARANTEED_DAYS + 1))
