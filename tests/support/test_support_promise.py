"""A promise that is broken says so by itself, once; what is decided resolves it."""

import pytest
from tests.accounts.processes import race
from tests.renewals import scene as renewals
from tests.support import scene

from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.outbox.message import Message
from iofacturo.renewals import draft, submission
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support import claims, invariants, promise
from iofacturo.support.entry import Entry
from iofacturo.support.promise import BrokenPromise
from iofacturo.support.ticket import Ticket

AT, LATE, HOUR, DAY = scene.AT, scene.LATE, scene.HOUR, scene.DAY


@pytest.fixture
def request_(senior, admin, cafe, owner):
    """Sent on Monday at ten: due at two in the afternoon."""
    with clock.moved_to(AT):
        renewals.house(senior, admin)
        return renewals.sent(cafe, owner)


@pytest.fixture(autouse=True)
def _books(db):
    yield
    assert list(invariants.broken()) == []


def test_a_request_undecided_at_its_due_time_opens_its_ticket_once(
    request_, cafe, owner, reader, accountant, support, as_client
) -> None:
    assert claims.run(request_.due_at) == 0  # the last instant is still in time
    assert [claims.run(LATE), claims.run(LATE), claims.run(LATE + 30 * DAY)] == [1, 0, 0]
    ticket = promise.of(request_)
    assert (ticket.state, ticket.due_at, ticket.author) == (Ticket.OPEN, request_.due_at, None)
    assert {row.user for row in Notice.objects.filter(kind="ticket.late")} == {owner}
    assert ticket.number in Message.objects.get(to=owner.email, subject__contains="tarde").text
    assert Message.objects.filter(to=support.email, subject__contains="Plazo vencido").count() == 1
    assert promise.broken(AT, LATE).get().ticket == ticket
    assert promise.broken(LATE, LATE + DAY).count() == 0
    assert list(promise.late(LATE)) == [request_]
    with clock.moved_to(LATE):
        page = as_client(owner).get(f"/mi-plan/solicitudes/{request_.number}/").content.decode()
        home = as_client(owner).get("/").content.decode()
        form = as_client(owner).get(f"/soporte/nuevo/?solicitud={request_.number}").content.decode()
        colleague = as_client(reader).get(f"/mi-plan/solicitudes/{request_.number}/")
    assert "Vamos tarde con su solicitud" in page
    assert f"/soporte/{ticket.number}/" in page
    assert "Vamos tarde con su solicitud" in home
    assert ticket.number in form  # one is told that there is one already
    assert ticket.number not in colleague.content.decode()  # who may not read it is not led there


def test_what_is_decided_in_time_opens_nothing(request_, reviewer) -> None:
    scene.decided(request_, reviewer, at=AT + HOUR)
    assert claims.run(LATE) == 0
    assert not Ticket.objects.exists()


def test_a_cancelled_or_corrected_request_breaks_no_promise(request_, cafe, owner, reviewer):
    other = renewals.sent(cafe, owner)
    with clock.moved_to(AT):
        draft.cancel(other, by=owner, at=AT)
    scene.decided(request_, reviewer, at=AT + 3 * HOUR, how="correct")
    assert claims.run(LATE + 3 * DAY) == 0  # the clock stands while the customer mends


def test_deciding_resolves_it_and_correcting_stops_it(request_, owner, reviewer) -> None:
    claims.run(LATE)
    scene.decided(request_, reviewer, at=LATE + HOUR, how="correct")
    assert claims.run(LATE + HOUR) == 1
    ticket = promise.of(request_)
    assert (ticket.state, ticket.due_at) == (Ticket.WAITING, None)
    assert claims.run(LATE + DAY) == 0

    back = LATE + DAY + HOUR
    request_.refresh_from_db()
    renewals.attached(request_, owner, back)
    request_.refresh_from_db()
    submission.answer(request_, by=owner, at=back, token="again", contents={"n": 1})
    claims.run(back)
    ticket = promise.of(request_)
    due = RenewalRequest.objects.get(pk=request_.pk).due_at
    assert (ticket.state, ticket.due_at) == (Ticket.OPEN, due)

    later = due + HOUR  # late once more: the same ticket, another broken promise
    assert claims.run(later) == 1
    assert BrokenPromise.objects.filter(ticket=ticket).count() == 2
    scene.decided(request_, reviewer, at=later + HOUR)
    assert claims.run(later + HOUR) == 1
    ticket = promise.of(request_)
    assert ticket.state == Ticket.RESOLVED
    assert ticket.entries.last().kind == Entry.RESOLVED
    assert Notice.objects.filter(kind="ticket.resolved", user=owner).count() == 1
    assert claims.run(later + 2 * HOUR) == 0
    assert promise.late(later + 2 * HOUR).count() == 0


# -- several workers -------------------------------------------------------------------------------

WORKER = """
import os
from datetime import datetime
from iofacturo.support import claims, notices
claims._swept["day"] = datetime.fromisoformat("{at}").date()
{more}
print(claims.run(datetime.fromisoformat("{at}")))
"""
DIES = "notices.late = lambda *args, **kwargs: os._exit(0)"  # in the middle, as kill -9 does


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_workers_and_one_that_dies_open_one_ticket(request_, owner, support) -> None:
    at = LATE.isoformat()
    assert race(WORKER.format(at=at, more=DIES)) == [""]
    assert not Ticket.objects.exists()
    assert not BrokenPromise.objects.exists()
    told = race(*(WORKER.format(at=at, more="") for _ in range(4)), WORKER.format(at=at, more=DIES))
    done = sum(int(text) for text in told if text)
    if not done:  # only the one that dies came in time
        claims.run(LATE)
    assert done <= 1
    assert Ticket.objects.count() == BrokenPromise.objects.count() == 1
    assert Message.objects.filter(to=owner.email, subject__contains="tarde").count() == 1
