"""Reading the demo's caught mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from mailbox import Maildir
from pathlib import Path

from django.conf import settings

from iofacturo.outbox import catcher

NEWEST = 200


@dataclass(frozen=True)
class Mail:
    """One caught mail, its parts as text."""

    key: str
    sender: str
    to: str
    subject: str
    date: datetime | None
    text: str
    html: str


def box() -> Maildir | None:
    """The Maildir, or None as long as nothing was ever caught."""
    where: Path = catcher.folder(settings.DATA)
    return Maildir(where, create=False) if where.is_dir() else None


def newest(to: str = "") -> Iterator[Mail]:
    """The last mails that came in, newest first; with *to* only those to that address."""
    found = box()
    if found is None:
        return
    # A Maildir's key begins with the second and the microsecond of its arrival.
    keys = sorted(found.keys(), key=_arrival, reverse=True)
    count = 0
    for key in keys:
        mail = get(key, found)
        if mail and (not to or to.casefold() in mail.to.casefold()):
            yield mail
            count += 1
            if count == NEWEST:
                return


def get(key: str, within: Maildir | None = None) -> Mail | None:
    """The mail under *key*, one of those the box lists."""
    found = within if within is not None else box()
    if found is None or "/" in key:
        return None
    try:
        raw = found.get_bytes(key)
    except (KeyError, OSError):
        return None
    return _read(key, raw)


def _arrival(key: str) -> tuple[float, int, str]:
    second, _, rest = key.partition(".")
    micro = rest.partition("M")[2].partition("P")[0]
    return (float(second) if second.isdecimal() else 0, int(micro) if micro.isdecimal() else 0, key)


def _read(key: str, raw: bytes) -> Mail:
    mail = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)
    return Mail(
        key=key,
        sender=_header(mail, "From"),
        to=_header(mail, "To"),
        subject=_header(mail, "Subject") or "(sin asunto)",
        date=_date(mail),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
    )


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail[name] or "")
    except Exception:  # the parser of the standard library gives up on some headers
        return ""


def _date(mail: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(mail, "Date"))
    except (ValueError, TypeError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, AssertionError, KeyError):
        return ""
