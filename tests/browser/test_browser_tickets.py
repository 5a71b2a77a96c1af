"""The broken promise, from the customer's screen to the desk and back, with axe looking on."""

import os
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.renewals import scene as renewals
from tests.support import scene
from tests.uploads import makers

from iofacturo.lib import clock
from iofacturo.support import address, claims, incoming, promise
from iofacturo.support.ticket import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = ((360, "light"), (1280, "dark"))
SHOTS = os.environ.get("SHOTS")  # a folder for pictures to look at


@pytest.fixture(autouse=True)
def _late() -> Iterator[None]:
    with clock.moved_to(scene.LATE):
        yield


def test_a_late_request_opens_its_ticket_and_is_answered(
    transactional_db, page: Page, live_server, log_in, no_barriers, settings
) -> None:
    settings.TICKET_MAIL = "soporte+{}@ejemplo.cr"
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    owner, reader = cast.seat("duena", cafe, "owner"), cast.seat("lectora", cafe, "reader")
    support = cast.staff_person("soporte", "support")
    renewals.house(
        cast.staff_person("revisora", "senior"), cast.staff_person("admin", "administrator")
    )
    request = renewals.sent(cafe, owner)
    claims.run(scene.LATE)
    ticket = promise.of(request)
    assert ticket is not None

    log_in(owner)
    page.goto(f"{live_server.url}/mi-plan/solicitudes/{request.number}/")
    expect(page.get_by_role("link", name=ticket.number)).to_be_visible()
    look(page, no_barriers, "status")
    page.get_by_role("main").get_by_role("link", name="Enviar un Ticket").click()
    expect(page.get_by_label("Asunto")).to_have_value(f"Solicitud {request.number}")
    page.get_by_label("Asunto").fill("")
    page.get_by_label("Mensaje").fill("Necesito facturar hoy.")
    page.locator("form[enctype]").evaluate("form => { form.noValidate = true }")
    picture = {"name": "captura.png", "mimeType": "image/png", "buffer": makers.png()}
    page.get_by_label("Archivos (opcional)").set_input_files([picture])
    page.get_by_text("Copia a colegas").click()
    page.get_by_label(str(reader)).check()
    page.get_by_role("button", name="Enviar ticket").click()
    expect(page.get_by_role("alert")).to_contain_text("Asunto")
    expect(page.get_by_role("button", name="Quitar captura.png")).to_be_visible()  # kept
    expect(page.get_by_label(str(reader))).to_be_checked()
    look(page, no_barriers, "new")
    page.get_by_label("Asunto").fill("Me urge")
    page.get_by_role("button", name="Enviar ticket").click()
    expect(page.get_by_role("heading", name="Me urge")).to_be_visible()
    look(page, no_barriers, "ticket")
    mine = Ticket.objects.get(subject="Me urge")
    assert mine.request == request

    answered_by_mail(ticket, owner, "Además, ya les envié el comprobante por correo.")
    page.goto(f"{live_server.url}/soporte/{ticket.number}/")
    expect(page.get_by_text("ya les envié el comprobante")).to_be_visible()
    expect(page.get_by_text("por correo", exact=False).first).to_be_visible()

    log_in(support)
    page.goto(f"{live_server.url}/gestion/tickets/")
    look(page, no_barriers, "queue")
    page.get_by_role("link", name=f"Solicitud {request.number}: pasó el plazo").click()
    page.get_by_role("button", name="Tomarlo yo").click()
    page.get_by_text("Entregar a revisión").click()
    page.get_by_label("Qué hay que revisar").fill("La empresa necesita facturar hoy.")
    page.get_by_role("button", name="Entregar", exact=True).click()
    page.get_by_label("Nota interna").fill("Llamaron por teléfono.")
    page.get_by_role("button", name="Guardar nota").click()
    expect(page.get_by_text("Llamaron por teléfono.")).to_be_visible()
    look(page, no_barriers, "desk")
    lost = written("vecina@otra.cr", "soporte@ejemplo.cr", "¿Me ayudan con la factura?")
    incoming.take(lost, clock.now())
    page.goto(f"{live_server.url}/gestion/tickets/")
    page.get_by_role("link", name="Correos por ver: 1").click()
    look(page, no_barriers, "mails")
    page.get_by_label("Ticket", exact=True).fill(mine.number.lower())
    page.get_by_role("button", name="Poner en el ticket").click()
    expect(page.get_by_text("como nota interna")).to_be_visible()
    page.goto(f"{live_server.url}/gestion/tickets/{mine.number}/")
    expect(page.get_by_text("¿Me ayudan con la factura?")).to_be_visible()
    page.get_by_label("Respuesta al cliente").fill("Ya lo está viendo una persona que revisa.")
    page.get_by_role("button", name="Responder y resolver").click()
    expect(page.get_by_text("le enviamos la respuesta")).to_be_visible()

    log_in(owner)
    page.goto(f"{live_server.url}/soporte/{mine.number}/")
    expect(page.get_by_text("Ya lo está viendo")).to_be_visible()
    expect(page.get_by_text("Llamaron")).to_have_count(0)
    page.goto(f"{live_server.url}/soporte/?ver=todos")
    expect(page.get_by_text("Resuelto")).to_be_visible()
    look(page, no_barriers, "list")

    scene.decided(request, cast.staff_person("revisor", "reviewer"), at=scene.LATE)
    claims.run(scene.LATE)
    page.goto(f"{live_server.url}/soporte/{ticket.number}/")
    expect(page.get_by_role("heading", name="Solicitud")).to_be_visible()
    assert Ticket.objects.get(pk=ticket.pk).state == Ticket.RESOLVED


def answered_by_mail(ticket: Ticket, sender, text: str) -> None:
    """What comes in from the mail program of *sender*."""
    row = incoming.take(written(sender.email, address.of(ticket), text), clock.now())
    assert row is not None
    assert row.state == row.TAKEN


def written(sender: str, to: str, text: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Re: ioFacturo"
    mail["Message-ID"] = f"<{sender}>"
    mail.set_content(f"{text}\n\nEl lunes, ioFacturo escribió:\n> algo")
    return mail.as_bytes()


def look(page: Page, no_barriers, name: str) -> None:
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        no_barriers(page)
        if SHOTS:
            page.screenshot(
                path=str(Path(SHOTS) / f"tickets-{name}-{width}-{scheme}.png"), full_page=True
            )
