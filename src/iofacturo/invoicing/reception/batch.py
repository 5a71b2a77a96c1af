"""One handing in of files, and what became of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models

from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User


class ReceptionBatch(models.Model):
    """Files that were dropped together. Append-only.

    `outcomes` is a list of `{"file", "kind", "message", "received"}`, in the order of the files;
    `kind` is one of `Outcome.KINDS` and `received` the public id of the document, or empty.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="reception_batches", db_index=False
    )
    token = models.UUIDField()  # of the form: sent twice, it is one batch
    outcomes = models.JSONField(default=list)
    at = models.DateTimeField()
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = "carga de documentos recibidos"
        verbose_name_plural = "cargas de documentos recibidos"
        constraints = [
            models.UniqueConstraint(fields=["company", "token"], name="reception_batch_once")
        ]

    def __str__(self) -> str:
        return f"{self.public_id}: {len(self.outcomes)}"


def known(company: Company, token: UUID) -> ReceptionBatch | None:
    """The batch that this form made before."""
    return company.reception_batches.filter(token=token).first()


def record(
    company: Company, token: UUID, outcomes: list[dict[str, str]], *, by: User | None, at: datetime
) -> ReceptionBatch:
    """Write down what became of the files; the same form again finds what was written first."""
    row, _ = ReceptionBatch.objects.get_or_create(
        company=company, token=token, defaults={"outcomes": outcomes, "by": by, "at": at}
    )
    return row
