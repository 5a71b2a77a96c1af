"""Two years of Café Prueba S.A.: seven plans, and the documents that used their folios."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from hacienda import clave
from iofacturo.demo import purchase
from iofacturo.demo.cast import Cast
from iofacturo.demo.catalogue import Shop, announce_promotion
from iofacturo.folios import claims as folio_claims
from iofacturo.folios import ledger
from iofacturo.folios.lot import add_months
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice

START = 700  # days ago
SLOW_UNTIL = 525  # days ago: the shop was just opening
SLOW = 44  # documents in that time
# How long ago each plan was bought, in days; the last three so that they end soon: one of them used
# up, one in use, one untouched.
PURCHASES: list[tuple[int | str, str]] = [
    (START, "plan-50"),
    (SLOW_UNTIL, "plan-100"),
    (390, "plan-100"),
    (272, "plan-100"),
    ("ends in 5", "plan-100"),
    ("ends in 12", "plan-100"),
    ("ends in 27", "plan-50"),
]
KEEP_READ = timedelta(days=2)
TYPES = ["04"] * 6 + ["01"] * 5 + ["03"]


def beginning(now: datetime) -> datetime:
    return _office_hour(now - timedelta(days=START + 10))


def live(cast: Cast, shop: Shop, now: datetime) -> None:
    """Everything that happened to the café, in the order in which it happened."""
    chance = random.Random(506)
    events = [*_purchases(cast, now), *_documents(cast, now, chance), *_expiries(now)]
    for at, act in sorted(events, key=lambda event: event[0]):
        if at <= now:
            with clock.moved_to(at):
                act(at)
    _neighbours(cast, now)
    with clock.moved_to(now):
        announce_promotion(cast, shop, now)


Event = tuple[datetime, Callable[[datetime], object]]


def _purchases(cast: Cast, now: datetime) -> Iterator[Event]:
    buyer = purchase.Buyer(cast.companies["cafe"], cast.people["duena"])
    reviewer, second = cast.people["revisor"], cast.people["revisora"]
    for when, plan in PURCHASES:
        if isinstance(when, str):
            last = clock.local(now).date() + timedelta(days=int(when.split()[-1]))
            day = add_months(last, -6)
            at = _office_hour(clock.midnight(day))
        else:
            at = _office_hour(now - timedelta(days=when))

        def act(at: datetime, plan: str = plan) -> None:
            purchase.buy(buyer, plan, at, reviewer, second)

        yield at, act


def _documents(cast: Cast, now: datetime, chance: random.Random) -> Iterator[Event]:
    """Each document takes a folio; a few were rejected and gave theirs back."""
    company, issuer = cast.companies["cafe"], cast.people["emisor"]
    numbers: dict[str, int] = {}
    for when in _moments(now, chance):
        kind = chance.choice(TYPES)
        rejected = chance.random() < 0.012
        security = f"{chance.randrange(10**8):08d}"

        def act(
            at: datetime, kind: str = kind, rejected: bool = rejected, security: str = security
        ) -> None:
            numbers[kind] = numbers.get(kind, 0) + 1
            consecutivo = clave.Consecutivo.build(1, 1, kind, numbers[kind])
            key = clave.build(
                clock.local(at).date(), company.identificacion, consecutivo, "1", security
            )
            label = f"{clave.TIPOS[kind]} {consecutivo}"
            ledger.consume(company, key, at=at, label=label, by=issuer)
            if rejected:
                ledger.reverse(company, key, at=at + timedelta(seconds=40))

        yield when, act


def _moments(now: datetime, chance: random.Random) -> Iterator[datetime]:
    """When the café issued: slowly at first, then a little more every month."""
    first = now - timedelta(days=START - 1)
    span = START - SLOW_UNTIL - 4
    for n in range(SLOW):
        yield _counter_hour(first + timedelta(days=span * n / SLOW), chance)
    start = now - timedelta(days=SLOW_UNTIL - 2)
    elapsed, days = 0.0, SLOW_UNTIL - 2.0
    while elapsed < days:
        yield _counter_hour(start + timedelta(days=elapsed), chance)
        elapsed += 1 / (0.62 + 0.63 * elapsed / days)


def _counter_hour(at: datetime, chance: random.Random) -> datetime:
    """The same day when the shop is open; never on a Sunday."""
    day = clock.local(at)
    if day.weekday() == 6:
        day += timedelta(days=1)
    opened = day.replace(hour=8, minute=0, second=0, microsecond=0)
    return (
        opened + timedelta(minutes=chance.randrange(600), seconds=chance.randrange(60))
    ).astimezone(UTC)


def _office_hour(at: datetime) -> datetime:
    """The same day, or the Monday after a weekend, at 9:40 in the morning."""
    day = clock.local(at)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.replace(hour=9, minute=40, second=0, microsecond=0).astimezone(UTC)


def _expiries(now: datetime) -> Iterator[Event]:
    """The worker's daily look at what ended or ends soon."""
    for ago in range(START, 0, -1):
        yield clock.midnight(clock.local(now).date() - timedelta(days=ago)), folio_claims.run


def _neighbours(cast: Cast, now: datetime) -> None:
    """The other companies came with folios of their own."""
    admin = cast.people["admin"]
    for key, folios, ago in (
        ("arenal", 120, 60), ("soda", 40, 90), ("vivero", 25, 150), ("optica", 60, 30), ("roble", 300, 45),
    ):  # fmt: skip
        at = now - timedelta(days=ago)
        with clock.moved_to(at):
            ledger.grant(
                cast.companies[key],
                "migration",
                folios,
                origin=f"migration:{key}",
                at=at,
                by=admin,
                months=12,
                name="Folios de su sistema anterior",
            )


def read_old_notices(now: datetime) -> None:
    """Nobody leaves two years of notices unread."""
    Notice.objects.filter(at__lt=now - KEEP_READ, read_at=None).update(read_at=now - KEEP_READ)
