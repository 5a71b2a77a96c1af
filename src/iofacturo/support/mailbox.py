"""The box that answers to tickets come to, read over IMAP by one worker at a time.

`IOFACTURO_TICKET_IMAP` names it: `imaps://user:password@host/INBOX`, or `imap+starttls://…`; plain
`imap://` for this machine only. The box is support's own: whatever is in it is read once, in the
order of its UIDs, and marked as seen; nothing is deleted. A row remembers how far we are, and a
lease on it lets one worker in. One that dies leaves the lease to lapse and a mail at most half
taken, which `incoming` finds again by its Message-ID.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Q

from iofacturo.support import incoming

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
AFTER_FAILURE = timedelta(minutes=2)
LEASE = timedelta(minutes=10)  # far above a round, each step of which is bounded
SECONDS = 20  # for any answer of the server
ROUND_SECONDS, ROUND_MAILS = 60, 20
NEAR = {"localhost", "127.0.0.1", "::1"}
Failure = (imaplib.IMAP4.error, OSError, ValueError)


@dataclass(frozen=True)
class Box:
    """Where the mail is and how to get at it."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str

    @property
    def name(self) -> str:
        """As a row remembers it: no secret in it."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"[:300]


def box() -> Box | None:
    """The configured box; None where answers do not come back by mail."""
    if not settings.TICKET_IMAP:
        return None
    if not settings.TICKET_MAIL:
        raise ImproperlyConfigured("IOFACTURO_TICKET_IMAP needs IOFACTURO_TICKET_MAIL as well.")
    url = urlsplit(settings.TICKET_IMAP)
    if url.scheme not in ("imap", "imaps", "imap+starttls") or not url.hostname:
        raise ImproperlyConfigured(
            "IOFACTURO_TICKET_IMAP must be imaps://user:password@host/INBOX."
        )
    if url.scheme == "imap" and url.hostname not in NEAR:
        raise ImproperlyConfigured("IOFACTURO_TICKET_IMAP would send a password in the clear.")
    return Box(
        scheme=url.scheme,
        host=url.hostname,
        port=url.port or (993 if url.scheme == "imaps" else 143),
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        folder=unquote(url.path.strip("/")) or "INBOX",
    )


class Mailbox(models.Model):
    """How far a box was read. `uid_validity` changes when the server numbers anew: then from the
    beginning, and what was taken already is known by its Message-ID."""

    name = models.CharField(max_length=300, unique=True)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    next_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "buzón"
        verbose_name_plural = "buzones"


def run(now: datetime) -> int:
    """Read what is new, if nobody else does and it is time; how many mails were looked at."""
    found = box()
    if found is None:
        return 0
    row, _ = Mailbox.objects.get_or_create(name=found.name, defaults={"next_at": now})
    lease = uuid4()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    mine = Mailbox.objects.filter(free, pk=row.pk, next_at__lte=now)
    if row.next_at > now or not mine.update(lease=lease, leased_until=now + LEASE):
        return 0
    row.refresh_from_db()
    done, error = 0, ""
    try:
        with _opened(found) as server:
            for uid, raw in _fresh(server, row, found.folder):
                incoming.take(raw, now)
                _got(row, uid)
                with suppress(*Failure):
                    server.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")
                done += 1
    except Failure as failure:
        error = f"{type(failure).__name__}: {failure}"[:300].replace("\x00", "")
        log.warning("The mailbox of tickets does not answer: %s", error)
    pause = AFTER_FAILURE if error else (EVERY if done < ROUND_MAILS else timedelta(0))
    Mailbox.objects.filter(pk=row.pk, lease=lease).update(
        lease=None, leased_until=None, next_at=now + pause, last_error=error,
        read_at=row.read_at if error else now,
    )  # fmt: skip
    return done


@contextmanager
def _opened(found: Box) -> Iterator[imaplib.IMAP4]:
    server: imaplib.IMAP4
    if found.scheme == "imaps":
        context = ssl.create_default_context()
        server = imaplib.IMAP4_SSL(found.host, found.port, timeout=SECONDS, ssl_context=context)
    else:
        server = imaplib.IMAP4(found.host, found.port, timeout=SECONDS)
    try:
        if found.scheme == "imap+starttls":
            server.starttls(ssl.create_default_context())
        server.login(found.user, found.password)
        yield server
    finally:
        with suppress(*Failure):
            server.logout()


def _fresh(server: imaplib.IMAP4, row: Mailbox, folder: str) -> Iterator[tuple[int, bytes]]:
    """UID and bytes of each mail after the last one, at most a round of them."""
    quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    kind, said = server.select(quoted)
    if kind != "OK":
        raise ValueError(f"no folder {folder}: {said!r}"[:200])
    validity = _number(server.response("UIDVALIDITY")[1])
    if validity != row.uid_validity:
        row.uid_validity, row.last_uid = validity, 0
        row.save(update_fields=["uid_validity", "last_uid"])
    kind, found = server.uid("SEARCH", f"UID {row.last_uid + 1}:*")
    if kind != "OK":
        raise ValueError("the server does not search")
    uids = sorted(int(word) for word in (found[0] or b"").split() if word.isdigit())
    until = time.monotonic() + ROUND_SECONDS
    for uid in [uid for uid in uids if uid > row.last_uid][:ROUND_MAILS]:
        if time.monotonic() > until:
            return
        raw = _fetch(server, uid)
        if raw is None:  # taken away meanwhile
            _got(row, uid)
            continue
        yield uid, raw


def _fetch(server: imaplib.IMAP4, uid: int) -> bytes | None:
    """The mail, and of one that is too large a byte more than may be: without marking it."""
    kind, parts = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{incoming.LARGEST + 1}>)")
    if kind != "OK":
        raise ValueError("the server does not give a mail")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)


def _got(row: Mailbox, uid: int) -> None:
    row.last_uid = uid
    Mailbox.objects.filter(pk=row.pk, last_uid__lt=uid).update(last_uid=uid)


def _number(said: object) -> int:
    first = said[0] if isinstance(said, list) and said else None
    return int(first) if isinstance(first, bytes) and first.isdigit() else 0
