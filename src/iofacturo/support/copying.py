"""Putting colleagues in copy of a ticket, and taking them out again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.support import entry, notices, participant
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid
from iofacturo.support.ticket import Ticket


def add(ticket: Ticket, user: User, *, by: User, at: datetime) -> None:
    """*user* reads the ticket from now on and is told what happens in it."""
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        if user not in participant.of(ticket.company):
            raise Invalid({"persona": "Esa persona no es de la empresa."})
        if participant.add(ticket, [user], by=by, at=at):
            row = entry.record(
                ticket, Entry.COPIED, by=by, side=Entry.CUSTOMER, at=at, subject_user=user
            )
            notices.copied(ticket, user, row, at=at)


def remove(ticket: Ticket, user: User, *, by: User, at: datetime) -> None:
    """*user* is told nothing more. Its author stays: the ticket is theirs."""
    with transaction.atomic():
        ticket = Ticket.lock(ticket.pk)
        if user.pk == ticket.author_id:
            raise Invalid({"persona": "Quien abrió el ticket no se puede quitar."})
        if participant.remove(ticket, user, at=at):
            entry.record(
                ticket, Entry.UNCOPIED, by=by, side=Entry.CUSTOMER, at=at, subject_user=user
            )
