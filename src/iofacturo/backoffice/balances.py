"""`/gestion/saldos/`: money that does not fit, to be worked off: returns, withdrawals, credits."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice.forms_balances import (
    AccountForm,
    CreditReturnForm,
    NoteForm,
    PaidForm,
    WhyForm,
)
from iofacturo.lib import clock
from iofacturo.renewals import bank, credit, returning, taking_back
from iofacturo.renewals.bank import Allocation, MoneyEntry
from iofacturo.renewals.errors import Invalid, NotAllowed, RenewalError
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

PAGE = 50
VIEWS = {
    "devoluciones": "Devoluciones",
    "retiros": "Retiros del banco",
    "saldos": "Saldos de empresas",
    "resueltas": "Resueltas",
}
CURSOR = re.compile(r"[0-9]{1,15}", re.ASCII)


class Page:
    """The rows that the address asks for; what waits longest comes first."""

    def __init__(self, request: StaffRequest) -> None:
        asked = request.GET.get("ver", "")
        self.chosen = asked if asked in VIEWS else "devoluciones"
        after = request.GET.get("desde", "")
        self.after = int(after) if CURSOR.fullmatch(after) else 0

    @cached_property
    def tabs(self) -> list[tuple[str, str, int, bool]]:
        """(name, label, how many wait, here)."""
        waiting = {
            "devoluciones": ReturnOrder.objects.filter(ReturnOrder.OPEN).count(),
            "retiros": Withdrawal.objects.filter(settled_at=None, dismissed_at=None).count(),
        }
        return [
            (name, label, waiting.get(name, 0), name == self.chosen)
            for name, label in VIEWS.items()
        ]

    @cached_property
    def _found(self) -> list[Any]:
        return list(getattr(self, f"_{self.chosen}")()[: PAGE + 1])

    def _devoluciones(self) -> Any:
        rows = ReturnOrder.objects.filter(ReturnOrder.OPEN, pk__gt=self.after)
        return rows.select_related("company", "line", "opened_by", "ordered_by").order_by("pk")

    def _retiros(self) -> Any:
        rows = Withdrawal.objects.filter(settled_at=None, dismissed_at=None, pk__gt=self.after)
        return rows.select_related("line", "noted_by", "statement").order_by("pk")

    def _saldos(self) -> Any:
        sums = (
            MoneyEntry.objects.order_by()
            .values("company", "currency")
            .annotate(balance=Sum("amount"), last=Max("pk"))
            .exclude(balance=0)
        )
        if self.after:
            sums = sums.filter(last__lt=self.after)
        return sums.order_by("-last")

    def _resueltas(self) -> Any:
        rows = ReturnOrder.objects.exclude(ReturnOrder.OPEN)
        if self.after:
            rows = rows.filter(pk__lt=self.after)
        return rows.select_related("company", "line", "paid_by", "dropped_by").order_by("-pk")

    @cached_property
    def rows(self) -> list[Any]:
        rows = self._found[:PAGE]
        if self.chosen == "saldos":
            companies = Company.objects.in_bulk([row["company"] for row in rows])
            return [row | {"company": companies[row["company"]]} for row in rows]
        return rows

    @property
    def more(self) -> int | None:
        if len(self._found) <= PAGE:
            return None
        last = self._found[PAGE - 1]
        return int(last["last"] if self.chosen == "saldos" else last.pk)


@staff("review")
@require_safe
def balances(request: StaffRequest) -> HttpResponse:
    """What waits for somebody; by `ver` also the balances and what is done."""
    return render(request, "backoffice/balances.html", {"page": Page(request)})


# -- a company's account ---------------------------------------------------------------------------


@staff("review")
@require_safe
def account(request: StaffRequest, public_id: str) -> HttpResponse:
    """A company's money with us, entry by entry."""
    return _account(request, get_object_or_404(Company, public_id=public_id))


def _account(
    request: StaffRequest, company: Company, status: int = 200, **more: object
) -> HttpResponse:
    entries = MoneyEntry.objects.filter(company=company).select_related(
        "line", "request", "created_by"
    )
    context = {
        "company": company,
        "balance": bank.credit(company),
        "held": credit.held(company),
        "available": credit.available(company),
        "entries": entries.order_by("-pk")[: 2 * PAGE],
        "orders": ReturnOrder.objects.filter(ReturnOrder.OPEN, company=company).order_by("-pk"),
        "form": CreditReturnForm(initial={"amount": _plain(credit.available(company))}),
    }
    return render(request, "backoffice/balance.html", context | more, status=status)


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",") if amount else ""


@staff("review")
@require_POST
def give_back(request: StaffRequest, public_id: str) -> HttpResponse:
    """Order that some of a company's credit goes back to it."""
    company = get_object_or_404(Company, public_id=public_id)
    form = CreditReturnForm(request.POST)
    if form.is_valid():
        try:
            order = returning.open_for_credit(
                company, by=request.user, at=clock.now(), **form.cleaned_data
            )
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from None
        except Invalid as error:
            _add(form, error)
        else:
            messages.success(request, "La devolución quedó en la lista: falta la cuenta.")
            return redirect("backoffice:return_order", order.pk)
    return _account(request, company, 422, form=form)


# -- one return ------------------------------------------------------------------------------------


@staff("review")
@require_safe
def order(request: StaffRequest, pk: int) -> HttpResponse:
    """One return: where it is and what may be done."""
    return _order(request, pk)


def _order(request: StaffRequest, pk: int, status: int = 200, **more: object) -> HttpResponse:
    row = get_object_or_404(
        ReturnOrder.objects.select_related(
            "company", "line", "opened_by", "ordered_by", "signed_by", "paid_by", "dropped_by"
        ),
        pk=pk,
    )
    senior = request.staff.may("second")
    context = {
        "order": row,
        "senior": senior,
        "may_sign": senior and row.ordered_by_id != request.user.pk,
        "may_drop": row.is_open and (senior or row.ordered_at is None),
        "account": AccountForm(initial={"iban": row.iban, "holder": row.holder}),
        "paid": PaidForm(),
        "drop": WhyForm(),
    }
    return render(request, "backoffice/return_order.html", context | more, status=status)


def _act(
    request: StaffRequest,
    pk: int,
    do: Callable[[ReturnOrder], object],
    told: str,
    name: str = "",
    form: Any = None,
) -> HttpResponse:
    row = get_object_or_404(ReturnOrder, pk=pk)
    more = {name: form} if form is not None else {}
    if form is not None and not form.is_valid():
        return _order(request, pk, 422, **more)
    try:
        do(row)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except Invalid as error:
        _add(form, error)
        return _order(request, pk, 422, **more)
    except RenewalError as error:
        return _order(request, pk, 409, problem=str(error), **more)
    messages.success(request, told)
    return redirect("backoffice:return_order", pk)


@staff("second")
@require_POST
def order_account(request: StaffRequest, pk: int) -> HttpResponse:
    """The account it goes to."""
    form = AccountForm(request.POST)

    def do(row: ReturnOrder) -> object:
        return returning.order(row, by=request.user, at=clock.now(), **form.cleaned_data)

    return _act(request, pk, do, "Anotamos la cuenta.", "account", form)


@staff("second")
@require_POST
def order_signature(request: StaffRequest, pk: int) -> HttpResponse:
    """The second person agrees to the account and the amount that the page showed."""

    def do(row: ReturnOrder) -> object:
        if request.POST.get("iban") != row.iban:
            raise RenewalError("La cuenta cambió desde que usted abrió la página: véala de nuevo.")
        return returning.sign(row, by=request.user, at=clock.now())

    return _act(request, pk, do, "Firmada: ya se puede transferir.")


@staff("second")
@require_POST
def order_payment(request: StaffRequest, pk: int) -> HttpResponse:
    """The bank sent it."""
    form, now = PaidForm(request.POST), clock.now()

    def do(row: ReturnOrder) -> object:
        return returning.pay(
            row, by=request.user, at=now, today=clock.local(now).date(), **form.cleaned_data
        )

    return _act(request, pk, do, "Anotamos la transferencia.", "paid", form)


@staff("review")
@require_POST
def order_drop(request: StaffRequest, pk: int) -> HttpResponse:
    """It is not sent back after all."""
    form = WhyForm(request.POST)

    def do(row: ReturnOrder) -> object:
        return returning.drop(row, by=request.user, at=clock.now(), **form.cleaned_data)

    return _act(request, pk, do, "No se devuelve: el dinero queda libre otra vez.", "drop", form)


# -- one withdrawal --------------------------------------------------------------------------------


@staff("review")
@require_safe
def withdrawal(request: StaffRequest, pk: int) -> HttpResponse:
    """Money that the bank took back: what it had paid, and settling it."""
    return _withdrawal(request, pk)


def _withdrawal(request: StaffRequest, pk: int, status: int = 200, **more: object) -> HttpResponse:
    row = get_object_or_404(
        Withdrawal.objects.select_related(
            "line", "statement", "noted_by", "settled_by", "dismissed_by"
        ),
        pk=pk,
    )
    paid = (
        Allocation.objects.filter(line=row.line)
        .order_by()
        .values("request__number", "request__company__nombre", "request__state")
        .annotate(n=Sum("amount"))
        .filter(n__gt=0)
        .order_by("request__number")
    )
    credited = MoneyEntry.objects.filter(
        Q(kind__in=MoneyEntry.FROM_A_LINE) | Q(kind=MoneyEntry.DEBT), line=row.line
    ).select_related("company")
    context = {
        "row": row,
        "paid": paid,
        "credited": credited,
        "orders": row.line.return_orders.filter(ReturnOrder.OPEN),
        "returned": row.line.returns.all(),
        "senior": request.staff.may("second"),
        "settle": NoteForm(initial={"note": row.detail}),
        "dismiss": WhyForm(),
    }
    return render(request, "backoffice/withdrawal.html", context | more, status=status)


@staff("second")
@require_POST
def settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Undo what the money did."""
    row, form = get_object_or_404(Withdrawal, pk=pk), NoteForm(request.POST)
    if not form.is_valid():
        return _withdrawal(request, pk, 422, settle=form)
    try:
        taking_back.settle(row, by=request.user, at=clock.now(), **form.cleaned_data)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except RenewalError as error:
        return _withdrawal(request, pk, 409, problem=str(error), settle=form)
    messages.success(request, "Resuelto: lo que pagó quedó revertido y se avisó al cliente.")
    return redirect("backoffice:withdrawal", pk)


@staff("second")
@require_POST
def dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    """It was something else."""
    row, form = get_object_or_404(Withdrawal, pk=pk), WhyForm(request.POST)
    if not form.is_valid():
        return _withdrawal(request, pk, 422, dismiss=form)
    try:
        taking_back.dismiss(row, by=request.user, at=clock.now(), **form.cleaned_data)
    except RenewalError as error:
        return _withdrawal(request, pk, 409, problem=str(error), dismiss=form)
    messages.success(request, "Anotado: no era un retiro. El movimiento queda como estaba.")
    return redirect(reverse("backoffice:balances") + "?ver=retiros")


def _add(form: Any, error: Invalid) -> None:
    for name, message in error.problems.items():
        form.add_error(name if name in form.fields else None, message)


urlpatterns = [
    path("saldos/", balances, name="balances"),
    path("saldos/empresas/<str:public_id>/", account, name="balance"),
    path("saldos/empresas/<str:public_id>/devolucion/", give_back, name="balance_return"),
    path("saldos/devoluciones/<int:pk>/", order, name="return_order"),
    path("saldos/devoluciones/<int:pk>/cuenta/", order_account, name="return_order_account"),
    path("saldos/devoluciones/<int:pk>/firma/", order_signature, name="return_order_signature"),
    path("saldos/devoluciones/<int:pk>/pago/", order_payment, name="return_order_payment"),
    path("saldos/devoluciones/<int:pk>/descarte/", order_drop, name="return_order_drop"),
    path("saldos/retiros/<int:pk>/", withdrawal, name="withdrawal"),
    path("saldos/retiros/<int:pk>/resolucion/", settle, name="withdrawal_settle"),
    path("saldos/retiros/<int:pk>/descarte/", dismiss, name="withdrawal_dismiss"),
]
