"""The groups of one person, each with the requests that the person may still see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q
from django.http import Http404

from iofacturo.accounts.membership import Membership
from iofacturo.accounts.seated import PersonRequest
from iofacturo.accounts.user import User
from iofacturo.renewals.group import RenewalGroup, sum_of
from iofacturo.renewals.request import RenewalRequest

SHOWN = 8


@dataclass(frozen=True)
class SeenGroup:
    """A group as its maker may see it now; *hidden* counts the companies that are closed to it."""

    group: RenewalGroup
    requests: tuple[RenewalRequest, ...]
    hidden: int = 0

    @property
    def is_draft(self) -> bool:
        return self.group.sent_at is None

    @property
    def total(self) -> Decimal:
        """Of the requests that are seen."""
        return sum_of(self.requests)

    @property
    def currency(self) -> str:
        return self.requests[0].given.currency if self.requests else "CRC"

    @property
    def word(self) -> str:
        """How far it is, in words."""
        if self.is_draft:
            return "Sin enviar"
        active = sum(1 for one in self.requests if one.state == RenewalRequest.ACTIVE)
        if active == len(self.requests):
            return "Activado"
        return f"{active} de {len(self.requests)} activadas" if active else "Enviado"

    @property
    def tone(self) -> str:
        return {"Sin enviar": "", "Activado": "ok"}.get(self.word, "info")


def seen(group: RenewalGroup, seats: Sequence[Membership]) -> SeenGroup:
    """*group* through *seats*: who may renew sees a draft, who may look sees what was sent."""
    act = "renew" if group.sent_at is None else "see"
    open_to = {seat.company_id for seat in seats if seat.may(act)}
    rows = list(group.standing())
    mine = tuple(row for row in rows if row.company_id in open_to)
    return SeenGroup(group, mine, len(rows) - len(mine))


def found_group(request: PersonRequest, number: str) -> SeenGroup:
    """The group called *number*, if the person made it and some of it is still open to them; 404."""
    group = RenewalGroup.objects.filter(created_by=request.user, number=number).first()
    if group is None:
        raise Http404
    found = seen(group, request.memberships)
    if not found.requests and (found.hidden or not found.is_draft):
        raise Http404
    return found


def mine(user: User, seats: Sequence[Membership]) -> list[SeenGroup]:
    """The groups of *user*, drafts first, then the newest; two queries."""
    rows = list(RenewalGroup.objects.filter(created_by=user).order_by("-pk")[: 2 * SHOWN])
    if not rows:
        return []
    renewing = {seat.company_id for seat in seats if seat.may("renew")}
    looking = {seat.company_id for seat in seats if seat.may("see")}
    held: dict[int | None, list[RenewalRequest]] = defaultdict(list)
    for one in (
        RenewalRequest.objects.filter(group__in=rows)
        .exclude(Q(state=RenewalRequest.CANCELLED) & Q(submitted_at__isnull=True))
        .select_related("quote")
        .order_by("pk")
    ):
        held[one.group_id].append(one)
    found = []
    for row in rows:
        open_to = renewing if row.sent_at is None else looking
        requests = tuple(one for one in held[row.pk] if one.company_id in open_to)
        if requests:
            found.append(SeenGroup(row, requests, len(held[row.pk]) - len(requests)))
    return sorted(found, key=lambda one: not one.is_draft)[:SHOWN]
