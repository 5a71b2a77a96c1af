"""Folios of grace: taken last, one at a time, owed when they end, repaid by the next plan."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.folios.test_folios_books import unguarded

from iofacturo.folios import adjustment, grace, invariants, ledger, summary, thresholds
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import Exhausted, Refused
from iofacturo.folios.grace import Grace
from iofacturo.notifications.notice import Notice

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def plan(company, folios=2, origin="request:SR-0", kind="paid", at=NOW, months=6):
    return ledger.grant(company, kind, folios, origin=origin, at=at, months=months)


def give(company, folios=5, origin="grace:SR-1"):
    return grace.give(company, folios, origin=origin, at=NOW, by=None, note="x")


def end(origin="grace:SR-1"):
    return grace.end(origin, at=NOW, by=None, note="x")


def repay(company, *payers, ends=""):
    return grace.repay(company, payers, at=NOW, by=None, ends=ends)


def take(company, *documents):
    return [ledger.consume(company, name, at=NOW).lot_id for name in documents]


def counters(lot):
    lot.refresh_from_db()
    return lot.remaining, lot.consumed, lot.voided


@pytest.fixture
def books(cafe):
    yield cafe
    assert list(invariants.broken()) == []


def test_grace_is_taken_last_and_never_counted_as_ones_own(books):
    own = plan(books)
    extra = give(books)
    later = plan(books, 1, "request:SR-9", months=1200)  # a plan of a century still comes first
    assert take(books, "a", "b", "c", "d") == [own.pk, own.pk, later.pk, extra.pk]
    overview = summary.overview(books, NOW)
    assert (summary.left(books, NOW), summary.available(books, NOW)) == (summary.Left(0, 4), 0)
    assert (overview.available, overview.total, overview.lots, overview.alert) == (
        0,
        0,
        (),
        "grace",
    )
    assert (overview.grace.left, overview.grace.used, overview.grace.owed) == (4, 1, 0)
    assert extra.pk not in [line.lot.pk for line in overview.last_plans]
    assert overview.all_lots == 2


def test_a_batch_goes_over_into_grace_and_no_further(books):
    plan(books)
    give(books, 3)
    with pytest.raises(Exhausted) as refusal:
        ledger.consume_batch(books, [ledger.Document(f"d{n}") for n in range(6)], at=NOW)
    assert refusal.value.available == 5
    done = ledger.consume_batch(books, [ledger.Document(f"d{n}") for n in range(5)], at=NOW)
    assert len({one.lot_id for one in done}) == 2
    with pytest.raises(Exhausted):
        take(books, "more")


def test_one_at_a_time_none_while_it_is_owed_and_none_for_who_never_had_a_plan(books):
    assert give(books) is None
    plan(books, 1)
    assert give(books) is not None
    assert give(books, origin="grace:SR-2") is None
    take(books, "own", "a", "b")
    assert end().owed == 2
    assert end().owed == 2, "twice is once"
    for origin in ("grace:SR-1", "grace:SR-2"):
        assert give(books, origin=origin) is None
    with pytest.raises(Exhausted):
        take(books, "c")
    assert repay(books, plan(books, 10, "request:SR-3")) == 2
    assert give(books, origin="grace:SR-1") is None, "one for each request"
    assert give(books, origin="grace:SR-2") is not None


def test_grace_that_nobody_used_leaves_nothing_behind(books):
    plan(books)
    lot = give(books)
    assert (end().owed, counters(lot), summary.overview(books, NOW).grace) == (0, (0, 0, 5), None)
    assert give(books, origin="grace:SR-2") is not None


def test_the_plan_that_was_waited_for_repays_gifts_first(books):
    plan(books, 1)
    lot = give(books)
    take(books, "own", "a", "b", "c")
    promo, paid = plan(books, 2, "request:SR-1", "promo"), plan(books, 10, "request:SR-1")
    assert repay(books, promo, paid, ends="grace:SR-1") == 3
    assert (counters(lot), counters(promo), counters(paid)) == ((0, 0, 5), (0, 2, 0), (9, 1, 0))
    assert sum(entry.qty for entry in FolioEntry.objects.filter(kind="repay")) == 0
    assert (repay(books, paid, ends="grace:SR-1"), counters(paid)) == (0, (9, 1, 0))
    assert Grace.objects.get().settled_at == NOW


def test_a_plan_too_small_repays_what_it_can_and_the_next_one_the_rest(books):
    plan(books, 1)
    lot = give(books)
    take(books, "own", "a", "b", "c")
    end()
    small, large = plan(books, 2, "request:SR-2"), plan(books, 10, "request:SR-3")
    assert (repay(books, small), counters(small), counters(lot)) == (2, (0, 2, 0), (0, 1, 4))
    assert give(books, origin="grace:SR-9") is None
    assert (repay(books, large), counters(large), counters(lot)) == (1, (9, 1, 0), (0, 0, 5))


def test_another_plan_leaves_alone_what_still_runs(books):
    plan(books, 1)
    lot = give(books)
    take(books, "own", "a")
    assert repay(books, plan(books, 10, "request:SR-7"), ends="grace:SR-7") == 0
    assert counters(lot) == (4, 1, 0)


def test_a_rejected_document_gives_its_grace_back_wherever_it_stands_by_now(books):
    plan(books, 1)
    lot = give(books, 4)
    take(books, "own", "a", "b", "c", "d")
    assert ledger.reverse(books, "a", at=NOW).lot_id == lot.pk
    assert take(books, "e") == [lot.pk], "while it runs it can be used again"
    end()
    ledger.reverse(books, "b", at=NOW)
    assert counters(lot) == (0, 3, 1), "owed no more, and not usable either"
    assert not books.lots.filter(kind="replacement").exists()
    paid = plan(books, 10, "request:SR-2")
    assert repay(books, paid) == 3
    assert ledger.reverse(books, "c", at=NOW).lot_id == paid.pk
    assert ledger.reverse(books, "c", at=NOW).lot_id == paid.pk, "once"
    assert counters(paid) == (8, 2, 0)
    ledger.void(paid, by=None, at=NOW, reason="x")
    ledger.reverse(books, "d", at=NOW + DAY)
    assert books.lots.get(kind="replacement").only_for == "d", "what was paid for is not lost"


def test_the_last_owed_folio_that_comes_back_settles_it(books):
    plan(books, 1)
    give(books)
    take(books, "own", "a")
    end()
    ledger.reverse(books, "a", at=NOW)
    assert grace.standing(books) is None
    assert give(books, origin="grace:SR-2") is not None


def test_two_plans_that_repaid_each_get_back_what_they_paid(books):
    plan(books, 1)
    give(books)
    take(books, "own", "a", "b", "c")
    end()
    first, second = plan(books, 1, "request:SR-2"), plan(books, 9, "request:SR-3")
    repay(books, first), repay(books, second)
    back = [ledger.reverse(books, name, at=NOW).lot_id for name in "abc"]
    assert sorted(back) == [first.pk, second.pk, second.pk]
    assert (counters(first), counters(second)) == ((1, 0, 0), (9, 0, 0))


def test_it_is_told_when_it_begins_and_when_it_is_gone(books, owner):
    plan(books, 1)
    give(books, 2)
    thresholds.look(books, NOW)
    take(books, "own")
    for _ in range(2):
        thresholds.look(books, NOW)
    take(books, "a", "b")
    thresholds.look(books, NOW)
    told = [row.kind for row in Notice.objects.filter(user=owner).order_by("id")]
    assert told == ["folios.grace", "folios.grace_0"]


def test_nobody_adjusts_it(books, senior):
    plan(books)
    with pytest.raises(Refused):
        adjustment.propose(give(books), 5, "más", by=senior, at=NOW)


def test_the_database_refuses_a_second_grace_and_more_repaid_than_used(cafe):
    own = plan(cafe)
    lot = give(cafe)
    other = ledger.grant(cafe, "grace", 5, origin="grace:SR-2", at=NOW, expires_at=grace.NO_END)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grace.objects.create(company=cafe, lot=other, given_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO folios_folioentry (lot_id, company_id, kind, qty, seq, balance, document, "
            "label, operation, at, day, note) SELECT id, company_id, 'repay', 1, "
            "entries_count + 1, remaining + 1, '', '', 'x', %s, %s, '' "
            "FROM folios_foliolot WHERE id = %s",
            [connection.ops.adapt_datetimefield_value(NOW), "2026-11-23", lot.pk],
        )
    assert counters(own) == (2, 0, 0)


TAMPERING = [
    ("DELETE FROM folios_grace", "no consta"),
    ("UPDATE folios_grace SET settled_at = given_at WHERE settled_at IS NULL", "saldado"),
    ("UPDATE folios_grace SET settled_at = NULL", "sin saldar a la vez"),
    ("UPDATE folios_foliolot SET consumed = consumed + 1 WHERE kind = 'grace'", "dice que debe"),
    ("UPDATE folios_foliolot SET granted = 1 WHERE kind = 'grace'", "usó"),
    ("DELETE FROM folios_folioentry WHERE kind = 'repay' AND qty < 0", "contrapartida"),
    ("UPDATE folios_folioentry SET qty = -qty WHERE kind = 'repay'", "contrapartida"),
    ("UPDATE folios_folioentry SET operation = 'repay:1:1:from' WHERE qty < 0 AND kind = 'repay'",
     "contrapartida"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "says"), TAMPERING)
def test_tampering_with_grace_is_named(cafe, sql, says):
    plan(cafe, 1)
    give(cafe)
    take(cafe, "own", "a", "b")
    repay(cafe, plan(cafe, 2, "request:SR-1"), ends="grace:SR-1")
    give(cafe, origin="grace:SR-2")
    assert list(invariants.broken()) == []
    with unguarded() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for name in ("lot_adds_up", "lot_remaining"):
                cursor.execute(f"ALTER TABLE folios_foliolot DROP CONSTRAINT {name}")
        if sql.endswith("= NULL"):
            cursor.execute("DROP INDEX grace_one_at_a_time")
        cursor.execute(sql)
        assert cursor.rowcount
    found = list(invariants.broken())
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA ignore_check_constraints = OFF")
    assert any(says in line for line in found), found
