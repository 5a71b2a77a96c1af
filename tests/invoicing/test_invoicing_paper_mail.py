"""Mail of documents: once when accepted, again when asked, with the right files to the right people."""

import email
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from email import policy
from urllib.parse import quote

import pytest
from django.db import connection
from django.urls import reverse
from tests.invoicing import scene
from tests.invoicing.papers import issued, of_type, settled
from tests.invoicing.scene import AT
from tests.outbox.servers import Clerk, listening

from iofacturo.invoicing.models import Comprobante, DueMail, MailCopy, PublicLink
from iofacturo.invoicing.paper import claims, mailing
from iofacturo.invoicing.setup import letterhead
from iofacturo.outbox import claims as outbox
from iofacturo.outbox.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(minutes=10)
REPLY = b"<MensajeHacienda>si</MensajeHacienda>"


def accepted(company, tipo: str = "FE", **more) -> Comprobante:
    return settled(issued(company, tipo, **more), "accepted", REPLY)


def taken(settings, at=LATER) -> list[email.message.EmailMessage]:
    """What a mail server gets when the worker goes round."""
    clerk = Clerk()
    with listening(clerk) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        claims.run(at)
        outbox.run(at)
    return [email.message_from_bytes(raw, policy=policy.default) for raw in clerk.taken]


# -- by itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("emails", "sent"),
    [
        (
            ["Compras@cliente.cr", "pagos@cliente.cr", "no es", "a@cliente.cr", "b@cliente.cr"],
            ["compras@cliente.cr", "pagos@cliente.cr", "a@cliente.cr", "b@cliente.cr"],
        ),
        (["otra@cliente.cr"], ["compras@cliente.cr"]),  # whoever typed another meant that one
        ([], ["compras@cliente.cr"]),
    ],
)
def test_a_customer_with_several_addresses_gets_it_at_all(shop, emails, sent):
    row = accepted(shop)
    shop.customers.create(
        nombre="Cliente", tipo_identificacion="02", identificacion=row.receptor_numero,
        emails=emails, created_at=AT, updated_at=AT,
    )  # fmt: skip
    claims.run(LATER)
    assert [copy.message.to for copy in row.mail_copies.order_by("id")] == sent
    assert mailing.addresses(row) == sent


def test_an_accepted_document_goes_to_its_receiver_with_its_files(shop, settings):
    letterhead.change(
        shop, by=None, at=AT, mail_text="Gracias por su compra.", reply_to="ventas@cafe.cr"
    )
    row = accepted(shop)
    (mail,) = taken(settings)
    assert mail["To"] == "compras@cliente.cr"
    assert mail["Subject"] == "Factura electrónica 1 de Café Prueba S.A."
    assert mail["Reply-To"] == "ventas@cafe.cr"
    assert str(mail["From"]).startswith('"Café Prueba S.A." <avisos@')
    files = {part.get_filename(): part for part in mail.iter_attachments()}
    assert set(files) == {f"{row.clave}.pdf", f"{row.clave}.xml", f"{row.clave}_respuesta.xml"}
    assert files[f"{row.clave}.xml"].get_content() == row.xml
    assert files[f"{row.clave}_respuesta.xml"].get_content() == REPLY
    assert files[f"{row.clave}.pdf"].get_content().startswith(b"%PDF-")
    for kind in ("plain", "html"):
        said = mail.get_body((kind,)).get_content()
        assert "Gracias por su compra." in said
        assert "₡2 260,00".replace(" ", "\u00a0") in said
        assert PublicLink.objects.get(comprobante=row).url in said
        assert "Café Prueba S.A." in said
    assert [(one.to, one.state, one.by) for one in mailing.status(row)] == [
        ("compras@cliente.cr", "sent", None)
    ]
    assert taken(settings) == []  # once


def test_nothing_goes_before_hacienda_accepts_nor_after_it_rejects(shop, settings):
    issued(shop)
    settled(issued(shop), "rejected")
    assert taken(settings) == []
    assert not MailCopy.objects.exists()


def test_a_ticket_for_nobody_is_mailed_to_nobody(shop, settings):
    row = settled(issued(shop, "TE", Receptor=None), "accepted", REPLY)
    assert taken(settings) == []
    assert DueMail.objects.get(pk=row.pk).done_at == LATER
    assert mailing.status(row) == []


def test_the_supplier_of_a_purchase_is_the_one_who_is_mailed(shop, settings):
    row = settled(of_type(shop, "FEC"), "accepted", REPLY)
    assert sorted(mail["To"] for mail in taken(settings)) == [
        "finca@ejemplo.cr",
        "ventas@ejemplo.cr",
    ]
    assert len(mailing.status(row)) == 2


def test_what_was_accepted_long_ago_is_not_mailed_any_more(shop, settings):
    accepted(shop)
    assert taken(settings, at=AT + claims.TOO_LATE + timedelta(hours=1)) == []
    assert "tarde" in DueMail.objects.get().error


def test_one_document_that_cannot_be_mailed_holds_up_no_other(shop, settings, monkeypatch):
    bad, good = accepted(shop), accepted(shop)
    real = mailing.receivers

    def receivers(document):
        if document.clave == bad.clave:
            raise ValueError("broken")
        return real(document)

    monkeypatch.setattr(mailing, "receivers", receivers)
    (mail,) = taken(settings)
    assert good.label in mail["Subject"]
    assert DueMail.objects.get(pk=bad.pk).error == "ValueError: broken"
    assert DueMail.objects.filter(done_at__isnull=True).count() == 0


def test_a_file_that_cannot_be_made_now_is_tried_again(shop, settings, monkeypatch):
    row = accepted(shop)
    with monkeypatch.context() as patch:
        patch.setattr("iofacturo.invoicing.paper.pdf.render", lambda row: 1 / 0)
        assert taken(settings) == []
    (waiting,) = mailing.status(row)
    assert (waiting.state, "ZeroDivisionError" in waiting.error) == ("waiting", True)
    assert len(taken(settings, LATER + timedelta(minutes=10))) == 1


# -- hostile text --------------------------------------------------------------------------------


def test_no_name_adds_a_header(cafe, provider, settings):
    cafe.nombre_comercial = 'Café\r\nBcc: todos@ejemplo.cr\r\n" <x@y.cr>, \u202e'
    cafe.save()
    letterhead.change(
        cafe, by=None, at=AT, mail_text="Hola\r\n\r\n.\r\nBcc: a@b.cr <script>alert(1)</script>"
    )
    row = accepted(scene.set_up(cafe))
    letterhead.of(cafe)
    (mail,) = taken(settings)
    assert set(mail.keys()) <= {
        "Content-Type", "MIME-Version", "Subject", "From", "To", "Reply-To", "Message-ID", "Date",
        "Auto-Submitted", "X-Peer", "X-MailFrom", "X-RcptTo",
    }  # fmt: skip
    assert len(mail["From"].addresses) == 1
    assert mail["From"].addresses[0].addr_spec.startswith("avisos@")
    assert "<script>" not in mail.get_body(("html",)).get_content()
    assert row.label in mail["Subject"]


# -- again ---------------------------------------------------------------------------------------


def test_a_copy_goes_to_whom_a_member_names(shop, issuer, settings):
    row = accepted(shop)
    copies = mailing.send(
        row, ["a@ejemplo.cr", " B@ejemplo.cr", "A@ejemplo.cr"], by=issuer, at=LATER
    )
    assert [copy.message.to for copy in copies] == ["a@ejemplo.cr", "B@ejemplo.cr"]
    assert {mail["To"] for mail in taken(settings)} == {
        "compras@cliente.cr", "a@ejemplo.cr", "B@ejemplo.cr",
    }  # fmt: skip
    assert {one.by for one in mailing.status(row)} == {None, issuer}


def test_a_double_click_sends_one_copy(shop, issuer):
    row = issued(shop)
    assert len(mailing.send(row, "a@ejemplo.cr", by=issuer, at=LATER)) == 1
    assert mailing.send(row, "a@ejemplo.cr", by=issuer, at=LATER + timedelta(seconds=2)) == []
    assert len(mailing.send(row, "a@ejemplo.cr", by=issuer, at=LATER + timedelta(minutes=2))) == 1


@pytest.mark.parametrize(
    "wrong", [[], ["nadie"], ["a@b.cr\nBcc: c@d.cr"], ["a@b.cr", "x" * 400 + "@y.cr"],
              [f"n{n}@ejemplo.cr" for n in range(11)]]
)  # fmt: skip
def test_what_is_no_address_is_refused_and_nothing_goes(shop, issuer, wrong):
    with pytest.raises(mailing.Refused):
        mailing.send(issued(shop), wrong, by=issuer, at=LATER)
    assert not Message.objects.exists()


def test_there_is_a_limit_to_copies(shop, issuer):
    row = issued(shop)
    for minute in range(mailing.MOST_AN_HOUR // 10):
        people = [f"p{minute}-{n}@ejemplo.cr" for n in range(10)]
        mailing.send(row, people, by=issuer, at=AT + timedelta(minutes=minute))
    with pytest.raises(mailing.Refused, match="última hora"):
        mailing.send(row, "otra@ejemplo.cr", by=issuer, at=AT + timedelta(minutes=10))
    mailing.send(row, "otra@ejemplo.cr", by=issuer, at=AT + timedelta(hours=2))


def test_the_page_sends_copies_and_shows_how_they_fare(shop, as_client, issuer, reader):
    row = issued(shop)
    client = as_client(issuer)
    page = client.get(reverse("invoicing:share", args=[row.clave]))
    assert b'value="compras@cliente.cr"' in page.content  # the receiver, ready to be sent to
    sent = client.post(
        reverse("invoicing:send_mail", args=[row.clave]), {"correos": "a@b.cr; c@d.cr"}, follow=True
    )
    assert "va en camino a 2 correos" in sent.content.decode()
    assert "a@b.cr" in sent.content.decode()
    wrong = client.post(reverse("invoicing:send_mail", args=[row.clave]), {"correos": "a@b"})
    assert wrong.status_code == 422
    assert 'value="a@b"' in wrong.content.decode()
    assert "no es un correo" in wrong.content.decode()
    assert as_client(reader).get(reverse("invoicing:share", args=[row.clave])).status_code == 200
    assert as_client(reader).post(
        reverse("invoicing:send_mail", args=[row.clave]), {"correos": "e@f.cr"}
    ).status_code == 403  # fmt: skip
    assert MailCopy.objects.count() == 2


def test_the_page_asks_the_database_few_questions(
    shop, as_client, issuer, django_assert_max_num_queries
):
    row, client = issued(shop), as_client(issuer)
    url = reverse("invoicing:share", args=[row.clave])
    client.get(url)
    for minute in range(2):
        people = [f"p{minute}-{n}@ejemplo.cr" for n in range(10)]
        mailing.send(row, people, by=issuer, at=AT + timedelta(minutes=minute))
    with django_assert_max_num_queries(12):
        page = client.get(url)
    assert len(page.content) < 100_000


# -- workers -------------------------------------------------------------------------------------

WORKER = """
import django; django.setup()
import time
from iofacturo.lib import clock
from iofacturo.invoicing.paper import claims
idle = 0
while idle < 8:
    idle = 0 if claims.run(clock.now()) else idle + 1
    time.sleep(0.1 if idle else 0)
"""


def worker() -> subprocess.Popen:
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{there['NAME']}"
    else:
        url = f"postgres://{there['USER']}@{quote(there['HOST'], safe='')}/{there['NAME']}"
    environment = {**os.environ, "DATABASE_URL": url, "IOFACTURO_NOW": LATER.isoformat()}
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment)


@pytest.mark.race
def test_racing_workers_of_whom_one_is_killed_mail_each_document_once(shop):
    rows = [issued(shop) for _ in range(40)]
    for row in rows:
        settled(row, "accepted", REPLY)
    crew = [worker() for _ in range(3)]
    until = time.monotonic() + 30
    while not MailCopy.objects.exists() and time.monotonic() < until:
        time.sleep(0.002)
    crew[0].send_signal(signal.SIGKILL)
    crew[0].wait(10)
    assert [one.wait(60) for one in crew[1:]] == [0, 0]
    assert DueMail.objects.filter(done_at__isnull=True).count() == 0
    assert set(DueMail.objects.values_list("error", flat=True)) == {""}
    assert sorted(MailCopy.objects.values_list("comprobante_id", flat=True)) == sorted(
        row.pk for row in rows
    )
    assert Message.objects.count() == 40
    assert PublicLink.objects.count() == 40
