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
from iofacturo.renewals import (
    bank,
    bank_statement,
    draft,
    payee,
    proof,
    returning,
    statement,
    statement_import,
    statement_profile,
    submission,
    terms,
)
from iofacturo.renewals.bank import BankLine, LineReturn, Typed
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
        width=900, height=1600, page_count=1, size=len(data), words=((),),
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


# -- the bank --------------------------------------------------------------------------------------

HEADER = "Fecha,Referencia,Descripción,Débitos,Créditos"


def csv(*rows: tuple[object, ...], on: str = "23/11/2026") -> bytes:
    """A file as BAC writes it: (amount, detail, reference?, day?) of money that came in."""
    lines = [HEADER]
    for amount, detail, *more in rows:
        reference = more[0] if more else f"BNK{next(_numbers):08d}"
        day = more[1] if len(more) > 1 else on
        lines.append(f'{day},{reference},"{detail}",,"{amount}"')
    return "\n".join(lines).encode()


def uploaded(by: User, data: bytes | None = None, at: datetime = AT):
    """A file kept for its preview."""
    data = csv(("75000.00", "pago plan")) if data is None else data
    known = statement_profile.of("BAC Credomatic")
    assert known is not None
    account = bank_statement.accounts()[0]
    return bank_statement.receive("movimientos.csv", data, known, account.iban, by=by, at=at)


def imported(by: User, *rows: tuple[object, ...], at: datetime = AT):
    """A file that is in the books; its lines are `.lines`."""
    row = uploaded(by, csv(*rows), at)
    parsed = statement.read(row.content(), row.profile, currency=row.currency)
    return statement_import.confirm(row, parsed, by=by, at=at, today=clock.local(at).date())


def entered(by: User, amount: object = 1234, at: datetime = AT):
    """One line typed by hand that pays nothing yet."""
    return bank.enter(
        line(amount, on=clock.local(at).date()), payee.current(at), by=by, at=at,
        today=clock.local(at).date(),
    )  # fmt: skip


def returned(row: BankLine, by: User, at: datetime = AT) -> LineReturn:
    """What is left of a line, sent back and written down."""
    order = returning.open_for_line(row, reason="unknown", note="nadie la reclama", by=by, at=at)
    returning.order(order, iban=IBAN, holder="Quien pagó", by=by, at=at)
    order.refresh_from_db()
    today = clock.local(at).date()
    returning.pay(order, reference="DEV-99", paid_on=today, by=by, at=at, today=today)
    return LineReturn.objects.get(order=order)
