"""What the bank takes back: noted from a file or by hand, and settled once, by a senior.

Settling undoes what the line did: an active plan that it paid loses its unused folios and gets its
credit note, money it left as credit is owed to us, and what it still had is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum

from iofacturo.accounts import audit
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.lib.visible import visible
from iofacturo.renewals import bank, decision, guard, notices, reversal
from iofacturo.renewals.bank import Allocation, BankLine, MoneyEntry
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.errors import Decided, Invalid, NotAllowed, WrongState
from iofacturo.renewals.matching.hunt import Found, Known, hunt
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.reversal import BANK
from iofacturo.renewals.statement.row import StatementRow
from iofacturo.renewals.withdrawal import Withdrawal

WITHIN = timedelta(days=120)  # a bank takes back what is recent
AT_ONCE = 2_000


# -- noting ---------------------------------------------------------------------------------------


def note(line: BankLine, *, booked_on: date, detail: str, by: User, at: datetime) -> Withdrawal:
    """Somebody saw in the bank that *line* was taken back. WrongState when it is noted already."""
    _permit(by, "review")
    if booked_on < line.booked_on:
        raise Invalid({"booked_on": "El banco no lo pudo retirar antes de que entrara."})
    said = visible(detail)[:200]
    if not said:
        raise Invalid({"detail": "Escriba qué dice el banco."})
    with transaction.atomic():
        bank.locked([line.pk])  # whoever is paying with it goes first
        try:
            with transaction.atomic():
                row = Withdrawal.objects.create(
                    line=line, identity=f"hand:{line.pk}:{at.isoformat()}", booked_on=booked_on,
                    detail=said, noted_by=by, noted_at=at,
                )  # fmt: skip
        except IntegrityError:
            raise WrongState("Ya se había anotado que el banco lo retiró.") from None
        audit.record("withdrawal.noted", by=by, subject=str(line.pk), withdrawal=row.pk)
    return row


def note_rows(
    statement: BankStatement, rows: Iterable[StatementRow], *, by: User, at: datetime
) -> int:
    """Of money that left the account, what took a line back: the same amount and reference.

    Each movement of the bank is noted once, however often its file comes. Call in a transaction.
    """
    fresh = _fresh(statement.iban, list(rows))
    noted = 0
    for row, identity in fresh:
        line = next(iter(_candidates(statement.iban, row)), None)
        if line is None:
            continue
        bank.locked([line.pk])
        _, created = Withdrawal.objects.get_or_create(
            identity=identity,
            defaults={
                "line": line, "booked_on": row.booked_on, "detail": row.detail,
                "statement": statement, "noted_by": by, "noted_at": at,
            },
        )  # fmt: skip
        noted += created
    return noted


def _fresh(iban: str, rows: list[StatementRow]) -> list[tuple[StatementRow, str]]:
    """The rows whose amount some line has, and that no file brought before."""
    amounts: set[Decimal] = set()
    every = sorted({row.amount for row in rows})
    for i in range(0, len(every), AT_ONCE):
        amounts |= set(
            BankLine.objects.filter(iban=iban, amount__in=every[i : i + AT_ONCE])
            .order_by()
            .values_list("amount", flat=True)
            .distinct()
        )
    seen: Counter[str] = Counter()
    named = []
    for row in rows:
        if row.amount not in amounts:
            continue
        same = bank.identity(
            iban, row.booked_on, row.amount, row.currency, row.reference, row.detail
        )
        key = "|".join(str(part) for part in same)
        seen[key] += 1
        named.append((row, f"{key}|{seen[key]}"[:320]))
    known: set[str] = set()
    for i in range(0, len(named), AT_ONCE):
        some = [identity for _, identity in named[i : i + AT_ONCE]]
        known |= set(
            Withdrawal.objects.filter(identity__in=some).values_list("identity", flat=True)
        )
    return [(row, identity) for row, identity in named if identity not in known]


def _candidates(iban: str, row: StatementRow) -> list[BankLine]:
    """The lines that *row* may have taken back, the newest first."""
    reference = bank.identity(iban, row.booked_on, row.amount, row.currency, row.reference, "")
    codes = _codes(row.detail, row.reference)
    lines = (
        BankLine.objects.filter(
            iban=iban, amount=row.amount, currency=row.currency,
            booked_on__range=(row.booked_on - WITHIN, row.booked_on),
        )
        .exclude(pk__in=Withdrawal.objects.filter(dismissed_at=None).values("line"))
        .order_by("-booked_on", "-pk")
    )  # fmt: skip
    return [
        line
        for line in lines
        if (reference.reference and line.reference == reference.reference)
        or codes & _codes(line.detail, line.reference)
    ]


def _codes(*texts: str) -> set[str]:
    """The payment references of ours that stand whole in *texts*."""
    traces = hunt(" ".join(texts), Known(()))
    return {trace.code for trace in traces if trace.how == Found.WHOLE}


# -- settling -------------------------------------------------------------------------------------


def settle(row: Withdrawal, *, by: User, at: datetime, note: str) -> Withdrawal:
    """Undo what the line did, once. For seniors; WrongState says that somebody did it before."""
    _permit(by, "second")
    if not note.strip():
        raise Invalid({"note": "Escriba qué pasó: queda en el historial."})
    with transaction.atomic():
        requests = _locked_requests([row.line_id])
        if any(guard.is_own(by, request) for request in requests):
            raise NotAllowed("Pagó un plan de su empresa: esto lo resuelve otra persona.")
        _settle(row, requests, by=by, at=at, note=note.strip(), amounts={})
    row.refresh_from_db()
    return row


def reverse(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    version: int,
    reason: str,
    note: str,
    amount: Decimal | None = None,
) -> RenewalRequest:
    """Reverse an active plan for a key of REVERSALS; when the bank took its money, with its lines.

    The same arguments and errors as `reversal.reverse`.
    """
    if reason != BANK:
        return reversal.reverse(
            request, by=by, at=at, version=version, reason=reason, note=note, amount=amount
        )
    guard.permit(by, "second", request)
    reversal.check(reason, note)
    with transaction.atomic():
        lines = [pk for pk, _ in _standing(request=request)]
        requests = _locked_requests(lines)
        mine = next((one for one in requests if one.pk == request.pk), None)
        if mine is None:
            mine = RenewalRequest.lock(request.pk)
        if mine.state != RenewalRequest.ACTIVE:
            raise Decided(decision.last(mine))
        mine.seen(version)
        if not lines:
            raise Invalid(
                {"reason": "La pagó con su saldo a favor: el banco no pudo retirar nada."}
            )
        for line in bank.locked(lines):
            row, _ = Withdrawal.objects.get_or_create(
                line=line, dismissed_at=None,
                defaults={
                    "identity": f"hand:{line.pk}:{at.isoformat()}", "booked_on": line.booked_on,
                    "detail": note.strip()[:200], "noted_by": by, "noted_at": at,
                },
            )  # fmt: skip
            if row.settled_at is None:
                _settle(row, requests, by=by, at=at, note=note.strip(),
                        amounts={mine.pk: amount} if amount is not None else {})  # fmt: skip
    mine.refresh_from_db()
    return mine


def dismiss(row: Withdrawal, *, why: str, by: User, at: datetime) -> Withdrawal:
    """It was something else: the line is as it was."""
    _permit(by, "second")
    said = visible(why)[:200]
    if not said:
        raise Invalid({"why": "Escriba qué era."})
    with transaction.atomic():
        _once(row, dismissed_by=by, dismissed_at=at, dismissed_why=said)
        audit.record("withdrawal.dismissed", by=by, subject=str(row.line_id), withdrawal=row.pk)
    row.refresh_from_db()
    return row


def _once(row: Withdrawal, **fields: object) -> None:
    rows = Withdrawal.objects.filter(pk=row.pk, settled_at=None, dismissed_at=None).update(**fields)
    if rows != 1:
        raise WrongState("Otra persona ya resolvió este retiro.")


def _standing(
    *, line: int | None = None, request: RenewalRequest | None = None
) -> list[tuple[int, Decimal]]:
    """By request of a line, or by line of a request: what stands allocated, by id."""
    rows = Allocation.objects.order_by()
    if request is not None:
        rows, by = rows.filter(request=request), "line"
    else:
        rows, by = rows.filter(line=line), "request"
    sums = rows.values(by).annotate(n=Sum("amount")).filter(n__gt=0).order_by(by)
    return [(row[by], Decimal(row["n"])) for row in sums]


def _locked_requests(lines: Iterable[int]) -> list[RenewalRequest]:
    """The requests that *lines* pay, locked in the order of their ids, before any line is."""
    pks = {pk for line in lines for pk, _ in _standing(line=line)}
    return [RenewalRequest.lock(pk) for pk in sorted(pks)]


def _settle(
    row: Withdrawal,
    requests: list[RenewalRequest],
    *,
    by: User,
    at: datetime,
    note: str,
    amounts: dict[int, Decimal],
) -> None:
    line = bank.locked([row.line_id])[0]
    # two seniors, or one who knocks twice: the first has it
    _once(row, settled_by=by, settled_at=at)
    known = {request.pk: request for request in requests}
    for pk, part in _standing(line=line.pk):
        if pk not in known:
            raise WrongState("Alguien usó el movimiento en este instante: inténtelo de nuevo.")
        _undo(known[pk], line, part, row, by=by, at=at, note=note, amount=amounts.get(pk))
    _owe_what_was_credited(line, row, by=by, at=at)
    ReturnOrder.objects.filter(ReturnOrder.OPEN, line=line).update(
        dropped_by=by, dropped_at=at, dropped_why="El banco retiró el dinero."
    )
    Withdrawal.objects.filter(pk=row.pk).update(from_free=max(line.left, bank.ZERO))
    audit.record("withdrawal.settled", by=by, subject=str(line.pk), at=at, withdrawal=row.pk,
                 note=note[:500])  # fmt: skip


def _undo(
    request: RenewalRequest,
    line: BankLine,
    part: Decimal,
    row: Withdrawal,
    *,
    by: User,
    at: datetime,
    note: str,
    amount: Decimal | None,
) -> None:
    """What *part* of the line did for *request*."""
    if request.state == RenewalRequest.ACTIVE:
        reversal.undo(
            request, by=by, at=at, reason=BANK, note=note, amount=amount, withdrawn=part
        )  # fmt: skip
    elif request.state == RenewalRequest.REVERSED:
        _owe(request.company_id, part, line, row, f"request:{request.pk}", by=by, at=at)
    else:  # it still waits: its money is gone, and nobody decides on what they saw before
        Allocation.objects.create(
            line=line, request=request, amount=-part, created_by=by, created_at=at
        )
        request.change(at=at, first_approved_by=None, first_approved_at=None)
        notices.withdrawn(request, part, row, at=at)


def _owe_what_was_credited(line: BankLine, row: Withdrawal, *, by: User, at: datetime) -> None:
    sums = (
        MoneyEntry.objects.filter(line=line, kind__in=MoneyEntry.FROM_A_LINE)
        .order_by()
        .values("company")
        .annotate(n=Sum("amount"))
        .order_by("company")
    )
    for one in sums:
        _owe(one["company"], Decimal(one["n"]), line, row, f"company:{one['company']}",
             by=by, at=at)  # fmt: skip


def _owe(
    company: int, amount: Decimal, line: BankLine, row: Withdrawal, why: str, *, by: User,
    at: datetime,
) -> None:  # fmt: skip
    MoneyEntry.objects.create(
        company_id=company, kind=MoneyEntry.DEBT, amount=-amount, currency=line.currency,
        line=line, operation=f"withdrawn:{row.pk}:{why}", created_by=by, created_at=at,
    )  # fmt: skip


def _permit(by: User, act: str) -> None:
    seat = Staff.objects.filter(user=by, removed_at=None).first()
    if seat is None or not seat.may(act):
        raise NotAllowed("Su rol no permite hacer esto.")


__all__ = ["dismiss", "note", "note_rows", "reverse", "settle"]
