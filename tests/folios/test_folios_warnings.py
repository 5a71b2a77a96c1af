"""Few folios, none, a plan about to end: told once, to whom it concerns, at a decent hour."""

from datetime import UTC, datetime, timedelta

import pytest

from iofacturo.folios import claims, ledger
from iofacturo.folios.daily_use import DailyUse
from iofacturo.folios.deadline import Deadline
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import Exhausted
from iofacturo.notifications.notice import Notice

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def give(company, folios=100, *, months=6, at=NOW, kind="paid", **more):
    origin = f"{kind}:{Deadline.objects.count()}"
    return ledger.grant(company, kind, folios, origin=origin, at=at, months=months, **more)


def use(company, count, at=NOW):
    done = FolioEntry.objects.filter(company=company).count()
    while count:
        part = min(count, 50)
        documents = [ledger.Document(f"d{done}-{count}-{n}") for n in range(part)]
        ledger.consume_batch(company, documents, at=at)
        count -= part


def told(user) -> list[str]:
    return [kind.split(".")[1] for kind in
            Notice.objects.filter(user=user).order_by("id").values_list("kind", flat=True)]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([79], []),
        ([80], ["20"]),
        ([80, 5], ["20"]),
        ([80, 10], ["20", "10"]),
        ([90], ["10"]),
        ([80, 10, 10], ["20", "10", "0"]),
        ([100], ["0"]),
    ],
)
def test_each_level_is_told_once(cafe, owner, steps, expected):
    give(cafe)
    for number, step in enumerate(steps):
        use(cafe, step)
        for again in range(2):
            claims.run(NOW + number * HOUR + again * timedelta(minutes=1))
    assert told(owner) == expected


def test_the_level_is_of_all_valid_plans_together(cafe, owner):
    give(cafe)
    give(cafe, 400, months=12)
    use(cafe, 100)
    claims.run(NOW)
    assert told(owner) == []


def test_a_new_plan_begins_anew(cafe, owner):
    give(cafe)
    use(cafe, 80)
    claims.run(NOW)
    give(cafe, 100, at=NOW + HOUR)
    use(cafe, 80, NOW + 2 * HOUR)
    claims.run(NOW + 2 * HOUR)
    assert told(owner) == ["20", "20"]


def test_those_who_issue_are_told_and_readers_are_not(cafe, owner, issuer, reader, stranger):
    give(cafe)
    use(cafe, 80)
    claims.run(NOW)
    assert [told(one) for one in (owner, issuer, reader, stranger)] == [["20"], ["20"], [], []]
    notice = Notice.objects.get(user=owner)
    assert "20 folios" in notice.title.replace("\u00a0", " ")
    assert notice.url == f"/mi-plan/?empresa={cafe.public_id}#renovacion"


def test_what_was_looked_at_is_not_looked_at_again(cafe, owner):
    give(cafe)
    use(cafe, 10)
    assert claims.run(NOW) == 1
    assert claims.run(NOW) == 0
    use(cafe, 1)
    assert claims.run(NOW) == 1
    row = DailyUse.objects.get()
    assert row.noticed == row.used == 11


def test_the_end_is_warned_of_three_times_at_eight_in_the_morning(cafe, owner):
    lot = give(cafe)
    moment = NOW
    seen = []
    while moment < lot.expires_at + DAY:
        if claims.run(moment):
            seen.append(((lot.last_day - (moment - 6 * HOUR).date()).days, moment.hour))
        moment += HOUR
    assert seen == [(30, 14), (7, 14), (1, 14), (-1, 6)]
    assert told(owner) == ["30_days", "7_days", "1_day"]
    lot.refresh_from_db()
    assert (lot.remaining, lot.expired) == (0, 100)


def test_an_empty_or_annulled_lot_is_not_warned_about(cafe, owner):
    empty = give(cafe, 50)
    use(cafe, 50)
    void = give(cafe, 10, months=5)
    ledger.void(void, by=None, at=NOW, reason="prueba")
    claims.run(NOW)
    before = told(owner)
    for lot in (empty, void):
        claims.run(lot.expires_at - 29 * DAY)
        claims.run(lot.expires_at - 6 * DAY)
    assert told(owner) == before


def test_a_short_lot_is_only_warned_of_what_is_still_to_come(cafe):
    lot = give(cafe, 5, expires_at=NOW + 10 * DAY)
    assert sorted(lot.deadlines.values_list("kind", flat=True)) == ["1_day", "7_days", "end"]


def test_a_late_worker_tells_the_days_that_are_really_left(cafe, owner):
    lot = give(cafe)
    claims.run(lot.expires_at - 22 * DAY)
    notice = Notice.objects.get(user=owner)
    assert notice.kind == "folios.30_days"
    assert "Faltan 21 días" in notice.body
    claims.run(lot.expires_at - HOUR)  # the last day itself: nothing useful is left to say
    assert told(owner) == ["30_days"]


def test_a_worker_that_never_came_changes_nothing_for_the_customer(cafe):
    lot = give(cafe)
    with pytest.raises(Exhausted):
        ledger.consume(cafe, "d", at=lot.expires_at)
    claims.run(lot.expires_at + 400 * DAY)
    assert FolioEntry.objects.filter(kind="expire").count() == 1


def test_without_people_nobody_is_told_and_nothing_breaks(cafe):
    give(cafe)
    use(cafe, 100)
    assert claims.run(NOW) == 1
    assert Notice.objects.count() == 0
