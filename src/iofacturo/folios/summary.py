"""What a company has, in a fixed number of queries however long its ledger is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q, Sum

from iofacturo.accounts.company import Company
from iofacturo.folios import chart as charts
from iofacturo.folios import grace as graces
from iofacturo.folios import offer as offers_of
from iofacturo.folios import pace as paces
from iofacturo.folios.chart import Chart
from iofacturo.folios.forecast import Forecast, forecast
from iofacturo.folios.grace import Standing
from iofacturo.folios.lot import EXPIRED, GRACE, IN_USE, SCHEDULED, FolioLot, State, next_in_use
from iofacturo.folios.offer import Offer
from iofacturo.folios.pace import Pace
from iofacturo.lib import clock

LAST_PLANS = 5
PLANS = ("paid", "migration")  # what a company calls its plans; gifts are shown while they live
REMEMBERED = 400  # days of use that are read
FEW = 20  # percent
SOON = 30  # days


@dataclass(frozen=True)
class LotLine:
    """A lot as tables show it: contracted = consumed + remaining + expired + voided."""

    lot: FolioLot
    state: State
    remaining: int  # that can still be used
    expired: int
    voided: int
    width: str = "0%"  # of its part of the meter
    offset: str = "0%"
    why: str = ""

    @property
    def name(self) -> str:
        return self.lot.name

    @property
    def total(self) -> int:
        return self.lot.total

    @property
    def consumed(self) -> int:
        return self.lot.consumed


@dataclass(frozen=True)
class Overview:
    """The header card and the table of Mi Plan, at one instant."""

    at: datetime
    available: int
    total: int  # of the lots that still have some
    lots: tuple[LotLine, ...]  # with folios, in the order of use
    scheduled: tuple[LotLine, ...]
    rights: tuple[LotLine, ...]  # replacements, each for one document only
    last_plans: tuple[LotLine, ...]
    all_lots: int
    pace: Pace | None
    forecast: Forecast | None
    chart: Chart | None
    alert: str  # "", none, ended, grace, few or ending: the gravest thing to say
    grace: Standing | None  # that runs, or is owed; in none of the numbers above

    @property
    def in_use(self) -> LotLine | None:
        return next((line for line in self.lots if line.state is IN_USE), None)

    @property
    def first_to_end(self) -> LotLine | None:
        return min(self.lots, key=lambda line: line.lot.expires_at, default=None)

    @property
    def percent(self) -> int:
        return round(100 * self.available / self.total) if self.total else 0

    @property
    def meter_words(self) -> str:
        """The meter, for whoever does not see it."""
        return "Quedan " + " y ".join(
            f"{line.remaining} de {line.total} folios de {line.name}" for line in self.lots
        )


@dataclass(frozen=True)
class Left:
    """Folios that any document could take: the company's own first, then those of grace."""

    own: int
    grace: int

    @property
    def all(self) -> int:
        return self.own + self.grace


def left(company: Company, at: datetime) -> Left:
    """What *company* could issue at *at*."""
    ready = company.lots.valid(at).filter(only_for="")
    sums = ready.aggregate(
        own=Sum("remaining", filter=~Q(kind=GRACE)), grace=Sum("remaining", filter=Q(kind=GRACE))
    )
    return Left(sums["own"] or 0, sums["grace"] or 0)


def available(company: Company, at: datetime) -> int:
    """Folios of its own that any document could take at *at*; grace is never counted in."""
    return left(company, at).own


def has_ever_had_plan(company: Company) -> bool:
    """Whether it was ever given folios, of any kind."""
    return company.lots.exists()


def overview(company: Company, at: datetime) -> Overview:
    """Everything Mi Plan says about folios; four queries."""
    owed = Q(kind=GRACE, consumed__gt=0)
    found = list(company.lots.filter(Q(voided_at__isnull=True) | owed, expires_at__gt=at))
    current = [lot for lot in found if not lot.is_grace]
    grace = next((graces.Standing(lot) for lot in found if lot.is_grace), None)
    last = list(company.lots.filter(kind__in=PLANS).order_by("-activated_at", "-id")[:LAST_PLANS])
    count = company.lots.exclude(kind__in=("replacement", GRACE)).count()
    days = use_by_day(company, at)
    today = clock.local(at).date()
    pace = paces.measure(days, today)
    using = next_in_use(current, at)
    valid = [lot for lot in current if lot.is_valid(at) and not lot.only_for]
    ready = sorted((lot for lot in valid if lot.remaining), key=lambda lot: lot.place_in_order)
    left, total = sum(lot.remaining for lot in ready), sum(lot.total for lot in ready)
    return Overview(
        at=at,
        available=left,
        total=total,
        lots=_metered(ready, at, using),
        scheduled=tuple(
            line_of(lot, at) for lot in current if lot.state(at) is SCHEDULED and lot.remaining
        ),
        rights=tuple(line_of(lot, at) for lot in current if lot.only_for and lot.remaining),
        last_plans=tuple(line_of(lot, at, using) for lot in last),
        all_lots=count,
        pace=pace,
        forecast=forecast(current, pace, today),
        chart=charts.draw(days, pace, today),
        alert=_alert(valid, ready, count, at, grace),
        grace=grace,
    )


def line_of(lot: FolioLot, at: datetime, using: FolioLot | None = None) -> LotLine:
    """*lot* at *at*; what an ended lot still holds counts as expired, written down or not."""
    state = IN_USE if using is not None and lot.pk == using.pk else lot.state(at)
    dead = lot.remaining if state is EXPIRED else 0
    return LotLine(
        lot=lot,
        state=state,
        remaining=lot.remaining - dead,
        expired=lot.expired + dead,
        voided=lot.voided,
    )


def lines(company: Company, at: datetime) -> list[LotLine]:
    """Every lot of *company*, the newest first."""
    lots = list(company.lots.select_related("plan_version").order_by("-activated_at", "-id"))
    using = next_in_use(lots, at)
    return [line_of(lot, at, using) for lot in lots]


def use_by_day(company: Company, at: datetime) -> dict[date, int]:
    """Folios used on each day of the last year or so, less those given back."""
    since = clock.local(at).date() - timedelta(days=REMEMBERED)
    rows = (
        company.folio_days.filter(day__gt=since)
        .values("day")
        .annotate(net=Sum(F("used") - F("returned")))
    )
    return {row["day"]: row["net"] for row in rows}


def pace(company: Company, at: datetime) -> Pace | None:
    """How fast *company* uses folios; None when there is too little to go by."""
    return paces.measure(use_by_day(company, at), clock.local(at).date())


def suggested(company: Company, at: datetime) -> Offer | None:
    """The offer whose folios cost least at the company's own pace; None without a pace.

    Folios that would expire unused make a plan dearer, however low its price per folio.
    """
    speed = pace(company, at)
    choices = offers_of.offers(company, at)
    if speed is None or not choices:
        return None
    return min(
        choices,
        key=lambda one: (
            float(one.total)
            / max(1.0, min(one.all_folios, speed.per_day * paces.MONTH * one.months))
        ),
    )


def _metered(ready: list[FolioLot], at: datetime, using: FolioLot | None) -> tuple[LotLine, ...]:
    """The lots with their part of the meter and why they stand where they stand."""
    total = sum(lot.total for lot in ready) or 1
    found, start = [], 0.0
    for number, lot in enumerate(ready):
        width = 100 * lot.remaining / total
        plain = line_of(lot, at, using)
        found.append(
            LotLine(
                lot=lot,
                state=plain.state,
                remaining=plain.remaining,
                expired=plain.expired,
                voided=plain.voided,
                width=f"{width:.2f}%",
                offset=f"{start:.2f}%",
                why=_why(ready, number),
            )
        )
        start += width
    return tuple(found)


def _why(ready: list[FolioLot], number: int) -> str:
    if len(ready) == 1:
        return ""
    if number:
        return "Sigue después." if number == 1 else "Se usa al final."
    first, second = ready[0], ready[1]
    if first.expires_at < second.expires_at:
        return "Se usa primero, porque vence antes."
    if first.kind == "promo" != second.kind:
        return "Se usa primero, porque es de promoción y vence igual."
    return "Se usa primero, porque es más antiguo y vence igual."


def _alert(
    valid: list[FolioLot], ready: list[FolioLot], ever: int, at: datetime, grace: Standing | None
) -> str:
    """The gravest thing to say about *ready*, the lots that still have folios."""
    left, total = sum(lot.remaining for lot in ready), sum(lot.total for lot in valid)
    if not left:
        if grace is not None and grace.left:
            return "grace"
        if valid:
            return "none"
        return "ended" if ever else ""
    if left * 100 <= total * FEW:
        return "few"
    if all(lot.expires_at <= at + timedelta(days=SOON) for lot in ready):
        return "ending"
    return ""
