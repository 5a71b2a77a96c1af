"""What the worker does for this room: send what is due."""

import logging
import random
import time
from datetime import datetime, timedelta
from uuid import uuid4

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from iofacturo.lib import clock
from iofacturo.outbox import delivery
from iofacturo.outbox.message import Message

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)  # far above one sending, which EMAIL_TIMEOUT bounds
ROUND_SECONDS = 30  # then the worker's other claims have their turn
ROUND_MESSAGES = 50
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 28  # 1, 2, 4 … minutes, then every six hours: about five days
KEPT = timedelta(days=30)  # afterwards a sent mail's words are blanked; that it was sent stays


def run(now: datetime) -> int:
    """Send due messages, each under a lease of its own; answers how many were worked on."""
    done = 0
    server: BaseEmailBackend | None = None
    until = time.monotonic() + ROUND_SECONDS
    try:
        while done < ROUND_MESSAGES and time.monotonic() < until:
            message = take(now)
            if message is None:
                break
            server = server or get_connection()
            done += 1
            if not _send(message, server, now):
                break
            now = max(now, clock.now())
    finally:
        if server is not None:
            _close(server)
    return done or blank(now)


def take(now: datetime) -> Message | None:
    """One due message, held for `LEASE`; None when there is none.

    A conditional update decides who gets it; on PostgreSQL rows that somebody else is just taking
    are passed over.
    """
    if not Message.due(now).exists():  # SQLite's write lock is not taken for nothing
        return None
    lease = uuid4()
    with transaction.atomic():
        pk = (
            Message.due(now)
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)
            .first()
        )
        if pk is None:
            return None
        taken = Message.due(now).filter(pk=pk).order_by()
        if not taken.update(lease=lease, leased_until=now + LEASE):
            return None
        message = Message.objects.get(pk=pk)
        message.attempts += 1  # counted on taking: an attempt that kills the worker counts too
        message.save(update_fields=["attempts"])
    return message


def _send(message: Message, server: BaseEmailBackend, now: datetime) -> bool:
    """Try *message* once and write down what came of it; False when the server does not answer."""
    try:
        delivery.deliver(message, server)
    except delivery.Permanent as error:
        _let_go(message, failed_at=now, last_error=str(error))
        log.warning("Mail %s is refused for good: %s", message.key, error)
        return True
    except delivery.Temporary as error:
        _close(server)  # what is left of the connection is not trusted
        _postpone(message, str(error), now)
        return not isinstance(error, delivery.Unreachable)
    _let_go(message, sent_at=now, last_error="")
    return True


def _postpone(message: Message, error: str, now: datetime) -> None:
    if message.attempts >= MOST_ATTEMPTS:
        _let_go(message, failed_at=now, last_error=error)
        log.warning("Mail %s is given up: %s", message.key, error)
        return
    _let_go(message, due_at=now + pause(message.attempts), last_error=error)
    log.info("Mail %s waits for another attempt: %s", message.key, error)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling, bounded, a fifth to either side."""
    whole = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    return whole * random.uniform(0.8, 1.2)  # noqa: S311 spreads load, keeps no secret


def _let_go(message: Message, **outcome: object) -> None:
    # Only while the lease is still ours: whoever took it after us will write the outcome.
    Message.objects.filter(pk=message.pk, lease=message.lease).update(
        lease=None, leased_until=None, **outcome
    )


def _close(server: BaseEmailBackend) -> None:
    try:
        server.close()
    except Exception as error:  # a broken connection may fail to close, too
        log.debug("Closing the mail connection failed: %s", error)


def blank(now: datetime) -> int:
    """Forget the words of mail sent long ago, links for new passwords included."""
    old = Message.objects.filter(sent_at__lt=now - KEPT).exclude(text="")
    pks = list(old.order_by("sent_at").values_list("pk", flat=True)[:200])
    return Message.objects.filter(pk__in=pks).update(text="", html="") if pks else 0
