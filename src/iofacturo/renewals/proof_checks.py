"""What a sender is told about each proof before sending: sentences, never obstacles."""

from __future__ import annotations

from dataclasses import dataclass

from iofacturo.lib import formats
from iofacturo.renewals import proof
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

    @property
    def size(self) -> str:
        size = self.proof.size
        if size < 1024 * 1024:
            return f"{formats.numero(max(size // 1024, 1))}\u00a0kB"
        return f"{formats.numero(size / 1024 / 1024, 1)}\u00a0MB"


def shown(request: RenewalRequest, quote: Quote, *, unsent: bool = False) -> list[Shown]:
    """The proofs of *request* for its customer; with *unsent* only those not sent yet."""
    rows = proof.standing(request).select_related("request", "company").prefetch_related("pages")
    if unsent:
        rows = rows.filter(sent_at=None)
    proofs = list(rows)
    found = proof.uses(proofs, of=request.company)
    return [
        Shown(
            one,
            [page.number for page in one.pages.all()],
            _checks(one, quote, found.get(one.pk, []), request),
        )
        for one in proofs
    ]


def _checks(
    one: PaymentProof, quote: Quote, uses: list[Use], request: RenewalRequest
) -> list[Check]:
    checks = [Check(True, "Se puede leer")]
    if one.amount is not None:
        if one.amount == quote.total:
            checks.append(Check(True, "El monto que anotó coincide"))
        else:
            checks.append(
                Check(False, f"Anotó {formats.dinero(one.amount, quote.currency)} y el total es "
                             f"{formats.dinero(quote.total, quote.currency)}")
            )  # fmt: skip
    checks.append(_used(uses, request))
    return checks


def _used(uses: list[Use], request: RenewalRequest) -> Check:
    """Another company's case is not told: only that there is one."""
    if not uses:
        return Check(True, "No se ha usado antes")
    use = min(uses, key=lambda one: ("same", "reference", "alike").index(one.how))
    what = {
        "same": "Este mismo archivo",
        "reference": "Ese número de transferencia",
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
