"""Sending money back, step by step: asked for, ordered to an account, signed, paid by the bank.

Each step is one conditional update: a second click or a second person changes nothing and is told.
The money is held from the first step on; the return stands in the books from the last.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.lib import formats
from iofacturo.lib.visible import visible
from iofacturo.renewals import bank, credit, notices
from iofacturo.renewals.bank import BankLine, LineReturn, MoneyEntry
from iofacturo.renewals.errors import Invalid, LineTaken, NotAllowed, WrongState
from iofacturo.renewals.payee import compact_iban
from iofacturo.renewals.proof import fold_reference
from iofacturo.renewals.return_order import ReturnOrder


def open_for_line(line: BankLine, *, reason: str, note: str, by: User, at: datetime) -> ReturnOrder:
    """What is left of *line* goes back to whoever sent it. LineTaken when nothing is."""
    _permit(by, "review", None)
    note = _checked(reason, note)
    with transaction.atomic():
        order = ReturnOrder.objects.create(
            line=line,
            amount=bank.all_that_is_left(line),
            currency=line.currency,
            reason=reason,
            note=note,
            opened_by=by,
            opened_at=at,
        )
        audit.record("return.opened", by=by, subject=str(order.pk), line=line.pk)
    return order


def open_for_credit(
    company: Company,
    amount: Decimal,
    *,
    reason: str,
    note: str,
    by: User,
    at: datetime,
    currency: str = "CRC",
) -> ReturnOrder:
    """*amount* of the credit of *company* goes back to it. Invalid when it is not there."""
    _permit(by, "review", company)
    note = _checked(reason, note)
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise Invalid({"amount": "Escriba un monto mayor que cero, con dos decimales."})
    with transaction.atomic():
        credit.lock(company.pk)
        alike = ReturnOrder.objects.filter(ReturnOrder.OPEN, company=company, amount=amount)
        if alike.exists():  # a second click, or a colleague who was quicker
            raise Invalid(
                {"amount": "Ya hay una devolución abierta de esta empresa por ese monto."}
            )
        there = credit.available(company, currency)
        if amount > there:
            raise Invalid({"amount": f"Puede devolver hasta {formats.dinero(there, currency)}."})
        order = ReturnOrder.objects.create(
            company=company,
            amount=amount,
            currency=currency,
            reason=reason,
            note=note,
            opened_by=by,
            opened_at=at,
        )
        audit.record("return.opened", by=by, subject=str(order.pk), company=company)
    return order


def order(row: ReturnOrder, *, iban: str, holder: str, by: User, at: datetime) -> ReturnOrder:
    """Say to which account; again while nobody signed it, to mend it. For seniors."""
    _permit(by, "second", row.company)
    problems: dict[str, str] = {}
    name, account = visible(holder)[:120], ""
    if not name:
        problems["holder"] = "Escriba a nombre de quién está la cuenta."
    try:
        account = compact_iban(iban)
    except Invalid as error:
        problems |= error.problems
    if problems:
        raise Invalid(problems)
    return _step(
        row, "ordered", by, {"signed_at": None},
        iban=account, holder=name, ordered_by=by, ordered_at=at,
    )  # fmt: skip


def sign(row: ReturnOrder, *, by: User, at: datetime) -> ReturnOrder:
    """The second person agrees to amount and account. NotAllowed for who typed them."""
    _permit(by, "second", row.company)
    if row.ordered_by_id == by.pk:
        raise NotAllowed("Usted escribió la cuenta: la firma otra persona.")
    if row.ordered_at is None or not row.needs_second:
        raise WrongState("Esta devolución no espera una firma.")
    return _step(
        row, "signed", by, {"iban": row.iban, "ordered_by": row.ordered_by, "signed_at": None},
        signed_by=by, signed_at=at,
    )  # fmt: skip


def pay(
    row: ReturnOrder, *, reference: str, paid_on: date, by: User, at: datetime, today: date
) -> ReturnOrder:
    """The bank sent it: the return is written into the books, once, and the company is told."""
    _permit(by, "second", row.company)
    problems: dict[str, str] = {}
    number = fold_reference(reference)[:40]
    if not number:
        problems["reference"] = "Escriba la referencia que dio el banco."
    if paid_on > today:
        problems["paid_on"] = "La fecha de la transferencia no puede ser futura."
    if problems:
        raise Invalid(problems)
    if row.step != "pay":
        raise WrongState("Esta devolución todavía no se puede transferir, o ya se resolvió.")
    with transaction.atomic():
        if row.company is not None:
            credit.lock(row.company.pk)
        else:
            assert row.line_id is not None  # noqa: S101 - of a company or of a line
            bank.locked([row.line_id])
        seen = {"iban": row.iban, "ordered_by": row.ordered_by, "signed_by": row.signed_by}
        row = _step(
            row, "paid", by, seen,
            bank_reference=number, paid_on=paid_on, paid_by=by, paid_at=at,
        )  # fmt: skip
        _write(row, by, at)
    return row


def _write(row: ReturnOrder, by: User, at: datetime) -> None:
    said = f"{row.get_reason_display()}. A {row.iban}, referencia {row.bank_reference}."[:200]
    if row.line is not None:
        LineReturn.objects.create(
            line=row.line, amount=row.amount, reason=row.reason, note=said, order=row,
            created_by=by, created_at=at,
        )  # fmt: skip
        return
    assert row.company is not None  # noqa: S101 - of a company or of a line
    MoneyEntry.objects.create(
        company=row.company, kind=MoneyEntry.RETURNED, amount=-row.amount, currency=row.currency,
        operation=f"returned:{row.pk}", note=said, created_by=by, created_at=at,
    )  # fmt: skip
    notices.money_returned(row, at=at)


def drop(row: ReturnOrder, *, why: str, by: User, at: datetime) -> ReturnOrder:
    """It is not sent back after all: the money is free again."""
    _permit(by, "review" if row.ordered_at is None else "second", row.company)
    reason = visible(why)[:200]
    if not reason:
        raise Invalid({"why": "Escriba por qué no se devuelve."})
    return _step(row, "dropped", by, {}, dropped_by=by, dropped_at=at, dropped_why=reason)


def _permit(by: User, act: str, company: Company | None) -> None:
    seat = Staff.objects.filter(user=by, removed_at=None).first()
    if seat is None or not seat.may(act):
        raise NotAllowed("Su rol no permite hacer esto.")
    if company is not None and Membership.objects.filter(user=by, company=company).exists():
        raise NotAllowed("Usted es de esta empresa: esto lo hace otra persona.")


def _checked(reason: str, note: str) -> str:
    problems: dict[str, str] = {}
    said = visible(note)[:200]
    if reason not in dict(ReturnOrder.REASONS):
        problems["reason"] = "Escoja el motivo de la devolución."
    if not said:
        problems["note"] = "Escriba qué pasó y cómo lo sabe."
    if problems:
        raise Invalid(problems)
    return said


def _step(
    row: ReturnOrder, what: str, by: User, seen: dict[str, Any], **fields: Any
) -> ReturnOrder:
    """Write *fields* while the order is open and as it was *seen*; WrongState otherwise."""
    with transaction.atomic():
        rows = ReturnOrder.objects.filter(ReturnOrder.OPEN, pk=row.pk, **seen).update(**fields)
        if rows != 1:
            raise WrongState("Otra persona siguió con esta devolución: véala de nuevo.")
        audit.record(f"return.{what}", by=by, subject=str(row.pk), company=row.company)
    row.refresh_from_db()
    return row


__all__ = ["LineTaken", "drop", "open_for_credit", "open_for_line", "order", "pay", "sign"]
