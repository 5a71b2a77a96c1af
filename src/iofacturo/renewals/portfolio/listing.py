"""The companies of one person by urgency: folios left, the day they last to, what is under way.

Everything is asked for all companies at once, so that 400 cost as many queries as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.folios.outlook import Outlook, outlooks
from iofacturo.folios.summary import SOON
from iofacturo.lib import clock, folding
from iofacturo.renewals.request import RenewalRequest

PAGE = 50
URGENCY = "urgencia"
FAR = date.max


@dataclass(frozen=True)
class Row:
    """One company: how it stands on *today*, and the requests that it has under way."""

    seat: Membership
    outlook: Outlook
    today: date
    requests: tuple[RenewalRequest, ...] = ()

    @property
    def company(self) -> Company:
        return self.seat.company

    @property
    def may_renew(self) -> bool:
        return self.seat.may("renew")

    @property
    def can_choose(self) -> bool:
        """Whether it can go into a group: a first plan is given by the provider."""
        return self.may_renew and self.outlook.had_plan

    @property
    def days_left(self) -> int | None:
        """Days on which documents can still be issued, today included."""
        end = self.outlook.end
        return None if end is None else (end - self.today).days + 1

    @property
    def days_to_expiry(self) -> int | None:
        """Days until some folios end by date, today included."""
        end = self.outlook.first_end
        return None if end is None else (end - self.today).days + 1

    @property
    def waiting(self) -> list[RenewalRequest]:
        return [one for one in self.requests if one.state in RenewalRequest.SENT]

    @property
    def drafts(self) -> list[RenewalRequest]:
        """What was begun and not sent, for those who may go on with it."""
        mine = self.may_renew
        return [one for one in self.requests if mine and one.state == RenewalRequest.DRAFT]

    @property
    def badge(self) -> tuple[str, str, str]:
        """(tone, icon, word) of the gravest thing to say."""
        if not self.outlook.had_plan:
            return "", "void", "Sin plan"
        if self.outlook.alert == "none":
            return "bad", "stop", "Sin folios"
        if self.runs_out_soon:
            return "warn", "alert", "Por agotarse"
        if self.ends_soon:
            return "warn", "calendar", "Por vencer"
        return "ok", "good", "Al día"

    @property
    def is_empty(self) -> bool:
        return self.outlook.alert == "none"

    @property
    def runs_out_soon(self) -> bool:
        soon = self.outlook.runs_out and (self.days_left or 0) <= SOON
        return not self.is_empty and (self.outlook.alert == "few" or soon)

    @property
    def ends_soon(self) -> bool:
        """Whether folios that are left end within the month."""
        end = self.outlook.first_end
        return end is not None and end < self.today + timedelta(days=SOON)

    @property
    def under_way(self) -> bool:
        return bool(self.waiting or self.drafts)

    @property
    def urgency(self) -> tuple[int, date, int, str]:
        """What needs a renewal first stands first; who never had a plan, last."""
        rank = 0 if self.is_empty else 1 if self.outlook.had_plan else 2
        return rank, self.outlook.end or FAR, self.outlook.available, self.company.folded


FILTERS: dict[str, tuple[str, Callable[[Row], bool]]] = {
    "agotadas": ("Sin folios", lambda row: row.is_empty),
    "por-agotarse": ("Por agotarse", lambda row: row.runs_out_soon),
    "por-vencer": ("Por vencer", lambda row: row.ends_soon),
    "en-curso": ("Con solicitud en curso", lambda row: row.under_way),
}
ORDERS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    URGENCY: ("Urgencia", lambda row: row.urgency),
    "folios": ("Menos folios", lambda row: (row.outlook.available, *row.urgency)),
    "vence": ("Vence antes", lambda row: (row.outlook.first_end or FAR, *row.urgency)),
    "nombre": ("Nombre", lambda row: row.company.folded),
}


def rows(seats: Sequence[Membership], at: datetime) -> list[Row]:
    """A row for each of *seats*, in their order; five queries."""
    companies = [seat.company for seat in seats]
    known = outlooks(companies, at)
    today = clock.local(at).date()
    requests: dict[int, list[RenewalRequest]] = defaultdict(list)
    for one in (
        RenewalRequest.objects.filter(
            company__in=[company.pk for company in companies], state__in=RenewalRequest.OPEN
        )
        .select_related("quote", "group")
        .order_by("id")
    ):
        requests[one.company_id].append(one)
    return [
        Row(seat, known[seat.company_id], today, tuple(requests[seat.company_id])) for seat in seats
    ]


class Listing:
    """The rows that an address asks for: words, one filter, an order, a page."""

    def __init__(self, seats: Sequence[Membership], asked: Mapping[str, str], at: datetime) -> None:
        self.words = str(asked.get("q", "")).strip()[:100]
        self.filter = asked.get("estado", "") if asked.get("estado") in FILTERS else ""
        self.order = asked.get("orden", "") if asked.get("orden") in ORDERS else URGENCY
        page = str(asked.get("pagina", ""))
        self.page = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
        self.every = rows(seats, at)

    @cached_property
    def named(self) -> list[Row]:
        """Those whose name or cédula has all the words."""
        words = [
            word.replace("-", "") if word.replace("-", "").isdigit() else word
            for word in folding.fold(self.words).split()
        ]
        return [row for row in self.every if all(word in row.company.folded for word in words)]

    @cached_property
    def found(self) -> list[Row]:
        """Every row that is asked for, in its order."""
        chosen: Iterable[Row] = self.named
        if self.filter:
            chosen = filter(FILTERS[self.filter][1], self.named)
        return sorted(chosen, key=ORDERS[self.order][1])

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.found) // PAGE))

    @property
    def here(self) -> int:
        """The page that is shown, one that there is."""
        return min(max(self.page, 1), self.pages)

    @property
    def shown(self) -> list[Row]:
        return self.found[(self.here - 1) * PAGE : self.here * PAGE]

    @property
    def tabs(self) -> list[tuple[str, str, int, bool]]:
        """(name, label, how many, whether chosen) of each filter."""
        return [
            ("", "Todas", len(self.named), not self.filter),
            *(
                (name, label, sum(1 for row in self.named if fits(row)), name == self.filter)
                for name, (label, fits) in FILTERS.items()
            ),
        ]

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        return [(name, label, name == self.order) for name, (label, _) in ORDERS.items()]
