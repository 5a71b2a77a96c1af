"""What the machine read on a proof, once for each proof and version of the reader. Append-only.

It warns and suggests. Nothing is refused, approved or matched because of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from iofacturo.renewals.proof import PaymentProof, fold_reference
from iofacturo.renewals.proof_reading import reading
from iofacturo.renewals.proof_reading.reading import VERSION, Reading

READ, UNREADABLE = "read", "unreadable"
LEAST_REFERENCE = 6  # characters that say something when they come again


class MachineReading(models.Model):
    """One proof, read. `facts` is `Reading.as_json()`, `pages` the size and source of each page."""

    proof = models.ForeignKey(PaymentProof, models.PROTECT, related_name="readings")
    version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=[(READ, "Leído"), (UNREADABLE, "No se pudo")])
    facts = models.JSONField(null=True)
    pages = models.JSONField(default=list)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    day = models.DateField(null=True)
    reference = models.CharField(max_length=40, blank=True)  # the bank's, folded for comparing
    milliseconds = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = "lectura de un comprobante"
        verbose_name_plural = "lecturas de comprobantes"
        indexes = [models.Index(fields=["reference"], name="reading_by_reference")]
        constraints = [
            models.UniqueConstraint(fields=["proof", "version"], name="reading_once"),
            models.CheckConstraint(
                condition=Q(state=READ, facts__isnull=False)
                | Q(state=UNREADABLE, facts__isnull=True),
                name="reading_whole",
            ),
        ]

    @property
    def reading(self) -> Reading:
        """What was read; nothing where it could not be."""
        return reading.from_json(self.facts) if self.facts else Reading()


def of(proofs: Iterable[PaymentProof]) -> dict[int, MachineReading]:
    """The newest reading of each proof, by the proof's id; one query."""
    rows = MachineReading.objects.filter(proof__in=[one.pk for one in proofs]).order_by("version")
    return {row.proof_id: row for row in rows}


def keep(
    proof: PaymentProof,
    found: Reading | None,
    *,
    pages: list[dict[str, Any]],
    milliseconds: int,
    at: datetime,
) -> None:
    """Write down what was read (None: it could not be); what somebody else wrote stands."""
    facts = found.as_json() if found is not None and not found.is_empty else None
    reference = found.bank_reference if found is not None else None
    MachineReading.objects.bulk_create(
        [
            MachineReading(
                proof=proof,
                version=VERSION,
                state=READ if facts else UNREADABLE,
                facts=facts,
                pages=pages,
                amount=found.amount.value if found is not None and found.amount else None,
                day=found.day.value if found is not None and found.day else None,
                reference=_comparable(reference.value) if reference else "",
                milliseconds=milliseconds,
                at=at,
            )
        ],
        ignore_conflicts=True,
    )


def copy(proof: PaymentProof, *, at: datetime) -> bool:
    """Keep for *proof* what was read on another with the very same file, if there is one."""
    old = (
        MachineReading.objects.filter(proof__sha256=proof.sha256, version=VERSION, state=READ)
        .exclude(proof=proof)
        .order_by("-id")
        .first()
    )
    if old is None:
        return False
    keep(proof, old.reading, pages=old.pages, milliseconds=0, at=at)
    return True


def _comparable(value: str) -> str:
    folded = fold_reference(value)
    return folded if len(folded) >= LEAST_REFERENCE else ""
