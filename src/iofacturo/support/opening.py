"""Enviar un Ticket: opened once, whatever is clicked."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib.visible import visible_lines
from iofacturo.support import attachment, due, entry, notices, participant
from iofacturo.support.attachment import TicketFile
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid, Repeated, TooMany
from iofacturo.support.subject import Subject
from iofacturo.support.ticket import Ticket

LONGEST_SUBJECT, LONGEST_TEXT = 140, 10_000
MOST_A_DAY = 30  # by one person


def new_token() -> str:
    return secrets.token_urlsafe(18)


def fingerprint(*contents: object) -> str:
    """SHA-256 over what a form held."""
    text = json.dumps(contents, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def open_ticket(
    company: Company,
    *,
    by: User,
    at: datetime,
    subject: str,
    text: str,
    token: str,
    about: Subject = Subject(),  # noqa: B008 - frozen
    copies: Sequence[User] = (),
    files: Sequence[TicketFile] = (),
) -> Ticket:
    """A new ticket of *by*, with *copies* in it. *files* wait for the form *token*.

    The same token with the same contents answers the same ticket. Raises Invalid with every
    problem, Repeated, or TooMany.
    """
    token = token.strip()[:64] or new_token()
    subject, text = " ".join(subject.split()), tidy(text)
    mark = fingerprint(
        "open", company.pk, subject, text, about.names, sorted(user.pk for user in copies)
    )
    earlier = made_by(by, token, mark)
    if earlier is not None:
        return earlier.ticket
    _check(by, subject, text, at)
    try:
        with transaction.atomic():
            return _open(company, by, at, subject, text, token, mark, about, copies, files)
    except IntegrityError:  # the twin of a double click was quicker
        earlier = made_by(by, token, mark)
        if earlier is None:
            raise
        return earlier.ticket


def _open(
    company: Company, by: User, at: datetime, subject: str, text: str, token: str, mark: str,
    about: Subject, copies: Sequence[User], files: Sequence[TicketFile],
) -> Ticket:  # fmt: skip
    ticket = Ticket.objects.create(
        company=company,
        author=by,
        subject=subject,
        request=about.request,
        comprobante=about.comprobante,
        previous=about.previous,
        created_at=at,
        changed_at=at,
        **due.promise(at),
    )
    first = entry.record(
        ticket, Entry.MESSAGE, by=by, side=Entry.CUSTOMER, at=at, text=text, token=token,
        fingerprint=mark,
    )  # fmt: skip
    attachment.settle(files, first)
    participant.add(ticket, [by, *copies], by=by, at=at)
    notices.opened(ticket, first, at=at)
    return ticket


def _check(by: User, subject: str, text: str, at: datetime) -> None:
    problems = {}
    if len(subject) < 3:
        problems["asunto"] = "Escriba en pocas palabras de qué se trata."
    elif len(subject) > LONGEST_SUBJECT:
        problems["asunto"] = f"Caben {LONGEST_SUBJECT} letras: deje lo demás para el mensaje."
    problems |= message_problems(text)
    if problems:
        raise Invalid(problems)
    today = Ticket.objects.filter(author=by, created_at__gt=at - timedelta(days=1)).count()
    if today >= MOST_A_DAY:
        raise TooMany(
            f"Ya abrió {MOST_A_DAY} tickets en un día. Escriba en uno de ellos: los leemos todos."
        )


def message_problems(text: str) -> dict[str, str]:
    """What is wrong with a message, by field name."""
    if not text:
        return {"mensaje": "Escriba su mensaje."}
    if len(text) > LONGEST_TEXT:
        return {"mensaje": f"Caben {LONGEST_TEXT} letras y escribió {len(text)}."}
    return {}


def tidy(text: str) -> str:
    """*text* with plain line ends, no blank edges, and nothing in it that cannot be seen."""
    return visible_lines(text).strip()


def made_by(by: User, token: str, mark: str) -> Entry | None:
    """What this form made already; Repeated when it held something else then."""
    row = Entry.objects.select_related("ticket").filter(author=by, token=token).first()
    if row is not None and row.fingerprint != mark:
        raise Repeated
    return row
