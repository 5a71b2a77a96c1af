"""Nobody is stranded while we owe them an answer: folios of grace for a request that waits.

Given when it is sent, taken back when it ends. A correction that we ask for does not take them
back: the doubt is ours, and what may be used at most does not grow by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Concat

from iofacturo.accounts.user import User
from iofacturo.folios import grace, summary, thresholds
from iofacturo.folios.grace import Grace, Standing
from iofacturo.folios.lot import GRACE, FolioLot
from iofacturo.renewals.request import RenewalRequest

BATCH = 100
PREFIX = "grace:"


def origin(request: RenewalRequest) -> str:
    """The origin of the lot of grace of *request*."""
    return f"{PREFIX}{request.number}"


def of(request: RenewalRequest) -> Standing | None:
    """What *request* was given, whatever became of it."""
    return grace.of(origin(request))


def begin(request: RenewalRequest, *, by: User | None, at: datetime) -> Standing | None:
    """Give grace for *request*, which is locked and in review; None where there is none to give.

    Never more folios than the plan that was asked for brings, so that it can repay them all.
    """
    company = request.company
    if company.is_provider:
        return None
    lot = grace.give(
        company,
        min(settings.GRACE_FOLIOS, request.given.all_folios),
        origin=origin(request),
        at=at,
        by=by,
        note=f"Mientras se revisa la solicitud {request.number}",
    )
    if lot is None:
        return None
    if not summary.available(company, at):
        thresholds.look(company, at)
    return Standing(lot)


def end(request: RenewalRequest, *, by: User | None, at: datetime) -> int:
    """Take back what *request* has not used, as it ends without a plan; how many folios are owed."""
    found = grace.end(
        origin(request), at=at, by=by, note=f"Terminó la solicitud {request.number}, sin plan"
    )
    return found.owed if found else 0


def repay(
    request: RenewalRequest, lots: Sequence[FolioLot], *, by: User | None, at: datetime
) -> int:
    """End the grace of *request*, which brought *lots*, and repay from them whatever is owed."""
    return grace.repay(
        request.company,
        sorted(lots, key=lambda lot: lot.place_in_order),
        at=at,
        by=by,
        ends=origin(request),
        note=f"Se activó la solicitud {request.number}",
    )


def begin_for_waiting(now: datetime) -> int:
    """Give grace to who waits and could have none when it was sent: another's ended meanwhile."""
    if not settings.GRACE_FOLIOS:
        return 0
    lots = FolioLot.objects.filter(company=OuterRef("company"))
    given = FolioLot.objects.filter(kind=GRACE, origin=Concat(Value(PREFIX), OuterRef("number")))
    running = Grace.objects.filter(company=OuterRef("company"), settled_at__isnull=True)
    waiting = (
        RenewalRequest.objects.filter(
            Exists(lots), ~Exists(given), ~Exists(running),
            state=RenewalRequest.IN_REVIEW, company__is_provider=False, submitted_at__lt=now,
        )
        .order_by(F("submitted_at"), "id")
        .values_list("pk", flat=True)[:BATCH]
    )  # fmt: skip
    return sum(_begin_one(pk, now) for pk in list(waiting))


def _begin_one(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        request = RenewalRequest.lock(pk)
        if request.state != RenewalRequest.IN_REVIEW:
            return False
        return begin(request, by=None, at=now) is not None
