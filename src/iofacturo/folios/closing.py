"""The end of a lot, by time or by decision, and its correction by hand."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.folios import entry_writer
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import LotClosed
from iofacturo.folios.lot import FolioLot


def expire(lot: FolioLot, *, at: datetime) -> int:
    """Write what was left of a lot that has ended; answers how many folios. Never more than once.

    What a customer can issue does not depend on it: an ended lot gives nothing with or without
    this entry.
    """
    if at < lot.expires_at:
        return 0
    entry = entry_writer.add(lot.pk, "expire", None, at=at)
    return 0 if entry is None else -entry.qty


def void(lot: FolioLot, *, by: User | None, at: datetime, reason: str) -> FolioEntry:
    """Annul *lot*: what is left of it, counted under its lock, can no longer be used.

    Used folios stay used. LotClosed when it was annulled before.
    """
    with transaction.atomic():
        entry = entry_writer.add(lot.pk, "void", None, at=at, by=by, note=reason, even_empty=True)
        if entry is None:
            raise LotClosed("Este lote ya estaba anulado.")
        return entry


def adjust(
    lot: FolioLot, qty: int, *, operation: str, by: User | None, at: datetime, reason: str
) -> FolioEntry:
    """Add or take *qty* folios. Only an approved proposal does this (`AdjustmentProposal.approve`)."""
    with transaction.atomic():
        locked = FolioLot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
        if locked.voided_at is not None or at >= locked.expires_at:
            raise LotClosed("Este lote ya terminó: no se puede ajustar.")
        if locked.remaining + qty < 0:
            raise LotClosed(
                f"A este lote le quedan {locked.remaining} folios: no se puede bajar más."
            )
        entry = entry_writer.add(
            lot.pk, "adjust", qty, operation=operation, at=at, by=by, note=reason
        )
        if entry is None:
            raise LotClosed("Este ajuste ya se hizo.")
        return entry
