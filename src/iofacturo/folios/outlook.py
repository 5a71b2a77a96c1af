"""What many companies have, side by side, in four queries however many they are.

Each figure is the one that the company's own Mi Plan shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Min, Sum

from iofacturo.accounts.company import Company
from iofacturo.folios import pace as paces
from iofacturo.folios.daily_use import DailyUse
from iofacturo.folios.forecast import spend
from iofacturo.folios.lot import FolioLot
from iofacturo.folios.pace import WEEKS, Pace
from iofacturo.folios.summary import FEW, REMEMBERED, SOON
from iofacturo.lib import clock

READ = 7 * WEEKS  # days that a pace looks at


@dataclass(frozen=True)
class Outlook:
    """Folios of one company at one instant.

    *available* of *total* are left in the lots that still have some; the first of those ends on
    *first_end*, the last on *last_end*. At its *pace* the folios last through *covered*, where
    they run out, or else merely end. *alert*: "", none, few or ending, the gravest.
    """

    had_plan: bool
    available: int = 0
    total: int = 0
    first_end: date | None = None
    last_end: date | None = None
    pace: Pace | None = None
    covered: date | None = None
    runs_out: bool = False
    alert: str = ""

    @property
    def end(self) -> date | None:
        """The last day on which documents can be issued, as far as is known."""
        return self.covered or self.last_end

    @property
    def percent(self) -> int:
        return round(100 * self.available / self.total) if self.total else 0


def outlooks(companies: Sequence[Company], at: datetime) -> dict[int, Outlook]:
    """How each of *companies* stands at *at*, by its id."""
    pks = [company.pk for company in companies]
    today = clock.local(at).date()
    lots: dict[int, list[FolioLot]] = defaultdict(list)
    own = FolioLot.objects.filter(company__in=pks).exclude(kind="grace")
    current = own.filter(expires_at__gt=at, voided_at__isnull=True)
    for lot in current.iterator(chunk_size=2000):
        lots[lot.company_id].append(lot)
    ever = set(own.values_list("company", flat=True).distinct())
    days = _use(pks, today)
    return {
        pk: _outlook(lots[pk], days[pk], at, today) if pk in ever else Outlook(False) for pk in pks
    }


def _use(pks: list[int], today: date) -> dict[int, dict[date, int]]:
    """Folios used on the days that a pace looks at, and the first day on which any was used."""
    days: dict[int, dict[date, int]] = defaultdict(dict)
    known = DailyUse.objects.filter(company__in=pks, day__gt=today - timedelta(days=REMEMBERED))
    first = known.filter(used__gt=F("returned")).values("company").annotate(first=Min("day"))
    for row in first:
        days[row["company"]][row["first"]] = 1  # counts as history; what it was is read below
    recent = (
        known.filter(day__gte=today - timedelta(days=READ))
        .values_list("company", "day")
        .annotate(net=Sum(F("used") - F("returned")))
    )
    for company, day, net in recent.iterator(chunk_size=5000):
        days[company][day] = net
    return days


def _outlook(lots: list[FolioLot], days: dict[date, int], at: datetime, today: date) -> Outlook:
    valid = [lot for lot in lots if lot.is_valid(at) and not lot.only_for]
    ready = [lot for lot in valid if lot.remaining]
    pace = paces.measure(days, today)
    coming = [lot for lot in lots if lot.remaining and not lot.only_for and lot.last_day >= today]
    covered, runs_out = None, False
    if pace is not None and coming:
        covered, runs_out, _ = spend(coming, pace.per_day, today)
    return Outlook(
        had_plan=True,
        available=sum(lot.remaining for lot in ready),
        total=sum(lot.total for lot in ready),
        first_end=min((lot.last_day for lot in ready), default=None),
        last_end=max((lot.last_day for lot in ready), default=None),
        pace=pace,
        covered=covered,
        runs_out=runs_out,
        alert=_alert(valid, ready, at),
    )


def _alert(valid: list[FolioLot], ready: list[FolioLot], at: datetime) -> str:
    left, total = sum(lot.remaining for lot in ready), sum(lot.total for lot in valid)
    if not left:
        return "none"
    if left * 100 <= total * FEW:
        return "few"
    soon = at + timedelta(days=SOON)
    return "ending" if all(lot.expires_at <= soon for lot in ready) else ""
