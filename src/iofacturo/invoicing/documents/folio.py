"""The folio of a document: which plan gave it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.lot import FolioLot
from iofacturo.invoicing.comprobante import Comprobante


@dataclass(frozen=True)
class Use:
    """`entry` is the last time it was taken; `returned` when it came back; `right` what stands in."""

    entry: FolioEntry
    returned: datetime | None
    right: FolioLot | None
    right_is_open: bool


def of(row: Comprobante, now: datetime) -> Use:
    """The folio of *row*; what stands in for it only matters once it was rejected."""
    if row.state != Comprobante.REJECTED:
        return Use(row.folio_entry, None, None, right_is_open=False)
    right = row.company.lots.filter(only_for=row.clave).order_by("-id").first()
    is_open = right is not None and right.is_valid(now) and right.remaining > 0
    return Use(row.folio_entry, row.answered_at, right, right_is_open=is_open)
