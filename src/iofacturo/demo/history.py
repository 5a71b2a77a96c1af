"""Two years of Café Prueba S.A.: seven plans, and the documents that used their folios.

Documents are issued, sent and answered at their hour by the code that does so every day.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import F

from iofacturo.demo import purchase, supplies
from iofacturo.demo.cast import Cast
from iofacturo.demo.catalogue import Shop, announce_promotion
from iofacturo.demo.counter import BUYERS, CAFE, ROASTER, WRONG, Buyer, Counter
from iofacturo.demo.office import Office
from iofacturo.demo.till import Till
from iofacturo.folios import claims as folio_claims
from iofacturo.folios import ledger
from iofacturo.folios.lot import add_months
from iofacturo.invoicing import draft
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.outbox.message import Message

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
SODA_FOLIOS = 12  # that it used up: it issues with folios of grace by now
ROASTER_SINCE, SOLD = 60, 42  # days ago; facturas since


def beginning(now: datetime) -> datetime:
    return _office_hour(now - timedelta(days=START + 10))


def live(cast: Cast, shop: Shop, office: Office, now: datetime) -> None:
    """Everything that happened to the café, in the order in which it happened."""
    chance = random.Random(506)
    _neighbours(cast, now)
    events = [*_purchases(cast, office, now), *_documents(cast, office, now, chance),
              *_supplies(cast, office, now), *_expiries(now)]  # fmt: skip
    for at, act in sorted(events, key=lambda event: event[0]):
        if at <= now:
            with clock.moved_to(at):
                act(at)
    _loose_ends(cast, office, now)
    with clock.moved_to(now):
        announce_promotion(cast, shop, now)


Event = tuple[datetime, Callable[[datetime], object]]


def _purchases(cast: Cast, office: Office, now: datetime) -> Iterator[Event]:
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
            purchase.buy(buyer, plan, at, office, reviewer, second)

        yield at, act


def _documents(cast: Cast, office: Office, now: datetime, chance: random.Random) -> Iterator[Event]:
    """What the café issued: mostly tiquetes and facturas, now and then the rest."""
    company, issuer = cast.companies["cafe"], cast.people["emisor"]
    till = Till(Counter(CAFE, chance))
    for when in _moments(now, chance):

        def act(at: datetime) -> None:
            till.ring_up(office, company, by=issuer, at=at)

        yield when, act


def _supplies(cast: Cast, office: Office, now: datetime) -> Iterator[Event]:
    """What the roaster sold: every sixth time to the café, which receives the document."""
    chance = random.Random(92)
    roaster, cafe = cast.companies["arenal"], cast.companies["cafe"]
    counter = Counter(ROASTER, chance)
    ours = (cafe.nombre, cafe.identificacion, cafe.actividad, cafe.emails[0])
    for n in range(SOLD):
        ago = timedelta(days=ROASTER_SINCE - 2 - n * (ROASTER_SINCE - 2.5) / SOLD)

        def act(at: datetime, ours: Buyer | None = ours if n % 6 == 0 else None) -> None:
            data = counter.factura(ours)
            row = office.issue(roaster, data, by=cast.people["extrana"], at=at)
            if ours is not None:
                later = at + timedelta(hours=2)
                supplies.receive(cafe, row, office, by=cast.people["emisor"], at=later, now=now)

        yield _counter_hour(now - ago, chance), act


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
        ("arenal", 120, ROASTER_SINCE), ("soda", SODA_FOLIOS, 90), ("vivero", 25, 150), ("optica", 60, 30), ("roble", 300, 45),
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


def _loose_ends(cast: Cast, office: Office, now: datetime) -> None:
    """What waits for somebody: a rejected factura to be mended, and two drafts."""
    company, issuer = cast.companies["cafe"], cast.people["emisor"]
    counter = Counter(CAFE, random.Random(7))
    yesterday = _counter_hour(now - timedelta(days=1), counter.chance)
    office.issue(company, counter.factura(WRONG), by=issuer, at=yesterday)
    for hours, data in ((30, counter.factura()), (3, counter.factura(BUYERS[1]))):
        draft.write(company, data, by=issuer, at=now - timedelta(hours=hours))


def send_old_mail(now: datetime) -> None:
    """What two years of work wrote has long arrived; only the last days' is still in the post."""
    old = Message.objects.filter(created_at__lt=now - KEEP_READ, sent_at=None, failed_at=None)
    old.update(sent_at=F("created_at"), attempts=1)
