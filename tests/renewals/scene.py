"""Pieces of a renewal for tests: a plan on sale, an account, terms, a picture, a request.

Plain functions, so that the desk's tests and the racing processes can use them too.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios.plan import Plan, PlanVersion
from iofacturo.folios.promotion import Promotion, PromotionVersion
from iofacturo.lib import clock
from iofacturo.renewals import draft, payee, proof, submission, terms
from iofacturo.renewals.bank import Typed
from iofacturo.renewals.request import RenewalRequest

IBAN = "CR05 0152 0200 1026 2840 66"
AT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # Monday, 10:00 a. m. in Costa Rica
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_numbers = count(1)


def plan(code: str = "500", folios: int = 500, net: str = "66371.68", months: int = 12,
         at: datetime = AT - 30 * DAY) -> PlanVersion:  # fmt: skip
    found, _ = Plan.objects.get_or_create(code=code)
    return found.publish(
        name=f"Plan {code}", folios=folios, months=months, net=Decimal(net), by=None, at=at
    )


def promotion(
    code: str = "menos15", at: datetime = AT - 10 * DAY, **fields: object
) -> PromotionVersion:
    row, _ = Promotion.objects.get_or_create(code=code)
    contents: dict = {
        "name": "Aniversario",
        "kind": "percent",
        "percent": Decimal(15),
        "starts_at": at,
        "ends_at": AT + 30 * DAY,
    } | fields
    return row.publish(by=None, at=at, **contents)


def account(proposer: User, confirmer: User, iban: str = IBAN, at: datetime = AT - 60 * DAY):
    row = payee.propose(
        bank="Banco de Muestra",
        iban=iban,
        holder="Proveedor Demo S.A.",
        cedula="3-101-123456",
        by=proposer,
        at=at,
    )
    row.confirm(by=confirmer, at=at)
    return row


def house(proposer: User, confirmer: User) -> None:
    """What must stand before anybody can renew: terms, an account, plans."""
    text = "# Servicio\n\nUn folio, un comprobante emitido."
    terms.publish(text, effective_at=AT - 60 * DAY, by=None, at=AT - 60 * DAY)
    account(proposer, confirmer)
    plan()
    plan("100", 100, "19469.03", 6)


def picture(seed: object = None) -> tuple[bytes, SimpleNamespace]:
    """Bytes of a file and what the cleaning would make of it."""
    seed = next(_numbers) if seed is None else seed
    data = f"file {seed}".encode()
    digest = hashlib.sha256(data).hexdigest()
    return data, SimpleNamespace(
        kind="png", pages=[b"\x89PNG clean " + data], sha256=digest, phash=digest[:16],
        width=900, height=1600, page_count=1, size=len(data),
    )  # fmt: skip


def attached(request: RenewalRequest, by: User, at: datetime = AT, seed: object = None):
    data, cleaned = picture(seed)
    return proof.attach(request, data, cleaned, "transferencia.png", by=by, at=at)


def drafted(company: Company, by: User, code: str = "500", at: datetime = AT) -> RenewalRequest:
    return draft.choose(company, code, by=by, at=at, token=f"token-{next(_numbers)}")


def send(request: RenewalRequest, by: User, at: datetime = AT, **fields: object) -> RenewalRequest:
    """Submit *request* as the form would, with the terms accepted."""
    request.refresh_from_db()
    contents: dict = {
        "token": f"token-{next(_numbers)}",
        "contents": {"n": next(_numbers)},
        "terms": request.given.terms_id,
        "ip": "192.0.2.7",
    } | fields
    return submission.submit(request, by=by, at=at, **contents)


def sent(company: Company, by: User, code: str = "500", at: datetime = AT) -> RenewalRequest:
    """A request in review, with one proof."""
    request = drafted(company, by, code, at)
    attached(request, by, at)
    return send(request, by, at)


def line(amount: object, reference: object = None, on: date | None = None) -> Typed:
    return Typed(
        booked_on=on or clock.local(AT).date(),
        amount=Decimal(str(amount)),
        reference=str(reference or f"BNK{next(_numbers):08d}"),
    )
