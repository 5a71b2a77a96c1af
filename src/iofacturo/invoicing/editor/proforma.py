"""A proforma: a draft that a customer may see before anything is issued. It is no comprobante.

It has a number of its own, which is no consecutivo, and a last day. Issued, the draft becomes its
document as any other.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta

from django.db import models, transaction
from django.db.models import Max

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.editor import nota, place
from iofacturo.lib import clock, formats

DAYS = 15
TIPOS = ("FE", "TE", "FEE")


class Proforma(models.Model):
    """That a draft is offered to a customer, under which number and until when."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="proformas", db_index=False, verbose_name="empresa"
    )
    draft = models.OneToOneField(Draft, models.PROTECT, related_name="proforma")
    number = models.PositiveIntegerField("número")
    valid_until = models.DateField("válida hasta")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = "proforma"
        verbose_name_plural = "proformas"
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="proforma_number")
        ]

    def __str__(self) -> str:
        return f"Proforma {self.number}"

    @property
    def words(self) -> str:
        """What its paper says of it."""
        return f"Proforma {self.number}. Válida hasta el {formats.dia_largo(self.valid_until)}."


def of(draft: Draft) -> Proforma | None:
    found: Proforma | None = Proforma.objects.filter(draft=draft, company=draft.company).first()
    return found


def offer(draft: Draft, *, by: User, at: datetime, until: date | None = None) -> Proforma:
    """The proforma of *draft*, there already or new; *until* moves its last day."""
    with transaction.atomic():
        Company.locked(draft.company_id)  # numbers go one by one
        row = of(draft)
        if row is None:
            last = draft.company.proformas.aggregate(last=Max("number"))["last"] or 0
            day = until or clock.local(at).date() + timedelta(days=DAYS)
            row = Proforma.objects.create(
                company=draft.company, draft=draft, number=last + 1, valid_until=day,
                created_at=at, created_by=by,
            )  # fmt: skip
        elif until is not None and until != row.valid_until:
            row.valid_until = until
            row.save(update_fields=["valid_until"])
    return row


def on_paper(draft: Draft, row: Proforma) -> Draft:
    """A copy of *draft*, never saved, whose note says which proforma it is."""
    data = deepcopy(draft.data)
    text = f"{row.words} {nota.show(data)}".strip()
    place.put(data, nota.PATH, text[: nota.LONGEST])
    return Draft(
        pk=draft.pk,
        company=draft.company,
        public_id=draft.public_id,
        tipo=draft.tipo,
        sucursal=draft.sucursal,
        terminal=draft.terminal,
        data=data,
        updated_at=draft.updated_at,
    )
