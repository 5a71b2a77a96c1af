"""`/gestion/movimientos/`: the bank's movements, what became of each, and what is free."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice.forms_balances import WithdrawalForm
from iofacturo.backoffice.forms_statements import AssignForm, CreditForm, ReturnForm
from iofacturo.backoffice.review_queue import MATCHED
from iofacturo.lib import amounts, clock
from iofacturo.lib.folding import fold
from iofacturo.renewals import bank, matches, open_lines, returning, taking_back
from iofacturo.renewals import number as numbers
from iofacturo.renewals import reference as references
from iofacturo.renewals.bank import Allocation, BankLine, LineReturn, MoneyEntry
from iofacturo.renewals.errors import Invalid, RenewalError
from iofacturo.renewals.matching import Match
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

PAGE = 50
FILTERS = {"libres": "Sin asignar", "todos": "Todos"}
CURSOR = re.compile(r"[0-9]{1,15}", re.ASCII)


@dataclass
class Shown:
    """A line with what became of it, or what it may pay."""

    line: BankLine
    left: Decimal
    match: Match | None = None
    hint: RenewalRequest | None = None
    paid: list[Allocation] = field(default_factory=list)
    credited: list[MoneyEntry] = field(default_factory=list)
    returned: list[LineReturn] = field(default_factory=list)
    orders: list[ReturnOrder] = field(default_factory=list)  # on their way back
    withdrawal: Withdrawal | None = None

    @property
    def state(self) -> tuple[str, str, str]:
        """(tone, icon, word) of what became of it."""
        if self.withdrawal:
            settled = self.withdrawal.settled_at
            return ("", "void", "Lo retiró el banco") if settled else ("bad", "alert", "¿Retirado?")
        if self.left == self.line.amount:
            return "info", "bank", "Libre"
        if self.left:
            return "warn", "half", "Queda una parte"
        if self.orders:
            return "warn", "retry", "Por devolver"
        if self.returned:
            return "", "void", "Devuelto"
        return ("ok", "good", "Asignado") if self.paid else ("ok", "good", "Saldo a favor")

    @property
    def badge(self) -> tuple[str, str] | None:
        return MATCHED.get(self.match.tier) if self.match else None


def shown(rows: Iterable[Any]) -> list[Shown]:
    """Lines of `bank.with_used` with all that a page says of them, in few queries."""
    lines = {row.pk: Shown(row, row.amount - row.used) for row in rows}
    free = [one.line for one in lines.values() if one.left]
    found = matches.current() if free else None
    hints = matches.hints(
        line
        for line in free
        if not (found and (one := found.by_line.get(line.pk)) and one.requests)
    )
    for line in free:
        lines[line.pk].match = found.by_line.get(line.pk) if found else None
        lines[line.pk].hint = hints.get(line.pk)
    standing: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    given = list(
        Allocation.objects.filter(line__in=lines).select_related("request__company").order_by("pk")
    )
    for allocation in given:
        standing[allocation.line_id, allocation.request_id] += allocation.amount
    for allocation in given:
        if allocation.amount > 0 and standing[allocation.line_id, allocation.request_id] > 0:
            lines[allocation.line_id].paid.append(allocation)
    for entry in MoneyEntry.objects.filter(
        line__in=lines, kind__in=MoneyEntry.FROM_A_LINE
    ).select_related("company"):
        assert entry.line_id is not None  # noqa: S101 - asked for by it
        lines[entry.line_id].credited.append(entry)
    for sent_back in LineReturn.objects.filter(line__in=lines).select_related("created_by"):
        lines[sent_back.line_id].returned.append(sent_back)
    for order in ReturnOrder.objects.filter(ReturnOrder.OPEN, line__in=lines):
        assert order.line_id is not None  # noqa: S101 - asked for by it
        lines[order.line_id].orders.append(order)
    for withdrawal in Withdrawal.objects.filter(line__in=lines, dismissed_at=None):
        lines[withdrawal.line_id].withdrawal = withdrawal
    return list(lines.values())


class Lines:
    """The lines that the address asks for, the newest in the books first."""

    def __init__(self, request: StaffRequest) -> None:
        asked = request.GET.get("estado", "")
        self.chosen = asked if asked in FILTERS else "libres"
        self.words = request.GET.get("q", "").strip()[:100]
        self.after = request.GET.get("desde", "")

    @property
    def filters(self) -> list[tuple[str, str, bool]]:
        return [(name, label, name == self.chosen) for name, label in FILTERS.items()]

    @cached_property
    def _found(self) -> list[Any]:
        every = bank.with_used(BankLine.objects.all())
        rows = open_lines.free() if self.chosen == "libres" else every
        if self.words:
            rows = rows.filter(self._said())
        if CURSOR.fullmatch(self.after):
            rows = rows.filter(pk__lt=int(self.after))
        return list(rows.order_by("-pk")[: PAGE + 1])

    def _said(self) -> Q:
        """By an amount, or by words of the reference, the payer and the detail."""
        condition = Q()
        for word in fold(self.words).split():
            condition &= Q(folded__contains=word)
        try:
            return condition | Q(amount=amounts.parse(self.words))
        except amounts.AmountError:
            return condition

    @cached_property
    def rows(self) -> list[Shown]:
        return shown(self._found[:PAGE])

    @property
    def more(self) -> int | None:
        return self._found[PAGE - 1].pk if len(self._found) > PAGE else None


@staff("review")
@require_safe
def lines(request: StaffRequest) -> HttpResponse:
    """The movements, those that wait for somebody unless asked for otherwise."""
    return render(request, "backoffice/bank_lines.html", {"lines": Lines(request)})


@staff("review")
@require_safe
def line(request: StaffRequest, pk: int) -> HttpResponse:
    """One movement: what it says, what may be done with it, what was done."""
    return _show(request, pk)


def _show(request: StaffRequest, pk: int, status: int = 200, **forms: object) -> HttpResponse:
    row = get_object_or_404(
        bank.with_used(BankLine.objects.select_related("statement", "created_by")), pk=pk
    )
    one = shown([row])[0]
    numbers_ = one.match.requests if one.match else ()
    context = {
        "one": one,
        "line": row,
        "requests": list(
            RenewalRequest.objects.filter(number__in=numbers_).select_related("company", "quote")
        ),
        "assign": AssignForm(prefix="assign"),
        "credit": CreditForm(prefix="credit"),
        "back": ReturnForm(prefix="back"),
        "gone": WithdrawalForm(prefix="gone"),
        **forms,
    }
    return render(request, "backoffice/bank_line.html", context, status=status)


@staff("review")
@require_POST
def assign(request: StaffRequest, pk: int) -> HttpResponse:
    """Lead to the case with this movement beside it: there it is approved or corrected."""
    row = get_object_or_404(BankLine, pk=pk)
    form = AssignForm(request.POST, prefix="assign")
    if form.is_valid():
        text = form.cleaned_data["request"]
        found = RenewalRequest.objects.filter(
            Q(number=numbers.compact(text))
            | Q(reference=references.compact(text))
            | Q(group__reference=references.compact(text)),
            submitted_at__isnull=False,
        ).first()
        if found is not None:
            where = reverse("backoffice:renewal", args=[found.number])
            return redirect(f"{where}?movimiento={row.pk}")
        form.add_error("request", "Ninguna solicitud enviada tiene ese número ni esa referencia.")
    return _show(request, pk, 422, assign=form)


@staff("review")
@require_POST
def credit(request: StaffRequest, pk: int) -> HttpResponse:
    """What is left becomes a company's credit."""
    form = CreditForm(request.POST, prefix="credit")
    if not form.is_valid():
        return _show(request, pk, 422, credit=form)

    company = form.cleaned_data["company"]
    if company.memberships.filter(user=request.user).exists():
        form.add_error("company", "Usted es de esta empresa: esto lo hace otra persona.")
        return _show(request, pk, 422, credit=form)

    def do(row: BankLine) -> str:
        bank.credit_line(
            row, company, by=request.user, at=clock.now(), note=form.cleaned_data["note"]
        )
        return f"Quedó como saldo a favor de {company.nombre}."

    return _act(request, pk, do, credit=form)


@staff("review")
@require_POST
def send_back(request: StaffRequest, pk: int) -> HttpResponse:
    """What is left was sent back to who paid it."""
    form = ReturnForm(request.POST, prefix="back")
    if not form.is_valid():
        return _show(request, pk, 422, back=form)

    def do(row: BankLine) -> str:
        returning.open_for_line(row, by=request.user, at=clock.now(), **form.cleaned_data)
        return "La devolución quedó en la lista: falta la cuenta a la que se transfiere."

    return _act(request, pk, do, back=form)


@staff("review")
@require_POST
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """The bank took it back: noted for a senior to settle."""
    form = WithdrawalForm(request.POST, prefix="gone")
    if not form.is_valid():
        return _show(request, pk, 422, gone=form)

    def do(row: BankLine) -> str:
        taking_back.note(row, by=request.user, at=clock.now(), **form.cleaned_data)
        return "Anotado: lo resuelve revisión principal en Saldos. Ese movimiento ya no paga nada."

    return _act(request, pk, do, gone=form)


def _act(
    request: StaffRequest, pk: int, do: Callable[[BankLine], str], **forms: Any
) -> HttpResponse:
    row = get_object_or_404(BankLine, pk=pk)
    try:
        messages.success(request, do(row))
    except Invalid as error:
        for form in forms.values():
            for name, message in error.problems.items():
                form.add_error(name, message)
        return _show(request, pk, 422, **forms)
    except RenewalError as error:
        return _show(request, pk, 409, problem=str(error), **forms)
    return redirect("backoffice:bank_line", pk)


urlpatterns = [
    path("movimientos/", lines, name="bank_lines"),
    path("movimientos/<int:pk>/", line, name="bank_line"),
    path("movimientos/<int:pk>/solicitud/", assign, name="bank_line_assign"),
    path("movimientos/<int:pk>/saldo/", credit, name="bank_line_credit"),
    path("movimientos/<int:pk>/devolucion/", send_back, name="bank_line_return"),
    path("movimientos/<int:pk>/retiro/", withdraw, name="bank_line_withdrawal"),
]
