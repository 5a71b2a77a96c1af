"""What must hold of tickets after every commit; `iofacturo verify` asks."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Subquery

from iofacturo.support.attachment import TicketFile, TicketPage
from iofacturo.support.entry import Entry
from iofacturo.support.incoming import IncomingMail
from iofacturo.support.participant import Participant
from iofacturo.support.promise import BrokenPromise
from iofacturo.support.ticket import Ticket
from iofacturo.uploads import storage


def broken() -> Iterator[str]:
    """One line in Spanish for each offender."""
    yield from _tickets()
    yield from _promises()
    yield from _people()
    yield from _files()


def _tickets() -> Iterator[str]:
    last = Entry.objects.filter(ticket=OuterRef("pk")).order_by("-id").values("to_state")[:1]
    rows = Ticket.objects.annotate(told=Subquery(last)).exclude(told=F("state"), told__isnull=False)
    for number, state in rows.values_list("number", "state").iterator():
        yield f"ticket {number}: su estado ({state}) no es el de su última entrada"
    strangers = Ticket.objects.filter(
        Q(request__isnull=False) & ~Q(request__company=F("company"))
        | Q(comprobante__isnull=False) & ~Q(comprobante__company=F("company"))
        | Q(previous__isnull=False) & ~Q(previous__company=F("company"))
    )
    for ticket in strangers.iterator():
        yield f"ticket {ticket.number}: trata de algo que es de otra empresa"


def _promises() -> Iterator[str]:
    told = BrokenPromise.objects.filter(ticket=OuterRef("pk"))
    for ticket in Ticket.objects.filter(~Exists(told), cause=Ticket.LATE).iterator():
        yield f"ticket {ticket.number}: se abrió solo y no hay plazo incumplido"
    wrong = BrokenPromise.objects.filter(
        ~Q(ticket__cause=Ticket.LATE)
        | ~Q(ticket__request=F("request"))
        | Q(found_at__lte=F("due_at"))
    )
    for row in wrong.select_related("ticket").iterator():
        yield f"plazo incumplido {row.pk}: no concuerda con el ticket {row.ticket.number}"


def _people() -> Iterator[str]:
    author = Participant.objects.filter(
        ticket=OuterRef("pk"), user=OuterRef("author"), removed_at__isnull=True
    )
    for ticket in Ticket.objects.filter(~Exists(author), author__isnull=False).iterator():
        yield f"ticket {ticket.number}: quien lo abrió no participa en él"
    for row in Participant.objects.exclude(company=F("ticket__company")).iterator():
        yield f"participante {row.pk}: es de otra empresa que su ticket"


def _files() -> Iterator[str]:
    for file in TicketFile.objects.filter(entry__isnull=False).exclude(
        company=F("entry__ticket__company")
    ):
        yield f"archivo {file.pk} de un ticket: es de otra empresa que su mensaje"
    sent = TicketFile.objects.filter(entry__isnull=False)
    for name in storage.missing(sent.values_list("original", flat=True).iterator()):
        yield f"falta el archivo {name} de un ticket"
    mails = IncomingMail.objects.filter(state=IncomingMail.WAITING).exclude(raw="")
    for name in storage.missing(mails.values_list("raw", flat=True).iterator()):
        yield f"falta el correo {name} que espera a soporte"
    for mail in IncomingMail.objects.filter(entry__isnull=False).exclude(entry__ticket=F("ticket")):
        yield f"correo {mail.pk}: está en otro ticket que el suyo"
    pages = TicketPage.objects.filter(file__entry__isnull=False)
    for name in storage.missing(pages.values_list("stored", flat=True).iterator()):
        yield f"falta la imagen {name} de un ticket"
