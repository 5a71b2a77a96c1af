"""A place a company issues from: the number of its series, with the name people know it by."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.series import LAST_SUCURSAL


class Sucursal(models.Model):
    """Its number is that of the series; name and address are printed, and no document needs them."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="sucursales", db_index=False, verbose_name="empresa"
    )
    number = models.PositiveSmallIntegerField("número")
    name = models.CharField("nombre", max_length=60)
    address = models.CharField("dirección", max_length=250, blank=True)

    class Meta:
        verbose_name = "sucursal"
        verbose_name_plural = "sucursales"
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="sucursal_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=LAST_SUCURSAL), name="sucursal_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number:03} {self.name}"


def of(company: Company, number: int) -> Sucursal | None:
    """What *company* told of its sucursal *number*; None when it told nothing."""
    return company.sucursales.filter(number=number).first()


def tell(
    company: Company, number: int, *, name: str, address: str, by: User | None, at: datetime
) -> bool:
    """Call sucursal *number* so; with neither name nor address it is a number again.

    Whether anything changed.
    """
    with transaction.atomic():
        Company.locked(company.pk)
        row = of(company, number)
        before = (row.name, row.address) if row else ("", "")
        after = (name or (f"Sucursal {number}" if address else ""), address)
        if before == after:
            return False
        if row is not None and not any(after):
            row.delete()
        else:
            row = row or Sucursal(company=company, number=number)
            row.name, row.address = after
            row.save()
        audit.record(
            "sucursal.changed", by=by, company=company, subject=f"{number:03} {name}".strip(),
            at=at, name=after[0], address=address,
        )  # fmt: skip
    return True
