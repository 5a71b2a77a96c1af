"""Where a draft came from: the document that it credits, pays, repeats or replaces.

It is how a button pressed twice finds the draft that is already open, and how the page of a
rejected document knows what took its place.
"""

from __future__ import annotations

from django.db import models

from iofacturo.accounts.company import Company
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.draft import Draft


class Origin(models.Model):
    """One draft that was prepared from a document. Written once with the draft."""

    CREDIT, DEBIT, REPLACEMENT, COPY, PAYMENT = "credit", "debit", "replacement", "copy", "payment"
    ACTS = [
        (CREDIT, "Nota de crédito"),
        (DEBIT, "Nota de débito"),
        (REPLACEMENT, "Reemplazo"),
        (COPY, "Copia"),
        (PAYMENT, "Recibo de pago"),
    ]

    draft = models.OneToOneField(
        Draft, models.PROTECT, primary_key=True, related_name="origin", verbose_name="borrador"
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="draft_origins", db_index=False
    )
    comprobante = models.ForeignKey(
        Comprobante, models.PROTECT, related_name="successors", db_index=False
    )
    act = models.CharField(max_length=11, choices=ACTS)

    class Meta:
        verbose_name = "origen de un borrador"
        verbose_name_plural = "orígenes de borradores"
        indexes = [
            models.Index(fields=["company", "comprobante", "act"], name="origin_of_comprobante")
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.draft_id}"
