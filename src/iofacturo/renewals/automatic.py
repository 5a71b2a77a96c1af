"""Approving without a person: only where the house says so, and only what nothing speaks against.

Off unless IOFACTURO_AUTOMATIC_APPROVAL is on. What is left to people: amounts that need two of
them, a proof that was used before or says another amount, lines that somebody typed, the
provider's own company, and requests that somebody holds.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from iofacturo.renewals import approval, guard, late, machine_reading, matches, proof
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.errors import RenewalError
from iofacturo.renewals.group import on_slip
from iofacturo.renewals.matching import Match
from iofacturo.renewals.proof import PaymentProof, fold_reference
from iofacturo.renewals.request import RenewalRequest

log = logging.getLogger(__name__)
_seen: list[matches.State] = []


def run(now: datetime) -> int:
    """Approve what may be; how many. The same books are looked through once in each process."""
    if not settings.AUTOMATIC_APPROVAL:
        return 0
    found = matches.current()
    if _seen == [found.state]:
        return 0
    done = sum(_settle(one, now) for one in found.all if one.automatic)
    done += sum(_revive(number, lines, now) for number, lines in found.late.items())
    _seen[:] = [found.state]
    return done


def _settle(one: Match, now: datetime) -> int:
    lines = [int(line) for line in one.lines]
    if BankLine.objects.filter(pk__in=lines).exclude(source=BankLine.FILE).exists():
        return 0  # what a person typed, a person approves
    rows = list(
        RenewalRequest.objects.filter(number__in=one.requests)
        .select_related("company", "quote")
        .order_by("pk")
    )
    if any(not is_free(row, now) for row in rows):
        return 0
    done = 0
    for row in rows:
        try:
            approval.approve_by_itself(
                row, at=now, version=row.version, found=lines,
                keep_rest=len(rows) > 1, evidence=one.evidence,
            )  # fmt: skip
            done += 1
        except RenewalError as refusal:  # somebody was quicker, or the price lapsed
            log.info("Not approved by itself, %s: %s", row.number, type(refusal).__name__)
    return done


def _revive(number: str, lines: list[int], now: datetime) -> int:
    """Late money that is exact and that the bank had while the price was guaranteed."""
    row = RenewalRequest.objects.select_related("company", "quote").get(number=number)
    if (
        row.state != RenewalRequest.EXPIRED
        or row.company.is_provider
        or guard.needs_second(row)
        or is_flagged(row)
        or BankLine.objects.filter(pk__in=lines).exclude(source=BankLine.FILE).exists()
    ):
        return 0
    try:
        late.revive_by_itself(row, at=now, version=row.version, found=lines)
    except RenewalError as refusal:
        log.info("Not revived by itself, %s: %s", number, type(refusal).__name__)
        return 0
    return 1


def is_free(row: RenewalRequest, now: datetime) -> bool:
    """Whether nothing about *row* asks for a person."""
    return (
        row.state in RenewalRequest.SENT
        and not row.is_taken(now)
        and not row.company.is_provider
        and not is_flagged(row)
    )


def is_flagged(row: RenewalRequest) -> bool:
    """Whether a proof of *row* was used before, or says another amount than is due."""
    proofs = list(
        proof.standing(row)
        .filter(sent_at__isnull=False)
        .select_related("request", "request__quote")
    )
    stated = [one.amount for one in proofs if one.amount is not None]
    due = on_slip(row)
    if sum(stated) not in (due, row.given.total) and any(one != due for one in stated):
        return True
    own = _reads_own_reference(row, proofs)
    return any(
        use.how != "alike" or (use.distance <= proof.SAME_PICTURE and pk not in own)
        for pk, some in proof.uses(proofs).items()
        for use in some
    )


def _reads_own_reference(row: RenewalRequest, proofs: list[PaymentProof]) -> set[int]:
    """Those of *proofs* on which the machine reads this request's own reference.

    Slips of one bank look all but the same; one that names this request was made for it, and is no
    picture that was used before.
    """
    ours = fold_reference(row.pay_reference)
    return {
        pk
        for pk, read in machine_reading.of(proofs).items()
        if (code := read.reading.our_reference) and fold_reference(code.value) == ours
    }


__all__ = ["is_flagged", "is_free", "run"]
