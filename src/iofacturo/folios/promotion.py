"""Promotions: less to pay or more folios, for a time and up to a limit.

A version never changes; the newest one of a promotion is the one that counts. Uses are counted on
the promotion, over all its versions, by conditional updates: the last use is had by one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios.errors import CatalogueError, PromotionExhausted
from iofacturo.folios.plan import CURRENCIES, Plan
from iofacturo.lib import clock, formats

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = [
    ("percent", "Porcentaje de descuento"),
    ("fixed", "Monto de descuento"),
    ("bonus", "Folios de regalo"),
]


class Promotion(models.Model):
    """A promotion under one code for ever. *used* counts what is redeemed and not given back."""

    code = models.SlugField("código", max_length=40, unique=True)
    used = models.PositiveIntegerField("usos", default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "promoción"
        verbose_name_plural = "promociones"

    def __str__(self) -> str:
        return self.code

    def newest(self) -> PromotionVersion | None:
        return self.versions.order_by("-number").first()

    def publish(
        self,
        *,
        name: str,
        kind: str,
        starts_at: datetime,
        ends_at: datetime,
        by: User | None,
        at: datetime,
        percent: Decimal | None = None,
        amount: Decimal | None = None,
        bonus_folios: int | None = None,
        currency: str = "CRC",
        limit_total: int | None = None,
        limit_per_company: int | None = None,
        plans: Iterable[Plan] = (),
    ) -> PromotionVersion:
        """Add a version, valid in [starts_at, ends_at); without *plans* for every plan.

        *amount* is off the final price, IVA included.
        """
        version = PromotionVersion(
            promotion=self,
            name=" ".join(name.split()),
            kind=kind,
            percent=percent if kind == "percent" else None,
            amount=amount if kind == "fixed" else None,
            bonus_folios=bonus_folios if kind == "bonus" else None,
            currency=currency,
            starts_at=starts_at,
            ends_at=ends_at,
            limit_total=limit_total,
            limit_per_company=limit_per_company,
            created_at=at,
            created_by=by,
        )
        problems = version.problems()
        if problems:
            raise CatalogueError(problems)
        with transaction.atomic():
            Promotion.objects.select_for_update(of=("self",)).get(pk=self.pk)
            last = self.versions.aggregate(last=Max("number"))["last"] or 0
            version.number = last + 1
            version.save(force_insert=True)
            version.plans.set(plans)
        return version

    def withdraw(self, *, by: User | None, at: datetime) -> PromotionVersion:
        """End it now. What was already quoted with it keeps its price."""
        current = self.newest()
        if current is None or current.ends_at <= at:
            raise CatalogueError({"promotion": "Esta promoción ya terminó."})
        return self.publish(
            by=by,
            at=at,
            starts_at=min(current.starts_at, at),
            ends_at=at,
            plans=current.plans.all(),
            **{
                name: getattr(current, name)
                for name in [
                    "name",
                    "kind",
                    "percent",
                    "amount",
                    "bonus_folios",
                    "currency",
                    "limit_total",
                    "limit_per_company",
                ]
            },
        )


class PromotionVersion(models.Model):
    """A promotion as it was announced. Append-only."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("versión")
    name = models.CharField("nombre", max_length=80)
    kind = models.CharField("clase", max_length=8, choices=KINDS)
    percent = models.DecimalField("porcentaje", max_digits=5, decimal_places=2, null=True)
    amount = models.DecimalField("monto", max_digits=14, decimal_places=2, null=True)
    bonus_folios = models.PositiveIntegerField("folios de regalo", null=True)
    currency = models.CharField("moneda", max_length=3, choices=CURRENCIES, default="CRC")
    starts_at = models.DateTimeField("empieza")
    ends_at = models.DateTimeField("termina")
    limit_total = models.PositiveIntegerField("límite en total", null=True)
    limit_per_company = models.PositiveIntegerField("límite por empresa", null=True)
    plans = models.ManyToManyField(Plan, related_name="+", verbose_name="planes")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "versión de promoción"
        verbose_name_plural = "versiones de promoción"
        constraints = [
            models.UniqueConstraint(fields=["promotion", "number"], name="promotionversion_number"),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="promotionversion_window"
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind="percent", percent__gt=0, percent__lt=100)
                    & Q(amount__isnull=True, bonus_folios__isnull=True)
                )
                | (
                    Q(kind="fixed", amount__gt=0)
                    & Q(percent__isnull=True, bonus_folios__isnull=True)
                )
                | (
                    Q(kind="bonus", bonus_folios__gt=0)
                    & Q(percent__isnull=True, amount__isnull=True)
                ),
                name="promotionversion_one_kind",
            ),
            models.CheckConstraint(
                condition=(Q(limit_total__isnull=True) | Q(limit_total__gt=0))
                & (Q(limit_per_company__isnull=True) | Q(limit_per_company__gt=0)),
                name="promotionversion_limits",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_day(self) -> date:
        """The last day on which it can be had, in Costa Rica."""
        return clock.local(self.ends_at - timedelta(microseconds=1)).date()

    @property
    def gain(self) -> str:
        """What it gives, in words: `15 % menos`, `₡5 000,00 menos`, `50 folios más`."""
        if self.kind == "percent" and self.percent is not None:
            return f"{formats.porcentaje(self.percent)} menos"
        if self.kind == "fixed" and self.amount is not None:
            return f"{formats.dinero(self.amount, self.currency)} menos"
        number = self.bonus_folios or 0
        return f"{formats.numero(number)} {'folio' if number == 1 else 'folios'} más"

    def problems(self) -> dict[str, str]:
        """Field and message of everything that makes no sense."""
        problems: dict[str, str] = {}
        if not self.name:
            problems["name"] = "Escriba el nombre de la promoción."
        if self.kind == "percent" and not (self.percent and 0 < self.percent < 100):
            problems["percent"] = "Escriba un porcentaje mayor que 0 y menor que 100."
        if self.kind == "fixed" and not (self.amount and self.amount > 0):
            problems["amount"] = "Escriba el monto del descuento."
        if self.kind == "bonus" and not self.bonus_folios:
            problems["bonus_folios"] = "Escriba cuántos folios se regalan."
        if self.kind not in dict(KINDS):
            problems["kind"] = "Elija la clase de promoción."
        if self.ends_at < self.starts_at:
            problems["ends_at"] = "La promoción no puede terminar antes de empezar."
        for name in ("limit_total", "limit_per_company"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                problems[name] = "Escriba un límite de al menos 1, o deje el espacio en blanco."
        return problems


class PromotionTally(models.Model):
    """How often one company has used one promotion."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="tallies")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "promotion"], name="promotiontally_once")
        ]


class Redemption(models.Model):
    """One use of a promotion, kept under the key of what used it."""

    promotion_version = models.ForeignKey(
        PromotionVersion, models.PROTECT, related_name="redemptions"
    )
    company = models.ForeignKey(Company, models.PROTECT, related_name="redemptions")
    key = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "uso de promoción"
        verbose_name_plural = "usos de promoción"


def redeem(version: PromotionVersion, company: Company, key: str, at: datetime) -> Redemption:
    """Take one use of *version* for *company*, under *key* (`request:SR-…`).

    The same key again gives the same row and counts once. PromotionExhausted when a limit is
    reached. The window is not looked at: a price that was guaranteed is honoured after it.
    """
    with transaction.atomic():
        row, fresh = _row(version, company, key, at)
        if not fresh and row.released_at is None:
            return row
        if not fresh and not Redemption.objects.filter(pk=row.pk, released_at__isnull=False).update(
            released_at=None, at=at
        ):
            return Redemption.objects.get(pk=row.pk)  # somebody else took it up again just now
        _count(version, company)
        row.released_at = None
        return row


def _row(
    version: PromotionVersion, company: Company, key: str, at: datetime
) -> tuple[Redemption, bool]:
    try:
        with transaction.atomic():
            row = Redemption.objects.create(
                promotion_version=version, company=company, key=key, at=at
            )
            return row, True
    except IntegrityError:
        row = Redemption.objects.select_for_update(of=("self",)).get(key=key)
        if row.promotion_version_id != version.pk or row.company_id != company.pk:
            raise
        return row, False


def _count(version: PromotionVersion, company: Company) -> None:
    """Raise both counters by one, each only while it is under its limit."""
    promotions = Promotion.objects.filter(pk=version.promotion_id)
    if version.limit_total is not None:
        promotions = promotions.filter(used__lt=version.limit_total)
    if not promotions.update(used=F("used") + 1):
        raise PromotionExhausted(version.name)
    PromotionTally.objects.get_or_create(promotion_id=version.promotion_id, company=company)
    tallies = PromotionTally.objects.filter(promotion_id=version.promotion_id, company=company)
    if version.limit_per_company is not None:
        tallies = tallies.filter(used__lt=version.limit_per_company)
    if not tallies.update(used=F("used") + 1):
        raise PromotionExhausted(version.name)


def release(key: str, at: datetime) -> bool:
    """Give back the use taken under *key*; False when there was none, or it was given back."""
    with transaction.atomic():
        taken = Redemption.objects.filter(key=key, released_at__isnull=True)
        row = taken.select_related("promotion_version").first()
        if row is None or not taken.update(released_at=at):
            return False
        promotion = row.promotion_version.promotion_id
        Promotion.objects.filter(pk=promotion).update(used=F("used") - 1)
        PromotionTally.objects.filter(promotion_id=promotion, company=row.company_id).update(
            used=F("used") - 1
        )
        return True


def running(at: datetime, company: Company | None = None) -> QuerySet[PromotionVersion]:
    """The promotions that can be had at *at* — by *company*, if given — limits included."""
    newest = (
        PromotionVersion.objects.filter(promotion=OuterRef("promotion"))
        .order_by("-number")
        .values("pk")[:1]
    )
    versions = PromotionVersion.objects.filter(
        Q(limit_total__isnull=True) | Q(promotion__used__lt=F("limit_total")),
        pk=Subquery(newest),
        starts_at__lte=at,
        ends_at__gt=at,
    )
    if company is not None:
        spent = PromotionTally.objects.filter(
            company=company,
            promotion=OuterRef("promotion"),
            used__gte=OuterRef("limit_per_company"),
        )
        versions = versions.filter(~models.Exists(spent))
    return versions.prefetch_related("plans").order_by("ends_at", "pk")


def spent(
    versions: Iterable[PromotionVersion], companies: Iterable[Company]
) -> dict[int, frozenset[int]]:
    """By company, the promotions of *versions* that it has had as often as it may."""
    limits = {
        one.promotion_id: one.limit_per_company
        for one in versions
        if one.limit_per_company is not None
    }
    if not limits:
        return {}
    found: dict[int, set[int]] = {}
    tallies = PromotionTally.objects.filter(
        promotion__in=limits, company__in=[company.pk for company in companies]
    )
    for promotion, company, used in tallies.values_list("promotion", "company", "used"):
        if used >= limits[promotion]:
            found.setdefault(company, set()).add(promotion)
    return {company: frozenset(some) for company, some in found.items()}
