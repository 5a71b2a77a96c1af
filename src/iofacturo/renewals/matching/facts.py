"""What matching is told, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """Money that arrived. `detail` is what the sender wrote, `reference` the bank's own number."""

    id: str
    booked_on: date
    amount: Decimal
    currency: str = "CRC"
    detail: str = ""
    reference: str = ""
    payer: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that waits for money: `due` is what it still lacks.

    `payers` paid for this company before; `transfers` are the bank's numbers that the customer
    typed beside the proof; a `flagged` one is never settled without a person. `shared` is the
    reference under which it is paid together with others, `companions` are their companies.
    """

    number: str
    reference: str
    company: str
    due: Decimal
    currency: str = "CRC"
    since: date | None = None
    payers: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ()
    flagged: bool = False
    shared: str = ""
    companions: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        return (self.reference, self.shared) if self.shared else (self.reference,)


@dataclass(frozen=True, slots=True)
class Match:
    """Lines and the requests they pay. Tier 4 names no request and says why.

    `automatic`: nothing speaks against settling it without a person, if the house's policy
    allows that at all. `evidence` is for the person who decides, in Spanish.
    """

    tier: int
    lines: tuple[str, ...]
    requests: tuple[str, ...]
    paid: Decimal
    due: Decimal
    evidence: tuple[str, ...]
    automatic: bool = False

    @property
    def difference(self) -> Decimal:
        """What came in above (positive) or below what was due."""
        return self.paid - self.due
