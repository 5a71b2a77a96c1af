"""Messages of both sides, and what each does to the state of the ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.support import attachment, closing, due, entry, notices
from iofacturo.support.attachment import TicketFile
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid, Moved, TooMany
from iofacturo.support.opening import fingerprint, made_by, message_problems, new_token, tidy
from iofacturo.support.ticket import Ticket

MOST_ENTRIES = 500  # in one ticket; then another one is opened
CLOSED = "Este ticket ya se cerró. Abra uno nuevo: puede mencionar este."


def answer(
    ticket: Ticket,
    *,
    by: User,
    at: datetime,
    text: str,
    token: str = "",
    files: Sequence[TicketFile] = (),
    via: str = Entry.WEB,
) -> Entry:
    """A message of the customer's side: the ticket is ours again, opened again if it was resolved.

    Raises Invalid, Moved when it is closed, TooMany, or Repeated.
    """
    token, text = token.strip()[:64] or new_token(), tidy(text)
    mark = fingerprint("answer", ticket.pk, text)
    earlier = made_by(by, token, mark)
    if earlier is not None:
        return earlier
    problems = {} if files and not text else message_problems(text)
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        locked = Ticket.lock(ticket.pk)
        return made_by(by, token, mark) or _answer(locked, by, at, text, token, mark, files, via)


def _answer(
    ticket: Ticket, by: User, at: datetime, text: str, token: str, mark: str,
    files: Sequence[TicketFile], via: str,
) -> Entry:  # fmt: skip
    if ticket.is_closed(at):
        raise Moved(CLOSED)
    _check_room(ticket)
    if ticket.state == Ticket.RESOLVED:
        closing.open_again(ticket, by=by, side=Entry.CUSTOMER, at=at)
    owed = {} if ticket.due_at is not None else due.promise(at)
    ticket.change(at=at, state=Ticket.OPEN, **owed)
    row = entry.record(
        ticket, Entry.MESSAGE, by=by, side=Entry.CUSTOMER, at=at, text=text, token=token,
        fingerprint=mark, via=via,
    )  # fmt: skip
    attachment.settle(files, row)
    notices.customer_wrote(ticket, row, at=at)
    return row


def reply(
    ticket: Ticket,
    *,
    by: User,
    at: datetime,
    text: str,
    seen: int,
    token: str = "",
    files: Sequence[TicketFile] = (),
    resolve: bool = False,
) -> Entry:
    """A message of ours: the customer has the word, or the ticket is resolved with it.

    *seen* is the id of the last public line on the screen. Whoever answers without having read
    what came meanwhile gets Moved, and nothing is sent.
    """
    token, text = token.strip()[:64] or new_token(), tidy(text)
    mark = fingerprint("reply", ticket.pk, text, resolve)
    earlier = made_by(by, token, mark)
    if earlier is not None:
        return earlier
    problems = message_problems(text)
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        earlier = made_by(by, token, mark)
        if earlier is not None:
            return earlier
        last = entry.last_public(ticket)
        if last is not None and last.pk > seen:
            raise Moved("Hay un mensaje que usted no había leído. Léalo y vuelva a enviar.")
        if ticket.is_closed(at):
            raise Moved("Este ticket ya se cerró.")
        _check_room(ticket)
        if ticket.state == Ticket.RESOLVED:
            closing.open_again(ticket, by=by, side=Entry.STAFF, at=at)
        ticket.change(
            at=at,
            state=Ticket.WAITING,
            due_at=None,
            answered_at=ticket.answered_at or at,
            assigned_to=ticket.assigned_to or by,
        )
        row = entry.record(
            ticket, Entry.MESSAGE, by=by, side=Entry.STAFF, at=at, text=text, token=token,
            fingerprint=mark,
        )  # fmt: skip
        attachment.settle(files, row)
        if resolve:
            closing.settle(ticket, by=by, side=Entry.STAFF, at=at)
        notices.replied(ticket, row, at=at)
        return row


def note(ticket: Ticket, *, by: User, at: datetime, text: str) -> Entry:
    """Something for colleagues only: the customer never reads it and nothing changes."""
    text = tidy(text)
    problems = message_problems(text)
    if problems:
        raise Invalid({"nota": "Escriba la nota." if not text else problems["mensaje"]})
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        _check_room(ticket)
        return entry.record(ticket, Entry.NOTE, by=by, side=Entry.STAFF, at=at, text=text)


def _check_room(ticket: Ticket) -> None:
    if ticket.entries.count() >= MOST_ENTRIES:
        raise TooMany("Este ticket ya es demasiado largo. Abra uno nuevo y mencione este.")
