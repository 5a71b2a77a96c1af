"""Plans and their versions: what is sold, for how much, from when to when.

A version never changes. Editing a plan publishes another version, so what was quoted or bought
stays as it was. In force is the version that began last; a plan is withdrawn by a version whose
selling window is empty.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from iofacturo.accounts.user import User
from iofacturo.folios import price
from iofacturo.folios.errors import CatalogueError
from iofacturo.lib import clock

if TYPE_CHECKING:
    from iofacturo.accounts.company import Company
    from iofacturo.folios.offer import Offer

CURRENCIES = [("CRC", "Colones"), ("USD", "Dólares")]
# "Servicios de programas informáticos (software) en línea, n.c.p."; staff may choose another
CABYS = "8439200000000"
RATE = Decimal("13.00")


class Plan(models.Model):
    """A plan under one code for ever; what it holds is told by its versions."""

    code = models.SlugField("código", max_length=40, unique=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "plan"
        verbose_name_plural = "planes"

    def __str__(self) -> str:
        return self.code

    def version_at(self, at: datetime) -> PlanVersion | None:
        """The version that began last before *at*, on sale or not."""
        return self.versions.filter(sold_from__lte=at).order_by("-sold_from", "-number").first()

    def publish(
        self,
        *,
        name: str,
        folios: int,
        months: int,
        by: User | None,
        at: datetime,
        total: Decimal | None = None,
        net: Decimal | None = None,
        currency: str = "CRC",
        tax_rate: Decimal = RATE,
        cabys: str = CABYS,
        benefits: list[str] | None = None,
        sold_from: datetime | None = None,
        sold_until: datetime | None = None,
    ) -> PlanVersion:
        """Add a version, on sale from *sold_from* (now unless said otherwise).

        Its price is *total*, final, or else *net*, to which the IVA comes.
        """
        if total is None:
            total = price.final(net or Decimal(0), tax_rate)
            net = price.to_cent(net or Decimal(0))
        else:
            total = price.to_cent(total)
            net = price.net_in(total, tax_rate)
        version = PlanVersion(
            plan=self,
            name=" ".join(name.split()),
            folios=folios,
            months=months,
            net=net,
            total=total,
            currency=currency,
            tax_rate=tax_rate,
            cabys=cabys,
            benefits=benefits or [],
            sold_from=sold_from or at,
            sold_until=sold_until,
            created_at=at,
            created_by=by,
        )
        version.check_or_raise()
        with transaction.atomic():
            Plan.objects.select_for_update(of=("self",)).get(pk=self.pk)
            last = self.versions.aggregate(last=Max("number"))["last"] or 0
            version.number = last + 1
            version.save(force_insert=True)
        return version

    def withdraw(self, *, by: User | None, at: datetime) -> PlanVersion:
        """Stop selling it. Quotes already given and lots already bought are untouched."""
        current = self.version_at(at)
        if current is None or not current.is_sold(at):
            raise CatalogueError({"plan": "Este plan ya no está a la venta."})
        return self.publish(
            by=by,
            at=at,
            sold_from=at,
            sold_until=at,
            **{
                name: getattr(current, name)
                for name in [
                    "name",
                    "folios",
                    "months",
                    "net",
                    "currency",
                    "tax_rate",
                    "cabys",
                    "benefits",
                ]
            },
        )


class PlanVersion(models.Model):
    """A plan as it was offered in one period. Append-only."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("versión")
    name = models.CharField("nombre", max_length=60)
    folios = models.PositiveIntegerField()
    months = models.PositiveSmallIntegerField("meses")
    net = models.DecimalField("precio sin IVA", max_digits=14, decimal_places=2)
    total = models.DecimalField("precio final", max_digits=14, decimal_places=2)
    currency = models.CharField("moneda", max_length=3, choices=CURRENCIES, default="CRC")
    tax_rate = models.DecimalField("tarifa de IVA", max_digits=5, decimal_places=2, default=RATE)
    cabys = models.CharField("código CAByS", max_length=13, default=CABYS)
    benefits: models.JSONField[Any, list[str]] = models.JSONField("beneficios", default=list)
    sold_from = models.DateTimeField("a la venta desde")
    sold_until = models.DateTimeField("hasta", null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "versión de plan"
        verbose_name_plural = "versiones de plan"
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="planversion_number"),
            models.CheckConstraint(
                condition=Q(
                    folios__gt=0, months__gt=0, net__gt=0, total__gte=F("net"), tax_rate__gte=0
                ),
                name="planversion_sane",
            ),
            models.CheckConstraint(
                condition=Q(sold_until__isnull=True) | Q(sold_until__gte=F("sold_from")),
                name="planversion_window",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tax(self) -> Decimal:
        """The IVA in the final price."""
        return self.total - self.net

    def is_sold(self, at: datetime) -> bool:
        """Whether its own window holds *at*; a later version may still have replaced it."""
        return self.sold_from <= at and (self.sold_until is None or at < self.sold_until)

    def problems(self) -> dict[str, str]:
        """Field and message of everything that makes no sense."""
        problems: dict[str, str] = {}
        if not self.name:
            problems["name"] = "Escriba el nombre del plan."
        if self.folios < 1:
            problems["folios"] = "Escriba cuántos folios trae, al menos 1."
        if not 1 <= self.months <= 120:
            problems["months"] = "Escriba los meses de vigencia, entre 1 y 120."
        if self.net <= 0:
            problems["total"] = "Escriba un precio mayor que cero."
        if not (len(self.cabys) == 13 and self.cabys.isascii() and self.cabys.isdigit()):
            problems["cabys"] = "El código CAByS tiene 13 dígitos."
        if self.sold_until is not None and self.sold_until < self.sold_from:
            problems["sold_until"] = "La venta no puede terminar antes de empezar."
        return problems

    def check_or_raise(self) -> None:
        """CatalogueError unless everything about it makes sense."""
        problems = self.problems()
        if problems:
            raise CatalogueError(problems)


def in_force(at: datetime) -> QuerySet[PlanVersion]:
    """For every plan the version that began last, whether or not it is still on sale."""
    latest = (
        PlanVersion.objects.filter(plan=OuterRef("plan"), sold_from__lte=at)
        .order_by("-sold_from", "-number")
        .values("pk")[:1]
    )
    return PlanVersion.objects.filter(pk=Subquery(latest)).select_related("plan")


def on_sale(at: datetime) -> QuerySet[PlanVersion]:
    """The versions a customer can choose at *at*, the smallest first."""
    return (
        in_force(at)
        .filter(Q(sold_until__isnull=True) | Q(sold_until__gt=at))
        .order_by("folios", "months", "plan__code")
    )


def offers(company: Company | None, at: datetime) -> list[Offer]:
    """What *company* can buy at *at*; told in `offer`."""
    from iofacturo.folios import offer

    return offer.offers(company, at)
