"""The numbers of a company: one series per sucursal, terminal and type of document.

Taking numbers locks the row until the transaction ends: whoever rolls back gives them back, so
there is no hole. Series are locked before lots of folios, several of them in the order of their
ids. A series begins where its owner says, for people come from other systems; every such beginning
is a row, and only there may numbers jump.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Q

from hacienda import clave
from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.breaker import IS_OPEN
from iofacturo.invoicing.errors import SeriesError
from iofacturo.lib import statement

LAST_NUMBER = 9_999_999_999  # ten digits
LAST_SUCURSAL, LAST_TERMINAL = 999, 99_999
TIPOS = [(code, name) for code, name in clave.TIPOS.items()]


class Series(models.Model):
    """The next number of one sucursal, terminal and type."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="series", db_index=False, verbose_name="empresa"
    )
    sucursal = models.PositiveSmallIntegerField(default=1)
    terminal = models.PositiveIntegerField(default=1)
    tipo = models.CharField(max_length=2, choices=TIPOS)
    next_number = models.BigIntegerField("próximo número", default=1)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = "serie"
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sucursal", "terminal", "tipo"], name="series_once"
            ),
            models.CheckConstraint(
                condition=Q(next_number__gte=1, next_number__lte=LAST_NUMBER + 1),
                name="series_number",
            ),
            models.CheckConstraint(
                condition=Q(sucursal__gte=1, sucursal__lte=LAST_SUCURSAL)
                & Q(terminal__gte=1, terminal__lte=LAST_TERMINAL),
                name="series_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} ({self.get_tipo_display()})"

    @property
    def prefix(self) -> str:
        """What all its consecutivos begin with."""
        return f"{self.sucursal:03}{self.terminal:05}{self.tipo}"

    def start_at(self, number: int, *, by: User | None, at: datetime) -> None:
        """Let the next document have *number*, never one that was reached already.

        Raises SeriesError. Numbers jumped over belong to another system.
        """
        if not 1 <= number <= LAST_NUMBER:
            raise SeriesError(f"El número debe estar entre 1 y {LAST_NUMBER}.")
        with transaction.atomic():
            row = Series.objects.select_for_update(of=("self",)).get(pk=self.pk)
            used = any(
                numbered.filter(consecutivo__startswith=row.prefix).exists()
                for numbered in (row.company.comprobantes, row.company.receiver_messages)
            )
            if used and number < row.next_number:
                raise SeriesError(
                    f"Esta serie ya va por el número {row.next_number}: no puede volver atrás."
                )
            if number == row.next_number:
                return
            before, row.next_number = row.next_number, number
            row.save(update_fields=["next_number"])
            SeriesStart.objects.create(series=row, number=number, at=at, by=by)
            audit.record(
                "series.started", by=by, company=row.company, subject=row.prefix, at=at,
                before=before, number=number,
            )  # fmt: skip
        self.next_number = number


def reach(prefix: str) -> tuple[str, str]:
    """The first and the last consecutivo of a series, as the index has them in order."""
    return f"{prefix}{'0' * 10}", f"{prefix}{'9' * 10}"


class SeriesStart(models.Model):
    """Where a series began, or was let jump. Append-only."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="starts")
    number = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "inicio de serie"
        verbose_name_plural = "inicios de serie"


def open_series(
    company: Company,
    tipo: str,
    *,
    sucursal: int = 1,
    terminal: int = 1,
    start: int = 1,
    by: User | None,
    at: datetime,
) -> Series:
    """The series of type code *tipo*, opened at number *start* unless it is open already."""
    if tipo not in clave.TIPOS:
        raise SeriesError(f"El tipo de comprobante «{tipo}» no existe.")
    if not (1 <= sucursal <= LAST_SUCURSAL and 1 <= terminal <= LAST_TERMINAL):
        raise SeriesError("La sucursal va de 1 a 999 y la terminal de 1 a 99999.")
    if not 1 <= start <= LAST_NUMBER:
        raise SeriesError(f"El número debe estar entre 1 y {LAST_NUMBER}.")
    place = {"sucursal": sucursal, "terminal": terminal, "tipo": tipo}
    there = company.series.filter(**place).first()
    if there is not None:
        return there
    try:
        with transaction.atomic():
            row = company.series.create(**place, next_number=start, created_at=at)
            SeriesStart.objects.create(series=row, number=start, at=at, by=by)
            audit.record(
                "series.opened", by=by, company=company, subject=row.prefix, at=at, number=start
            )
    except IntegrityError:  # opened at the same moment elsewhere
        return company.series.get(**place)
    return row


TAKE = f"""
UPDATE invoicing_series SET next_number = next_number + %s
WHERE id = %s AND next_number + %s <= %s
RETURNING next_number, {IS_OPEN}
"""  # noqa: S608 - only constants are put together


def take(series_id: int, count: int, environment: str) -> tuple[int, bool]:
    """*count* numbers of a series, from the one returned on; and whether Hacienda is known to be out.

    Call it inside the transaction that uses the numbers; the series is locked until that ends.
    """
    found = statement.rows(TAKE, [count, series_id, count, LAST_NUMBER + 1, environment])
    if not found:
        raise SeriesError("Esta serie llegó a su último número.")
    ((following, out),) = found
    return following - count, bool(out)
