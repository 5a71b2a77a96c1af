"""The tables of this room, each told in the file of its own noun."""

from iofacturo.support.attachment import TicketFile, TicketPage
from iofacturo.support.entry import Entry
from iofacturo.support.incoming import IncomingMail
from iofacturo.support.mailbox import Mailbox
from iofacturo.support.participant import Participant
from iofacturo.support.promise import BrokenPromise
from iofacturo.support.ticket import Ticket

__all__ = [
    "BrokenPromise",
    "Entry",
    "IncomingMail",
    "Mailbox",
    "Participant",
    "Ticket",
    "TicketFile",
    "TicketPage",
]
