"""Money that came for a draft nobody sent: its company is told, and its day is honoured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from iofacturo.lib.folding import fold
from iofacturo.renewals import notices
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.matching.hunt import Found, Known, hunt
from iofacturo.renewals.reference import PREFIX
from iofacturo.renewals.request import RenewalRequest

AT_ONCE = 1_000
UNSENT = (RenewalRequest.DRAFT, RenewalRequest.EXPIRED)


def tell(lines: Iterable[BankLine], at: datetime) -> int:
    """Tell whoever has a draft that one of *lines* names, once for each line; how many drafts.

    Call in the transaction that takes the lines into the books.
    """
    named: dict[str, list[BankLine]] = defaultdict(list)
    for line in lines:
        for trace in hunt(f"{line.detail} {line.reference}", Known(())):
            if trace.how == Found.WHOLE:
                named[PREFIX + trace.code].append(line)
    told = 0
    codes = sorted(named)
    for i in range(0, len(codes), AT_ONCE):
        rows = RenewalRequest.objects.filter(
            reference__in=codes[i : i + AT_ONCE], state__in=UNSENT, submitted_at=None, group=None
        ).select_related("company", "quote")
        for row in rows:
            for line in named[row.reference]:
                notices.money_waits(row, line, at=at)
            told += 1
    return told


def came_in_time(request: RenewalRequest) -> bool:
    """Whether the bank has money that names *request*, dated while its price was guaranteed."""
    quote = request.given
    lines = BankLine.objects.filter(
        iban=quote.payee.iban,
        booked_on__range=(quote.created_at.date(), quote.last_day),
        folded__contains=fold(request.reference),
    )
    return any(quote.covers(line.booked_on) for line in lines)


__all__ = ["came_in_time", "tell"]
