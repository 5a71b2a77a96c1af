"""Approving many requests at once, only where the money fits to the céntimo.

Every request is approved by itself, in a transaction of its own, and everything is asked again
there: a match that moved, a version that is another one, a warning that came up in between leave
that one request as it is, with the reason in its row, and the others go on. A list that is sent
again goes on where it stopped and answers with the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import models, transaction

from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.renewals import approval, automatic, guard, matches
from iofacturo.renewals.errors import Invalid, NotAllowed, RenewalError, WrongState
from iofacturo.renewals.matching import Match
from iofacturo.renewals.request import RenewalRequest

MOST = 50  # at once


class BulkApproval(models.Model):
    """One press of the button; `token` is that of its form. Append-only."""

    token = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "aprobación en lote"
        verbose_name_plural = "aprobaciones en lote"


class BulkResult(models.Model):
    """What became of one request of the list. Append-only, written with the approval itself."""

    bulk = models.ForeignKey(BulkApproval, models.PROTECT, related_name="results")
    request = models.ForeignKey(RenewalRequest, models.PROTECT, related_name="+")
    approved = models.BooleanField()
    told = models.TextField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = "resultado del lote"
        verbose_name_plural = "resultados del lote"
        constraints = [models.UniqueConstraint(fields=["bulk", "request"], name="bulk_result_once")]


@dataclass(frozen=True)
class Exact:
    """A request that may be approved in a list, with the money that pays it and why."""

    request: RenewalRequest
    match: Match

    @property
    def lines(self) -> list[int]:
        return [int(line) for line in self.match.lines]

    @property
    def keep_rest(self) -> bool:
        return len(self.match.requests) > 1


@dataclass(frozen=True)
class Chosen:
    """What the person looked at: the request, its version, and the lines that pay it."""

    number: str
    version: int
    lines: tuple[int, ...]


def exact(by: User, at: datetime, numbers: Iterable[str] | None = None) -> list[Exact]:
    """What *by* may approve in a list at *at*, due first, MOST of them; of *numbers* where given.

    The money is there to the céntimo under the request's own reference, the amount needs one
    person, nobody else holds it, nobody's sign-off waits, and nothing about it is flagged.
    """
    found = matches.current()
    wanted = set(found.exact) if numbers is None else set(found.exact) & set(numbers)
    own = Membership.objects.filter(user=by).values("company")
    rows = [
        row
        for row in RenewalRequest.objects.filter(
            number__in=wanted, state=RenewalRequest.IN_REVIEW, first_approved_by=None
        )
        .exclude(company__in=own)
        .exclude(submitted_by=by)
        .exclude(created_by=by)
        .select_related("company", "quote", "taken_by")
        .order_by("due_at", "id")
        if _is_plain(row, by, at)
    ]
    return list(islice(_clean(rows, found), MOST))


def _clean(rows: Iterable[RenewalRequest], found: matches.Matches) -> Iterator[Exact]:
    # one by one: two requests of this very list may share a picture, and then neither is clean
    for row in rows:
        if not automatic.is_flagged(row):
            yield Exact(row, found.of(row)[0])


def _is_plain(row: RenewalRequest, by: User, at: datetime) -> bool:
    held = row.is_taken(at) and row.taken_by_id != by.pk
    return not held and not row.company.is_provider and not guard.needs_second(row)


def approve(chosen: Iterable[Chosen], *, by: User, at: datetime, token: str) -> BulkApproval:
    """Approve each of *chosen*; the rows tell how it went. Sent again, nothing happens twice.

    Invalid for a list that is empty or too long, NotAllowed for whoever may not review.
    """
    some = sorted({one.number: one for one in chosen}.values(), key=lambda one: one.number)
    if not some or len(some) > MOST or not 0 < len(token) <= 64:
        raise Invalid({"requests": f"Escoja de una a {MOST} solicitudes."})
    bulk, _ = BulkApproval.objects.get_or_create(token=token, defaults={"by": by, "at": at})
    if bulk.by_id != by.pk:
        raise NotAllowed("Esa lista es de otra persona.")
    rows = {
        row.number: row
        for row in RenewalRequest.objects.filter(number__in=[one.number for one in some])
    }
    for one in some:
        if one.number in rows:
            _settle(bulk, rows[one.number], one, at)
    return bulk


def _settle(bulk: BulkApproval, row: RenewalRequest, one: Chosen, at: datetime) -> None:
    """One request, once in this list, whoever presses at the same moment."""
    try:
        with transaction.atomic():
            RenewalRequest.lock(row.pk)
            if bulk.results.filter(request=row).exists():
                return
            fits = exact(bulk.by, at, [one.number])
            if not fits or tuple(fits[0].lines) != one.lines:
                guard.in_review(row)  # who decided it says more than that it does not fit
                raise WrongState(
                    "Ya no es un movimiento exacto sin avisos: ábrala y decídala por separado."
                )
            approval.approve(
                row, by=bulk.by, at=at, version=one.version, found=one.lines,
                keep_rest=fits[0].keep_rest,
            )  # fmt: skip
            _write(bulk, row, "Aprobada: el plan está activo.", at, approved=True)
    except RenewalError as refusal:
        with transaction.atomic():
            RenewalRequest.lock(row.pk)
            if not bulk.results.filter(request=row).exists():
                _write(bulk, row, str(refusal), at, approved=False)


def _write(
    bulk: BulkApproval, row: RenewalRequest, told: str, at: datetime, *, approved: bool
) -> None:
    BulkResult.objects.create(bulk=bulk, request=row, approved=approved, told=told, at=at)
