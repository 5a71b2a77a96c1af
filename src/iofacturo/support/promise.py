"""The promise keeps itself: a request undecided at its due time opens its ticket, once.

Support reads the requests; they know nothing of it. A broken promise is a row of its own, unique
for request and due time: a request that is late again after a correction opens the same ticket
again. Each is written in one transaction with the ticket, its first line and the mails, behind the
lock of the request: of several workers one writes, and one that is killed leaves nothing behind.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import DatabaseError, models, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from iofacturo.lib import formats
from iofacturo.notifications import telling
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support import closing, entry, notices, participant
from iofacturo.support.entry import Entry
from iofacturo.support.ticket import Ticket

log = logging.getLogger(__name__)

BATCH = 100
Request = RenewalRequest
OUTCOMES = {
    Request.ACTIVE: "Su plan quedó activo.",
    Request.REJECTED: "No se pudo aprobar: el motivo está en la solicitud.",
    Request.CANCELLED: "La solicitud se canceló.",
    Request.EXPIRED: "Pasó el plazo para enviar la corrección.",
    Request.REVERSED: "El plan se revirtió.",
}
PAUSED = "Le pedimos una corrección: mientras la envía, el plazo está detenido."
RESUMED = "Recibimos la corrección. Le respondemos a más tardar el {due}"


class BrokenPromise(models.Model):
    """A due time that passed with the request undecided. Append-only."""

    request = models.ForeignKey(RenewalRequest, models.PROTECT, related_name="broken_promises")
    due_at = models.DateTimeField()
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="broken_promises")
    found_at = models.DateTimeField()

    class Meta:
        verbose_name = "plazo incumplido"
        verbose_name_plural = "plazos incumplidos"
        constraints = [
            models.UniqueConstraint(fields=["request", "due_at"], name="broken_promise_once")
        ]
        indexes = [models.Index(fields=["due_at"], name="broken_promise_due")]


# -- facts for the board ---------------------------------------------------------------------------


def broken(since: datetime, until: datetime) -> QuerySet[BrokenPromise]:
    """Promises whose due time fell in [since, until) and was not kept."""
    return BrokenPromise.objects.filter(due_at__gte=since, due_at__lt=until)


def late(now: datetime) -> QuerySet[RenewalRequest]:
    """Requests whose answer we owe at *now*, the longest waiting first."""
    rows = Request.objects.filter(state=Request.IN_REVIEW, due_at__lt=now)
    return rows.order_by("due_at", "id")


def of(request: RenewalRequest) -> Ticket | None:
    """The ticket that opened by itself for *request*."""
    return Ticket.objects.filter(request=request, cause=Ticket.LATE).first()


# -- the claims ------------------------------------------------------------------------------------


def keep(now: datetime) -> int:
    """Open the tickets of requests that are late at *now*; how many promises were written down."""
    told = BrokenPromise.objects.filter(request=OuterRef("pk"), due_at=OuterRef("due_at"))
    pks = late(now).filter(~Exists(told)).values_list("pk", flat=True)[:BATCH]
    return sum(_kept(pk, now) for pk in list(pks))


def _kept(pk: int, now: datetime) -> bool:
    """One that cannot be kept must not hold up the others."""
    try:
        return _keep(pk, now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("The broken promise of request %d could not be written down.", pk)
        return False


def _keep(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        request = Request.lock(pk)
        due_at = request.due_at
        if due_at is None or not request.is_late(now):
            return False
        if BrokenPromise.objects.filter(request=request, due_at=due_at).exists():
            return False
        ticket = of(request)
        again = ticket is not None
        ticket = _again(ticket, request, now) if ticket else _open(request, now)
        BrokenPromise.objects.create(request=request, due_at=due_at, ticket=ticket, found_at=now)
        notices.late(ticket, due_at, again=again, at=now)
    return True


def _open(request: RenewalRequest, now: datetime) -> Ticket:
    ticket = Ticket.objects.create(
        company=request.company,
        cause=Ticket.LATE,
        subject=f"Solicitud {request.number}: pasó el plazo de respuesta",
        request=request,
        created_at=now,
        changed_at=now,
        due_at=request.due_at,
        followed=request.state,
    )
    _say(ticket, request, now)
    participant.add(ticket, telling.recipients(request.company, "renew"), by=None, at=now)
    return ticket


def _again(ticket: Ticket, request: RenewalRequest, now: datetime) -> Ticket:
    """Late once more: the same ticket is ours again."""
    ticket = Ticket.lock(ticket.pk)
    if not ticket.live:
        closing.open_again(ticket, by=None, side=Entry.CLOCK, at=now)
    ticket.change(
        at=now, state=Ticket.OPEN, due_at=request.due_at, due_from=None, followed=request.state
    )
    _say(ticket, request, now)
    return ticket


def _say(ticket: Ticket, request: RenewalRequest, now: datetime) -> None:
    assert request.due_at is not None  # noqa: S101 - it is late
    text = (
        f"Debíamos responder la solicitud {request.number} el {formats.momento(request.due_at)} "
        "y sigue sin respuesta. Este ticket se abrió solo para darle seguimiento."
    )
    entry.record(ticket, Entry.MESSAGE, by=None, side=Entry.CLOCK, at=now, text=text)


def follow(now: datetime) -> int:
    """Bring live late tickets to where their requests are; how many moved."""
    rows = Ticket.objects.filter(cause=Ticket.LATE, live=True).exclude(followed=F("request__state"))
    pks = list(rows.order_by("id").values_list("pk", flat=True)[:BATCH])
    return sum(_follow(pk, now) for pk in pks)


def _follow(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        ticket = Ticket.lock(pk)
        request = ticket.request
        if request is None or not ticket.live or ticket.followed == request.state:
            return False
        if request.state == Request.NEEDS_INFO:
            ticket.change(at=now, state=Ticket.WAITING, due_at=None, followed=request.state)
            _clock(ticket, Entry.PAUSED, PAUSED, now)
        elif request.state == Request.IN_REVIEW and request.due_at is not None:
            ticket.change(
                at=now,
                state=Ticket.OPEN,
                due_at=request.due_at,
                due_from=None,
                followed=request.state,
            )
            _clock(ticket, Entry.RESUMED, RESUMED.format(due=formats.momento(request.due_at)), now)
        else:
            text = OUTCOMES.get(request.state, "")
            ticket.change(at=now, followed=request.state)
            closing.settle(ticket, by=None, side=Entry.CLOCK, at=now, text=text)
            notices.settled(ticket, text, at=now)
    return True


def _clock(ticket: Ticket, kind: str, text: str, now: datetime) -> None:
    entry.record(ticket, kind, by=None, side=Entry.CLOCK, at=now, text=text)
