"""The queue of the desk: what is due first stands first, in business time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.seated import StaffRequest
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.business_time.opening import Calendar
from iofacturo.lib import folding, formats
from iofacturo.renewals import matches
from iofacturo.renewals import number as numbers
from iofacturo.renewals import reference as references
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support import assignment

PAGE = 40
SOON = timedelta(hours=2)  # of business time
R = RenewalRequest
WORKED_THROUGH = ("exactas", "mias", "tarde", "segunda")  # filters that an act goes on in
FILTERS = {
    "por-revisar": ("Por revisar", Q(state__in=R.SENT)),
    "exactas": ("Con movimiento exacto", None),
    "mias": ("Mías", None),
    "tarde": ("Tarde", None),
    "segunda": ("Segunda aprobación", None),
    "pausa": ("En pausa", Q(state=R.NEEDS_INFO)),
    # told by what they are not: an index of states would have to sort the whole past
    "cerradas": ("Cerradas", ~Q(state__in=R.OPEN)),
}


@dataclass(frozen=True)
class Row:
    """One line of the queue, with its badge."""

    request: RenewalRequest
    tone: str
    icon: str
    word: str
    hint: str
    match: tuple[str, str] | None = None  # (tone, words) of the money that was found
    asked: bool = False  # support handed it over with a note


MATCHED = {
    1: ("ok", "Movimiento exacto"),
    2: ("warn", "Otro monto"),
    3: ("info", "Posible movimiento"),
}


def duration(span: timedelta) -> str:
    """`2 h 05 min`, `40 min`."""
    return formats.duracion(int(span.total_seconds() // 60))


def badge(row: RenewalRequest, now: datetime, hours: Calendar) -> tuple[str, str, str]:
    """(tone, icon, words) of a request on the desk, in the business time of *hours*."""
    if row.state == R.NEEDS_INFO:
        return "info", "edit", "En pausa"
    if row.state != R.IN_REVIEW or row.due_at is None:
        return row.tone, row.icon, row.word(now)
    if now > row.due_at:
        return "bad", "alert", f"{duration(hours.elapsed(row.due_at, now))} tarde"
    left = hours.elapsed(now, row.due_at)
    return ("warn" if left <= SOON else ""), "clock", duration(left)


def condition(name: str, user: User, now: datetime, found: matches.Matches) -> Q:
    """What the filter called *name* shows to *user*."""
    if name == "exactas":
        return Q(state=R.IN_REVIEW, number__in=found.exact)
    if name == "mias":
        return Q(state=R.IN_REVIEW, taken_by=user, taken_until__gt=now)
    if name == "tarde":
        return Q(state=R.IN_REVIEW, due_at__lt=now)
    if name == "segunda":  # not one's own first approval, nor one's own company
        own = Membership.objects.filter(user=user).values("company")
        signed = Q(state=R.IN_REVIEW, first_approved_by__isnull=False)
        return signed & ~Q(first_approved_by=user) & ~Q(company__in=own)
    given = FILTERS[name][1]
    assert given is not None  # noqa: S101 - those without one are above
    return given


class Queue:
    """The rows that the address asks for; `current` is the case that is open beside it."""

    def __init__(
        self, request: StaffRequest, now: datetime, current: RenewalRequest | None = None
    ) -> None:
        self.user, self.seat, self.now, self.current = request.user, request.staff, now, current
        asked = request.GET.get("estado", "")
        self.chosen = asked if asked in FILTERS else "por-revisar"
        self.words = request.GET.get("q", "").strip()[:100]
        self.after = request.GET.get("desde", "")

    @cached_property
    def filters(self) -> list[dict[str, object]]:
        """The filters with how many wait in each; closed ones are not counted."""
        counts = R.waiting().aggregate(
            **{
                name.replace("-", "_"): Count("pk", filter=self._condition(name))
                for name in FILTERS
                if name != "cerradas"
            }
        )
        return [
            {
                "name": name,
                "label": label,
                "count": counts.get(name.replace("-", "_")),
                "here": name == self.chosen and not self.words,
            }
            for name, (label, _) in FILTERS.items()
        ]

    @cached_property
    def matches(self) -> matches.Matches:
        return matches.current()

    def _condition(self, name: str) -> Q:
        return condition(name, self.user, self.now, self.matches)

    @property
    def can_bulk(self) -> bool:
        """Whether there is enough with its exact movement to be approved together."""
        return self.seat.may("review") and len(self.matches.exact) > 1

    @property
    def title(self) -> str:
        return "Resultados" if self.words else FILTERS[self.chosen][0]

    @cached_property
    def _found(self) -> list[RenewalRequest]:
        rows = R.objects.select_related("company", "quote", "taken_by").filter(
            submitted_at__isnull=False
        )
        rows = self._search(rows) if self.words else rows.filter(self._condition(self.chosen))
        offset = int(self.after) if self.after.isdigit() and len(self.after) < 6 else 0
        if self.words or self.chosen == "cerradas":
            rows = rows.order_by("-id")
            if offset:
                rows = rows.filter(pk__lt=int(self.after))
            return list(rows[: PAGE + 1])
        # what waits is short by nature: the paused ones come after all that run
        return list(rows.order_by("state", "due_at", "id")[offset : offset + PAGE + 1])

    def _search(self, rows: QuerySet[RenewalRequest]) -> QuerySet[RenewalRequest]:
        """By request number, payment reference, or words of the company.

        Each by its own index: what a number finds is not looked for among names, and of the
        companies that the words fit the first hundred count, however many requests there are.
        """
        by_number = Q(number=numbers.compact(self.words))
        by_number |= Q(reference=references.compact(self.words))
        group = RenewalGroup.objects.filter(
            Q(reference=references.compact(self.words)) | Q(number=self.words.upper())
        ).first()
        if group is not None:
            by_number |= Q(group=group)
        if rows.filter(by_number).exists():
            return rows.filter(by_number)
        words = folding.fold(self.words).split()
        named = Company.objects.all() if words else Company.objects.none()
        for word in words:
            bare = word.replace("-", "")
            named = named.filter(folded__contains=bare if bare.isdigit() else word)
        return rows.filter(
            company__in=list(named.order_by("pk").values_list("pk", flat=True)[:100])
        )

    @cached_property
    def _hours(self) -> Calendar:
        return calendar.current(self.now)

    @cached_property
    def rows(self) -> list[Row]:
        return [self._row(row) for row in self._found[:PAGE]]

    @property
    def more(self) -> str:
        """Where the next page begins; nothing on the last one."""
        if len(self._found) <= PAGE:
            return ""
        if self.words or self.chosen == "cerradas":
            return str(self._found[PAGE - 1].pk)
        offset = int(self.after) if self.after.isdigit() else 0
        return str(offset + PAGE)

    def _row(self, row: RenewalRequest) -> Row:
        tone, icon, word = badge(row, self.now, self._hours)
        found = MATCHED.get(self.matches.tier(row)) if row.state in R.SENT else None
        asked = row.state in R.SENT and row.pk in self._asked
        return Row(row, tone, icon, word, self._hint(row), found, asked)

    @cached_property
    def _asked(self) -> set[int]:
        """Requests on this page that support asks about."""
        return assignment.flagged(self._found[:PAGE])

    def _hint(self, row: RenewalRequest) -> str:
        if row.state == R.NEEDS_INFO:
            return "Espera al cliente"
        if row.state != R.IN_REVIEW:
            return row.given.plan_name
        if row.is_taken(self.now):
            return (
                "La tiene usted" if row.taken_by_id == self.user.pk else f"La tiene {row.taken_by}"
            )
        return "Segunda aprobación" if row.first_approved_by_id else "Sin tomar"


def next_for(
    seat: Staff, now: datetime, after: RenewalRequest | None = None, *, chosen: str = ""
) -> RenewalRequest | None:
    """The next case this person could decide: due first, in nobody else's hands.

    With *chosen*, a filter that is worked through, the next one of it.
    """
    user = seat.user
    free = Q(taken_until__isnull=True) | Q(taken_until__lte=now) | Q(taken_by=user)
    rows = (
        R.objects.filter(free, state=R.IN_REVIEW)
        .exclude(first_approved_by=user)
        .exclude(company__memberships__user=user)
    )
    if not seat.may("second"):
        rows = rows.filter(first_approved_by=None)
    if after is not None:
        rows = rows.exclude(pk=after.pk)
    if chosen in WORKED_THROUGH:
        rows = rows.filter(condition(chosen, user, now, matches.current()))
    return rows.order_by("due_at", "id").first()
