"""Money that came for a request that had expired: judged by the day on which the bank has it.

When that day lies inside the guarantee of the price, the request comes back and is activated at
its old price in one act, by a person, or by itself where the house lets exact money do so. What
had come before and became credit when the request expired counts again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from iofacturo.accounts.user import User
from iofacturo.lib import formats
from iofacturo.renewals import approval, bank, credit, decision, guard, notices, reservation, review
from iofacturo.renewals.bank import BankLine, MoneyEntry
from iofacturo.renewals.errors import Decided, Invalid, NotAllowed
from iofacturo.renewals.request import RenewalRequest


@dataclass(frozen=True)
class LateMoney:
    """Free lines that name one expired request, and what they are worth to it."""

    request: RenewalRequest
    lines: tuple[BankLine, ...]
    credit: Decimal  # what came before, was given as credit when it expired, and is still there

    @property
    def amount(self) -> Decimal:
        """What the lines still have."""
        return sum((line.left for line in self.lines), bank.ZERO)

    @property
    def missing(self) -> Decimal:
        return max(self.request.given.total - self.credit - self.amount, bank.ZERO)

    @property
    def above(self) -> Decimal:
        return max(self.amount + self.credit - self.request.given.total, bank.ZERO)

    @property
    def same_currency(self) -> bool:
        return all(line.currency == self.request.given.currency for line in self.lines)

    @property
    def pays(self) -> bool:
        return self.same_currency and self.missing <= guard.tolerance()

    @property
    def exact(self) -> bool:
        return self.same_currency and not self.missing and not self.above

    @property
    def in_time(self) -> bool:
        """Whether the bank had all of it while the price was guaranteed."""
        return all(self.request.given.covers(line.booked_on) for line in self.lines)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Why, in sentences for the reviewer."""
        quote = self.request.given
        days = " y el ".join(formats.dia(line.booked_on) for line in self.lines)
        told = [f"La referencia {self.request.reference} está en el movimiento."]
        if self.credit:
            told.append(
                f"Antes habían llegado {formats.dinero(self.credit, quote.currency)}, que quedaron "
                "como saldo a favor y se usan para completar."
            )
        until = formats.dia(quote.last_day)
        told.append(
            f"El dinero entró el {days}, dentro del plazo del precio (hasta el {until}): se respeta."
            if self.in_time
            else f"El dinero entró el {days}, después del plazo del precio (hasta el {until})."
        )
        return tuple(told)


def of(request: RenewalRequest, lines: Iterable[BankLine]) -> LateMoney:
    """*lines* against the expired *request*."""
    return LateMoney(request, tuple(lines), _given_back(request))


def _given_back(request: RenewalRequest) -> Decimal:
    """What of the money that *request* had is the company's credit and can be spent."""
    rows = MoneyEntry.objects.filter(request=request, kind=MoneyEntry.RELEASED)
    released = rows.aggregate(n=Sum("amount"))["n"] or bank.ZERO
    if not released:
        return bank.ZERO
    there = credit.available(request.company, request.given.currency, but=request)
    return min(Decimal(released), request.given.total, there)


def found(named: dict[int, RenewalRequest]) -> list[LateMoney]:
    """Of what free lines name (`matches.hints`): the expired requests that were sent once."""
    by_request: dict[int, list[int]] = defaultdict(list)
    requests: dict[int, RenewalRequest] = {}
    for line, request in named.items():
        sent = request.submitted_at is not None and request.group_id is None
        if request.state == RenewalRequest.EXPIRED and sent:
            requests[request.pk] = request
            by_request[request.pk].append(line)
    rows = bank.free().in_bulk([line for lines in by_request.values() for line in lines])
    return [
        of(requests[pk], [rows[line] for line in sorted(lines)])
        for pk, lines in sorted(by_request.items())
        if all(line in rows for line in lines)
    ]


def revive(
    request: RenewalRequest,
    *,
    by: User,
    at: datetime,
    version: int,
    found: Iterable[int],
    note: str = "",
) -> RenewalRequest:
    """Reopen the expired *request* and approve it with those lines, in one act.

    From the amount of two people on it is the first approval. After the day up to which the price
    was guaranteed a *note* must say why it is respected. The errors are those of `review.approve`.
    """
    pks = list(found)
    with transaction.atomic():
        late = _seen(request, version, pks)
        _check(late, note)
        why = " ".join([*late.evidence, note.strip()]).strip()
        guard.permit(by, "review", late.request)
        opened = review.reopen(late.request, by=by, at=at, note=why, tell=False)
        reservation.hold_again(opened, at)
        done = approval.approve(
            opened, by=by, at=at, version=opened.version, found=pks, credit=late.credit, note=why
        )
        if done.state != RenewalRequest.ACTIVE:
            notices.resurrected(done, at=at)
    return done


def revive_by_itself(
    request: RenewalRequest, *, at: datetime, version: int, found: Iterable[int]
) -> RenewalRequest:
    """The same without a person: only exact money, and only inside the guarantee.

    The one who calls decides whether the house allows it (`automatic`).
    """
    pks = list(found)
    with transaction.atomic():
        late = _seen(request, version, pks)
        if not late.exact or not late.in_time:
            raise NotAllowed("No es exacto o llegó después del plazo: lo revisa una persona.")
        opened = review.reopen(late.request, by=None, at=at, note=" ".join(late.evidence),
                               tell=False)  # fmt: skip
        if not reservation.hold_again(opened, at):
            raise NotAllowed("Su promoción llegó al límite: la revisa una persona.")
        if late.credit:
            opened.change(at=at, credit_wanted=late.credit)
        return approval.approve_by_itself(
            opened, at=at, version=opened.version, found=pks, evidence=late.evidence
        )


def _seen(request: RenewalRequest, version: int, pks: list[int]) -> LateMoney:
    locked = RenewalRequest.lock(request.pk)
    if locked.state != RenewalRequest.EXPIRED:
        raise Decided(decision.last(locked))
    locked.seen(version)
    return of(locked, bank.locked(pks))


def _check(late: LateMoney, note: str) -> None:
    if not late.lines:
        raise Invalid({"lines": "Escoja el movimiento del banco."})
    if not late.in_time and not note.strip():
        raise Invalid({"note": "El dinero entró después del plazo: anote por qué se respeta."})


__all__ = ["LateMoney", "found", "of", "revive", "revive_by_itself"]
