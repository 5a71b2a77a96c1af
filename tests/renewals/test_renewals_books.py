"""`verify` sees what should not be, and every moment is told once to each person."""

from collections import Counter

import pytest
from django.db import connection
from tests.renewals import scene

from iofacturo import verify
from iofacturo.lib import append_only
from iofacturo.notifications.notice import Notice
from iofacturo.outbox.message import Message
from iofacturo.renewals import invariants, review, submission
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.request import RenewalRequest

AT, HOUR = scene.AT, scene.HOUR


@pytest.fixture
def active(sent, reviewer) -> RenewalRequest:
    return review.approve(sent, by=reviewer, at=AT, version=sent.version,
                          lines=[scene.line(75000)])  # fmt: skip


def tamper(sql: str, *params: object) -> None:
    """Change rows behind the database's back, as somebody with its password could."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(sql, params)
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(sql, params)
        for _, text in triggers:
            cursor.execute(text.replace("%", "%%"))


def test_the_books_of_the_whole_house_are_right(active) -> None:
    assert list(verify.broken()) == []


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("UPDATE renewals_renewalrequest SET state = 'rejected'", "lotes pagados"),
        ("UPDATE renewals_quote SET total = 1", "no suma"),
        ("UPDATE renewals_invoiceintent SET total = 70000", "factura"),
        ("UPDATE renewals_bankline SET amount = 70000", "paga"),
        ("UPDATE renewals_allocation SET amount = 70000", "activada con"),
        ("DELETE FROM renewals_allocation", "activada con"),
        ("UPDATE renewals_duetime SET due_at = '2026-11-23 20:00:01+00:00'", "otra hora"),
        ("UPDATE renewals_reviewdecision SET to_state = 'draft' WHERE action = 'approved'",
         "su historial dice"),
        ("DELETE FROM renewals_termsacceptance", "sin aceptar los términos"),
        ("UPDATE renewals_termsversion SET text = 'otro'", "el texto no es el que se aceptó"),
        ("UPDATE renewals_paymentproof SET sent_at = NULL", "sin comprobante"),
    ],
)  # fmt: skip
def test_a_tampered_row_is_named(active, sql, names) -> None:
    tamper(sql)
    found = list(invariants.broken())
    assert any(names in line for line in found), found


def test_a_missing_guard_of_the_database_is_named(active) -> None:
    assert append_only.missing(connection) == []
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else " ON renewals_quote"
        cursor.execute(f"DROP TRIGGER renewals_quote_no_update{on}")
    assert append_only.missing(connection) == ["renewals_quote"]


def test_i17_every_moment_is_told_once_to_everybody_who_renews(
    sent, cafe, owner, administrator, issuer, reviewer
) -> None:
    before = set(Notice.objects.values_list("pk", flat=True))
    review.take(sent, by=reviewer, at=AT)
    review.release(sent, by=reviewer, at=AT)
    review.take(sent, by=reviewer, at=AT)
    sent.refresh_from_db()
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="billing")
    sent.refresh_from_db()
    submission.answer(sent, by=owner, at=AT, token="a", contents={},
                      billing=Billing.of_company(cafe))  # fmt: skip
    sent.refresh_from_db()
    review.approve(sent, by=reviewer, at=AT, version=sent.version, lines=[scene.line(75000)])
    told = Counter(
        Notice.objects.exclude(pk__in=before).values_list("kind", "user__email").order_by("id")
    )
    people = {owner.email, administrator.email}
    kinds = ("taken", "correction", "answered", "activated")
    assert told == {(f"renewal.{kind}", email): 1 for kind in kinds for email in people}
    mails = Message.objects.filter(to__in=people).count()
    assert mails == Notice.objects.filter(user__email__in=people).count()


def test_what_is_rolled_back_tells_nobody(sent, reviewer, owner) -> None:
    before = Message.objects.count()
    with pytest.raises(review.WrongState):
        review.release(sent, by=reviewer, at=AT)
    from iofacturo.renewals.errors import Underpaid

    with pytest.raises(Underpaid):
        review.approve(sent, by=reviewer, at=AT, version=sent.version, lines=[scene.line(1)])
    assert Message.objects.count() == before
