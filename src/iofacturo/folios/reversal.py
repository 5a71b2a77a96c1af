"""Giving a folio back: Hacienda rejected the document that took it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.folios import entry_writer, grace
from iofacturo.folios.consume import history
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import NotConsumed
from iofacturo.folios.grant import grant
from iofacturo.folios.lot import GRACE, FolioLot
from iofacturo.lib import clock

REPLACEMENT_DAYS = 5  # business days


def reverse(
    company: Company,
    document: str,
    *,
    at: datetime,
    by: User | None = None,
    note: str = "Hacienda rechazó el comprobante",
) -> FolioEntry:
    """Give the folio of *document* back to its own lot, with the lot's own end.

    Telling it twice gives it back once. When the lot has ended in between, the folio would be
    dead: a replacement right is granted too, one folio for five business days that only a document
    referring to *document* can take. A folio of grace that is still owed is owed no more instead;
    one that was repaid goes back to the plan that did. Raises NotConsumed when it never took one.
    """
    with transaction.atomic():
        uses, net, last = history(company, document)
        if last is None:
            raise NotConsumed
        operation = f"reverse:{company.pk}:{document}:{uses}"
        if net:
            lot = FolioLot.objects.get(pk=last.lot_id)
            if lot.kind == GRACE:
                lot = grace.bearer(lot, document)
            entry_writer.add(
                lot.pk,
                "reverse",
                1,
                operation=operation,
                at=at,
                by=by,
                document=document,
                label=last.label,
                note=note,
            )
            lot.refresh_from_db()
            if not lot.is_valid(at):
                _bury(lot, at)
                if lot.kind == GRACE:
                    grace.settle(lot, at)
                else:
                    _replace(company, document, uses, at=at, by=by)
        return FolioEntry.objects.get(operation=operation)


def _bury(lot: FolioLot, at: datetime) -> None:
    """Take out again what came back to a lot that has ended."""
    kind = "void" if lot.voided_at is not None else "expire"
    entry_writer.add(lot.pk, kind, None, at=at)


def _replace(
    company: Company, document: str, turn: int, *, at: datetime, by: User | None
) -> FolioLot:
    last_day = calendar.current(at).add_business_days(clock.local(at).date(), REPLACEMENT_DAYS)
    return grant(
        company,
        "replacement",
        1,
        origin=f"replacement:{company.pk}:{document}:{turn}",
        at=at,
        by=by,
        expires_at=clock.midnight(last_day + timedelta(days=1)),
        only_for=document,
        note="Repone el folio de un comprobante rechazado cuyo plan ya había terminado",
    )
