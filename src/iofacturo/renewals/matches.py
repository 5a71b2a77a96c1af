"""What the bank's free lines pay, as the books stand now: the matching engine over our own rows.

Nothing of it is stored. A process remembers its last answer together with the state of the books
it was made from, and makes it again when that state moved; approving looks at the rows anyhow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Q, Sum

from iofacturo.lib import clock
from iofacturo.renewals import bank, open_lines
from iofacturo.renewals.bank import Allocation, BankLine, LineReturn, MoneyEntry
from iofacturo.renewals.matching import Line, Match, Wanted, match
from iofacturo.renewals.matching.hunt import Found as Trace
from iofacturo.renewals.matching.hunt import Known, hunt
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.reference import PREFIX
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

MOST_LINES = 20_000  # free ones, the newest; older money is found by search
AT_ONCE = 5_000
State = tuple[object, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Matches:
    """Every free line in exactly one match, by line and by request."""

    state: State
    all: list[Match]
    by_line: dict[int, Match] = field(default_factory=dict)
    by_request: dict[str, list[Match]] = field(default_factory=dict)
    late: dict[str, list[int]] = field(default_factory=dict)  # by expired request, lines naming it

    @property
    def exact(self) -> list[str]:
        """The numbers of the requests whose money is here to the céntimo."""
        return [number for number, found in self.by_request.items() if found[0].tier == 1]

    def of(self, request: RenewalRequest) -> list[Match]:
        """What may pay *request*, the surest first."""
        return self.by_request.get(request.number, [])

    def tier(self, request: RenewalRequest) -> int:
        """The best tier of *request*; 4 when nothing was found."""
        found = self.of(request)
        return found[0].tier if found else 4


_last: list[Matches] = []
_one_at_a_time = Lock()


def current() -> Matches:
    """The matches of the books as they stand."""
    state = _state()
    if _last and _last[0].state == state:
        return _last[0]
    with _one_at_a_time:
        if not (_last and _last[0].state == state):
            _last[:] = [_made(state)]
        return _last[0]


def _state() -> State:
    """What changes whenever an answer could: two small queries."""
    requests = RenewalRequest.waiting().aggregate(
        n=Count("pk"), newest=Max("pk"), last=Max("number"), moved=Sum(F("pk") * F("version"))
    )
    tables = (Allocation, MoneyEntry, LineReturn, PaymentProof, ReturnOrder, Withdrawal)
    newest = [
        f"(SELECT max(id) FROM {model._meta.db_table})"  # noqa: S608 - names of our own tables
        for model in tables
    ]
    newest += [  # what gives a line free again adds no row
        f"(SELECT count({column}) FROM {model._meta.db_table})"  # noqa: S608 - the same
        for model, column in ((ReturnOrder, "dropped_at"), (Withdrawal, "dismissed_at"))
    ]
    lines = BankLine._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(newest)}, max(id), "  # noqa: S608 - the same
            f"(SELECT folded FROM {lines} ORDER BY id DESC LIMIT 1) FROM {lines}"
        )
        row = cursor.fetchone()
    return (settings.SECOND_APPROVAL_FROM, *requests.values(), *row)


def _made(state: State) -> Matches:
    rows = list(open_lines.free().order_by("-pk").values_list(
        "pk", "booked_on", "amount", "used", "currency", "detail", "reference", "payer"
    )[:MOST_LINES])  # fmt: skip
    lines = [
        Line(str(pk), day, amount - Decimal(used), currency, detail, reference, payer)
        for pk, day, amount, used, currency, detail, reference, payer in reversed(rows)
    ]
    found = match(
        lines,
        _wanted() if lines else [],
        payers=_payers({line.payer for line in lines} - {""}),
        automatic_up_to=Decimal(settings.SECOND_APPROVAL_FROM),
    )
    made = Matches(state, found)
    for one in found:
        for line in one.lines:
            made.by_line[int(line)] = one
        for number in one.requests:
            made.by_request.setdefault(number, []).append(one)
    for some in made.by_request.values():
        some.sort(key=lambda one: one.tier)
    spare = [line for line in lines if not made.by_line[int(line.id)].requests]
    for pk, row in _named((int(line.id), f"{line.detail} {line.reference}") for line in spare):
        sent = row.submitted_at is not None and row.group_id is None  # a group's sum is a person's
        if row.state == RenewalRequest.EXPIRED and sent:
            made.late.setdefault(row.number, []).append(pk)
    return made


def _wanted() -> list[Wanted]:
    """The requests that were sent and lack money."""
    rows = list(RenewalRequest.waiting().select_related("quote", "group").order_by("pk"))
    numbers = [row.pk for row in rows]
    paid = _paid(numbers)
    typed: dict[int, list[str]] = defaultdict(list)
    for some in _portions(numbers):
        for request, number in (
            PaymentProof.objects.filter(request__in=some, removed_at=None)
            .exclude(bank_reference="")
            .values_list("request", "bank_reference")
        ):
            typed[request].append(number)
    together = _together({row.group_id for row in rows if row.group_id is not None})
    return [
        Wanted(
            number=row.number,
            reference=row.reference,
            company=str(row.company_id),
            due=row.given.total - row.credit_wanted - paid.get(row.pk, bank.ZERO),
            currency=row.given.currency,
            since=clock.local(row.submitted_at).date() if row.submitted_at else None,
            transfers=tuple(typed.get(row.pk, ())),
            shared=row.group.reference if row.group else "",
            companions=tuple(together.get(row.group_id, ())),
        )
        for row in rows
        if row.given.total > row.credit_wanted + paid.get(row.pk, bank.ZERO)
    ]


def _together(groups: set[int]) -> dict[int | None, list[str]]:
    """The companies of each group, those whose part is settled too."""
    found: dict[int | None, list[str]] = defaultdict(list)
    for some in _portions(sorted(groups)):
        for group, company in RenewalRequest.objects.filter(
            group__in=some, submitted_at__isnull=False
        ).values_list("group", "company"):
            found[group].append(str(company))
    return found


def _paid(requests: list[int]) -> dict[int, Decimal]:
    total: dict[int, Decimal] = defaultdict(Decimal)
    for some in _portions(requests):
        for request, amount in (
            Allocation.objects.filter(request__in=some)
            .order_by()
            .values_list("request")
            .annotate(n=Sum("amount"))
        ):
            total[request] += amount
        for request, amount in (
            MoneyEntry.objects.filter(request__in=some, kind=MoneyEntry.USED)
            .order_by()
            .values_list("request")
            .annotate(n=Sum("amount"))
        ):
            total[request] -= amount
    return total


def _payers(names: Iterable[str]) -> dict[str, set[str]]:
    """Who of *names* paid before, and for which companies."""
    known: dict[str, set[str]] = defaultdict(set)
    for some in _portions(sorted(names)):
        pairs = (
            Allocation.objects.filter(line__payer__in=some)
            .order_by()
            .values_list("line__payer", "request__company")
            .annotate(n=Sum("amount"))
            .filter(n__gt=0)
        )
        for payer, company, _ in pairs:
            known[payer].add(str(company))
    return known


def _portions(rows: list[T]) -> Iterable[list[T]]:
    return (rows[i : i + AT_ONCE] for i in range(0, len(rows), AT_ONCE))


def hints(lines: Iterable[BankLine]) -> dict[int, RenewalRequest]:
    """By line, the request that it names although that one waits for no money: a draft, a lapsed
    one, one that is paid already.
    """
    return dict(_named((line.pk, f"{line.detail} {line.reference}") for line in lines))


def _named(texts: Iterable[tuple[int, str]]) -> list[tuple[int, RenewalRequest]]:
    """(line, request that is not open) for each reference of ours that stands whole in a text."""
    named: dict[str, list[int]] = defaultdict(list)
    for pk, text in texts:
        for trace in hunt(text, Known(())):
            if trace.how == Trace.WHOLE:
                named[PREFIX + trace.code].append(pk)
    rows = [
        row
        for some in _portions(sorted(named))
        for row in RenewalRequest.objects.filter(
            Q(reference__in=some) | Q(group__reference__in=some)
        )
        .exclude(state__in=RenewalRequest.SENT)
        .select_related("company", "quote", "group")
    ]
    return [
        (pk, row)
        for row in rows
        for pk in {*named.get(row.reference, ()), *named.get(row.pay_reference, ())}
    ]
