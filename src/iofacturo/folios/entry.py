"""The ledger's entries: what happened to each folio, for which document. Only ever added."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios.lot import FolioLot

KINDS = [
    ("grant", "Entrega"),
    ("consume", "Uso"),
    ("reverse", "Devolución"),
    ("expire", "Vencimiento"),
    ("void", "Anulación"),
    ("adjust", "Ajuste"),
    ("repay", "Reposición de gracia"),
]


class FolioEntry(models.Model):
    """One line of the ledger. Append-only: the database refuses updates and deletes.

    *qty* is signed as seen from the lot. *seq* counts the entries of the lot and *balance* is what
    the lot holds after it, so that a missing or altered line shows. *document* is the key the
    caller gives to a document for ever (its clave), *label* what people call it.
    """

    # No foreign keys in the database for these two: the trigger that posts the entry refuses one
    # whose lot is not there or belongs to another company, and lots cannot be deleted.
    lot = models.ForeignKey(
        FolioLot, models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="folio_entries", db_index=False, db_constraint=False
    )
    kind = models.CharField("movimiento", max_length=8, choices=KINDS)
    qty = models.IntegerField("folios")
    seq = models.PositiveIntegerField()
    balance = models.IntegerField("quedan")
    document = models.CharField("documento", max_length=60, blank=True, default="")
    label = models.CharField("comprobante", max_length=100, blank=True, default="")
    operation = models.CharField(max_length=150, unique=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField("cuándo")
    day = models.DateField("día")  # of `at`, in Costa Rica
    note = models.CharField("motivo", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "movimiento de folios"
        verbose_name_plural = "movimientos de folios"
        indexes = [
            models.Index(fields=["company", "day", "id"], name="entry_company_day"),
            models.Index(fields=["company", "document"], name="entry_company_document"),
            # whatever is not the use of a folio is rare, and asked for on its own
            models.Index(
                fields=["company", "day", "id"],
                name="entry_rare",
                condition=~Q(kind="consume"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["lot", "seq"], name="entry_seq"),
            models.CheckConstraint(
                condition=Q(kind="grant", qty__gt=0)
                | Q(kind="consume", qty=-1)
                | Q(kind="reverse", qty=1)
                | Q(kind="expire", qty__lt=0)
                | Q(kind="void", qty__lte=0)
                | (Q(kind__in=["adjust", "repay"]) & ~Q(qty=0)),
                name="entry_sign",
            ),
            models.CheckConstraint(condition=Q(balance__gte=0, seq__gt=0), name="entry_sane"),
        ]
