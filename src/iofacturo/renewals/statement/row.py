"""What a statement holds once it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


class UnusableStatement(ValueError):
    """The file as a whole cannot be read; the message says why, in Spanish."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """Money that came in. `number` is where it stands in the file; texts are cut to what is kept."""

    number: int
    booked_on: date
    amount: Decimal
    currency: str
    detail: str = ""
    reference: str = ""
    payer: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read: where, why, and its beginning."""

    number: int
    reason: str
    text: str = ""


@dataclass
class Statement:
    """A whole file. `outgoing` counts rows that are no money coming in; `out` are those of them
    that could be read, with their amount above zero: one may take back what came in before.

    `iban` is the account that the file itself names; empty when it names none.
    """

    kind: str
    iban: str = ""
    rows: list[StatementRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    outgoing: int = 0
    out: list[StatementRow] = field(default_factory=list)
