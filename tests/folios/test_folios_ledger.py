"""Taking, giving back and ending folios, one act at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from iofacturo.folios import ledger
from iofacturo.folios.daily_use import DailyUse
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import AlreadyGranted, Exhausted, LotClosed, NotConsumed
from iofacturo.folios.lot import FolioLot

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def give(company, folios=3, *, kind="paid", months=6, at=NOW, origin=None, **more):
    origin = origin or f"request:{kind}{FolioLot.objects.count()}"
    return ledger.grant(company, kind, folios, origin=origin, at=at, months=months, **more)


def counters(lot):
    lot.refresh_from_db()
    return lot.remaining, lot.consumed, lot.expired, lot.voided, lot.adjusted


def test_a_grant_is_a_lot_with_its_first_entry(cafe):
    lot = give(cafe, 100)
    entry = lot.entries.get()
    assert (entry.kind, entry.qty, entry.seq, entry.balance) == ("grant", 100, 1, 100)
    assert counters(lot) == (100, 0, 0, 0, 0)


def test_the_same_grant_again_is_the_same_lot(cafe):
    lot = give(cafe, 100, origin="request:SR-A")
    assert give(cafe, 100, origin="request:SR-A") == lot
    with pytest.raises(AlreadyGranted):
        give(cafe, 101, origin="request:SR-A")
    assert give(cafe, 10, kind="promo", origin="request:SR-A") != lot


def test_taking_a_folio_names_its_lot_and_counts_the_day(cafe, owner):
    lot = give(cafe)
    taken = ledger.consume(cafe, "clave-1", at=NOW, label="FE 4121", by=owner)
    assert (taken.lot_id, taken.balance, taken.repeated) == (lot.pk, 2, False)
    entry = FolioEntry.objects.get(pk=taken.entry_id)
    assert (entry.kind, entry.qty, entry.document, entry.label) == (
        "consume", -1, "clave-1", "FE 4121",
    )  # fmt: skip
    assert entry.actor == owner
    assert entry.at == NOW
    assert counters(lot) == (2, 1, 0, 0, 0)
    day = DailyUse.objects.get()
    assert (day.lot, day.day.isoformat(), day.used, day.returned) == (lot, "2026-11-23", 1, 0)


def test_the_day_is_the_day_in_costa_rica(cafe):
    give(cafe)
    ledger.consume(cafe, "late", at=datetime(2026, 11, 24, 5, 59, tzinfo=UTC))
    assert DailyUse.objects.get().day.isoformat() == "2026-11-23"


def test_the_same_document_takes_one_folio(cafe):
    lot = give(cafe)
    first = ledger.consume(cafe, "clave-1", at=NOW)
    again = ledger.consume(cafe, "clave-1", at=NOW + DAY)
    assert again.entry_id == first.entry_id
    assert again.repeated
    assert counters(lot) == (2, 1, 0, 0, 0)


def test_two_companies_may_use_the_same_document_key(cafe, stranger):
    other = stranger.memberships.get().company
    give(cafe)
    give(other)
    first, second = (ledger.consume(c, "1", at=NOW) for c in (cafe, other))
    assert first.lot_id != second.lot_id
    assert not second.repeated


def test_what_expires_first_is_used_first(cafe):
    long = give(cafe, 2, months=12)
    short = give(cafe, 2, months=3)
    used = [ledger.consume(cafe, f"d{n}", at=NOW).lot_id for n in range(4)]
    assert used == [short.pk, short.pk, long.pk, long.pk]


def test_on_a_tie_promotional_comes_before_paid_and_then_the_oldest(cafe):
    end = NOW + 30 * DAY
    newer = give(cafe, 1, expires_at=end, activated_at=NOW - DAY)
    older = give(cafe, 1, expires_at=end, activated_at=NOW - 2 * DAY)
    promo = give(cafe, 1, kind="promo", expires_at=end, activated_at=NOW)
    used = [ledger.consume(cafe, f"d{n}", at=NOW).lot_id for n in range(3)]
    assert used == [promo.pk, older.pk, newer.pk]


def test_nothing_is_taken_from_what_has_ended_or_not_begun(cafe):
    give(cafe, 1, expires_at=NOW, activated_at=NOW - DAY)
    give(cafe, 1, activated_at=NOW + DAY)
    void = give(cafe, 1)
    ledger.void(void, by=None, at=NOW, reason="prueba")
    with pytest.raises(Exhausted, match="Se le acabaron los folios"):
        ledger.consume(cafe, "d1", at=NOW)
    assert FolioEntry.objects.filter(kind="consume").count() == 0


def test_the_last_instant_is_still_good_and_midnight_is_not(cafe):
    lot = give(cafe, 2)
    ledger.consume(cafe, "d1", at=lot.expires_at - timedelta(microseconds=1))
    with pytest.raises(Exhausted):
        ledger.consume(cafe, "d2", at=lot.expires_at)


def test_a_rejected_document_gets_its_folio_back_once(cafe):
    lot = give(cafe)
    ledger.consume(cafe, "clave-1", at=NOW)
    first = ledger.reverse(cafe, "clave-1", at=NOW)
    assert ledger.reverse(cafe, "clave-1", at=NOW + DAY) == first
    assert counters(lot) == (3, 0, 0, 0, 0)
    assert DailyUse.objects.get().returned == 1


def test_what_never_took_a_folio_cannot_give_one_back(cafe):
    give(cafe)
    with pytest.raises(NotConsumed):
        ledger.reverse(cafe, "clave-1", at=NOW)


def test_rejected_and_then_accepted_takes_it_again(cafe):
    lot = give(cafe)
    ledger.consume(cafe, "clave-1", at=NOW)
    ledger.reverse(cafe, "clave-1", at=NOW)
    again = ledger.consume(cafe, "clave-1", at=NOW)
    assert not again.repeated
    assert ledger.consume(cafe, "clave-1", at=NOW).entry_id == again.entry_id
    assert counters(lot) == (2, 1, 0, 0, 0)
    ledger.reverse(cafe, "clave-1", at=NOW)
    assert counters(lot) == (3, 0, 0, 0, 0)
    operations = FolioEntry.objects.filter(document="clave-1").values_list("operation", flat=True)
    assert [o.split(":")[0] + o[-2:] for o in operations.order_by("id")] == [
        "consume:1", "reverse:1", "consume:2", "reverse:2",
    ]  # fmt: skip


def test_rejected_after_the_end_gives_a_right_for_that_document_only(cafe):
    lot = give(cafe, 1)
    ledger.consume(cafe, "rejected", at=lot.expires_at - DAY)
    after = lot.expires_at + timedelta(hours=10)
    ledger.reverse(cafe, "rejected", at=after)
    assert counters(lot) == (0, 0, 1, 0, 0)
    right = FolioLot.objects.get(kind="replacement")
    assert (right.remaining, right.only_for, right.company) == (1, "rejected", cafe)
    with pytest.raises(Exhausted):
        ledger.consume(cafe, "unrelated", at=after)
    with pytest.raises(Exhausted):
        ledger.consume(cafe, "unrelated", at=after, replaces="something else")
    assert ledger.consume(cafe, "new", at=after, replaces="rejected").lot_id == right.pk


def test_the_right_lasts_five_business_days(cafe):
    lot = give(cafe, 1, months=1, at=datetime(2026, 10, 23, 15, 0, tzinfo=UTC))
    ledger.consume(cafe, "rejected", at=NOW - 2 * DAY)
    ledger.reverse(cafe, "rejected", at=NOW + DAY)  # Tuesday 24; 1 December is a holiday
    right = FolioLot.objects.get(kind="replacement")
    assert lot.expires_at < NOW + DAY
    assert right.last_day.isoformat() == "2026-12-02"


def test_the_right_is_used_before_folios_that_anything_could_use(cafe):
    lot = give(cafe, 1)
    ledger.consume(cafe, "rejected", at=lot.expires_at - DAY)
    after = lot.expires_at + timedelta(hours=1)
    give(cafe, 1, expires_at=after + DAY, activated_at=after)
    ledger.reverse(cafe, "rejected", at=after)
    right = FolioLot.objects.get(kind="replacement")
    assert ledger.consume(cafe, "new", at=after, replaces="rejected").lot_id == right.pk


def test_a_batch_takes_from_lots_in_order_all_or_nothing(cafe):
    first, second = give(cafe, 2, months=3), give(cafe, 3, months=6)
    documents = [ledger.Document(f"d{n}", f"FE {n}") for n in range(4)]
    taken = ledger.consume_batch(cafe, documents, at=NOW)
    assert [t.lot_id for t in taken] == [first.pk, first.pk, second.pk, second.pk]
    assert [t.balance for t in taken] == [1, 0, 2, 1]
    assert [t.document for t in taken] == ["d0", "d1", "d2", "d3"]
    with pytest.raises(Exhausted, match="No le alcanzan los folios") as refusal:
        ledger.consume_batch(cafe, [ledger.Document("x"), ledger.Document("y")], at=NOW)
    assert (refusal.value.available, refusal.value.wanted) == (1, 2)
    assert counters(second) == (1, 2, 0, 0, 0)


def test_a_batch_sent_again_takes_only_what_is_new(cafe):
    lot = give(cafe, 10)
    documents = [ledger.Document(f"d{n}") for n in range(3)]
    first = ledger.consume_batch(cafe, documents, at=NOW)
    again = ledger.consume_batch(cafe, [*documents, ledger.Document("d3")], at=NOW)
    assert [t.entry_id for t in again[:3]] == [t.entry_id for t in first]
    assert [t.repeated for t in again] == [True, True, True, False]
    assert counters(lot) == (6, 4, 0, 0, 0)


def test_a_batch_is_bounded_and_has_no_doubles(cafe):
    with pytest.raises(ValueError, match="at most 50"):
        ledger.consume_batch(cafe, [ledger.Document(str(n)) for n in range(51)], at=NOW)
    with pytest.raises(ValueError, match="twice"):
        ledger.consume_batch(cafe, [ledger.Document("a"), ledger.Document("a")], at=NOW)


def test_expiry_is_written_once_and_only_after_the_end(cafe):
    lot = give(cafe, 5)
    ledger.consume(cafe, "d1", at=NOW)
    assert ledger.expire(lot, at=lot.expires_at - timedelta(seconds=1)) == 0
    assert ledger.expire(lot, at=lot.expires_at) == 4
    assert ledger.expire(lot, at=lot.expires_at + DAY) == 0
    assert counters(lot) == (0, 1, 4, 0, 0)


def test_voiding_takes_what_is_left_and_nothing_else(cafe, senior):
    lot = give(cafe, 5)
    ledger.consume(cafe, "d1", at=NOW)
    entry = ledger.void(lot, by=senior, at=NOW, reason="Pago devuelto por el banco")
    assert (entry.qty, entry.actor, entry.note) == (-4, senior, "Pago devuelto por el banco")
    assert counters(lot) == (0, 1, 0, 4, 0)
    assert lot.voided_at == NOW
    with pytest.raises(LotClosed):
        ledger.void(lot, by=senior, at=NOW, reason="otra vez")


def test_an_empty_lot_can_be_voided_too(cafe):
    lot = give(cafe, 1)
    ledger.consume(cafe, "d1", at=NOW)
    assert ledger.void(lot, by=None, at=NOW, reason="prueba").qty == 0
    assert counters(lot)[0] == 0
    assert lot.voided_at == NOW


def test_a_folio_given_back_to_an_annulled_lot_is_replaced(cafe):
    lot = give(cafe, 2)
    ledger.consume(cafe, "d1", at=NOW)
    ledger.void(lot, by=None, at=NOW, reason="prueba")
    ledger.reverse(cafe, "d1", at=NOW)
    assert counters(lot) == (0, 0, 0, 2, 0)
    assert ledger.consume(cafe, "d2", at=NOW, replaces="d1").balance == 0


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE folios_folioentry SET qty = 5",
        "UPDATE folios_folioentry SET note = 'x'",
        "DELETE FROM folios_folioentry",
        "UPDATE folios_foliolot SET remaining = remaining + 1",
        "UPDATE folios_foliolot SET remaining = 0",
        "UPDATE folios_foliolot SET remaining = remaining, entries_count = entries_count + 1",
        "UPDATE folios_foliolot SET voided_at = NULL",
        "UPDATE folios_foliolot SET granted = 1000",
        "UPDATE folios_foliolot SET expires_at = '2099-01-01 00:00:00'",
        "DELETE FROM folios_foliolot",
    ],
)
def test_the_database_itself_refuses(cafe, sql):
    give(cafe)
    with (
        pytest.raises(IntegrityError, match=r"append-only|counters move"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 9},
        {"balance": 7},
        {"qty": -2},
        {"qty": 1},
        {"kind": "grant", "qty": 3, "balance": 6},
        {"balance": 4, "qty": 1, "kind": "adjust", "seq": 3},
    ],
)
def test_an_entry_that_does_not_follow_is_refused(cafe, changes):
    lot = give(cafe)
    row = {
        "lot": lot, "company": cafe, "kind": "consume", "qty": -1, "seq": 2, "balance": 2,
        "operation": "by hand", "at": NOW, "day": NOW.date(), **changes,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        FolioEntry.objects.create(**row)
    assert counters(lot) == (3, 0, 0, 0, 0)


def test_an_entry_for_another_company_is_refused(cafe, stranger):
    lot = give(cafe)
    other = stranger.memberships.get().company
    with pytest.raises(IntegrityError), transaction.atomic():
        FolioEntry.objects.create(
            lot=lot, company=other, kind="consume", qty=-1, seq=2, balance=2,
            operation="by hand", at=NOW, day=NOW.date(),
        )  # fmt: skip


def test_renewing_never_touches_older_lots(cafe):
    old = give(cafe, 5)
    ledger.consume(cafe, "d1", at=NOW)
    before = FolioLot.objects.filter(pk=old.pk).values().get()
    give(cafe, 100, at=NOW + DAY)
    assert FolioLot.objects.filter(pk=old.pk).values().get() == before
