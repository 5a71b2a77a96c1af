"""Proofs that wait to be looked at by the machine: one at a time, and nobody waits for it.

The looking happens in a child process while this worker goes on with its other claims: a round
takes the answer, if there is one, and puts the next question. A row is held by a lease, so any
number of workers may run and be killed; a picture that brings its child down three times, or once
by itself, is one that could not be read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from iofacturo.renewals import machine_reading
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.proof_reading import child as child_process
from iofacturo.renewals.proof_reading import reader
from iofacturo.renewals.proof_reading.bounded import SECONDS, Child, Seen, Sheet, Unreadable
from iofacturo.renewals.request import RenewalRequest

LEASE = timedelta(seconds=SECONDS + 60)
MOST_TRIES = 3
BATCH = 20
SOON = timedelta(seconds=90)
IDLE_SECONDS = 20.0  # after which the child, and its memory, are let go
LOCK = "lectura.lock"
OPEN = (
    RenewalRequest.DRAFT,
    RenewalRequest.EXPIRED,
    RenewalRequest.NEEDS_INFO,
    RenewalRequest.IN_REVIEW,
)


@dataclass
class Turn:
    """The proof that is being looked at."""

    proof: PaymentProof
    sizes: list[tuple[int, int]]
    started: float


class Desk:
    """One worker's child and its turn."""

    def __init__(self, lock: Path) -> None:
        self.child = Child(lock)
        self.turn: Turn | None = None

    def round(self, now: datetime) -> int:
        """Take an answer, put a question; how many proofs were finished."""
        done = self._finish(now)
        if self.turn is None:
            done += self._begin(now)
        if self.turn is None and self.child.idle_seconds > IDLE_SECONDS:
            self.child.close()
        return done

    def _finish(self, now: datetime) -> int:
        turn = self.turn
        if turn is None:
            return 0
        try:
            seen = self.child.answer()
        except Unreadable:
            seen = []
        if seen is None:
            return 0
        self.turn = None
        return self._keep(turn, seen, now)

    def _keep(self, turn: Turn, seen: list[Seen], now: datetime) -> int:
        found = reader.read([page.words for page in seen]) if seen else None
        machine_reading.keep(
            turn.proof,
            found,
            pages=[
                {"width": width, "height": height, "source": page.source}
                for (width, height), page in zip(turn.sizes, seen, strict=False)
            ],
            milliseconds=round((time.monotonic() - turn.started) * 1000),
            at=now,
        )
        return _settle(turn.proof)

    def _begin(self, now: datetime) -> int:
        proof = claim(now)
        if proof is None:
            return 0
        if machine_reading.copy(proof, at=now):
            return _settle(proof)
        if (proof.reading_tries or 0) > MOST_TRIES:
            machine_reading.keep(proof, None, pages=[], milliseconds=0, at=now)
            return _settle(proof)
        try:
            sheets = _sheets(proof)
        except FileNotFoundError:
            machine_reading.keep(proof, None, pages=[], milliseconds=0, at=now)
            return _settle(proof)
        if not self.child.ask(sheets):
            _give_back(proof, now)
            return 0
        self.turn = Turn(proof, [_size(sheet.png) for sheet in sheets], time.monotonic())
        return 0

    def close(self) -> None:
        self.child.close()
        self.turn = None


_desk: Desk | None = None


def run(now: datetime) -> int:
    """One round; how many proofs were finished."""
    global _desk
    if not settings.READ_PROOFS:
        return 0
    if _desk is None:
        _desk = Desk(Path(settings.DATA) / LOCK)
    return _desk.round(now)


def drain(now: datetime, seconds: float = 60.0) -> int:
    """Read all that is due and wait for it, at most *seconds*: for the demo and for tests."""
    desk, done = Desk(Path(settings.DATA) / LOCK), 0
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            done += desk.round(now)
            if desk.turn is None and not _due(now).exists():
                break
            time.sleep(0.02)
    finally:
        desk.close()
    return done


def claim(now: datetime) -> PaymentProof | None:
    """The proof that waits longest, held for a while; of closed requests none is read any more."""
    for proof in _due(now).select_related("request")[:BATCH]:
        mine = _held(proof)
        if proof.removed_at or proof.request.state not in OPEN:
            mine.update(reading_due_at=None)
            continue
        if mine.update(reading_due_at=now + LEASE, reading_tries=_next_try()):
            proof.reading_due_at = now + LEASE
            proof.reading_tries = (proof.reading_tries or 0) + 1
            return proof
    return None


def _due(now: datetime) -> QuerySet[PaymentProof]:
    return PaymentProof.objects.filter(reading_due_at__lte=now).order_by("reading_due_at", "id")


def _held(proof: PaymentProof) -> QuerySet[PaymentProof]:
    """The row, as long as nobody else took it meanwhile."""
    return PaymentProof.objects.filter(pk=proof.pk, reading_due_at=proof.reading_due_at)


def _next_try() -> Any:
    return Coalesce(F("reading_tries"), 0) + 1


def _settle(proof: PaymentProof) -> int:
    PaymentProof.objects.filter(pk=proof.pk).update(reading_due_at=None)
    return 1


def _give_back(proof: PaymentProof, now: datetime) -> None:
    """Another process reads: this one did not count as a try."""
    _held(proof).update(
        reading_due_at=now + timedelta(seconds=2), reading_tries=(proof.reading_tries or 1) - 1
    )


def _sheets(proof: PaymentProof) -> list[Sheet]:
    pages = proof.pages.order_by("number")[: child_process.MOST_PAGES]
    return [
        Sheet(
            page.read(),
            tuple((text, tuple(box)) for text, box in page.words or ()),
        )
        for page in pages
    ]


def _size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def is_waiting(proof: PaymentProof, now: datetime) -> bool:
    """Whether its reading may still come soon; nobody is told to wait longer than that."""
    if not settings.READ_PROOFS or proof.reading_due_at is None:
        return False
    return now - proof.uploaded_at < SOON
