"""The bank's side: lines of the statement, what each one pays, and money that is left over.

A line can never pay twice: its identity (account, day, amount, currency, reference, and the detail
where there is no reference) is unique with its occurrence, what is allocated, credited or returned
never exceeds it, and nothing of it is ever edited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Round

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib import formats
from iofacturo.lib.folding import fold
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.errors import Invalid, LineTaken
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.proof import fold_reference
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

ZERO = Decimal("0.00")
Money = models.DecimalField


@dataclass(frozen=True)
class Typed:
    """A line as the reviewer reads it in the bank: day, amount and the bank's own reference."""

    booked_on: date
    amount: Decimal
    reference: str
    payer: str = ""


class Identity(NamedTuple):
    """What makes two lines the same money, apart from their occurrence."""

    iban: str
    booked_on: date
    amount: Decimal
    currency: str
    reference: str
    words: str


class BankLine(models.Model):
    """Money that arrived. Append-only.

    `occurrence` keeps genuine lines apart that look the same: the n-th of its identity in a file
    is the n-th in the books. `statement` is the file it came in; a line typed by hand has none.
    """

    TYPED, FILE = "typed", "file"

    iban = models.CharField("cuenta", max_length=34)
    booked_on = models.DateField("fecha")
    amount = Money("monto", max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CRC")
    reference = models.CharField("referencia del banco", max_length=40, blank=True)
    payer = models.CharField("quien paga", max_length=120, blank=True)
    detail = models.CharField("detalle", max_length=200, blank=True)
    words = models.CharField(max_length=200, blank=True)  # folded detail, without a reference
    occurrence = models.PositiveIntegerField(default=1)
    folded = models.CharField(max_length=420, blank=True)  # for search
    statement = models.ForeignKey(BankStatement, models.PROTECT, null=True, related_name="lines")
    source = models.CharField(max_length=8, default=TYPED)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "movimiento del banco"
        verbose_name_plural = "movimientos del banco"
        indexes = [models.Index(fields=["iban", "booked_on"], name="bank_line_day")]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "iban", "reference", "booked_on", "amount", "currency", "words", "occurrence",
                ],
                name="bank_line_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_line_positive"),
            models.CheckConstraint(condition=Q(occurrence__gte=1), name="bank_line_counted"),
        ]  # fmt: skip

    @property
    def left(self) -> Decimal:
        """What of it is neither allocated, credited nor returned."""
        row = with_used(BankLine.objects.filter(pk=self.pk)).get()
        return Decimal(row.amount - row.used)

    @property
    def identity(self) -> Identity:
        return Identity(
            self.iban, self.booked_on, self.amount, self.currency, self.reference, self.words
        )


def identity(
    iban: str, booked_on: date, amount: Decimal, currency: str, reference: str, detail: str
) -> Identity:
    """The identity of a line as the bank wrote it."""
    folded = fold_reference(reference)
    words = "" if folded else fold(detail)[:200]
    return Identity(iban, booked_on, amount, currency, folded, words)


def folded(reference: str, payer: str, detail: str) -> str:
    """What a search looks through."""
    return fold(f"{reference} {payer} {detail}")[:420]


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

    EXCESS, RELEASED, REFUND, USED, RETURNED, DEBT, CREDITED = (
        "excess", "released", "refund", "used", "returned", "debt", "credited",
    )  # fmt: skip
    KINDS = [
        (EXCESS, "Pagó de más"),
        (RELEASED, "Pago de una solicitud que no se activó"),
        (REFUND, "Devolución de un plan revertido"),
        (USED, "Usado en una solicitud"),
        (RETURNED, "Devuelto al cliente"),
        (DEBT, "El banco retiró el dinero"),
        (CREDITED, "Pago sin solicitud"),
    ]
    FROM_A_LINE = (EXCESS, RELEASED, CREDITED)

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
                condition=Q(kind__in=["excess", "released", "refund", "credited"], amount__gt=0)
                | Q(kind__in=["used", "returned", "debt"], amount__lt=0),
                name="money_sign",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["excess", "released", "credited"]) | Q(line__isnull=False),
                name="money_from_a_line",
            ),
        ]


class LineReturn(models.Model):
    """Money that went back to whoever sent it, without becoming anybody's credit. Append-only."""

    line = models.ForeignKey(BankLine, models.PROTECT, related_name="returns")
    amount = Money(max_digits=14, decimal_places=2)
    reason = models.CharField("motivo", max_length=8, choices=ReturnOrder.REASONS)
    note = models.CharField("cómo se devolvió", max_length=200)
    order = models.OneToOneField(ReturnOrder, models.PROTECT, null=True, related_name="returned")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "devolución"
        verbose_name_plural = "devoluciones"
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="return_positive")]


# -- lines ---------------------------------------------------------------------------------------


def _sum_of(rows: models.QuerySet[Any], column: str = "amount") -> Coalesce:
    total = rows.filter(line=OuterRef("pk")).order_by().values("line").annotate(n=Sum(column))
    return Coalesce(Subquery(total.values("n")), ZERO, output_field=Money())


def with_used(lines: models.QuerySet[BankLine]) -> models.QuerySet[Any]:
    """*lines* with `used`: what of each is allocated, credited, returned or on its way back."""
    moved = MoneyEntry.objects.filter(kind__in=MoneyEntry.FROM_A_LINE)
    return lines.annotate(
        used=Round(
            _sum_of(Allocation.objects.all())
            + _sum_of(moved)
            + _sum_of(LineReturn.objects.all())
            + _sum_of(ReturnOrder.objects.filter(ReturnOrder.OPEN))
            + _sum_of(Withdrawal.objects.all(), "from_free"),
            precision=2,  # SQLite counts in floats
            output_field=Money(max_digits=14, decimal_places=2),
        )
    )


def free() -> models.QuerySet[Any]:
    """The lines that have money left, and that the bank did not take back."""
    gone = Withdrawal.objects.filter(line=OuterRef("pk"), dismissed_at=None)
    return with_used(BankLine.objects.filter(~Exists(gone))).filter(amount__gt=models.F("used"))


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


def enter(
    typed: Typed,
    payee: PayeeAccount,
    *,
    by: User,
    at: datetime,
    today: date,
    request: RenewalRequest | None = None,
) -> BankLine:
    """The line as a row: a new one, or one that was written or imported before.

    Of several genuine ones that look the same it is the one that *request* already has, else the
    first with money left.
    """
    problems = check(typed, today)
    if problems:
        raise Invalid(problems)
    same = identity(
        payee.iban, typed.booked_on, typed.amount, payee.currency, typed.reference, ""
    )._asdict()
    # the same money in another currency is no second money
    alike = {name: value for name, value in same.items() if name != "currency"}
    found = list(BankLine.objects.filter(**alike).order_by("occurrence", "pk"))
    if found:
        return _fitting(found, request)
    payer = " ".join(typed.payer.split())[:120]
    try:
        with transaction.atomic():
            return BankLine.objects.create(
                **same,
                payer=payer,
                folded=folded(same["reference"], payer, ""),
                created_by=by,
                created_at=at,
            )
    except IntegrityError:  # somebody wrote the same line a moment ago
        return BankLine.objects.get(**same, occurrence=1)


def _fitting(rows: list[BankLine], request: RenewalRequest | None) -> BankLine:
    if len(rows) == 1:
        return rows[0]
    if request is not None:
        held = set(request.allocations.values_list("line", flat=True))
        mine = next((row for row in rows if row.pk in held), None)
        if mine is not None:
            return mine
    return next((row for row in rows if row.left > 0), rows[0])


def locked(pks: Iterable[int]) -> list[BankLine]:
    """The lines, held until the end of the transaction, in the order of their ids."""
    return list(
        BankLine.objects.select_for_update(of=("self",)).filter(pk__in=set(pks)).order_by("pk")
    )


def allocate(
    request: RenewalRequest,
    lines: Iterable[BankLine],
    needed: Decimal,
    *,
    by: User | None,
    at: datetime,
    keep_rest: bool = False,
) -> Decimal:
    """Allocate up to *needed* from what is left of *lines*; the excess becomes credit.

    With *keep_rest* the excess stays on the line, for the other requests it pays. Answers what
    was allocated. LineTaken when a line has nothing left or another currency. The lines are
    locked in the order of their ids, after the request.
    """
    total = ZERO
    for line in locked(line.pk for line in lines):
        if line.currency != request.given.currency:
            raise LineTaken("Ese movimiento está en otra moneda: no paga esta solicitud.")
        refuse_withdrawn(line)
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
        if left > part and not keep_rest:
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


def refuse_withdrawn(line: BankLine) -> None:
    """LineTaken when the bank took *line* back, or may have."""
    if Withdrawal.objects.filter(line=line, dismissed_at=None).exists():
        raise LineTaken("El banco retiró ese movimiento, o está por confirmarse si lo retiró.")


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
        return f"Ese movimiento ({what}) ya se acreditó, se devolvió o está por devolverse."
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


# -- money that no request waits for ----------------------------------------------------------------


def credit_line(line: BankLine, company: Company, *, by: User, at: datetime, note: str) -> Decimal:
    """What is left of *line* becomes the credit of *company*. LineTaken when nothing is."""
    with transaction.atomic():
        left = all_that_is_left(line)
        MoneyEntry.objects.create(
            company=company,
            kind=MoneyEntry.CREDITED,
            amount=left,
            currency=line.currency,
            line=line,
            operation=f"credited:{line.pk}",
            created_by=by,
            created_at=at,
            note=note[:200],
        )
    return left


def all_that_is_left(line: BankLine) -> Decimal:
    """What is left of *line*, held until the end of the transaction; LineTaken when nothing is."""
    left = locked([line.pk])[0].left
    refuse_withdrawn(line)
    if left <= 0:
        raise LineTaken(_taken(line))
    return left


# -- credit --------------------------------------------------------------------------------------


def credit(company: Company, currency: str = "CRC") -> Decimal:
    """The company's balance with us; what we owe it is positive."""
    total = MoneyEntry.objects.filter(company=company, currency=currency).aggregate(n=Sum("amount"))
    return Decimal(total["n"] or ZERO)


def excess(request: RenewalRequest) -> Decimal:
    """What came in above the total of *request* and became credit."""
    rows = MoneyEntry.objects.filter(request=request, kind=MoneyEntry.EXCESS)
    return Decimal(rows.aggregate(n=Sum("amount"))["n"] or ZERO)


def lines_of(request: RenewalRequest) -> models.QuerySet[Allocation]:
    return request.allocations.select_related("line").order_by("id")


__all__ = [
    "Allocation", "BankLine", "Identity", "LineReturn", "MoneyEntry", "Typed", "all_that_is_left",
    "allocate", "check", "credit", "credit_line", "enter", "folded", "free", "identity", "lines_of",
    "locked", "paid", "refuse_withdrawn", "release", "with_used",
]  # fmt: skip
