"""What a proof's picture says against what is expected: marks on it, sentences beside it.

Never a reason to refuse. What was read without enough certainty is not held against anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from iofacturo.lib import clock, formats
from iofacturo.renewals import bank, credit, group
from iofacturo.renewals.machine_reading import UNREADABLE, MachineReading
from iofacturo.renewals.proof_reading.reading import Account, Found, Reading
from iofacturo.renewals.request import RenewalRequest

LEAST_SURE = 0.55
PADDING = 0.006  # of the picture's width, around a mark


@dataclass(frozen=True)
class Fact:
    """One thing that was read. `agrees` is None where there is nothing to hold it against."""

    name: str
    read: str
    agrees: bool | None
    said: str  # to the customer
    found: Found
    expected: str = ""
    mono: bool = False
    hint: str = ""  # to the reviewer


@dataclass(frozen=True)
class Mark:
    """A fact's place on a page, as numbers for SVG."""

    number: int
    fact: Fact
    x: int
    y: int
    width: int
    height: int
    label_x: int
    label_y: int


@dataclass(frozen=True)
class Picture:
    """One page with its marks; `width` and `height` are its pixels."""

    number: int
    width: int
    height: int
    marks: tuple[Mark, ...]

    @property
    def radius(self) -> int:
        return _radius(self.width)

    @property
    def font(self) -> int:
        return round(self.radius * 1.25)

    @property
    def alternative(self) -> str:
        """The marks in words."""
        told = [f"{mark.number}, {mark.fact.name}: {mark.fact.read}" for mark in self.marks]
        return "; ".join(told)


def facts(row: MachineReading | None, request: RenewalRequest, now: datetime) -> list[Fact]:
    """What was read of *request*'s proof, each held against what the request says."""
    if row is None or row.state == UNREADABLE:
        return []
    found = row.reading
    return [
        *_amount(found, request), *_day(found, request, now), *_account(found, request),
        *_references(found, request), *_others(found),
    ]  # fmt: skip


def differences(facts: list[Fact]) -> list[Fact]:
    return [one for one in facts if one.agrees is False]


def pictures(row: MachineReading | None, facts: list[Fact]) -> dict[int, Picture]:
    """The pages that were looked at, with the marks of *facts*, by page number from 1."""
    if row is None:
        return {}
    pages: dict[int, Picture] = {}
    for number, size in enumerate(row.pages, start=1):
        width, height = int(size["width"]), int(size["height"])
        marks = tuple(
            _mark(index, fact, width, height)
            for index, fact in enumerate(facts, start=1)
            if fact.found.page == number - 1
        )
        pages[number] = Picture(number, width, height, marks)
    return pages


def _mark(number: int, fact: Fact, width: int, height: int) -> Mark:
    pad = max(3, round(width * PADDING))
    left, top, right, bottom = (round(side) for side in fact.found.box)
    x, y = max(0, left - pad), max(0, top - pad)
    radius = _radius(width)
    label_x = (
        x - radius - 2 if x > 2 * radius + 4 else min(width - radius, right + pad + radius + 2)
    )
    return Mark(
        number=number, fact=fact, x=x, y=y,
        width=min(width, right + pad) - x, height=min(height, bottom + pad) - y,
        label_x=max(radius, label_x), label_y=(top + bottom) // 2,
    )  # fmt: skip


def _radius(width: int) -> int:
    return max(9, width // 36)


def _amount(found: Reading, request: RenewalRequest) -> Iterator[Fact]:
    one = found.amount
    if one is None:
        return
    quote = request.given
    currency = one.currency or quote.currency
    read = formats.dinero(one.value, currency)
    due = group.on_slip(request)
    expected = formats.dinero(due, quote.currency)
    fits = one.value in _amounts(request, due, one.value)
    if fits and currency != quote.currency:  # the sign is what an eye mistakes first
        yield Fact("Monto", read, None, "", one, expected, hint="Revise la moneda")
        return
    if fits:
        yield Fact("Monto", read, True, "El monto que leemos en la imagen coincide", one, expected)
        return
    sure = one.confidence >= LEAST_SURE
    yield Fact(
        "Monto", read, False if sure else None,
        f"En la imagen leemos {read} y el monto por transferir es {expected}.", one, expected,
        hint="" if sure else "Se lee con dificultad",
    )  # fmt: skip


def _amounts(request: RenewalRequest, due: Decimal, read: Decimal) -> set[Decimal]:
    """The amounts that a slip of this request may rightly show."""
    total = request.given.total
    if read in (due, total):
        return {read}
    return {total - (request.credit_wanted or credit.planned(request)), total - bank.paid(request)}


def _day(found: Reading, request: RenewalRequest, now: datetime) -> Iterator[Fact]:
    one = found.day
    if one is None:
        return
    begins, today = clock.local(request.created_at).date(), clock.local(now).date()
    read, expected = formats.dia(one.value), f"desde {formats.dia(begins)}"
    sure = one.confidence >= LEAST_SURE
    if begins <= one.value <= today:
        yield Fact("Fecha", read, True, "", one, expected)
    elif one.value < begins:
        yield Fact("Fecha", read, False if sure else None,
                   f"La fecha que leemos, {read}, es anterior a este pedido.", one, expected)  # fmt: skip
    else:
        yield Fact("Fecha", read, False if sure else None,
                   f"La fecha que leemos, {read}, todavía no llega.", one, expected)  # fmt: skip


def _account(found: Reading, request: RenewalRequest) -> Iterator[Fact]:
    ours = request.given.payee.iban
    expected = formats.iban(ours)
    fitting = next((one for one in found.accounts if one.fits(ours)), None)
    if fitting is not None:
        yield Fact("Cuenta", _shown(fitting), True, "La cuenta que leemos es la nuestra", fitting,
                   expected, mono=True)  # fmt: skip
        return
    one = found.payee_account
    if one is None:
        return
    told = one.role == "payee" and one.confidence >= LEAST_SURE
    yield Fact(
        "Cuenta", _shown(one), False if told else None,
        f"La cuenta que leemos, {_shown(one)}, no es la que le dimos, que termina en {ours[-4:]}.",
        one, expected, mono=True, hint="" if told else "No dice si es la de destino",
    )  # fmt: skip


def _shown(account: Account) -> str:
    return formats.iban(account.iban) if account.iban else account.shown


def _references(found: Reading, request: RenewalRequest) -> Iterator[Fact]:
    expected = request.reference if request.group is None else request.group.reference
    mine = {request.reference, expected}
    if request.previous is not None:
        mine.add(request.previous.reference)
    read = [one for one in found.references if one.kind == "ours"]
    for one in read:
        if one.value in mine:
            yield Fact("Detalle", one.value, True, "La referencia del detalle es la suya", one,
                       expected, mono=True)  # fmt: skip
            return
    for one in read[:1]:
        told = one.confidence >= LEAST_SURE
        yield Fact("Detalle", one.value, False if told else None,
                   f"En el detalle leemos la referencia {one.value} y la de este pedido es "
                   f"{expected}.", one, expected, mono=True)  # fmt: skip


def _others(found: Reading) -> Iterator[Fact]:
    """What helps a reviewer and says nothing to hold against anybody."""
    one = found.bank_reference
    if one is not None:
        hint = ""
        if one.day and found.day and abs((one.day - found.day.value).days) > 1:
            hint = f"Empieza con otra fecha, {formats.dia(one.day)}: es solo un indicio"
        yield Fact("N.º en el banco", one.value, None, "", one, mono=True, hint=hint)
    if found.payee is not None:
        yield Fact("A nombre de", found.payee.value, None, "", found.payee)
    if found.bank is not None:
        name = f"{found.bank.value}, SINPE Móvil" if found.sinpe_movil else found.bank.value
        yield Fact("Banco", name, None, "", found.bank)
