"""The queue of tickets: what is due first stands first, in business time."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from iofacturo.accounts.company import Company
from iofacturo.backoffice.review_queue import SOON, duration
from iofacturo.business_time import calendar
from iofacturo.business_time.opening import Calendar
from iofacturo.lib import folding
from iofacturo.renewals import number as request_numbers
from iofacturo.support import incoming
from iofacturo.support import number as numbers
from iofacturo.support.ticket import Ticket

PAGE = 40
MOST_COUNTED = 99
MOST_COMPANIES = 50
T = Ticket
FILTERS = {
    "por-responder": "Por responder",
    "mios": "Míos",
    "sin-asignar": "Sin asignar",
    "tarde": "Tarde",
    "en-espera": "En espera",
    "resueltos": "Resueltos",
    "cerrados": "Cerrados",
}
BY_DUE = {"por-responder", "sin-asignar", "tarde"}
COUNTED = {"por-responder", "mios", "sin-asignar", "tarde"}


@dataclass(frozen=True)
class Row:
    """One line of the queue, with its badge."""

    ticket: Ticket
    tone: str
    icon: str
    word: str
    hint: str


def badge(ticket: Ticket, now: datetime, hours: Calendar) -> tuple[str, str, str]:
    """(tone, icon, words) of a ticket for the provider's people, in business time."""
    if ticket.due_at is None:
        tone, icon = T.BADGES[ticket.state_at(now)]
        return tone, icon, dict(T.STATES)[ticket.state_at(now)]
    if now > ticket.due_at:
        return "bad", "alert", f"{duration(hours.elapsed(ticket.due_at, now))} tarde"
    left = hours.elapsed(now, ticket.due_at)
    return ("warn" if left <= SOON else ""), "clock", duration(left)


class Queue:
    """The rows that the address asks for; `current` is the ticket that is open beside it.

    Every filter reads its own index to its end or to the page's, whichever comes first, so that
    the page costs the same however many tickets there are; counts stop at MOST_COUNTED.
    """

    def __init__(self, request: HttpRequest, now: datetime, current: Ticket | None = None) -> None:
        self.user, self.now, self.current = request.user, now, current
        asked = request.GET.get("ver", "")
        self.chosen = asked if asked in FILTERS else "por-responder"
        self.words = request.GET.get("q", "").strip()[:100]
        self.after = request.GET.get("desde", "")

    @cached_property
    def filters(self) -> list[dict[str, object]]:
        return [
            {
                "name": name,
                "label": label,
                "count": self._count(name) if name in COUNTED else "",
                "here": name == self.chosen and not self.words,
            }
            for name, label in FILTERS.items()
        ]

    def _count(self, name: str) -> str:
        found = self._rows(name).order_by()[: MOST_COUNTED + 1].count()
        return f"{MOST_COUNTED}+" if found > MOST_COUNTED else str(found)

    def _rows(self, name: str) -> QuerySet[Ticket]:
        if name == "mios":
            return T.objects.filter(assigned_to=self.user.pk, live=True)
        states = {"en-espera": T.WAITING, "resueltos": T.RESOLVED, "cerrados": T.CLOSED}
        rows = T.objects.filter(state=states.get(name, T.OPEN))
        if name == "sin-asignar":
            rows = rows.filter(assigned_to__isnull=True)
        return rows.filter(due_at__lt=self.now) if name == "tarde" else rows

    @cached_property
    def mails(self) -> str:
        """How many mails wait to be looked at; nothing for none."""
        found = incoming.waiting().order_by()[: MOST_COUNTED + 1].count()
        return f"{MOST_COUNTED}+" if found > MOST_COUNTED else str(found or "")

    @property
    def title(self) -> str:
        return "Resultados" if self.words else FILTERS[self.chosen]

    @cached_property
    def _found(self) -> list[Ticket]:
        rows = T.objects if self.words else self._rows(self.chosen)
        rows = rows.select_related("company", "assigned_to", "author")
        last = T.objects.filter(number=self.after).first() if self.after else None
        if self.words:
            rows = rows.filter(self._search())
        if self.chosen in BY_DUE and not self.words:
            if last is not None and last.due_at is not None:
                later = Q(due_at__gt=last.due_at) | Q(due_at=last.due_at, pk__gt=last.pk)
                rows = rows.filter(later, due_at__gte=last.due_at)
            return list(rows.order_by("due_at", "id")[: PAGE + 1])
        if self.chosen == "mios" and not self.words:
            return self._mine(rows, last)
        return list((rows.filter(pk__lt=last.pk) if last else rows).order_by("-id")[: PAGE + 1])

    def _mine(self, rows: QuerySet[Ticket], last: Ticket | None) -> list[Ticket]:
        """Those that wait for us by their due time, and after them those that wait for a customer."""
        found: list[Ticket] = []
        if last is None or last.due_at is not None:
            due = rows.filter(due_at__isnull=False)
            if last is not None:
                later = Q(due_at__gt=last.due_at) | Q(due_at=last.due_at, pk__gt=last.pk)
                due = due.filter(later, due_at__gte=last.due_at)
            found = list(due.order_by("due_at", "id")[: PAGE + 1])
        rest = rows.filter(due_at__isnull=True)
        if last is not None and last.due_at is None:
            rest = rest.filter(pk__gt=last.pk)
        room = PAGE + 1 - len(found)
        return found + (list(rest.order_by("id")[:room]) if room else [])

    def _search(self) -> Q:
        """By number of ticket or request, by clave, or by words of the company."""
        if numbers.is_valid(self.words) and self.words.upper().startswith("TK"):
            return Q(number=numbers.compact(self.words))
        if request_numbers.is_valid(self.words) and self.words.upper().startswith("SR"):
            return Q(request__number=request_numbers.compact(self.words))
        if self.words.isdigit() and len(self.words) == 50:
            return Q(comprobante__clave=self.words)
        companies, words = Company.objects.all(), folding.fold(self.words).split()
        if not words:
            return Q(pk=None)
        for word in words:
            bare = word.replace("-", "")
            companies = companies.filter(folded__contains=bare if bare.isdigit() else word)
        return Q(company__in=list(companies.values_list("pk", flat=True)[:MOST_COMPANIES]))

    @cached_property
    def _hours(self) -> Calendar:
        return calendar.current(self.now)

    @cached_property
    def rows(self) -> list[Row]:
        return [self._row(row) for row in self._found[:PAGE]]

    @property
    def more(self) -> str:
        """The last ticket of this page; nothing on the last one."""
        return self._found[PAGE - 1].number if len(self._found) > PAGE else ""

    def _row(self, row: Ticket) -> Row:
        tone, icon, word = badge(row, self.now, self._hours)
        if row.assigned_to_id == self.user.pk:
            hint = "Es suyo"
        else:
            hint = f"Lo tiene {row.assigned_to}" if row.assigned_to_id else "Sin asignar"
        return Row(row, tone, icon, word, hint)
