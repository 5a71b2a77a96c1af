"""The bank's side: lines of the statement, what each one pays, and money that is left over.

A line can never pay twice: its identity (account, reference, day, amount) is unique, what is
allocated, credited or returned never exceeds it, and nothing of it is ever edited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, models, transaction
from django.db.models import Q, Sum

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib import formats
from iofacturo.renewals.errors import Invalid, LineTaken
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.proof import fold_reference
from iofacturo.renewals.request import RenewalRequest

ZERO = Decimal("0.00")
Money = models.DecimalField


@dataclass(frozen=True)
class Typed:
    """A line as the reviewer reads it in the bank: day, amount and the bank's own reference."""

    booked_on: date
    amount: Decimal
    reference: str
    payer: str = ""


class BankLine(models.Model):
    """Money that arrived. Append-only."""

    iban = models.CharField("cuenta", max_length=34)
    booked_on = models.DateField("fecha")
    amount = Money("monto", max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CRC")
    reference = models.CharField("referencia del banco", max_length=40)
    payer = models.CharField("quien paga", max_length=120, blank=True)
    source = models.CharField(max_length=8, default="typed")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "movimiento del banco"
        verbose_name_plural = "movimientos del banco"
        constraints = [
            models.UniqueConstraint(
                fields=["iban", "reference", "booked_on", "amount"], name="bank_line_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_line_positive"),
        ]

    @property
    def left(self) -> Decimal:
        """What of it is neither allocated, credited nor returned."""
        used = self.allocations.aggregate(n=Sum("amount"))["n"] or ZERO
        moved = (
            self.money_entries.filter(kind__in=MoneyEntry.FROM_A_LINE).aggregate(n=Sum("amount"))[
                "n"
            ]
            or ZERO
        )
        return Decimal(self.amount - used - moved)


class Allocation(models.Model):
    """What of a line pays which request; a negative one gives it free again. Append-only."""

    line = models.ForeignKey(BankLine, models.PROTECT, related_name="allocations")
    request = models.ForeignKey(RenewalRequest, models.PROTECT, related_name="allocations")
    amount = Money(max_digits=14, decimal_places=2)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "asignación"
        verbose_name_plural = "asignaciones"
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="allocation_not_zero")]


class MoneyEntry(models.Model):
    """A company's money with us, apart from folios. Positive: we owe it. Append-only."""

    EXCESS, RELEASED, REFUND, USED, RETURNED, DEBT = (
        "excess", "released", "refund", "used", "returned", "debt",
    )  # fmt: skip
    KINDS = [
        (EXCESS, "Pagó de más"),
        (RELEASED, "Pago de una solicitud que no se activó"),
        (REFUND, "Devolución de un plan revertido"),
        (USED, "Usado en una solicitud"),
        (RETURNED, "Devuelto al cliente"),
        (DEBT, "El banco retiró el dinero"),
    ]
    FROM_A_LINE = (EXCESS, RELEASED)

    company = models.ForeignKey(Company, models.PROTECT, related_name="money_entries")
    kind = models.CharField(max_length=8, choices=KINDS)
    amount = Money(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CRC")
    line = models.ForeignKey(BankLine, models.PROTECT, null=True, related_name="money_entries")
    request = models.ForeignKey(
        RenewalRequest, models.PROTECT, null=True, related_name="money_entries"
    )
    operation = models.CharField(max_length=80, unique=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "movimiento de saldo"
        verbose_name_plural = "movimientos de saldo"
        indexes = [models.Index(fields=["company", "-id"], name="money_company")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["excess", "released", "refund"], amount__gt=0)
                | Q(kind__in=["used", "returned", "debt"], amount__lt=0),
                name="money_sign",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["excess", "released"]) | Q(line__isnull=False),
                name="money_from_a_line",
            ),
        ]


# -- lines ---------------------------------------------------------------------------------------


def check(typed: Typed, today: date) -> dict[str, str]:
    """The problems of a typed line by field name."""
    problems: dict[str, str] = {}
    if typed.amount <= 0:
        problems["amount"] = "El monto debe ser mayor que cero."
    if typed.amount != typed.amount.quantize(Decimal("0.01")):
        problems["amount"] = "El monto tiene dos decimales como máximo."
    if typed.booked_on > today:
        problems["booked_on"] = "La fecha del movimiento no puede ser futura."
    if not fold_reference(typed.reference):
        problems["reference"] = "Escriba la referencia que da el banco."
    return problems


def enter(typed: Typed, payee: PayeeAccount, *, by: User, at: datetime, today: date) -> BankLine:
    """The line as a row: a new one, or the one that was written before (it may have money left)."""
    problems = check(typed, today)
    if problems:
        raise Invalid(problems)
    key = {
        "iban": payee.iban,
        "reference": fold_reference(typed.reference),
        "booked_on": typed.booked_on,
        "amount": typed.amount,
    }
    found = BankLine.objects.filter(**key).first()
    if found:
        return found
    try:
        with transaction.atomic():
            return BankLine.objects.create(
                **key,
                currency=payee.currency,
                payer=" ".join(typed.payer.split())[:120],
                created_by=by,
                created_at=at,
            )
    except IntegrityError:  # somebody wrote the same line a moment ago
        return BankLine.objects.get(**key)


def allocate(
    request: RenewalRequest, lines: Iterable[BankLine], needed: Decimal, *, by: User, at: datetime
) -> Decimal:
    """Allocate up to *needed* from what is left of *lines*; the excess becomes credit.

    Answers what was allocated. LineTaken when a line has nothing left or another currency. The
    lines are locked in the order of their ids, after the request.
    """
    total = ZERO
    for line in (
        BankLine.objects.select_for_update(of=("self",))
        .filter(pk__in={line.pk for line in lines})
        .order_by("pk")
    ):
        if line.currency != request.given.currency:
            raise LineTaken("Ese movimiento está en otra moneda: no paga esta solicitud.")
        left = line.left
        if left <= 0:
            if Allocation.objects.filter(line=line, request=request).exists():
                continue  # the second approver typed the first one's line again
            raise LineTaken(_taken(line))
        part = min(left, needed - total)
        if part > 0:
            Allocation.objects.create(
                line=line, request=request, amount=part, created_by=by, created_at=at
            )
            total += part
        if left > part:
            MoneyEntry.objects.create(
                company=request.company,
                kind=MoneyEntry.EXCESS,
                amount=left - max(part, ZERO),
                currency=line.currency,
                line=line,
                request=request,
                operation=f"excess:{request.pk}:{line.pk}",
                created_by=by,
                created_at=at,
            )
    return total


def _taken(line: BankLine) -> str:
    other = (
        Allocation.objects.filter(line=line)
        .select_related("request", "request__company")
        .order_by("-id")
        .first()
    )
    what = (
        f"{formats.dinero(line.amount, line.currency)} del {formats.dia(line.booked_on)}, "
        f"referencia {line.reference}"
    )
    if other is None:
        return f"Ese movimiento ({what}) ya se usó completo."
    return (
        f"Ese movimiento ({what}) ya pagó la solicitud {other.request.number} "
        f"de {other.request.company.nombre}."
    )


def paid(request: RenewalRequest) -> Decimal:
    """What stands allocated to *request*, with the credit it used."""
    lines = request.allocations.aggregate(n=Sum("amount"))["n"] or ZERO
    credit = (
        request.money_entries.filter(kind=MoneyEntry.USED).aggregate(n=Sum("amount"))["n"] or ZERO
    )
    return Decimal(lines - credit)


def release(request: RenewalRequest, *, by: User | None, at: datetime) -> Decimal:
    """Turn the money noted for a request that will not be activated into the company's credit."""
    standing = (
        Allocation.objects.filter(request=request)
        .values("line")
        .annotate(amount_left=Sum("amount"))
        .filter(amount_left__gt=0)
        .order_by("line")
    )
    total = ZERO
    for row in list(standing):
        amount = Decimal(row["amount_left"])
        line = BankLine.objects.select_for_update(of=("self",)).get(pk=row["line"])
        Allocation.objects.create(
            line=line, request=request, amount=-amount, created_by=by, created_at=at
        )
        MoneyEntry.objects.create(
            company=request.company,
            kind=MoneyEntry.RELEASED,
            amount=amount,
            currency=line.currency,
            line=line,
            request=request,
            operation=f"released:{request.pk}:{line.pk}:{request.version}",
            created_by=by,
            created_at=at,
        )
        total += amount
    return total


# -- credit --------------------------------------------------------------------------------------


def credit(company: Company, currency: str = "CRC") -> Decimal:
    """The company's balance with us; what we owe it is positive."""
    total = MoneyEntry.objects.filter(company=company, currency=currency).aggregate(n=Sum("amount"))
    return Decimal(total["n"] or ZERO)


def excess(request: RenewalRequest) -> Decimal:
    """What came in above the total of *request* and became credit."""
    rows = MoneyEntry.objects.filter(request=request, kind=MoneyEntry.EXCESS)
    return Decimal(rows.aggregate(n=Sum("amount"))["n"] or ZERO)


def use_credit(request: RenewalRequest, amount: Decimal, *, by: User, at: datetime) -> None:
    """Pay *amount* of *request* from the company's credit; LineTaken if there is not that much."""
    Company.objects.select_for_update(of=("self",)).get(pk=request.company_id)
    if amount <= 0 or amount > credit(request.company, request.given.currency):
        raise LineTaken("El saldo a favor no alcanza para ese monto.")
    MoneyEntry.objects.create(
        company=request.company,
        kind=MoneyEntry.USED,
        amount=-amount,
        currency=request.given.currency,
        request=request,
        operation=f"used:{request.pk}:{request.version}",
        created_by=by,
        created_at=at,
    )


def lines_of(request: RenewalRequest) -> models.QuerySet[Allocation]:
    return request.allocations.select_related("line").order_by("id")


__all__ = [
    "Allocation", "BankLine", "MoneyEntry", "Typed", "allocate", "check", "credit", "enter",
    "lines_of", "paid", "release", "use_credit",
]  # fmt: skip
