"""A conversation: who reads it, what each message does to it, and what is never shown."""

from datetime import timedelta

import pytest
from tests import cast
from tests.renewals import scene as renewals
from tests.support import scene
from tests.uploads import makers

from iofacturo.business_time import calendar
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.outbox.message import Message
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support import (
    assignment,
    claims,
    closing,
    conversation,
    copying,
    invariants,
    opening,
    participant,
)
from iofacturo.support.attachment import TicketFile, TicketPage
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid, Moved, Repeated, TooMany
from iofacturo.support.ticket import Ticket

AT, HOUR, DAY = scene.AT, scene.HOUR, scene.DAY


@pytest.fixture
def now():
    with clock.moved_to(AT):
        yield AT


@pytest.fixture(autouse=True)
def _books(db):
    yield
    assert list(invariants.broken()) == []


@pytest.fixture
def ticket(now, cafe, owner, issuer, support) -> Ticket:
    """Opened by somebody who issues; the owner sees it because she manages the people."""
    return scene.opened(cafe, issuer)


def last(ticket: Ticket) -> int:
    return ticket.entries.order_by("-id").first().pk


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def told(kind: str) -> set[str]:
    return {row.user.email.split("@")[0] for row in Notice.objects.filter(kind=f"ticket.{kind}")}


# -- by the acts ---------------------------------------------------------------------------------


def test_a_conversation_from_the_first_word_to_the_last(ticket, issuer, support, settings) -> None:
    settings.TICKET_MAIL = "soporte+{}@ejemplo.cr"
    assert ticket.state == Ticket.OPEN
    assert ticket.due_at == AT + 4 * HOUR
    assert told("opened") == {"emisor"}
    assert told("new") == {"soporte"}

    conversation.note(ticket, by=support, at=AT + HOUR, text="Ojo: ya preguntó ayer.")
    assert fresh(ticket).due_at == AT + 4 * HOUR  # a note answers nobody
    conversation.reply(
        ticket, by=support, at=AT + 2 * HOUR, text="¿Qué día?", seen=last(ticket), token="r1"
    )
    row = fresh(ticket)
    assert (row.state, row.due_at, row.answered_at) == (Ticket.WAITING, None, AT + 2 * HOUR)
    assert row.assigned_to == support
    mail = Message.objects.filter(to=issuer.email).latest("id")
    assert mail.reply_to == f"soporte+{row.mail_token}@ejemplo.cr"
    assert "¿Qué día?" in mail.text
    assert "ya preguntó" not in "".join(Message.objects.values_list("text", flat=True))

    conversation.answer(ticket, by=issuer, at=AT + 3 * HOUR, text="El viernes.")
    assert fresh(ticket).due_at == AT + 7 * HOUR
    conversation.reply(
        ticket, by=support, at=AT + 4 * HOUR, text="Ya están.", seen=last(ticket), resolve=True
    )
    row = fresh(ticket)
    assert (row.state, row.closes_at) == (Ticket.RESOLVED, AT + 4 * HOUR + 14 * DAY)

    conversation.answer(ticket, by=issuer, at=AT + 10 * DAY, text="Se fueron otra vez.")
    assert fresh(ticket).state == Ticket.OPEN
    closing.resolve(fresh(ticket), by=issuer, side=Entry.CUSTOMER, at=AT + 11 * DAY)
    end = AT + 25 * DAY
    assert not fresh(ticket).is_closed(end - timedelta(seconds=1))
    assert fresh(ticket).is_closed(end)  # whether or not a worker ran
    with pytest.raises(Moved):
        conversation.answer(ticket, by=issuer, at=end, text="¿Hola?")
    assert claims.run(end) == 1
    assert fresh(ticket).state == Ticket.CLOSED
    assert claims.run(end) == 0


def test_a_day_that_is_closed_later_moves_the_answer(ticket, admin) -> None:
    """As with requests: the promise is kept in business time, whatever becomes of the calendar."""
    day = clock.local(AT).date()
    calendar.add_closure(admin, AT + HOUR, day, "Duelo nacional")
    assert claims.run(AT + HOUR) == 1
    assert fresh(ticket).due_at == AT + DAY + 3 * HOUR  # four hours from the next opening
    assert claims.run(AT + HOUR) == 0


def test_whoever_did_not_read_the_last_message_answers_nobody(ticket, issuer, support) -> None:
    seen = last(ticket)
    conversation.answer(ticket, by=issuer, at=AT + HOUR, text="Ya aparecieron, gracias.")
    with pytest.raises(Moved):
        conversation.reply(ticket, by=support, at=AT + HOUR, text="Espere…", seen=seen)
    assert ticket.entries.filter(side=Entry.STAFF).count() == 0


def test_each_form_makes_one_thing(ticket, cafe, issuer, support) -> None:
    asked = {"by": issuer, "at": AT, "subject": "Dos clics", "text": "x", "token": "same"}
    one = opening.open_ticket(cafe, **asked)
    assert opening.open_ticket(cafe, **asked) == one
    with pytest.raises(Repeated):
        opening.open_ticket(cafe, **{**asked, "text": "otra cosa"})
    for _ in range(2):
        conversation.answer(ticket, by=issuer, at=AT, text="sí", token="a")
        conversation.reply(ticket, by=support, at=AT, text="no", seen=last(ticket), token="b")
    assert ticket.entries.count() == 3


@pytest.mark.parametrize(
    ("subject", "text", "wrong"),
    [
        ("", "", {"asunto", "mensaje"}),
        ("ab", "x", {"asunto"}),
        ("a" * 141, "x", {"asunto"}),
        ("abc", " \n ", {"mensaje"}),
        ("abc", "x" * 10_001, {"mensaje"}),
    ],
)
def test_what_is_missing_is_named(now, cafe, owner, subject, text, wrong) -> None:
    with pytest.raises(Invalid) as problem:
        opening.open_ticket(cafe, by=owner, at=AT, subject=subject, text=text, token="t")
    assert set(problem.value.problems) == wrong


def test_nobody_floods_the_queue(now, cafe, owner, monkeypatch) -> None:
    monkeypatch.setattr(opening, "MOST_A_DAY", 2)
    monkeypatch.setattr(conversation, "MOST_ENTRIES", 3)
    row = scene.opened(cafe, owner)
    scene.opened(cafe, owner)
    with pytest.raises(TooMany):
        scene.opened(cafe, owner)
    scene.opened(cafe, owner, at=AT + DAY + timedelta(seconds=1))
    for _ in range(2):
        conversation.answer(row, by=owner, at=AT, text="otra vez")
    with pytest.raises(TooMany):
        conversation.answer(row, by=owner, at=AT, text="otra vez")


def test_people_in_copy_come_and_go(ticket, cafe, issuer, reader, stranger) -> None:
    copying.add(ticket, reader, by=issuer, at=AT)
    copying.add(ticket, reader, by=issuer, at=AT)
    assert told("copied") == {"lectora"}
    conversation.answer(ticket, by=issuer, at=AT, text="más")
    assert told("written") == {"lectora"}
    with pytest.raises(Invalid):
        copying.add(ticket, stranger, by=issuer, at=AT)
    with pytest.raises(Invalid):
        copying.remove(ticket, issuer, by=issuer, at=AT)
    cafe.memberships.get(user=reader).remove(by=reader, at=AT)
    assert participant.people(ticket) == [issuer]  # whoever left the company is told nothing
    copying.remove(ticket, reader, by=issuer, at=AT)


# -- who reads what --------------------------------------------------------------------------------


def test_who_may_read_a_ticket(ticket, cafe, issuer, owner, reader, as_client, stranger) -> None:
    """Its author, who is in copy, and who manages the company's people; nobody else of it."""
    administrator = cast.seat("administra", cafe, "administrator")
    url = f"/soporte/{ticket.number}/"
    seen = {
        user.email.split("@")[0]: as_client(user).get(url).status_code
        for user in (issuer, owner, administrator, reader, stranger)
    }
    assert seen == {
        "emisor": 200, "duena": 200, "administra": 200, "lectora": 404, "extrana": 404,
    }  # fmt: skip
    assert ticket.number not in as_client(reader).get("/soporte/?ver=todos").content.decode()
    copying.add(ticket, reader, by=issuer, at=AT)
    assert as_client(reader).get(url).status_code == 200
    assert ticket.number in as_client(reader).get("/soporte/").content.decode()
    other = cast.company("Otra S.A.", "3101777777")
    other.memberships.create(user=issuer, role="owner")
    client = as_client(issuer)
    assert client.get(f"{url}?empresa={other.public_id}").status_code == 404
    assert client.get(f"{url}?empresa={cafe.public_id}").status_code == 200


def test_notes_and_their_files_never_reach_the_customer(
    ticket, owner, support, issuer, as_client
) -> None:
    note = conversation.note(ticket, by=support, at=AT, text="Cliente difícil")
    assignment.assign(ticket, support, by=support, at=AT)
    file = TicketFile.objects.create(
        company=ticket.company, entry=note, name="a.png", kind="png", size=1, sha256="0" * 64,
        page_count=1, original="x", uploaded_by=support, uploaded_at=AT,
    )  # fmt: skip
    TicketPage.objects.create(file=file, number=1, stored="x", size=1)
    page = as_client(owner).get(f"/soporte/{ticket.number}/").content.decode()
    assert "difícil" not in page
    assert "Lo tiene" not in page
    desk = as_client(support).get(f"/gestion/tickets/{ticket.number}/").content.decode()
    assert "difícil" in desk
    where = f"/soporte/{ticket.number}/archivos/{file.pk}/1.png"
    assert as_client(owner).get(where).status_code == 404
    file.pages.all().delete()
    TicketFile.objects.filter(pk=file.pk).delete()


def test_a_page_says_what_a_ticket_is_about_and_is_not_believed(
    now, cafe, owner, reader, senior, admin, as_client, stranger
) -> None:
    renewals.house(senior, admin)
    request = renewals.sent(cafe, owner)
    draft = renewals.drafted(cafe, owner)
    other = stranger.memberships.get().company
    theirs = renewals.sent(other, stranger)
    page = as_client(reader).get(f"/mi-plan/solicitudes/{request.number}/").content.decode()
    assert f"/soporte/nuevo/?solicitud={request.number}" in page
    for path in ("/", "/facturar/", "/mi-plan/", "/avisos/", "/ayuda/"):  # on every screen
        assert 'href="/soporte/nuevo/"' in as_client(reader).get(path).content.decode(), path
    form = as_client(reader).get(f"/soporte/nuevo/?solicitud={request.number}").content.decode()
    for known in (request.number, cafe.nombre, "2:00"):
        assert known in form
    refused = [
        (owner, {"solicitud": theirs.number}), (stranger, {"solicitud": request.number}),
        (reader, {"solicitud": draft.number}), (owner, {"clave": "5" * 50}),
        (owner, {"ticket": "TK-AAAAAAAA"}), (owner, {"solicitud": "' OR 1=1"}),
    ]  # fmt: skip
    for user, named in refused:
        assert as_client(user).get("/soporte/nuevo/", named).status_code == 404
        sent = {"asunto": "Hola", "mensaje": "x", "token": "t", **named}
        assert as_client(user).post("/soporte/nuevo/", sent).status_code == 404
    assert Ticket.objects.count() == 0
    sent = {"asunto": "Hola", "mensaje": "x", "token": "t", "solicitud": request.number,
            "empresa": cafe.public_id, "copia": [owner.pk, stranger.pk]}  # fmt: skip
    answer = as_client(reader).post("/soporte/nuevo/", sent)
    ticket = Ticket.objects.get()
    assert answer.url == f"/soporte/{ticket.number}/"
    assert ticket.request == request
    assert set(participant.people(ticket)) == {reader, owner}  # a stranger is no colleague
    old = as_client(owner).post("/soporte/nuevo/", {**sent, "empresa": other.public_id})
    assert old.status_code == 409


# -- files -----------------------------------------------------------------------------------------


def test_files_are_cleaned_kept_over_an_error_and_shown_as_pictures(
    ticket, cafe, issuer, support, as_client
) -> None:
    """One real cleaning: a picture that is taken, and a page that only says it is one."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    client, url = as_client(issuer), f"/soporte/{ticket.number}/respuesta/"
    good = SimpleUploadedFile("captura.png", makers.png())
    bad = SimpleUploadedFile("factura.png", b"<html><script>alert(1)</script></html>")
    sent = {"mensaje": "Vea", "token": "f", "archivo": [good, bad], "empresa": cafe.public_id}
    refused = client.post(url, sent)
    assert refused.status_code == 422
    assert "factura.png" in refused.content.decode()
    assert "captura.png" in refused.content.decode()  # kept: it need not be chosen again
    assert client.post(url, {"mensaje": "Vea", "token": "f"}).status_code == 302
    file = TicketFile.objects.get()
    assert file.entry.text == "Vea"
    picture = client.get(f"/soporte/{ticket.number}/archivos/{file.pk}/1.png")
    assert picture.headers["Content-Type"] == "image/png"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    desk = f"/gestion/tickets/{ticket.number}/archivos/{file.pk}/1.png"
    assert as_client(support).get(desk).status_code == 200
    other = scene.opened(cafe, issuer)
    assert client.get(f"/soporte/{other.number}/archivos/{file.pk}/1.png").status_code == 404


def test_uploads_nobody_sends_are_forgotten(ticket, issuer, monkeypatch) -> None:
    claims._swept.clear()
    row = TicketFile.objects.create(
        company=ticket.company, token="x", name="a.png", kind="png", size=1, sha256="0" * 64,
        page_count=1, original="tickets/x", uploaded_by=issuer, uploaded_at=AT,
    )  # fmt: skip
    claims.tidy(AT + 2 * DAY)
    assert TicketFile.objects.filter(pk=row.pk).exists()
    claims.tidy(AT + 3 * DAY)
    assert not TicketFile.objects.filter(pk=row.pk).exists()


# -- the provider's side ---------------------------------------------------------------------------


def test_support_hands_over_and_can_never_decide(
    now, cafe, owner, senior, admin, reviewer, support, as_client
) -> None:
    renewals.house(senior, admin)
    request = renewals.sent(cafe, owner)
    ticket = scene.opened(cafe, owner, request=request)
    client = as_client(support)
    desk = f"/gestion/tickets/{ticket.number}/"
    assert client.post(f"{desk}entrega/", {"entrega": "El monto está bien"}).status_code == 302
    assert told("handover") == {"revisor", "revisora"}
    page = as_client(reviewer).get(f"/gestion/renovaciones/{request.number}/").content.decode()
    assert "El monto está bien" in page
    assert "Soporte pide revisarla" in page  # in the queue beside it as well
    for act in ("reserva", "aprobacion", "correccion", "rechazo", "reversion", "reapertura"):
        address = f"/gestion/renovaciones/{request.number}/{act}/"
        assert client.post(address, {"version": request.version}).status_code == 403
    before = (request.state, request.version)
    request = RenewalRequest.objects.get(pk=request.pk)
    assert (request.state, request.version) == before
    scene.decided(request, reviewer, at=AT)
    assert assignment.handed_over(RenewalRequest.objects.get(pk=request.pk)) == []
    assert client.post(f"{desk}entrega/", {"entrega": "otra vez"}).status_code == 409


def test_the_desk_from_queue_to_resolved(
    ticket, cafe, issuer, support, reviewer, as_client, stranger
) -> None:
    second = scene.opened(cafe, issuer, at=AT + HOUR, subject="El segundo")
    client = as_client(support)
    queue = client.get("/gestion/tickets/").content.decode()
    assert queue.index(ticket.number) < queue.index(second.number)  # what is due first
    assert (
        second.number in client.get(f"/gestion/tickets/?q={second.number.lower()}").content.decode()
    )
    assert second.number in client.get("/gestion/tickets/?q=cafe prueba").content.decode()
    assert second.number not in client.get("/gestion/tickets/?q=tostadora").content.decode()
    desk = f"/gestion/tickets/{ticket.number}/"
    assert client.post(f"{desk}asignacion/", {"persona": reviewer.pk}).status_code == 302
    assert client.post(f"{desk}asignacion/", {"persona": stranger.pk}).status_code == 422
    assert fresh(ticket).assigned_to == reviewer
    assert ticket.number not in client.get("/gestion/tickets/?ver=sin-asignar").content.decode()
    assert ticket.number in as_client(reviewer).get("/gestion/tickets/?ver=mios").content.decode()
    sent = {"mensaje": "Listo", "visto": last(ticket), "token": "z", "accion": "resolver"}
    assert client.post(f"{desk}respuesta/", {**sent, "visto": "x"}).status_code == 404
    assert client.post(f"{desk}respuesta/", {**sent, "mensaje": ""}).status_code == 422
    assert client.post(f"{desk}respuesta/", sent).status_code == 302
    assert fresh(ticket).state == Ticket.RESOLVED
    assert client.post(f"{desk}resolucion/").status_code == 409
    assert client.post(f"{desk}reapertura/").status_code == 302
    assert fresh(ticket).state == Ticket.OPEN
    assert client.post(f"{desk}nota/", {"nota": ""}).status_code == 422
    for name in ("por-responder", "tarde", "en-espera", "resueltos", "cerrados"):
        assert client.get(f"/gestion/tickets/?ver={name}&desde={ticket.number}").status_code == 200
