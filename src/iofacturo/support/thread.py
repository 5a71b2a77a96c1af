"""The conversation as a page shows it, for either side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from iofacturo.support.attachment import TicketFile
from iofacturo.support.entry import Entry
from iofacturo.support.ticket import Ticket

ACTS = {
    Entry.RESOLVED: ("good", "Resuelto"),
    Entry.REOPENED: ("retry", "Abierto de nuevo"),
    Entry.CLOSED: ("lock", "Cerrado"),
    Entry.PAUSED: ("clock", "En pausa"),
    Entry.RESUMED: ("clock", "En curso otra vez"),
    Entry.COPIED: ("people", "Se puso en copia a {who}"),
    Entry.UNCOPIED: ("people", "Se quitó de la copia a {who}"),
    Entry.ASSIGNED: ("user", "Lo tiene {who}"),
    Entry.RELEASED: ("inbox", "Nadie lo tiene"),
}
SYSTEM = "ioFacturo"


@dataclass(frozen=True)
class Line:
    """One line: a message, an internal note (`internal`), or an act (`word` says what happened)."""

    pk: int
    at: datetime
    who: str
    side: str
    text: str
    files: list[TicketFile]
    mine: bool = False
    internal: bool = False
    by_mail: bool = False
    word: str = ""
    icon: str = ""


def lines(ticket: Ticket, reader: object, *, staff: bool) -> list[Line]:
    """The whole thread, oldest first. Without *staff* nothing internal is even read."""
    rows = ticket.entries.select_related("author", "subject_user").order_by("id")
    if not staff:
        rows = rows.filter(kind__in=Entry.PUBLIC)
    return [_line(row, reader, staff) for row in rows.prefetch_related("files__pages")]


def _line(row: Entry, reader: object, staff: bool) -> Line:
    icon, word = ACTS.get(row.kind, ("", ""))
    if row.kind == Entry.HANDOVER:
        icon, word = "send", "Entregado a revisión"
    return Line(
        pk=row.pk,
        at=row.at,
        who=_who(row, staff),
        side=row.side,
        text=row.text,
        files=list(row.files.all()),
        mine=row.author == reader,
        internal=not row.is_public,
        by_mail=row.via == Entry.MAIL,
        word=word.format(who=row.subject_user) if row.subject_user_id else word,
        icon=icon,
    )


def _who(row: Entry, staff: bool) -> str:
    """Customers read our people's names with where they are from; nobody's address."""
    if row.author is None:
        return SYSTEM
    if row.side == Entry.STAFF and not staff:
        return f"{row.author.name}, de soporte" if row.author.name else "Soporte"
    return str(row.author)
