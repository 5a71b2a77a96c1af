"""An accountant with several companies, for tests of the portfolio and of groups."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from tests import cast
from tests.renewals import scene

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.folios import ledger
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.portfolio import making, sending

AT = scene.AT
NAMES = ("Panadería Uno S.A.", "Ferretería Dos S.A.", "Librería Tres S.A.", "Taller Cuatro S.A.")
_numbers = count(1)


def company(nombre: str, *, folios: int = 40, months: int = 12, at: datetime = AT) -> Company:
    """One that had a plan before."""
    number = next(_numbers)
    row = cast.company(nombre, f"31017{number:05d}")
    if folios:
        ledger.grant(
            row, "migration", folios, origin=f"several:{row.pk}", at=at - scene.DAY, by=None,
            months=months,
        )  # fmt: skip
    return row


def companies(user: User, names: Sequence[str] = NAMES, **grants: bool) -> list[Company]:
    """Companies in which *user* is an accountant who may renew, unless told otherwise."""
    rows = [company(name) for name in names]
    for row in rows:
        Membership.objects.create(
            user=user, company=row, role="accountant", **({"can_renew": True} | grants)
        )
    return rows


def drafted(rows: Sequence[Company], by: User, at: datetime = AT, code: str = "500"):
    group, failures = making.make(
        [(row, code) for row in rows], by=by, at=at, token=f"group-{next(_numbers)}"
    )
    assert not failures
    return group


def attached(group: RenewalGroup, by: User, at: datetime = AT, seed: object = None) -> None:
    """One proof for all."""
    from iofacturo.renewals import proof

    data, cleaned = scene.picture(seed)
    upload = proof.store(data, cleaned, "transferencia.png", at)
    making.keep(group, group.standing(), {}, upload, by=by, at=at)
    group.refresh_from_db()


def send(group: RenewalGroup, by: User, at: datetime = AT, **fields: object) -> RenewalGroup:
    rows = list(group.standing())
    contents: dict = {
        "token": f"send-{next(_numbers)}",
        "contents": {"n": next(_numbers)},
        "numbers": [row.number for row in rows],
        "terms": {row.given.terms_id for row in rows},
        "told": {},
        "ip": "192.0.2.7",
    } | fields
    return sending.send(group, by=by, at=at, **contents)


def sent(rows: Sequence[Company], by: User, at: datetime = AT, code: str = "500") -> RenewalGroup:
    """A group in review."""
    group = drafted(rows, by, at, code)
    attached(group, by, at)
    return send(group, by, at)
