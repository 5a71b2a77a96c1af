"""Answers by mail: from a real SMTP server out, from a real IMAP server in, forgeries among them."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.core.mail import get_connection
from tests.outbox.servers import Clerk, listening
from tests.support import scene
from tests.support.imap_box import Box, running
from tests.uploads import makers

from iofacturo.lib import clock
from iofacturo.outbox import delivery
from iofacturo.outbox.message import Message
from iofacturo.support import address, incoming, invariants, letter, mailbox
from iofacturo.support.entry import Entry
from iofacturo.support.incoming import IncomingMail
from iofacturo.support.mailbox import Mailbox
from iofacturo.support.ticket import Ticket

AT, HOUR, DAY = scene.AT, scene.HOUR, scene.DAY


@pytest.fixture(autouse=True)
def _mail(settings, db) -> Iterator[None]:
    settings.TICKET_MAIL = "soporte+{}@ejemplo.cr"
    with clock.moved_to(AT):
        yield
    assert list(invariants.broken()) == []


@pytest.fixture
def ticket(cafe, owner, issuer, support) -> Ticket:
    return scene.opened(cafe, issuer)


def written(
    ticket: Ticket | None, sender: str, text: str = "Gracias, ya los veo.", **headers
) -> bytes:
    """An answer as a mail program sends it."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = sender
    mail["To"] = address.of(ticket) if ticket else "soporte@ejemplo.cr"
    mail["Subject"] = "Re: su ticket"
    mail["Message-ID"] = f"<{hash((sender, text, ticket and ticket.pk, str(headers)))}@cliente.cr>"
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def states() -> list[tuple[str, str]]:
    return list(IncomingMail.objects.order_by("id").values_list("state", "reason"))


# -- the whole way -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with running() as found:
        yield found


def test_an_answer_to_our_mail_comes_back_to_its_thread_once(
    ticket, issuer, owner, support, box, settings
) -> None:
    """Out by SMTP, answered as mail programs do, in by IMAP; read again, nothing repeats."""
    clerk = Clerk()
    with listening(clerk) as port:
        server = get_connection(
            "django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port
        )
        delivery.deliver(Message.objects.get(to=issuer.email), server)
        server.close()
    ours = message_from_bytes(clerk.taken[0], policy=policy.default)
    assert ours["Auto-Submitted"] == "auto-generated"
    quoted = "\n".join(f"> {line}" for line in ours.get_body(("plain",)).get_content().split("\n"))
    body = f"Sí, el viernes.\n\nEl lun, 23 nov 2026 a las 10:00, ioFacturo escribió:\n{quoted}"
    mail = message_from_bytes(written(ticket, issuer.email.upper(), body, To=ours["Reply-To"]),
                              policy=policy.SMTP)  # fmt: skip
    mail.add_attachment(makers.png(), maintype="image", subtype="png", filename="captura.png")
    mail.add_attachment(b"MZ\x90" * 4000, maintype="application", subtype="octet-stream",
                        filename="factura.pdf.exe")  # fmt: skip
    settings.TICKET_IMAP = box.url
    box.put(mail.as_bytes(), written(None, "otra@ejemplo.cr", "Hola"))

    assert mailbox.run(AT) == 2
    entry = ticket.entries.get(via=Entry.MAIL)
    assert entry.author == issuer
    assert entry.text.startswith("Sí, el viernes.\n\n(No se recibió: El archivo «factura.pdf.exe»")
    assert "ioFacturo escribió" not in entry.text
    assert [file.name for file in entry.files.all()] == ["captura.png"]
    assert states() == [("taken", ""), ("waiting", "nowhere")]
    assert box.seen() == 2
    assert Ticket.objects.count() == 1  # a mail never opens one

    assert mailbox.run(AT) == 0  # it is not time yet
    later = AT + mailbox.EVERY
    assert mailbox.run(later) == 0
    Mailbox.objects.update(last_uid=0)  # as if a worker had died before writing it down
    assert mailbox.run(later + mailbox.EVERY) == 2
    Mailbox.objects.update(uid_validity=1)  # as if the server had numbered anew
    box.put(mail.as_bytes())  # delivered twice
    assert mailbox.run(later + 2 * mailbox.EVERY) == 3
    assert ticket.entries.filter(via=Entry.MAIL).count() == 1
    assert IncomingMail.objects.count() == 2

    Mailbox.objects.update(leased_until=later + DAY)  # somebody else is reading
    assert mailbox.run(later + HOUR) == 0
    assert mailbox.run(later + 2 * DAY) == 0  # whose lease has lapsed: our turn, and nothing new
    assert Mailbox.objects.get().read_at == later + 2 * DAY


def test_a_box_that_does_not_answer_is_tried_again_later(ticket, settings) -> None:
    settings.TICKET_IMAP = "imap://soporte:x@127.0.0.1:9/INBOX"
    assert mailbox.run(AT) == 0
    row = Mailbox.objects.get()
    assert row.last_error
    assert (row.next_at, row.lease) == (AT + mailbox.AFTER_FAILURE, None)
    for wrong in ("imap://soporte:x@correo.ejemplo.cr/INBOX", "pop3://x@y/"):
        settings.TICKET_IMAP = wrong
        with pytest.raises(Exception, match="IOFACTURO_TICKET_IMAP"):
            mailbox.box()


# -- who is let in -----------------------------------------------------------------------------------


def test_address_and_sender_have_to_agree(ticket, cafe, issuer, owner, reader, stranger) -> None:
    other = scene.opened(cafe, owner)
    cafe.memberships.get(user=reader).remove(by=reader, at=AT)
    both = f"{address.of(ticket)}, {address.of(other)}"
    guessed = address.of(ticket).replace(ticket.mail_token, "a" * 32)
    came = [
        (written(ticket, issuer.email), ("taken", "")),
        (written(ticket, owner.email), ("taken", "")),  # she reads every ticket of the company
        (written(other, issuer.email), ("waiting", "stranger")),  # he does not
        (written(ticket, reader.email), ("waiting", "stranger")),  # left the company
        (written(ticket, stranger.email), ("waiting", "stranger")),
        (written(ticket, f"{issuer.email}, {stranger.email}"), ("waiting", "stranger")),
        (written(None, issuer.email), ("waiting", "nowhere")),
        (written(ticket, issuer.email, To=guessed), ("waiting", "nowhere")),
        (written(ticket, issuer.email, To=both), ("waiting", "several")),
        (written(ticket, issuer.email, "", Subject="vacío"), ("waiting", "empty")),
        (b"\xff\xfe nonsense \x00\r\n" * 3, ("waiting", "nowhere")),
        (written(ticket, issuer.email, "x" * (incoming.LARGEST + 10)), ("waiting", "large")),
        # nobody wrote these, and nobody is answered
        (written(ticket, issuer.email, Auto_Submitted="auto-replied"), ("ignored", "auto")),
        (written(ticket, issuer.email, X_Autoreply="yes"), ("ignored", "auto")),
        (written(ticket, issuer.email, Precedence="bulk"), ("ignored", "list")),
        (written(ticket, issuer.email, List_Id="<x.y>"), ("ignored", "list")),
        (written(ticket, issuer.email, Return_Path="<>"), ("ignored", "bounce")),
        (written(ticket, "MAILER-DAEMON@cliente.cr"), ("ignored", "bounce")),
        (written(ticket, "ioFacturo <avisos@localhost>"), ("ignored", "own")),
    ]
    mails = Message.objects.filter(reply_to="").count()
    for raw, said in came:
        row = incoming.take(raw, AT)
        assert row is not None, raw[:300]
        assert (row.state, row.reason) == said, raw[:300]
        assert incoming.take(raw, AT) is None
    assert ticket.entries.filter(via=Entry.MAIL).count() == 2
    assert other.entries.count() == 1
    assert Ticket.objects.count() == 2
    told = set(Message.objects.exclude(to="soporte@ejemplo.cr").values_list("to", flat=True))
    assert told <= {issuer.email, owner.email}  # nothing went to anybody who wrote uninvited
    assert Message.objects.filter(reply_to="").count() == mails + 2  # the team, of the two


def test_two_robots_that_answer_each_other_stop(ticket, issuer) -> None:
    for number in range(incoming.MOST_AN_HOUR + 2):
        incoming.take(written(ticket, issuer.email, f"No estoy {number}"), AT)
    assert states().count(("taken", "")) == incoming.MOST_AN_HOUR
    assert states()[-1] == ("waiting", "flood")


def test_a_closed_ticket_stays_closed_and_a_resolved_one_opens(ticket, issuer, support) -> None:
    from iofacturo.support import closing

    closing.resolve(ticket, by=support, side=Entry.STAFF, at=AT)
    incoming.take(written(ticket, issuer.email, "Todavía no"), AT + DAY)
    assert Ticket.objects.get(pk=ticket.pk).state == Ticket.OPEN
    closing.resolve(ticket, by=support, side=Entry.STAFF, at=AT + DAY)
    incoming.take(written(ticket, issuer.email, "¿Y ahora?"), AT + 16 * DAY)
    assert states() == [("taken", ""), ("waiting", "closed")]


# -- what staff do with the rest ---------------------------------------------------------------------


def test_staff_file_what_waits_or_dismiss_it(ticket, cafe, issuer, support, as_client) -> None:
    mail = message_from_bytes(written(None, issuer.email, "Perdí el hilo"), policy=policy.SMTP)
    mail.add_attachment(makers.png(), maintype="image", subtype="png", filename="captura.png")
    known = incoming.take(mail.as_bytes(), AT)
    unknown = incoming.take(written(None, "vecina@otra.cr", "Soy su contadora"), AT)
    spam = incoming.take(written(None, "premio@otra.cr", "<script>alert(1)</script>"), AT)
    client, where = as_client(support), "/gestion/tickets-correo/"
    page = client.get(where).content.decode()
    assert "Perdí el hilo" in page
    assert "<script>alert" not in page
    assert client.post(f"{where}{known.pk}/ticket/", {"ticket": "TK-AAAAAAAA"}).status_code == 422
    for row in (known, unknown):
        named = {"ticket": ticket.number.lower()}
        assert client.post(f"{where}{row.pk}/ticket/", named).status_code == 302
    assert client.post(f"{where}{known.pk}/ticket/", named).status_code == 409  # only once
    assert client.post(f"{where}{spam.pk}/descarte/").status_code == 302
    message, note = ticket.entries.order_by("id")[1:]
    assert (message.kind, message.author, message.via) == (Entry.MESSAGE, issuer, Entry.MAIL)
    assert [file.name for file in message.files.all()] == ["captura.png"]
    assert (note.kind, note.author) == (Entry.NOTE, support)
    assert "vecina@otra.cr" in note.text
    assert "contadora" not in as_client(issuer).get(f"/soporte/{ticket.number}/").content.decode()
    assert not incoming.waiting().exists()


# -- what is new in a mail -----------------------------------------------------------------------------

MARK = "— Para responder por correo, escriba arriba de esta línea —"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hola\n\nMás texto", "Hola\n\nMás texto"),
        (f"Sí.\n\n{MARK}\n\nRespondimos", "Sí."),
        (f"Sí.\n> {MARK}\n> Respondimos", "Sí."),
        ("Sí.\n\nOn Mon, Nov 23, 2026 at 10:00 AM ioFacturo <a@b.cr> wrote:\n> algo", "Sí."),
        ("Sí.\n\nEl lun, 23 nov 2026, ioFacturo <\navisos@b.cr> escribió:\n\n> algo", "Sí."),
        ("Sí.\n\n-----Mensaje original-----\nDe: x", "Sí."),
        ("Sí.\n\nDe: ioFacturo\nEnviado: lunes\nPara: yo\nAsunto: Re", "Sí."),
        ("Sí.\n________________________________\nFrom: x\nSent: y", "Sí."),
        ("Sí.\n-- \nLuisa Umaña\nCafé", "Sí."),
        (f"El lun, ioFacturo escribió:\n> {MARK}\n> Hola\n\nRespondo abajo.", "Respondo abajo."),
        ("De: acuerdo con ustedes", "De: acuerdo con ustedes"),
        ("El cliente escribió: no me llegó", "El cliente escribió: no me llegó"),
        ("\x00a\r\nb\r\n", "a\nb"),
        ("", ""),
    ],
)  # fmt: skip
def test_only_what_was_written_now_is_kept(text, kept) -> None:
    assert letter.fresh(text) == kept


def test_a_mail_without_plain_text_is_read_from_its_page() -> None:
    mail = EmailMessage()
    mail["From"] = "a@b.cr"
    mail.set_content(
        "<html><head><style>p{}</style></head><body><p>Hola&nbsp;<b>a todos</b></p>"
        "<script>x()</script><div>Adiós</div><blockquote>lo viejo</blockquote></body></html>",
        subtype="html",
    )
    found = letter.read(mail.as_bytes())
    assert found.text == "Hola a todos\nAdiós"
    assert found.sender == "a@b.cr"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: \xff\xff <x@\r\nTo: a b c <<>>\r\nSubject: =?utf-99?q?x?=\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n" * 5000,
        b"Content-Type: text/plain; charset=nothing\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
                 for i in range(300)),
    ],
)  # fmt: skip
def test_whatever_comes_is_read_and_waits(raw) -> None:
    row = incoming.take(raw, AT)
    assert row is not None
    assert row.state in (IncomingMail.WAITING, IncomingMail.IGNORED)


def test_the_address_of_a_ticket_is_long_and_survives_the_way(ticket, settings) -> None:
    assert len(ticket.mail_token) == 32
    assert ticket.mail_token == ticket.mail_token.lower()
    shouted = f"Soporte <{address.of(ticket).upper()}>"
    assert address.tokens([shouted, shouted]) == [ticket.mail_token]
    settings.TICKET_MAIL = "{}@tickets.ejemplo.cr"
    assert address.tokens([f"{ticket.mail_token}@tickets.ejemplo.cr"]) == [ticket.mail_token]
    assert address.tokens([f"{ticket.mail_token}@otro.cr", f"x{address.of(ticket)}"]) == []
    settings.TICKET_MAIL = ""
    assert address.of(ticket) == ""
