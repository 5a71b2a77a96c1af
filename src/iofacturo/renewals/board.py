"""What the desk did in a span of days, and what waits now: the figures of the board and the mail.

Only answers of the span are read, grouped by the database from one index that holds all of it
(`Turnaround`); the rest is arithmetic over as many minutes as there were answers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from iofacturo.accounts.user import User
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.turnaround import Turnaround


@dataclass
class Group:
    """Answers taken together: those of all, of one person, of one day."""

    kinds: Counter[str] = field(default_factory=Counter)
    late: int = 0
    automatic: int = 0
    minutes: Counter[int] = field(default_factory=Counter)
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def answers(self) -> int:
        """Those that ended a promise: the ones that have a time."""
        return self.minutes.total()

    @property
    def approved(self) -> int:
        return self.kinds[Turnaround.APPROVED]

    @property
    def rejected(self) -> int:
        return self.kinds[Turnaround.REJECTED]

    @property
    def corrections(self) -> int:
        return self.kinds[Turnaround.CORRECTION]

    @property
    def by_hand(self) -> int:
        """Approvals by people."""
        return self.approved - self.automatic

    @property
    def in_time(self) -> int:
        return self.answers - self.late

    @property
    def median(self) -> int | None:
        """In minutes of business time; None without answers."""
        return self.quantile(Decimal("0.5"))

    @property
    def p95(self) -> int | None:
        """The minutes that 95 of 100 answers did not exceed."""
        return self.quantile(Decimal("0.95"))

    def quantile(self, share: Decimal) -> int | None:
        """The least number of minutes that *share* of the answers did not exceed."""
        passed, wanted = 0, share * self.answers
        for minutes in sorted(self.minutes):
            passed += self.minutes[minutes]
            if passed >= wanted:
                return minutes
        return None

    def add(self, row: Row) -> None:
        """Count *row* in; the minutes come by themselves."""
        self.kinds[row.kind] += row.n
        self.late += row.n if row.late else 0
        if row.kind == Turnaround.APPROVED:
            self.automatic += row.n if row.actor is None else 0
            self.money[row.currency] += row.amount


@dataclass(frozen=True)
class Row:
    """As many answers as have all of this in common."""

    day: date
    actor: int | None
    kind: str
    late: bool
    currency: str
    n: int
    amount: Decimal


@dataclass(frozen=True)
class Figures:
    """The answers from *first* to *last*, both included."""

    first: date
    last: date
    total: Group
    days: dict[date, Group]  # those with answers, in order
    people: list[tuple[User | None, Group]]  # who answered most stands first; None is the system


def figures(first: date, last: date) -> Figures:
    """Three queries, whatever the span."""
    total = Group()
    days: dict[date, Group] = defaultdict(Group)
    people: dict[int | None, Group] = defaultdict(Group)
    for row in (Row(*row) for row in _rows(first, last)):
        for group in (total, days[row.day], people[row.actor]):
            group.add(row)
    # nearly as many as there are answers: they are told to each group at once
    of_days: dict[date, list[int]] = defaultdict(list)
    of_people: dict[int | None, list[int]] = defaultdict(list)
    for day, actor, minutes in _minutes(first, last):
        of_days[day].append(minutes)
        of_people[actor].append(minutes)
    for some, day_minutes in of_days.items():
        days[some].minutes.update(day_minutes)
        total.minutes.update(day_minutes)
    for someone, their_minutes in of_people.items():
        people[someone].minutes.update(their_minutes)
    names = User.objects.in_bulk(actor for actor in people if actor is not None)
    known = [
        (names[actor] if actor is not None else None, group) for actor, group in people.items()
    ]
    return Figures(
        first,
        last,
        total,
        {day: days[day] for day in sorted(days)},
        sorted(known, key=lambda one: (-one[1].answers, str(one[0]))),
    )


def _rows(first: date, last: date) -> Iterable[tuple[Any, ...]]:
    return (
        Turnaround.objects.filter(day__range=(first, last))
        .order_by()
        .values_list("day", "actor", "kind", "late", "currency")
        .annotate(n=Count("*"), sum=Sum("amount"))
    )


def _minutes(first: date, last: date) -> Iterable[tuple[Any, ...]]:
    return (
        Turnaround.objects.filter(day__range=(first, last), minutes__isnull=False)
        .order_by()
        .values_list("day", "actor", "minutes")
    )


@dataclass(frozen=True)
class Standing:
    """What waits at this moment."""

    open: int  # in review
    late: int  # of these
    second: int  # of these, signed once
    paused: int  # the customer's turn


def standing(now: datetime) -> Standing:
    """One query over what is open."""
    reviewed = Q(state=RenewalRequest.IN_REVIEW)
    counts = RenewalRequest.waiting().aggregate(
        open=Count("pk", filter=reviewed),
        late=Count("pk", filter=reviewed & Q(due_at__lt=now)),
        second=Count("pk", filter=reviewed & Q(first_approved_by__isnull=False)),
        paused=Count("pk", filter=Q(state=RenewalRequest.NEEDS_INFO)),
    )
    return Standing(**counts)


def merged(days: dict[date, Group], spans: Iterable[tuple[date, date]]) -> list[Group]:
    """The groups of *days* taken together by spans that follow each other, ends included."""
    made = []
    for first, last in spans:
        group = Group()
        for day, part in days.items():
            if first <= day <= last:
                _join(group, part)
        made.append(group)
    return made


def _join(group: Group, part: Group) -> None:
    group.kinds += part.kinds
    group.minutes += part.minutes
    group.late += part.late
    group.automatic += part.automatic
    for currency, amount in part.money.items():
        group.money[currency] += amount
