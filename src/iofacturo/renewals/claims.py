"""What time does to requests: a guarantee lapses, a correction expires, a calendar changes.

Besides, the provider's invoices are issued (`provider_issuing`) and, where the house says so,
money that fits to the céntimo approves by itself (`automatic`). Of the rest nothing depends on this
running: whether a price is guaranteed, a lease runs or an answer is
late is read from the row and the clock. Late, twice or never, it only tidies.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction

from iofacturo.lib import clock
from iofacturo.renewals import (
    automatic,
    bank,
    bank_statement,
    decision,
    due,
    grace,
    notices,
    provider_issuing,
    reservation,
)
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.proof import PaymentProof, ProofPage, folder
from iofacturo.renewals.request import RenewalRequest

BATCH = 100
SWEEP_AFTER_DAYS = 2  # an upload names its files within seconds
_swept: dict[str, date] = {}


def run(now: datetime) -> int:
    """Everything that is due at *now*; how many rows were worked on."""
    done = lapse_quotes(now) + expire_corrections(now) + due.recompute(now)
    done += automatic.run(now) + grace.begin_for_waiting(now)
    return done + provider_issuing.run(now) + sweep(now)


def lapse_quotes(now: datetime) -> int:
    """Drafts whose guarantee ended become `expired`: kept, their promotion free for others."""
    waiting = (
        RenewalRequest.objects.filter(state=RenewalRequest.DRAFT, quote__valid_until__lte=now)
        .order_by("id")
        .values_list("pk", flat=True)[:BATCH]
    )
    return sum(_lapse(pk, now) for pk in list(waiting))


def _lapse(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        request = RenewalRequest.lock(pk)
        if request.state != RenewalRequest.DRAFT or request.given.holds(now):
            return False
        request.change(state=RenewalRequest.EXPIRED, decided_at=now)
        reservation.release(request, now)
        _record(request, now, RenewalRequest.DRAFT)
        notices.lapsed(request, at=now)
    return True


def expire_corrections(now: datetime) -> int:
    """Corrections nobody sent in time; their money, if any, becomes the company's credit."""
    waiting = (
        RenewalRequest.objects.filter(state=RenewalRequest.NEEDS_INFO, correct_until__lte=now)
        .order_by("id")
        .values_list("pk", flat=True)[:BATCH]
    )
    return sum(_expire(pk, now) for pk in list(waiting))


def _expire(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        request = RenewalRequest.lock(pk)
        if request.state != RenewalRequest.NEEDS_INFO or (
            request.correct_until is None or now < request.correct_until
        ):
            return False
        request.change(at=now, state=RenewalRequest.EXPIRED, decided_at=now, correct_until=None)
        reservation.release(request, now)
        credited = bank.release(request, by=None, at=now)
        owed = grace.end(request, by=None, at=now)
        _record(request, now, RenewalRequest.NEEDS_INFO, credited=str(credited))
        notices.expired(request, credited, owed, at=now)
    return True


def _record(request: RenewalRequest, now: datetime, before: str, **detail: str) -> None:
    decision.record(
        request, "expired", by=None, side=ReviewDecision.CLOCK, at=now, before=before, **detail
    )


def sweep(now: datetime) -> int:
    """Delete files no row names, of an upload that was cut off after writing them.

    Looks at the folders of a week, each one once a day in each worker.
    """
    today = clock.local(now).date()
    if _swept.get("day") == today:
        return 0
    _swept["day"] = today
    days = (today - timedelta(days=n) for n in range(SWEEP_AFTER_DAYS, SWEEP_AFTER_DAYS + 7))
    return sum(_sweep(folder(day)) for day in days) + bank_statement.sweep()


def _sweep(where: str) -> int:
    names = [name for inner in _folders(where) for name in _listed(inner)]
    named = set(PaymentProof.objects.filter(original__in=names).values_list("original", flat=True))
    named |= set(ProofPage.objects.filter(stored__in=names).values_list("stored", flat=True))
    orphans = [name for name in names if name not in named]
    for name in orphans:
        default_storage.delete(name)
    return len(orphans)


def _folders(where: str) -> list[str]:
    """*where* and the folders in it; storage spreads its files over some."""
    try:
        return [where, *(f"{where}/{name}" for name in default_storage.listdir(where)[0])]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _listed(where: str) -> list[str]:
    return [f"{where}/{name}" for name in default_storage.listdir(where)[1]]
