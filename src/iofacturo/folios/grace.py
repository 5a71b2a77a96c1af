"""Folios of grace: what a company may go on issuing with while it waits for an answer of ours.

They are a lot like any other that ends after every other one, so that whatever takes folios takes
these last and knows nothing about them. What was taken of them is owed from the moment the grace
ends: the debt is the lot's own counter `consumed`, and a `repay` entry moves it to the lot of the
plan that pays. A company has one grace at a time, and none while it owes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios import entry_writer
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.grant import grant
from iofacturo.folios.lot import GRACE, FolioLot
from iofacturo.lib import clock, formats

NAME = "Folios de gracia"
NO_END = clock.midnight(date(9999, 1, 1))  # it ends with what it waits for, after every other lot


class Grace(models.Model):
    """That `company` was given `lot`. Settled once it has ended and nothing of it is owed.

    The constraint is what keeps two requests, or a request and a debt, from giving two of them; it
    stands here and not on the lot, because an index that knows counters is written with every folio.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="graces", db_index=False)
    lot = models.OneToOneField(FolioLot, models.PROTECT, related_name="grace")
    given_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    FROZEN = ("id", "company_id", "lot_id", "given_at")

    class Meta:
        verbose_name = "gracia"
        verbose_name_plural = "gracias"
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=Q(settled_at__isnull=True), name="grace_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.lot.origin


@dataclass(frozen=True)
class Standing:
    """A grace as screens tell it. *used* of *granted* were taken and not given back or repaid."""

    lot: FolioLot

    @property
    def is_open(self) -> bool:
        return self.lot.voided_at is None

    @property
    def granted(self) -> int:
        return self.lot.granted

    @property
    def left(self) -> int:
        return self.lot.remaining

    @property
    def used(self) -> int:
        return self.lot.consumed

    @property
    def owed(self) -> int:
        """What the next plan repays; nothing is owed before the grace ends."""
        return 0 if self.is_open else self.lot.consumed

    @property
    def repaid(self) -> int:
        """Used folios that plans have repaid; one query."""
        entries = self.lot.entries.filter(kind="repay")
        return entries.aggregate(sum=models.Sum("qty"))["sum"] or 0


def standing(company: Company) -> Standing | None:
    """The grace that runs, or the one that is still owed; one query."""
    row = company.graces.filter(settled_at__isnull=True).select_related("lot").first()
    return None if row is None else Standing(row.lot)


def of(origin: str) -> Standing | None:
    """What *origin* gave, whatever became of it."""
    lot = FolioLot.objects.filter(origin=origin, kind=GRACE).first()
    return None if lot is None else Standing(lot)


def give(
    company: Company, folios: int, *, origin: str, at: datetime, by: User | None, note: str
) -> FolioLot | None:
    """Let *company* issue *folios* documents more than it paid for, until `end` or `repay`.

    None when it may not: a grace runs or is owed, *origin* had one before, or the company never
    had a folio of its own. Whoever comes second of two at the same moment gets None as well.
    """
    own = company.lots.exclude(kind=GRACE)
    if folios < 1 or standing(company) is not None or of(origin) or not own.exists():
        return None
    try:
        with transaction.atomic():
            lot = grant(
                company,
                GRACE,
                folios,
                origin=origin,
                at=at,
                by=by,
                expires_at=NO_END,
                name=NAME,
                note=note,
            )
            Grace.objects.create(company=company, lot=lot, given_at=at)
    except IntegrityError:
        return None
    return lot


def end(origin: str, *, at: datetime, by: User | None, note: str) -> Standing | None:
    """Take back what *origin* gave and nobody used; answers how it stands. Twice is once."""
    with transaction.atomic():
        lot = _locked(origin=origin)
        if lot is None:
            return None
        entry_writer.add(lot.pk, "void", None, at=at, by=by, note=note, even_empty=True)
        return _settled(lot, at)


def repay(
    company: Company,
    payers: Iterable[FolioLot],
    *,
    at: datetime,
    by: User | None,
    ends: str = "",
    note: str = "",
) -> int:
    """Debit *payers*, in their order, with what *company* owes; answers how many folios.

    The grace of the origin *ends* stops running with it; one that runs for anything else is not
    owed yet and is left alone.
    """
    with transaction.atomic():
        row = company.graces.filter(settled_at__isnull=True).first()
        lot = None if row is None else _locked(pk=row.lot_id)
        if lot is None or (lot.voided_at is None and lot.origin != ends):
            return 0
        owed = paid = lot.consumed
        for payer in payers:
            paid -= _pay(lot, payer, paid, at=at, by=by)
        paid = owed - paid
        entry_writer.add(
            lot.pk, "void", None, at=at, by=by, note=note, even_empty=lot.voided_at is None
        )
        _settled(lot, at)
        return paid


def _pay(grace: FolioLot, payer: FolioLot, owed: int, *, at: datetime, by: User | None) -> int:
    """Move up to *owed* used folios from *grace* to *payer*; both entries or none."""
    held = FolioLot.objects.select_for_update(of=("self",), no_key=True).get(pk=payer.pk)
    qty = min(owed, held.remaining)
    if not qty:
        return 0
    folios = f"{formats.numero(qty)} {'folio' if qty == 1 else 'folios'} de gracia"
    for lot, signed, leg, note in (
        (held, -qty, "from", f"Repone {folios} que la empresa usó mientras esperaba respuesta"),
        (grace, qty, "to", f"Los repuso {held.name}, contrato {held.contract}"),
    ):
        entry_writer.add(
            lot.pk, "repay", signed, operation=f"repay:{grace.pk}:{held.pk}:{leg}",
            at=at, by=by, note=note,
        )  # fmt: skip
    return qty


def bearer(lot: FolioLot, document: str) -> FolioLot:
    """The lot to which the folio of a rejected *document*, taken from the grace *lot*, goes back.

    As long as something of the grace is used or owed, that becomes less; once all of it was repaid,
    the plan that paid gets it back. Holds *lot* until the end of the transaction.
    """
    held = _locked(pk=lot.pk)
    assert held is not None  # noqa: S101 - lots are never deleted
    if held.consumed:
        return held
    taken = held.entries.filter(kind="consume").values_list("operation", flat=True)
    returns = [operation.replace("consume", "reverse", 1) for operation in taken]
    payments = FolioEntry.objects.filter(
        company_id=held.company_id,
        kind="repay",
        operation__startswith=f"repay:{held.pk}:",
        qty__lt=0,
    )
    for payment in payments.select_related("lot").order_by("-id"):
        back = payment.lot.entries.filter(kind="reverse", operation__in=returns).count()
        if back < -payment.qty:
            return payment.lot
    raise AssertionError(f"nobody repaid the folio of {document}")


def settle(lot: FolioLot, at: datetime) -> None:
    """Note that nothing of the grace *lot* is owed any more, if so; its lock is held."""
    through = FolioLot.objects.filter(pk=OuterRef("lot_id"), voided_at__isnull=False, consumed=0)
    Grace.objects.filter(Exists(through), lot=lot, settled_at__isnull=True).update(settled_at=at)


def _settled(lot: FolioLot, at: datetime) -> Standing:
    settle(lot, at)
    lot.refresh_from_db()
    return Standing(lot)


def _locked(**which: object) -> FolioLot | None:
    rows = FolioLot.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(kind=GRACE, **which).first()
