"""The group of a case: the other companies' requests that one transfer pays, against its line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Sum
from django.urls import reverse

from iofacturo.backoffice.review_queue import badge
from iofacturo.business_time import calendar
from iofacturo.renewals import bank, matches
from iofacturo.renewals.bank import Allocation, BankLine
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.request import RenewalRequest


@dataclass(frozen=True)
class Sibling:
    """One request of the group on the desk."""

    request: RenewalRequest
    tone: str
    icon: str
    word: str
    paid: Decimal
    is_here: bool

    @property
    def is_open(self) -> bool:
        return self.request.state in RenewalRequest.SENT

    @property
    def missing(self) -> Decimal:
        """What it still needs; nothing once it is decided."""
        left = self.request.given.total - self.paid
        return max(left, bank.ZERO) if self.is_open else bank.ZERO


class GroupOnDesk:
    """The requests that are paid together with the one that is looked at."""

    def __init__(self, request: RenewalRequest, group: RenewalGroup, now: datetime) -> None:
        self.request, self.group, self.now = request, group, now

    @cached_property
    def siblings(self) -> list[Sibling]:
        """Every request of the group by its company's name; two queries."""
        rows = list(self.group.standing().select_related("taken_by"))
        sums = dict(
            Allocation.objects.filter(request__in=rows)
            .order_by()
            .values_list("request")
            .annotate(n=Sum("amount"))
        )
        hours = calendar.current(self.now)
        return [
            Sibling(
                row, *badge(row, self.now, hours), Decimal(sums.get(row.pk, 0)),
                row.pk == self.request.pk,
            )
            for row in rows
        ]  # fmt: skip

    @property
    def missing(self) -> Decimal:
        """What the open ones still need together."""
        return sum((one.missing for one in self.siblings), bank.ZERO)

    @cached_property
    def lines(self) -> list[BankLine]:
        """The free movements that name the group and may pay this request, with what is left."""
        found = [
            int(line)
            for one in matches.current().of(self.request)
            if one.tier <= 2 and len(one.lines) == 1
            for line in one.lines
        ]
        return list(bank.free().filter(pk__in=found).order_by("pk"))

    @property
    def line(self) -> BankLine | None:
        return self.lines[0] if len(self.lines) == 1 else None

    @property
    def free(self) -> Decimal:
        """What is left of the one line."""
        return Decimal(self.line.amount - self.line.used) if self.line else bank.ZERO  # type: ignore[attr-defined]

    @property
    def difference(self) -> Decimal:
        """What the line brings above what is needed; below zero where it brings less."""
        return self.free - self.missing

    @property
    def short(self) -> Decimal:
        return max(-self.difference, bank.ZERO)

    @property
    def over(self) -> Decimal:
        return max(self.difference, bank.ZERO)

    @property
    def part(self) -> Decimal:
        """What of the line is this request's, if it is turned down."""
        own = next((one.missing for one in self.siblings if one.is_here), bank.ZERO)
        return min(own, self.free)

    @property
    def exact(self) -> Sequence[str]:
        """The numbers of those that the line pays to the céntimo and that may go in one list."""
        known = set(matches.current().exact)
        return [
            one.request.number
            for one in self.siblings
            if one.request.state == RenewalRequest.IN_REVIEW and one.request.number in known
        ]

    @property
    def together(self) -> str:
        """Where they are approved one after the other, each by itself; nothing for a single one."""
        if len(self.exact) < 2:
            return ""
        where = reverse("backoffice:renewals_bulk_confirmation")
        return f"{where}?{urlencode([('solicitud', number) for number in self.exact])}"
