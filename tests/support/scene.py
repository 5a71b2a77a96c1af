"""Pieces of a ticket for tests. Plain functions, so that racing processes can use them too."""

from datetime import timedelta
from itertools import count

from tests.renewals import scene as renewals

from iofacturo.lib import clock
from iofacturo.renewals import review
from iofacturo.support import opening
from iofacturo.support.subject import Subject
from iofacturo.support.ticket import Ticket

AT = renewals.AT  # Monday, 10:00 a. m. in Costa Rica
HOUR, DAY = renewals.HOUR, renewals.DAY
LATE = AT + 4 * HOUR + timedelta(minutes=1)  # past the due time of what was sent at AT
_numbers = count(1)


def opened(company, by, *, at=AT, copies=(), request=None, subject="No veo mis folios") -> Ticket:
    return opening.open_ticket(
        company, by=by, at=at, subject=subject, text="Transferí ayer y no aparecen.",
        token=f"t-{next(_numbers)}", about=Subject(request=request), copies=copies,
    )  # fmt: skip


def decided(request, by, *, at, how="reject"):
    """*request* after a reviewer's word: `reject` or `correct`."""
    with clock.moved_to(at):
        request.refresh_from_db()
        request = review.take(request, by=by, at=at)
        if how == "correct":
            return review.ask_correction(
                request, by=by, at=at, version=request.version, reason="unreadable"
            )
        return review.reject(request, by=by, at=at, version=request.version, reason="no_money")
