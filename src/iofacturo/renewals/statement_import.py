"""Taking a bank's file into the books: what is new comes in, what is known adds nothing.

For each identity the n-th line of a file is the n-th of the books, so files may overlap, come
again and come in any order. All of a file comes in, in one transaction, or nothing of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.renewals import bank, taking_back, unsent_money
from iofacturo.renewals.bank import BankLine, Identity
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.errors import RenewalError, WrongState
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.statement.row import BadRow, Statement, StatementRow

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a file, what it is, and whether the books have it."""

    row: StatementRow
    identity: Identity
    occurrence: int
    known: bool


@dataclass
class Preview:
    """What a file would do to the books."""

    entries: list[Entry]
    bad: list[BadRow]
    outgoing: int
    new: list[Entry] = field(init=False)

    def __post_init__(self) -> None:
        self.new = [entry for entry in self.entries if not entry.known]

    @property
    def known(self) -> int:
        return len(self.entries) - len(self.new)

    @property
    def totals(self) -> dict[str, Decimal]:
        """What is new, by currency."""
        sums: dict[str, Decimal] = {}
        for entry in self.new:
            sums[entry.row.currency] = sums.get(entry.row.currency, bank.ZERO) + entry.row.amount
        return sums

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day that the file covers."""
        found = [entry.row.booked_on for entry in self.entries]
        return (min(found), max(found)) if found else None


def preview(statement: BankStatement, parsed: Statement, today: date) -> Preview:
    """*parsed* against the books of the account; a row of a day to come is a bad one."""
    bad = list(parsed.bad)
    rows = []
    for row in parsed.rows:
        if row.booked_on > today:
            bad.append(BadRow(row.number, "La fecha es futura.", row.detail[:160]))
        else:
            rows.append(row)
    bad.sort(key=lambda one: one.number)
    return Preview(list(_entries(statement.iban, rows)), bad, parsed.outgoing)


def _entries(iban: str, rows: list[StatementRow]) -> Iterator[Entry]:
    there = _in_the_books(iban, rows)
    seen: Counter[Identity] = Counter()
    for row in rows:
        same = bank.identity(
            iban, row.booked_on, row.amount, row.currency, row.reference, row.detail
        )
        seen[same] += 1
        yield Entry(row, same, seen[same], known=seen[same] <= there[same])


def _in_the_books(iban: str, rows: list[StatementRow]) -> Counter[Identity]:
    """How many of each identity the books hold, of the days of *rows*."""
    if not rows:
        return Counter()
    days = [row.booked_on for row in rows]
    lines = BankLine.objects.filter(iban=iban, booked_on__range=(min(days), max(days)))
    return Counter(
        Identity(*values)
        for values in lines.values_list(
            "iban", "booked_on", "amount", "currency", "reference", "words"
        ).iterator()
    )


def confirm(
    statement: BankStatement, parsed: Statement, *, by: User, at: datetime, today: date
) -> BankStatement:
    """Take what is new into the books. WrongState when somebody did so before.

    *parsed* was read outside of the transaction; what is new is told again inside of it.
    """
    with transaction.atomic():
        # one import of an account at a time; typing a line meanwhile is no harm
        list(
            PayeeAccount.objects.select_for_update(of=("self",), no_key=True)
            .filter(iban=statement.iban)
            .order_by("pk")
        )
        found = preview(statement, parsed, today)
        days = found.days
        BankLine.objects.bulk_create(
            (_line(statement, entry, by, at) for entry in found.new),
            batch_size=AT_ONCE,
            ignore_conflicts=True,  # with a line that somebody typed this very moment
        )
        lines = BankLine.objects.filter(statement=statement)
        added = lines.count()
        rows = BankStatement.objects.filter(pk=statement.pk, imported_at=None).update(
            imported_by=by,
            imported_at=at,
            added=added,
            known=len(found.entries) - added,
            bad=len(found.bad),
            outgoing=found.outgoing,
            total=sum((entry.row.amount for entry in found.new), bank.ZERO),
            first_day=days[0] if days else None,
            last_day=days[1] if days else None,
        )
        if rows != 1:
            raise WrongState("Este archivo ya se importó.")
        noted = taking_back.note_rows(
            statement, (row for row in parsed.out if row.booked_on <= today), by=by, at=at
        )
        unsent_money.tell(lines, at)
        if not added and not noted:
            raise NothingNew("Todo lo que trae este archivo ya estaba en el banco.")
    statement.refresh_from_db()
    return statement


class NothingNew(RenewalError):
    """A file whose lines are all in the books; nothing was written."""


def _line(statement: BankStatement, entry: Entry, by: User, at: datetime) -> BankLine:
    row = entry.row
    return BankLine(
        **entry.identity._asdict(),
        occurrence=entry.occurrence,
        payer=row.payer,
        detail=row.detail,
        folded=bank.folded(row.reference, row.payer, row.detail),
        statement=statement,
        source=BankLine.FILE,
        created_by=by,
        created_at=at,
    )
