"""The editor in a real browser: by keyboard alone, on a phone, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests import cast
from tests.invoicing import scene

from iofacturo.accounts.company import Company
from iofacturo.invoicing.models import Comprobante
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(scene.AT):
        yield


@pytest.fixture
def shop(transactional_db) -> Company:
    cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    return scene.set_up(cast.company("Café Prueba S.A.", "3101000001"))


@pytest.fixture
def issuer(shop):
    return cast.seat("emisor", shop, "issuer")


def field(page: Page, name: str):
    return page.locator(f'[id="{name}"]')


def test_a_factura_by_keyboard_alone(page: Page, live_server, shop, issuer, log_in, no_barriers):
    log_in(issuer)
    page.goto(f"{live_server.url}/facturar/")
    no_barriers(page)
    page.locator("button[value=FE]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Factura electrónica")
    no_barriers(page)
    field(page, "Receptor/Identificacion/Tipo").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    for text in ("3-101-654321", "Cliente de Prueba S.A.", "compras@cliente.cr"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    field(page, "L1/Detalle").focus()
    page.keyboard.type("Café molido")
    page.keyboard.press("Tab")
    page.keyboard.type("2391102010200")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("1 000")
    field(page, "L1/iva").focus()
    assert page.locator("#faltan").inner_text() == ""
    page.keyboard.press("ArrowDown")
    expect(page.locator("#totales")).to_contain_text("2 260,00")
    expect(page.locator("#guardado")).to_contain_text("guardado a las")
    page.keyboard.press("Control+Enter")
    expect(field(page, "L2/Detalle")).to_be_focused()
    page.keyboard.press("Control+s")
    expect(field(page, "L2/Detalle")).to_have_count(0)
    page.locator("[data-issue]").focus()
    with page.expect_request(lambda one: one.method == "POST") as pressed:
        page.keyboard.press("Enter")
    assert pressed.value.url.endswith("/emitir/")  # all is saved: its version alone is sent
    assert "Detalle" not in (pressed.value.post_data or "")
    page.wait_for_url("**/facturar/documentos/**")
    assert Comprobante.objects.get().total == 2260


def test_a_tiquete_on_a_phone_without_scripts(
    browser: Browser, live_server, shop, issuer, log_in, context
):
    log_in(issuer)
    phone = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="es-CR"
    )
    phone.add_cookies(context.cookies())
    page = phone.new_page()
    page.goto(f"{live_server.url}/facturar/")
    page.locator("button[value=TE]").click()
    field(page, "L1/Detalle").fill("Café molido")
    field(page, "L1/CodigoCABYS").fill("2391102010200")
    field(page, "L1/PrecioUnitario").fill("mil")
    page.locator("[data-issue]").click()
    expect(page.get_by_role("alert")).to_contain_text("Precio unitario")
    expect(field(page, "L1/PrecioUnitario")).to_have_value("mil")
    field(page, "L1/PrecioUnitario").fill("1 000")
    field(page, "L1/iva").select_option("08")
    field(page, "L1/PrecioUnitario").press("Enter")
    expect(page.locator("#totales")).to_contain_text("1 130,00")
    page.get_by_role("button", name="Agregar línea").click()
    expect(field(page, "L2/Detalle")).to_have_count(1)
    page.get_by_role("button", name="Quitar línea 2").click()
    expect(field(page, "L2/Detalle")).to_have_count(0)
    page.locator("[data-issue]").click()
    expect(page.locator("h1")).to_contain_text("Tiquete")
    assert Comprobante.objects.get().total == 1130
    phone.close()


def test_the_page_fits_a_phone_and_has_no_barriers(
    page: Page, live_server, shop, issuer, log_in, no_barriers
):
    log_in(issuer)
    draft = scene.drafted(shop, lines=2)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(
        f"{live_server.url}/facturar/borradores/{draft.public_id}/?linea=1&cliente=1&revisar=1"
    )
    no_barriers(page)
    page.goto(f"{live_server.url}/facturar/tiquete/")
    no_barriers(page)
