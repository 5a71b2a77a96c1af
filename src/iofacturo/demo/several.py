"""The accountant renews for two companies with one transfer."""

from datetime import datetime, timedelta

from iofacturo.demo import slip
from iofacturo.demo.cast import Cast
from iofacturo.lib import clock
from iofacturo.renewals import proof
from iofacturo.renewals.group import RenewalGroup, sum_of
from iofacturo.renewals.portfolio import making, sending
from iofacturo.uploads import cleaning

CHOICES = (("optica", "plan-50"), ("roble", "plan-100"))


def renew(cast: Cast, at: datetime) -> RenewalGroup:
    """A group in review, sent at *at*."""
    accountant = cast.people["contador"]
    began, paid = at - timedelta(minutes=25), at - timedelta(minutes=6)
    with clock.moved_to(began):
        choices = [(cast.companies[name], plan) for name, plan in CHOICES]
        group, _ = making.make(choices, by=accountant, at=began, token="demo")  # noqa: S106
    rows = list(group.standing())
    data = slip.draw(
        amount=sum_of(rows), reference=group.reference, at=paid,
        bank_reference=f"{clock.local(paid):%Y%m%d}015{group.pk:08d}", payer=str(accountant),
    )  # fmt: skip
    with clock.moved_to(paid):
        upload = proof.store(
            data, cleaning.clean(data, "transferencia.png"), "transferencia.png", paid
        )
        making.keep(group, rows, {}, upload, by=accountant, at=paid)
    with clock.moved_to(at):
        return sending.send(
            group,
            by=accountant,
            at=at,
            token="demo",  # noqa: S106
            contents={"group": group.number},
            numbers=[row.number for row in rows],
            terms={row.given.terms_id for row in rows},
            told={},
            ip="127.0.0.1",
        )
