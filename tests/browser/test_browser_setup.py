"""Setting up in a real browser: the whole way by keyboard, every page free of barriers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect
from tests import cast
from tests.invoicing import scene
from tests.invoicing.hacienda_near import nearby
from tests.invoicing.scene import AT, PASSWORD, PIN, p12, serial, user_of

from iofacturo.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = ["data", "series", "key", "access", "logo", "mail"]


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    cache.clear()
    with clock.moved_to(AT):
        yield


@pytest.fixture
def owner(transactional_db):
    cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    return cast.seat("duena", cast.company("Café Prueba S.A.", "3101000001"), "owner")


@pytest.fixture
def company(owner):
    return owner.memberships.get().company


@pytest.fixture
def start(page: Page, live_server, log_in, owner) -> Page:
    log_in(owner)
    page.goto(live_server.url + reverse("invoicing:setup"))
    return page


def reach(page: Page, name: str) -> None:
    """Tab until the control called *name* has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [(e.labels?.[0] ?? e).innerText.trim(), e.getAttribute('aria-label')]; }"
        )
        if name in focused:
            return
    raise AssertionError(f"«{name}» is not reached by keyboard on {page.url}")


def press(page: Page, name: str) -> None:
    reach(page, name)
    with page.expect_navigation(wait_until="networkidle"):
        page.keyboard.press("Enter")


def test_the_whole_way_by_keyboard(start, settings, company, tmp_path) -> None:
    home = start.url
    scene.grant(company, 48)
    file = tmp_path / "llave.p12"
    file.write_bytes(p12(serial(company)))
    with nearby(settings):
        press(start, "Empezar: sucursales y numeración")
        reach(start, "Próximo número de Factura electrónica")
        start.keyboard.type("4121")
        expect(start.locator("output[for=n01]")).to_have_text("00100001010000004121")
        start.keyboard.press("Enter")
        expect(start.get_by_role("status").filter(has_text="Guardamos la sucursal")).to_be_visible()
        start.goto(home)
        press(start, "Seguir: llave criptográfica")
        start.get_by_label("Archivo .p12").set_input_files(str(file))
        start.get_by_label("PIN").focus()
        start.keyboard.type(PIN)
        start.keyboard.press("Enter")
        expect(start.get_by_text("Vigente", exact=True)).to_be_visible()
        start.goto(home)
        press(start, "Seguir: usuario y contraseña de hacienda")
        reach(start, "Usuario")
        start.keyboard.type(user_of(company))
        reach(start, "Contraseña")
        start.keyboard.type(PASSWORD)
        start.keyboard.press("Enter")
        expect(start.get_by_text("Hacienda los aceptó")).to_be_visible()
    start.goto(home)
    expect(start.get_by_text("Ya puede facturar")).to_be_visible()
    expect(start.get_by_role("main").get_by_role("link", name="Emitir")).to_be_visible()
    assert company.series.get(tipo="01").next_number == 4121


def test_a_wrong_pin_is_said_where_it_is_typed(start, live_server, company, tmp_path, no_barriers):
    file = tmp_path / "llave.p12"
    file.write_bytes(p12(serial(company)))
    start.goto(live_server.url + reverse("invoicing:setup_key"))
    start.get_by_label("Archivo .p12").set_input_files(str(file))
    start.get_by_label("PIN").fill("0000")
    start.get_by_role("button", name="Guardar la llave").click()
    expect(start.get_by_role("alert")).to_contain_text("El PIN no es el de esta llave")
    assert start.get_by_label("PIN").get_attribute("aria-invalid") == "true"
    assert start.get_by_label("PIN").input_value() == ""
    no_barriers(start)


def test_a_logo_is_seen_at_once(start, live_server, company, tmp_path) -> None:
    path: Path = tmp_path / "logo.png"
    image = Image.new("RGB", (300, 120), "white")
    image.paste("teal", (20, 20, 280, 100))
    image.save(path)
    start.goto(live_server.url + reverse("invoicing:setup_logo"))
    start.get_by_label("Imagen PNG o JPG").set_input_files(str(path))
    start.get_by_role("button", name="Guardar el logotipo").click()
    picture = start.get_by_alt_text(re.compile("Logotipo de Café"))
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 260


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_has_barriers(start, live_server, company, no_barriers, width, scheme) -> None:
    start.set_viewport_size({"width": width, "height": 900})
    start.emulate_media(color_scheme=scheme)
    no_barriers(start)
    for done in (False, True):
        if done:
            scene.set_up(company)
        for name in STEPS:
            start.goto(live_server.url + reverse(f"invoicing:setup_{name}"))
            no_barriers(start)
    start.goto(live_server.url + reverse("invoicing:setup_place", args=[1, 1]))
    no_barriers(start)
    start.get_by_label("Próximo número de Factura electrónica", exact=True).fill("abc")
    start.get_by_role("button", name="Guardar", exact=True).last.click()
    expect(start.get_by_role("alert")).to_contain_text("Escriba solo números")
    no_barriers(start)
