"""The whole way, as people go it: a customer renews, a reviewer decides, in a real browser."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.renewals import scene

from iofacturo.demo import slip
from iofacturo.folios import ledger
from iofacturo.lib import clock
from iofacturo.outbox.message import Message
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 30, 16, 30, tzinfo=clock.COSTA_RICA)  # the eve of a holiday


@pytest.fixture(autouse=True)
def _monday_afternoon() -> Iterator[None]:
    with clock.moved_to(MONDAY):
        yield


@pytest.fixture
def shop(transactional_db) -> dict[str, object]:
    """The provider sells two plans; the café has an old plan and its people."""
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    people = {
        "owner": cast.seat("duena", cafe, "owner"),
        "reviewer": cast.staff_person("revisor", "reviewer"),
        "senior": cast.staff_person("revisora", "senior"),
        "admin": cast.staff_person("admin", "administrator"),
    }
    scene.house(people["senior"], people["admin"])
    ledger.grant(cafe, "migration", 12, origin="migration:cafe", at=scene.AT, months=3)
    return {"cafe": cafe, **people}


@pytest.fixture
def proof(tmp_path) -> str:
    path = tmp_path / "transferencia-30-nov.png"
    path.write_bytes(
        slip.draw(
            amount=75000,
            reference="IOF7K3Q9XW",
            at=MONDAY,
            bank_reference="2026113015288104",
            payer="Café Prueba S.A.",
        )
    )
    return str(path)


@pytest.fixture
def visit(page: Page, live_server) -> Callable[[str], Page]:
    def go(path: str) -> Page:
        page.goto(live_server.url + path)
        return page

    return go


def sign_in(page: Page, user) -> None:
    """By the form, as people do."""
    page.get_by_label("Correo electrónico").fill(user.email)
    page.get_by_label("Contraseña", exact=True).fill(cast.PASSWORD)
    page.get_by_role("button", name="Iniciar sesión", exact=True).click()


def choose_plan(page: Page, name: str) -> None:
    page.get_by_role("radio", name=re.compile(name)).check()
    page.get_by_role("button", name="Continuar con el pago").click()


def attach(page: Page, path: str) -> None:
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_alt_text(re.compile("Vista previa"))).to_be_visible()


def send(page: Page) -> str:
    page.get_by_role("checkbox", name=re.compile("Leí y acepto")).check()
    page.get_by_role("button", name="Enviar renovación de plan").click()
    expect(page.get_by_role("heading", name="Recibimos su solicitud")).to_be_visible()
    return RenewalRequest.objects.latest("id").number


def test_a_customer_renews_and_a_reviewer_activates(
    page, visit, shop, proof, log_in, no_barriers
) -> None:
    visit("/")
    sign_in(page, shop["owner"])
    expect(page.get_by_role("heading", name="Buenas tardes")).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name="Facturar").first.click()
    expect(page.get_by_role("heading", name="¿Qué quiere emitir?")).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name=re.compile("Mi Plan")).first.click()
    expect(page.get_by_role("heading", name="Resumen de plan")).to_be_visible()
    expect(page.get_by_role("heading", name="Renovación de plan")).to_be_visible()
    no_barriers(page)
    choose_plan(page, "Plan 500")
    expect(page.get_by_text("CR05 0152 0200 1026 2840 66").first).to_be_visible()
    no_barriers(page)
    attach(page, proof)
    no_barriers(page)
    number = send(page)
    expect(page.get_by_text(number).first).to_be_visible()
    expect(page.locator("main")).to_contain_text("miércoles 2 de diciembre de 2026")
    no_barriers(page)

    log_in(shop["reviewer"])
    visit("/gestion/renovaciones/")
    page.locator("[data-queue] a").first.click()
    expect(page.get_by_role("button", name="Tomar")).to_be_visible()
    no_barriers(page)
    page.get_by_role("button", name="Tomar").click()
    expect(page.get_by_text("Reservada para usted hasta")).to_be_visible()
    page.get_by_label("Fecha en el banco").first.fill("2026-11-30")
    page.get_by_label("Monto recibido").first.fill("75 000,00")
    page.get_by_label("Referencia del banco").first.fill("2026113015288104")
    page.get_by_role("button", name="Aprobar y activar").click()
    expect(page.get_by_text("está activo y ya le avisamos")).to_be_visible()

    log_in(shop["owner"])
    visit("/mi-plan/")
    expect(page.get_by_text("512").first).to_be_visible()
    expect(page.get_by_text("Activada").first).to_be_visible()
    visit("/avisos/")
    expect(page.locator("main")).to_contain_text("activo")
    no_barriers(page)
    assert Message.objects.filter(subject__icontains="activ").exists()


def test_an_early_renewal_that_is_interrupted_corrected_and_activated(
    page, visit, shop, proof, log_in, context
) -> None:
    log_in(shop["owner"])
    visit("/mi-plan/")
    choose_plan(page, "Plan 500")
    left_at = page.url
    page.get_by_label("Nombre o razón social").fill("Café Prueba Sociedad Anónima")
    page.get_by_role("button", name="Guardar borrador y salir").click()

    context.clear_cookies()  # another device, the next day
    with clock.moved_to(MONDAY.replace(hour=17)):
        log_in(shop["owner"])
        page.goto(left_at)
        expect(page.get_by_label("Nombre o razón social")).to_have_value(
            "Café Prueba Sociedad Anónima"
        )
        attach(page, proof)
        number = send(page)

    log_in(shop["reviewer"])
    visit(f"/gestion/renovaciones/{number}/")
    page.get_by_role("link", name="Pedir corrección").click()
    page.get_by_label("Qué falta").select_option("billing")
    page.get_by_label("Mensaje para el cliente").first.fill("El nombre no es el del registro.")
    page.get_by_role("button", name="Pedir corrección", exact=True).click()
    expect(page.get_by_text("El reloj se detuvo")).to_be_visible()

    log_in(shop["owner"])
    visit(f"/mi-plan/solicitudes/{number}/")
    expect(page.get_by_text("El nombre no es el del registro.").first).to_be_visible()
    page.get_by_role("link", name=re.compile("Corregir")).first.click()
    page.get_by_label("Nombre o razón social").fill("Café Prueba S.A.")
    page.get_by_role("button", name=re.compile("[Rr]eenviar|Enviar corrección")).click()
    row = RenewalRequest.objects.get(number=number)
    assert row.state == RenewalRequest.IN_REVIEW


def test_a_rejected_request_is_sent_again_without_typing_it_again(
    page, visit, shop, proof, log_in
) -> None:
    log_in(shop["owner"])
    visit("/mi-plan/")
    choose_plan(page, "Plan 100")
    attach(page, proof)
    number = send(page)
    log_in(shop["reviewer"])
    visit(f"/gestion/renovaciones/{number}/")
    page.get_by_role("link", name="Rechazar").click()
    page.get_by_label("Motivo").first.select_option("no_money")
    page.get_by_role("button", name="Rechazar la solicitud").click()
    expect(page.get_by_text("rechazada").first).to_be_visible()

    log_in(shop["owner"])
    visit(f"/mi-plan/solicitudes/{number}/")
    page.get_by_role("button", name="Enviar una nueva con estos datos").click()
    expect(page.get_by_label("Nombre o razón social")).to_have_value("Café Prueba S.A.")
    again = send(page)
    assert RenewalRequest.objects.get(number=again).previous.number == number
