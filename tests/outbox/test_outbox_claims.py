"""Sending: once, with patience, and giving up only what can never arrive."""

import email
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
from django.core import mail as sent
from tests.outbox.servers import Clerk, listening

from iofacturo.lib import clock
from iofacturo.outbox import claims, delivery, invariants, mail
from iofacturo.outbox.models import Message

NOW = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def smtp(settings):
    def use(port: int) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 5

    return use


def write(key: str = "a", **changes: object) -> Message:
    words = {
        "to": "duena@ejemplo.cr", "subject": "Su plan está activo", "text": "Tiene 500 folios.",
        "at": NOW, **changes,
    }  # fmt: skip
    return mail.enqueue(key=key, **words)


def test_a_due_mail_is_sent_once_with_both_parts() -> None:
    row = write()
    assert claims.run(NOW) == 1
    assert claims.run(NOW) == 0
    [message] = sent.outbox
    assert message.to == ["duena@ejemplo.cr"]
    assert message.body == "Tiene 500 folios."
    assert [kind for _, kind in message.alternatives] == ["text/html"]
    assert message.extra_headers["Message-ID"] == row.message_id
    row.refresh_from_db()
    assert (row.sent_at, row.failed_at, row.lease, row.attempts) == (NOW, None, None, 1)
    assert not list(invariants.broken())


def test_the_longest_waiting_goes_first_and_the_future_waits() -> None:
    write("late", at=NOW - timedelta(minutes=1), subject="2")
    write("later", at=NOW + timedelta(minutes=1), subject="3")
    write("first", at=NOW - timedelta(minutes=2), subject="1")
    assert claims.run(NOW) == 2
    assert [m.subject for m in sent.outbox] == ["1", "2"]


def test_on_the_wire_it_is_one_multipart_mail_in_spanish(smtp) -> None:
    clerk = Clerk()
    row = write(subject="Renovación de «Café Peña» lista", text="Ñandú, ₡63 750,00.\n\nFin.")
    with listening(clerk) as port:
        smtp(port)
        assert claims.run(NOW) == 1
    [raw] = clerk.taken
    got = email.message_from_bytes(raw, policy=policy.default)
    assert got["Subject"] == "Renovación de «Café Peña» lista"
    assert got["Message-ID"] == row.message_id
    assert got["Auto-Submitted"] == "auto-generated"
    assert email.utils.parsedate_to_datetime(got["Date"]) == NOW
    assert got.get_body(("plain",)).get_content().split() == row.text.split()
    assert "₡63 750,00" in got.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    ("rcpt", "data"),
    [
        ("550 5.1.1 No such user", "250 OK"),
        ("553 mailbox name", "250"),
        ("250 OK", "554 5.6.0 Content refused"),
    ],
)
def test_a_refused_recipient_or_mail_is_not_tried_again(smtp, rcpt: str, data: str) -> None:
    row = write()
    with listening(Clerk(rcpt, data)) as port:
        smtp(port)
        claims.run(NOW)
    row.refresh_from_db()
    assert row.failed_at == NOW
    assert row.sent_at is None
    assert row.attempts == 1
    assert row.last_error


@pytest.mark.parametrize(
    ("rcpt", "data"),
    [
        ("450 4.2.1 Try later", "250"),
        ("250 OK", "451 4.3.0 Disk full"),
        ("550 5.7.1 Relaying denied", "250"),
        ("554 5.7.1 Access denied", "250"),
    ],
)
def test_a_moment_or_our_own_settings_are_waited_out(smtp, rcpt: str, data: str) -> None:
    row = write()
    with listening(Clerk(rcpt, data)) as port:
        smtp(port)
        claims.run(NOW)
    row.refresh_from_db()
    assert row.failed_at is None
    assert NOW + timedelta(seconds=48) <= row.due_at <= NOW + timedelta(seconds=72)
    assert row.lease is None
    assert row.last_error


def test_one_refused_mail_does_not_hold_up_the_next(smtp) -> None:
    clerk = Clerk()

    async def picky(server, session, envelope, address, options) -> str:
        if address.startswith("malo"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    clerk.handle_RCPT = picky
    write("a", to="malo@ejemplo.cr")
    write("b")
    with listening(clerk) as port:
        smtp(port)
        assert claims.run(NOW) == 2
    assert len(clerk.taken) == 1


def test_a_dead_server_costs_one_attempt_and_not_one_for_each_mail(smtp) -> None:
    for key in "abc":
        write(key)
    smtp(1)  # nobody listens there
    assert claims.run(NOW) == 1
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_it_is_sent_when_the_server_is_back(smtp) -> None:
    row = write()
    smtp(1)
    claims.run(NOW)
    clerk = Clerk()
    with listening(clerk) as port:
        smtp(port)
        assert claims.run(NOW + timedelta(seconds=30)) == 0
        assert claims.run(NOW + timedelta(minutes=2)) == 1
    row.refresh_from_db()
    assert (row.attempts, row.last_error) == (2, "")
    assert len(clerk.taken) == 1


def test_patience_lasts_for_days_and_ends() -> None:
    total = sum((claims.pause(n) for n in range(1, claims.MOST_ATTEMPTS)), timedelta())
    assert timedelta(days=3) < total < timedelta(days=7)
    assert all(claims.pause(n) <= timedelta(hours=7.3) for n in range(1, 200))


def test_the_last_attempt_gives_up_and_says_why(smtp) -> None:
    row = write()
    Message.objects.update(attempts=claims.MOST_ATTEMPTS - 1)
    smtp(1)
    claims.run(NOW)
    row.refresh_from_db()
    assert row.failed_at == NOW
    assert "ConnectionRefused" in row.last_error
    assert not list(invariants.broken())


def test_what_a_killed_worker_held_comes_round_again() -> None:
    row = write()
    assert claims.take(NOW).pk == row.pk
    assert claims.take(NOW) is None
    assert claims.take(NOW + claims.LEASE - timedelta(seconds=1)) is None
    again = claims.take(NOW + claims.LEASE)
    assert again.pk == row.pk
    assert again.attempts == 2


def test_who_lost_the_lease_writes_no_outcome() -> None:
    write()
    slow = claims.take(NOW)
    quick = claims.take(NOW + claims.LEASE)
    claims._let_go(slow, failed_at=NOW, last_error="too late")
    row = Message.objects.get()
    assert row.failed_at is None
    assert row.lease == quick.lease


def test_words_sent_long_ago_are_forgotten_and_the_row_stays() -> None:
    row = write()
    claims.run(NOW)
    assert claims.run(NOW + timedelta(days=29)) == 0
    assert claims.run(NOW + timedelta(days=31)) == 1
    row.refresh_from_db()
    assert (row.text, row.html) == ("", "")
    assert row.sent_at == NOW
    assert not list(invariants.broken())


def test_a_message_that_cannot_be_written_is_given_up() -> None:
    row = write()
    Message.objects.update(subject="a\nBcc: b@c.cr")  # as if the fence above had a hole
    claims.run(NOW)
    row.refresh_from_db()
    assert row.failed_at == NOW
    assert not sent.outbox


def test_an_unknown_fault_is_waited_out(monkeypatch) -> None:
    row = write()

    def fail(*_: object) -> None:
        raise delivery.Temporary("the provider's API says 503")

    monkeypatch.setattr(delivery, "deliver", fail)
    claims.run(NOW)
    row.refresh_from_db()
    assert row.failed_at is None
    assert row.due_at > NOW


def test_idle_rounds_cost_two_queries_and_no_transaction(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        assert claims.run(NOW) == 0
