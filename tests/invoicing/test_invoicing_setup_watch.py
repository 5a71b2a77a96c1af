"""The end of a key: announced four times, once each, to those who can do something about it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.invoicing.scene import AT, PIN, p12, serial

from iofacturo.invoicing import key
from iofacturo.invoicing.setup import claims, key_watch
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice

pytestmark = pytest.mark.django_db

# the last day is the 28th of February of 2027, ten in the morning in Costa Rica
END = datetime(2027, 2, 28, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _still():
    with clock.moved_to(AT):
        yield


@pytest.fixture
def row(cafe, owner, administrator, issuer):
    return key.install(cafe, p12(serial(cafe), after=END), PIN, by=owner, at=AT)


def told(user=None) -> list[str]:
    rows = Notice.objects.filter(kind__startswith="key.").order_by("id")
    return [one.kind for one in (rows.filter(user=user) if user else rows)]


def test_a_key_with_a_long_life_is_looked_at_once_and_left(row) -> None:
    assert key_watch.run(AT) == 1
    assert key_watch.run(AT) == 0
    assert told() == []
    row.refresh_from_db()
    assert row.watch_at == clock.midnight(date(2027, 1, 29)) + timedelta(hours=8)


def test_it_is_announced_30_7_and_1_days_before_and_at_its_end(row, owner, issuer) -> None:
    at, seen = AT, []
    while at < END + timedelta(days=3):
        key_watch.run(at)
        seen += [(clock.local(at).date(), kind) for kind in told(owner)[len(seen) :]]
        at += timedelta(hours=5)
    assert [(str(day), kind) for day, kind in seen] == [
        ("2027-01-29", "key.30_days"), ("2027-02-21", "key.7_days"),
        ("2027-02-27", "key.1_day"), ("2027-02-28", "key.expired"),
    ]  # fmt: skip
    assert told(issuer) == []


def test_owner_and_administrator_are_told_and_mailed(row, owner, administrator) -> None:
    from iofacturo.outbox.models import Message

    key_watch.run(END - timedelta(days=6))
    assert told(owner) == told(administrator) == ["key.7_days"]
    notice = Notice.objects.filter(user=owner, kind="key.7_days").get()
    assert "28 de febrero de 2027" in notice.body
    assert notice.url.startswith("/facturar/preparar/llave/?empresa=")
    assert Message.objects.filter(key=notice.key).count() == 1


def test_late_warnings_say_the_day_and_not_how_many_remain(row, owner) -> None:
    key_watch.run(END - timedelta(days=4))
    notice = Notice.objects.filter(user=owner).get()
    assert notice.title == "Su llave criptográfica vence el 28 de febrero de 2027"


def test_a_worker_that_slept_says_only_what_still_holds(row, owner) -> None:
    key_watch.run(END + timedelta(days=40))
    assert told(owner) == ["key.expired"]
    assert key_watch.run(END + timedelta(days=80)) == 0


def test_a_replaced_key_is_not_announced(row, cafe, owner) -> None:
    key.install(cafe, p12(serial(cafe)), PIN, by=owner, at=AT)
    key_watch.run(END - timedelta(days=6))
    key_watch.run(END + timedelta(days=1))
    assert told() == []


def test_two_workers_announce_once(row, owner) -> None:
    at = END - timedelta(days=6)
    seen = key.Key.objects.get(pk=row.pk).watch_at
    assert key_watch._look(row.pk, seen, at)
    assert not key_watch._look(row.pk, seen, at)  # the one that came second
    assert told(owner) == ["key.7_days"]


@pytest.mark.parametrize(
    ("before", "words", "tone"),
    [
        (timedelta(days=31), None, ""),
        (timedelta(days=29), "vence en 29 días, el 28 de febrero de 2027", "warn"),
        (timedelta(days=1), "vence mañana", "bad"),
        (timedelta(hours=2), "vence hoy", "bad"),
        (-timedelta(hours=1), "venció el 28 de febrero de 2027", "bad"),
    ],
)
def test_pages_have_a_banner_for_it(
    row, cafe, before, words, tone, django_assert_num_queries
) -> None:
    with django_assert_num_queries(1):
        warning = key_watch.warning(cafe, END - before)
    if words is None:
        assert warning is None
    else:
        assert words in warning.title
        assert warning.tone == tone


def test_without_a_key_there_is_no_banner(cafe) -> None:
    assert key_watch.warning(cafe, AT) is None


def test_the_worker_has_the_claim(row, owner) -> None:
    from iofacturo import worker

    assert claims.run in worker.CLAIMS.values()
    assert claims.run(END - timedelta(days=6)) >= 1
    assert told(owner) == ["key.7_days"]
