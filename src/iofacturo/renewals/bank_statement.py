"""A bank's file: kept as it came, read as often as it is shown, taken into the books once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import models
from django.db.models import Q

from iofacturo.accounts.user import User
from iofacturo.lib.visible import visible
from iofacturo.renewals.errors import Invalid
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.statement import Statement, bounded
from iofacturo.renewals.statement.profile import ColumnProfile
from iofacturo.renewals.statement.reading import LARGEST
from iofacturo.renewals.statement.row import UnusableStatement
from iofacturo.renewals.statement_profile import Known
from iofacturo.uploads import storage

FOLDER = "movimientos"


class BankStatement(models.Model):
    """One file of one account. What it is never changes; what came of it is written once.

    `columns` are those it is read with. `added` lines were new, `known` ones were in the books
    before; both stay null until somebody confirms the import.
    """

    name = models.CharField("nombre", max_length=120)
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    stored = models.CharField(max_length=120)
    iban = models.CharField("cuenta", max_length=34)
    currency = models.CharField(max_length=3)
    bank = models.CharField("banco", max_length=60)
    columns = models.JSONField()
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    imported_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    imported_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(null=True)
    known = models.PositiveIntegerField(null=True)
    bad = models.PositiveIntegerField(null=True)
    outgoing = models.PositiveIntegerField(null=True)
    total = models.DecimalField(max_digits=18, decimal_places=2, null=True)  # of what was added
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)

    class Meta:
        verbose_name = "archivo del banco"
        verbose_name_plural = "archivos del banco"
        constraints = [
            models.CheckConstraint(
                condition=Q(imported_at=None, imported_by=None, added=None)
                | Q(imported_at__isnull=False, imported_by__isnull=False, added__isnull=False),
                name="statement_imported_whole",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def profile(self) -> ColumnProfile:
        return ColumnProfile.from_json(self.columns)

    def content(self) -> bytes:
        """What was uploaded; FileNotFoundError when the file is gone."""
        return storage.read(self.stored)

    def read(self) -> Statement:
        """What it says, read in a bounded process. UnusableStatement."""
        return bounded.read(self.content(), self.profile, currency=self.currency)


def accounts() -> list[PayeeAccount]:
    """The accounts customers were ever told to pay to, the newest version of each."""
    rows = PayeeAccount.objects.filter(confirmed_at__isnull=False).order_by("-id")
    return list({row.iban: row for row in reversed(rows)}.values())


def receive(
    name: str, data: bytes, known: Known, iban: str, *, by: User, at: datetime
) -> BankStatement:
    """Keep *data* for its preview. Invalid says what is wrong with it, by field.

    *iban* is the account that staff chose; a file that names an account of its own must name one
    of ours, and the same one.
    """
    ours = {row.iban: row for row in accounts()}
    try:
        parsed = bounded.read(data, known.columns)
    except UnusableStatement as error:
        raise Invalid({"file": str(error)}) from None
    if parsed.iban and parsed.iban not in ours:
        raise Invalid(
            {"file": f"El archivo es de la cuenta {parsed.iban}, que no es ninguna de las cuentas "
                     "para pagos. No se puede importar."}
        )  # fmt: skip
    if not iban and not parsed.iban:
        raise Invalid({"iban": "Escoja la cuenta: el archivo no dice cuál es."})
    if iban and parsed.iban and iban != parsed.iban:
        raise Invalid(
            {"iban": f"El archivo es de la cuenta {parsed.iban}, no de la que usted escogió."}
        )
    account = ours.get(parsed.iban or iban)
    if account is None:
        raise Invalid({"iban": "Escoja una de las cuentas para pagos."})
    return BankStatement.objects.create(
        name=visible(name)[:120] or "movimientos",
        kind=parsed.kind,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        stored=storage.keep(data, folder=FOLDER),
        iban=account.iban,
        currency=account.currency,
        bank=known.bank,
        columns=known.columns.as_json(),
        uploaded_by=by,
        uploaded_at=at,
    )


def sweep() -> int:
    """Delete kept files that no row names: an upload that was cut off after writing its file."""
    return storage.sweep(BankStatement.objects.values_list("stored", flat=True), folder=FOLDER)


def earlier(statement: BankStatement) -> BankStatement | None:
    """The same file, imported before."""
    rows = BankStatement.objects.filter(
        sha256=statement.sha256, iban=statement.iban, imported_at__isnull=False
    )
    return rows.exclude(pk=statement.pk).order_by("-pk").first()


__all__ = ["FOLDER", "LARGEST", "BankStatement", "accounts", "earlier", "receive", "sweep"]
