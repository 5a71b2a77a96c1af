"""What a company can buy now: every plan on sale, with the promotion that helps it most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from iofacturo.accounts.company import Company
from iofacturo.folios import plan, price, promotion
from iofacturo.folios.plan import PlanVersion
from iofacturo.folios.promotion import PromotionVersion


@dataclass(frozen=True)
class Offer:
    """A plan with its price, to the céntimo: total = price - discount + tax.

    *price* is the net price of the plan before the promotion, *tax* is on what is left of it,
    *before* is the final price without the promotion.
    """

    plan_version: PlanVersion
    promotion_version: PromotionVersion | None
    price: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal
    before: Decimal

    @property
    def code(self) -> str:
        return self.plan_version.plan.code

    @property
    def name(self) -> str:
        return self.plan_version.name

    @property
    def folios(self) -> int:
        return self.plan_version.folios

    @property
    def bonus_folios(self) -> int:
        return (self.promotion_version and self.promotion_version.bonus_folios) or 0

    @property
    def all_folios(self) -> int:
        return self.folios + self.bonus_folios

    @property
    def months(self) -> int:
        return self.plan_version.months

    @property
    def currency(self) -> str:
        return self.plan_version.currency

    @property
    def tax_rate(self) -> Decimal:
        return self.plan_version.tax_rate

    @property
    def cabys(self) -> str:
        return self.plan_version.cabys

    @property
    def benefits(self) -> list[str]:
        return self.plan_version.benefits

    @property
    def net(self) -> Decimal:
        """What the tax is charged on."""
        return self.price - self.discount

    @property
    def per_folio(self) -> Decimal:
        """Final price of one folio, gifts counted."""
        return price.to_cent(self.total / self.all_folios)

    @property
    def per_month(self) -> Decimal:
        return price.to_cent(self.total / self.months)

    @property
    def promotion_name(self) -> str:
        return self.promotion_version.name if self.promotion_version else ""

    @property
    def gain(self) -> str:
        """What the promotion gives, in words; empty without one."""
        return self.promotion_version.gain if self.promotion_version else ""

    @property
    def promotion_ends_at(self) -> datetime | None:
        return self.promotion_version.ends_at if self.promotion_version else None

    @property
    def promotion_last_day(self) -> date | None:
        """The last day of the promotion, in Costa Rica."""
        return self.promotion_version.last_day if self.promotion_version else None


def offers(company: Company | None, at: datetime) -> list[Offer]:
    """Every plan on sale at *at*, the smallest first; for anybody when *company* is None."""
    return _offers(plan.on_sale(at), list(promotion.running(at, company)))


def offers_for(companies: Sequence[Company], at: datetime) -> dict[int, list[Offer]]:
    """`offers` of each of *companies*, by its id, in as many queries as for one."""
    versions, running = list(plan.on_sale(at)), list(promotion.running(at))
    spent = promotion.spent(running, companies)
    made: dict[frozenset[int], list[Offer]] = {}  # most companies may have the same ones
    found = {}
    for company in companies:
        gone = spent.get(company.pk, frozenset())
        if gone not in made:
            made[gone] = _offers(versions, [one for one in running if one.promotion_id not in gone])
        found[company.pk] = made[gone]
    return found


def _offers(versions: Iterable[PlanVersion], running: list[PromotionVersion]) -> list[Offer]:
    eligible = {version.pk: {row.pk for row in version.plans.all()} for version in running}
    found = []
    for version in versions:
        choices = [offer(version)]
        for gift in running:
            plans = eligible[gift.pk]
            if (not plans or version.plan_id in plans) and applies(version, gift):
                choices.append(offer(version, gift))
        found.append(min(choices, key=lambda one: (one.total / one.all_folios, one.total)))
    return found


def offer_for(company: Company | None, code: str, at: datetime) -> Offer | None:
    """The offer of the plan called *code*, if it can be had."""
    return next((one for one in offers(company, at) if one.code == code), None)


def applies(version: PlanVersion, gift: PromotionVersion) -> bool:
    """Whether *gift* makes sense on *version*: same currency, and something is left to pay."""
    if gift.kind == "fixed" and gift.currency != version.currency:
        return False
    return offer(version, gift).net > 0


def offer(version: PlanVersion, gift: PromotionVersion | None = None) -> Offer:
    """*version* at its price, lowered or enriched by *gift*."""
    total = version.total
    if gift is not None and gift.percent is not None:
        total = price.to_cent(total * (100 - gift.percent) / 100)
    elif gift is not None and gift.amount is not None:
        total = total - gift.amount
    tax = version.tax if total == version.total else price.tax_in(total, version.tax_rate)
    return Offer(
        plan_version=version,
        promotion_version=gift,
        price=version.net,
        discount=version.net - (total - tax),
        tax=tax,
        total=total,
        before=version.total,
    )
