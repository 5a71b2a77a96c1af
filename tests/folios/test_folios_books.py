"""`verify` says nothing when the books are right, and names the offender when they are not."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.folios.test_folios_offers import make_plan, make_promotion

from iofacturo.folios import adjustment, claims, invariants, ledger, posting, promotion
from iofacturo.folios.lot import FolioLot

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def books(cafe, senior, other_senior):
    """One of everything, all in order."""
    plan = make_plan(at=NOW - DAY)
    gift = make_promotion(kind="bonus", bonus_folios=2)
    promotion.redeem(gift, cafe, "request:SR-1", NOW)
    ledger.grant_plan(
        cafe, plan.version_at(NOW), origin="request:SR-1", at=NOW, promotion_version=gift
    )
    short = ledger.grant(cafe, "courtesy", 5, origin="courtesy:1", at=NOW, months=1)
    void = ledger.grant(cafe, "courtesy", 5, origin="courtesy:2", at=NOW, months=24)
    for number in range(4):
        ledger.consume(cafe, f"doc-{number}", at=NOW, label=f"FE {number}")
    ledger.reverse(cafe, "doc-1", at=NOW)
    ledger.void(void, by=senior, at=NOW, reason="prueba")
    adjustment.propose(short, 3, "faltaban", by=senior, at=NOW).approve(by=other_senior, at=NOW)
    claims.run(short.expires_at + DAY)
    ledger.reverse(cafe, "doc-2", at=short.expires_at + 2 * DAY)
    return cafe


@contextmanager
def unguarded():
    """The database without our triggers, as somebody with its keys could make it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            yield cursor
            for _, sql in triggers:
                cursor.execute(sql)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            yield cursor
            cursor.execute("SET session_replication_role = origin")


def test_books_in_order_say_nothing(books):
    assert list(invariants.broken()) == []


TAMPERING = [
    (
        "UPDATE folios_foliolot SET remaining = remaining - 1, consumed = consumed + 1 "
        "WHERE remaining > 0",
        "I1",
    ),
    ("UPDATE folios_foliolot SET granted = granted + 1, remaining = remaining + 1", "I1"),
    ("UPDATE folios_foliolot SET entries_count = entries_count + 1", "I1"),
    ("UPDATE folios_folioentry SET balance = balance + 1 WHERE kind = 'reverse'", "I13"),
    ("DELETE FROM folios_folioentry WHERE document = 'doc-0'", "I1"),
    ("UPDATE folios_folioentry SET document = 'doc-0' WHERE document = 'doc-3'", "I4"),
    ("UPDATE folios_folioentry SET operation = 'x' WHERE document = 'doc-3'", "I4"),
    ("UPDATE folios_folioentry SET company_id = company_id + 1 WHERE kind = 'grant'", "empresa"),
    ("UPDATE folios_folioentry SET lot_id = 999999 WHERE kind = 'void'", "no existe"),
    ("UPDATE folios_folioentry SET at = '2025-01-01 00:00:00' WHERE document = 'doc-0'", "I5"),
    ("UPDATE folios_foliolot SET voided_at = NULL WHERE voided_at IS NOT NULL", "anulación"),
    ("UPDATE folios_foliolot SET expires_at = '2030-01-01 06:00:00' WHERE kind = 'paid'", "I15"),
    ("UPDATE folios_foliolot SET expires_at = '2030-01-01 06:00:00' WHERE kind = 'promo'", "I7"),
    ("UPDATE folios_dailyuse SET used = used + 1", "uso diario"),
    ("DELETE FROM folios_dailyuse", "uso diario"),
    ("UPDATE folios_adjustmentproposal SET qty = 4", "ajuste"),
    ("DELETE FROM folios_adjustmentproposal", "ajuste"),
    ("UPDATE folios_promotion SET used = 0", "I20"),
    ("UPDATE folios_promotiontally SET used = 5", "I20"),
    ("DELETE FROM folios_redemption", "I20"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("sql", "says"), TAMPERING)
def test_tampering_is_named(books, sql, says):
    with unguarded() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(sql)
        assert cursor.rowcount
    found = list(invariants.broken())
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA ignore_check_constraints = OFF")
        connection.cursor().execute("PRAGMA foreign_keys = ON")
    assert any(says in line for line in found), found


def test_a_folio_taken_from_the_wrong_lot_is_named(cafe):
    first = ledger.grant(cafe, "paid", 1, origin="request:1", at=NOW - DAY, months=1)
    later = ledger.grant(cafe, "paid", 5, origin="request:2", at=NOW - DAY, months=6)
    ledger.consume(cafe, "good-1", at=NOW)
    ledger.consume(cafe, "good-2", at=NOW)
    assert list(invariants.order_of_use()) == []
    ledger.reverse(cafe, "good-1", at=NOW)
    with connection.cursor() as cursor:  # by hand, past the rule that chooses the lot
        cursor.execute(
            "INSERT INTO folios_folioentry (lot_id, company_id, kind, qty, seq, balance, document, "
            "label, operation, at, day, note) SELECT id, company_id, 'consume', -1, "
            "entries_count + 1, remaining - 1, 'bad', '', 'consume:' || company_id || ':bad:1', "
            "%s, %s, '' FROM folios_foliolot WHERE id = %s",
            [connection.ops.adapt_datetimefield_value(NOW + DAY), "2026-11-24", later.pk],
        )
    (line,) = invariants.order_of_use()
    assert first.contract in line
    assert later.contract in line


def test_missing_triggers_are_named(cafe):
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else " ON folios_folioentry"
        cursor.execute(f"DROP TRIGGER folios_folioentry_post{on}")
    assert posting.missing(connection) == ["folios_folioentry_post"]
    assert any("folios_folioentry_post" in line for line in invariants.broken())


def test_an_adjustment_takes_two_people_and_none_of_the_company(cafe, senior, other_senior, owner):
    lot = ledger.grant(cafe, "paid", 5, origin="request:1", at=NOW, months=6)
    proposal = adjustment.propose(lot, -2, "sobraban", by=senior, at=NOW)
    with pytest.raises(adjustment.Refused, match="otra persona"):
        proposal.approve(by=senior, at=NOW)
    with pytest.raises(adjustment.Refused, match="pertenece"):
        proposal.approve(by=owner, at=NOW)
    with pytest.raises(adjustment.Refused, match="pertenece"):
        adjustment.propose(lot, 1, "x", by=owner, at=NOW)
    entry = proposal.approve(by=other_senior, at=NOW)
    assert (entry.qty, entry.balance, entry.actor) == (-2, 3, other_senior)
    with pytest.raises(adjustment.Refused, match="ya decidió"):
        proposal.decline(by=other_senior, at=NOW)
    lot = FolioLot.objects.get()
    assert (lot.adjusted, lot.remaining, lot.total) == (-2, 3, 3)
    for qty, reason in ((0, "x"), (1, " "), (-4, "demasiado")):
        with pytest.raises(Exception, match=r"cuántos|motivo|quedan"):
            adjustment.propose(lot, qty, reason, by=senior, at=NOW)


def test_a_declined_adjustment_posts_nothing(cafe, senior, other_senior):
    lot = ledger.grant(cafe, "paid", 5, origin="request:1", at=NOW, months=6)
    adjustment.propose(lot, 2, "x", by=senior, at=NOW).decline(
        by=other_senior, at=NOW, answer="no procede"
    )
    assert lot.entries.count() == 1
    assert list(invariants.broken()) == []
