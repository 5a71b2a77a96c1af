"""What must hold of groups after every commit; part of the room's invariants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q

from iofacturo.renewals.group import RenewalGroup, sum_of
from iofacturo.renewals.request import RenewalRequest


def broken() -> Iterator[str]:
    """One line in Spanish for each offender, with its number."""
    yield from _references()
    members: dict[int | None, list[RenewalRequest]] = defaultdict(list)
    gone = Q(state=RenewalRequest.CANCELLED, submitted_at__isnull=True)
    for row in (
        RenewalRequest.objects.filter(group__isnull=False)
        .exclude(gone)
        .select_related("quote")
        .order_by("pk")
    ):
        members[row.group_id].append(row)
    for group in RenewalGroup.objects.order_by("pk").iterator():
        yield from _members(group, members[group.pk])


def _references() -> Iterator[str]:
    """A reference names a request or a group, never both."""
    taken = RenewalRequest.objects.values("reference")
    for number in RenewalGroup.objects.filter(reference__in=taken).values_list("number", flat=True):
        yield f"grupo {number}: su referencia es también la de una solicitud"


def _members(group: RenewalGroup, rows: list[RenewalRequest]) -> Iterator[str]:
    """Sent together, by its maker, for one sum in one currency to one account; or not at all."""
    name = f"grupo {group.number}"
    companies = [row.company_id for row in rows if row.state != RenewalRequest.CANCELLED]
    if len(companies) != len(set(companies)):
        yield f"{name}: tiene dos solicitudes de una empresa"
    if group.sent_at is None:
        for row in rows:
            if row.submitted_at is not None:
                yield f"{name}: no se ha enviado y su solicitud {row.number} sí"
        return
    if not rows:
        yield f"{name}: se envió y no tiene solicitudes"
        return
    for row in rows:
        if row.submitted_at != group.sent_at or row.submitted_by_id != group.created_by_id:
            yield f"{name}: la solicitud {row.number} no se envió con él"
    if sum_of(rows) != group.total:
        yield f"{name}: dice {group.total} y sus solicitudes suman {sum_of(rows)}"
    if {row.given.currency for row in rows} != {group.currency}:
        yield f"{name}: no todas sus solicitudes están en {group.currency}"
    if len({row.given.payee_id for row in rows}) > 1:
        yield f"{name}: sus solicitudes se pagan a cuentas distintas"
