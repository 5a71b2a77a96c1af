"""What a sender is told about each proof before sending: sentences, never obstacles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from iofacturo.lib import formats
from iofacturo.renewals import credit, machine_reading, picture_facts, proof, reading_claims
from iofacturo.renewals.group import on_slip
from iofacturo.renewals.machine_reading import UNREADABLE, MachineReading
from iofacturo.renewals.picture_facts import Fact, Picture
from iofacturo.renewals.proof import PaymentProof, Use
from iofacturo.renewals.quote import Quote
from iofacturo.renewals.request import RenewalRequest


@dataclass(frozen=True)
class Check:
    good: bool
    text: str


@dataclass(frozen=True)
class Shown:
    """A proof with its first clean page and what we noticed."""

    proof: PaymentProof
    pages: list[int]
    checks: list[Check]
    waiting: bool = False  # for the machine to read it; nobody else waits
    differing: list[Fact] = field(default_factory=list)
    picture: Picture | None = None  # the page where they stand

    @property
    def size(self) -> str:
        size = self.proof.size
        if size < 1024 * 1024:
            return f"{formats.numero(max(size // 1024, 1))}\u00a0kB"
        return f"{formats.numero(size / 1024 / 1024, 1)}\u00a0MB"


def shown(
    request: RenewalRequest,
    quote: Quote,
    *,
    now: datetime,
    unsent: bool = False,
    only: int | None = None,
) -> list[Shown]:
    """The proofs of *request* for its customer; with *unsent* only those not sent yet."""
    rows = proof.standing(request).select_related("request", "company").prefetch_related("pages")
    if unsent:
        rows = rows.filter(sent_at=None)
    if only is not None:
        rows = rows.filter(pk=only)
    proofs = list(rows)
    found = proof.uses(proofs, of=request.company)
    readings = machine_reading.of(proofs)
    return [
        _shown(one, quote, found.get(one.pk, []), readings.get(one.pk), request, now)
        for one in proofs
    ]


def _shown(
    one: PaymentProof,
    quote: Quote,
    uses: list[Use],
    row: MachineReading | None,
    request: RenewalRequest,
    now: datetime,
) -> Shown:
    facts = picture_facts.facts(row, request, now)
    differing = picture_facts.differences(facts)
    pages = picture_facts.pictures(row, differing)
    return Shown(
        one,
        [page.number for page in one.pages.all()],
        _checks(one, quote, uses, row, facts, request),
        waiting=row is None and reading_claims.is_waiting(one, now),
        differing=differing,
        picture=next((page for page in pages.values() if page.marks), None),
    )


def _checks(
    one: PaymentProof,
    quote: Quote,
    uses: list[Use],
    row: MachineReading | None,
    facts: list[Fact],
    request: RenewalRequest,
) -> list[Check]:
    if row is not None and row.state == UNREADABLE:
        checks = [Check(False, "No se pudo leer la imagen; la verá una persona. Puede enviarla.")]
    else:
        checks = [Check(True, "Se puede leer")]
    checks += [Check(True, fact.said) for fact in facts if fact.agrees and fact.said]
    checks += [Check(False, fact.said) for fact in facts if fact.agrees is False]
    if one.amount is not None:
        due = quote.total if request.group is None else on_slip(request)
        if one.amount in (due, due - _from_credit(request)):
            checks.append(Check(True, "El monto que anotó coincide"))
        else:
            checks.append(
                Check(False, f"Anotó {formats.dinero(one.amount, quote.currency)} y el total es "
                             f"{formats.dinero(due, quote.currency)}")
            )  # fmt: skip
    checks.append(_used(uses, request))
    return checks


def _from_credit(request: RenewalRequest) -> Decimal:
    """What need not be transferred."""
    return request.credit_wanted or credit.planned(request)


def _used(uses: list[Use], request: RenewalRequest) -> Check:
    """Another company's case is not told: only that there is one."""
    if not uses:
        return Check(True, "No se ha usado antes")
    use = min(uses, key=lambda one: ("same", "reference", "read", "alike").index(one.how))
    what = {
        "same": "Este mismo archivo",
        "reference": "Ese número de transferencia",
        "read": "El número de transferencia que se lee en la imagen",
        "alike": "Un comprobante muy parecido",
    }[use.how]
    if use.proof.company_id != request.company_id:
        return Check(
            False, f"{what} ya se usó en otra solicitud. Puede enviarlo si es el correcto."
        )
    sent = use.proof.sent_at
    when = f", del {formats.dia_largo(sent)}" if sent else ""
    return Check(
        False,
        f"{what} ya se usó en su solicitud {use.proof.request.number}{when}. "
        "Puede enviarlo si es el correcto.",
    )
