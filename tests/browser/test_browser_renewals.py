"""The renewal's form in a real browser: its conveniences, and the same way without any script."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from tests import cast
from tests.renewals import scene

from iofacturo.demo import slip
from iofacturo.folios import ledger
from iofacturo.lib import clock
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COSTA_RICA)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(MONDAY):
        yield


@pytest.fixture
def row(transactional_db) -> RenewalRequest:
    """A fresh draft of a company that had a plan before."""
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    owner = cast.seat("duena", cafe, "owner")
    scene.house(
        cast.staff_person("revisora", "senior"), cast.staff_person("admin", "administrator")
    )
    ledger.grant(cafe, "migration", 12, origin="migration:cafe", at=scene.AT, months=3)
    return scene.drafted(cafe, owner, at=MONDAY)


@pytest.fixture
def picture(tmp_path) -> str:
    path = tmp_path / "transferencia.png"
    path.write_bytes(
        slip.draw(amount=75000, reference="IOF7K3Q9XW", at=MONDAY,
                  bank_reference="2026112310008104", payer="Café Prueba S.A.")
    )  # fmt: skip
    return str(path)


@pytest.fixture
def form(page, live_server, log_in, row) -> Page:
    """The page of the draft, its owner logged in."""
    log_in(row.created_by)
    page.goto(live_server.url + reverse("renewals:renew", args=[row.number]))
    return page


def test_copying_says_so_and_gives_the_compact_value(form, context) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = form.locator("[data-copy=CR05015202001026284066]")
    button.click()
    expect(form.locator("#aviso")).to_have_text("Cuenta IBAN copiada, sin espacios")
    expect(button.get_by_text("Copiado", exact=True)).to_be_visible()
    assert form.evaluate("() => navigator.clipboard.readText()") == "CR05015202001026284066"


def test_typing_is_saved_by_itself(form, row) -> None:
    form.get_by_label("Nombre o razón social").fill("Café de Altura S.A.")
    expect(form.locator("#guardado")).to_contain_text("Guardado a las 10:00")
    row.refresh_from_db()
    assert row.typed.nombre == "Café de Altura S.A."
    form.reload()
    expect(form.get_by_label("Nombre o razón social")).to_have_value("Café de Altura S.A.")


def test_another_tab_stops_the_saving_and_says_so(form, row) -> None:
    from iofacturo.renewals import draft

    draft.save(row, {"billing": {"nombre": "Otra pestaña"}}, at=MONDAY)
    form.get_by_label("Nombre o razón social").fill("Esta pestaña")
    expect(form.locator("#guardado")).to_contain_text("cambió desde que usted la abrió")
    row.refresh_from_db()
    assert row.typed.nombre == "Otra pestaña"


def test_a_file_is_kept_as_soon_as_it_is_chosen(form, picture, no_barriers) -> None:
    form.locator("#archivo").set_input_files(picture)
    expect(form.get_by_text("Se puede leer")).to_be_visible()
    no_barriers(form)
    form.get_by_role("button", name=re.compile("Quitar")).click()
    expect(form.get_by_text("Se puede leer")).to_have_count(0)


def test_a_refused_file_is_said_beside_its_place_and_the_form_kept(form, tmp_path) -> None:
    bad = tmp_path / "comprobante.png"
    bad.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    form.get_by_label("Nombre o razón social").fill("Sin perder nada S.A.")
    form.locator("#archivo").set_input_files(str(bad))
    expect(form.locator("#archivo-e")).to_contain_text("comprobante.png")
    expect(form.locator("#archivo")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Nombre o razón social")).to_have_value("Sin perder nada S.A.")


def test_the_places_follow_each_other(form) -> None:
    form.get_by_label("Provincia").select_option(label="Cartago")
    expect(form.get_by_label("Distrito")).to_have_value("")
    options = form.get_by_label("Cantón").locator("option").all_text_contents()
    assert "Turrialba" in options
    assert "Escazú" not in options


def test_the_way_by_keyboard_alone(form, picture) -> None:
    form.locator("#archivo").set_input_files(picture)
    expect(form.get_by_text("Se puede leer")).to_be_visible()
    form.locator("#terminos").focus()
    form.keyboard.press("Space")
    expect(form.locator("#terminos")).to_be_checked()
    for _ in range(3):
        form.keyboard.press("Tab")
        if "Enviar" in (form.evaluate("() => document.activeElement.textContent") or ""):
            break
    form.keyboard.press("Enter")
    expect(form.get_by_role("heading", name="Recibimos su solicitud")).to_be_visible()


def test_enter_in_a_field_saves_and_sends_nothing(form, row) -> None:
    form.get_by_label("Nombre o razón social").fill("Con Enter S.A.")
    form.keyboard.press("Enter")
    expect(form.get_by_role("heading", name="Renovar con Plan 500")).to_be_visible()
    expect(form.get_by_label("Nombre o razón social")).to_have_value("Con Enter S.A.")
    row.refresh_from_db()
    assert row.state == RenewalRequest.DRAFT


@pytest.fixture
def plain(browser, live_server) -> Iterator[Callable[[str], Page]]:
    """A browser with scripts switched off."""
    context = browser.new_context(java_script_enabled=False, locale="es-CR")
    page = context.new_page()

    def go(path: str) -> Page:
        page.goto(live_server.url + path)
        return page

    yield go
    context.close()


def test_the_whole_way_without_scripts(plain, row, picture) -> None:
    page = plain("/mi-plan/")
    page.get_by_label("Correo electrónico").fill(row.created_by.email)
    page.get_by_label("Contraseña", exact=True).fill(cast.PASSWORD)
    page.get_by_role("button", name="Iniciar sesión", exact=True).click()
    page.get_by_role("radio", name=re.compile("Plan 100 ")).check()
    page.get_by_role("button", name="Continuar con el pago").click()
    expect(page.get_by_role("button", name="Copiar el monto")).to_be_hidden()
    page.locator("#archivo").set_input_files(picture)
    page.get_by_role("button", name="Subir y revisar").click()
    expect(page.get_by_text("Se puede leer")).to_be_visible()
    page.get_by_role("button", name="Enviar renovación de plan").click()
    expect(page.get_by_role("alert")).to_contain_text("Falta un dato para enviar")
    page.get_by_role("checkbox", name=re.compile("Leí y acepto")).check()
    page.get_by_role("button", name="Enviar renovación de plan").click()
    expect(page.get_by_role("heading", name="Recibimos su solicitud")).to_be_visible()
    page.get_by_role("link", name="Ver estado").click()
    page.get_by_role("link", name="Cancelar esta solicitud").click()
    page.get_by_role("button", name="Sí, cancelar la solicitud").click()
    expect(page.get_by_text("Se canceló la solicitud")).to_be_visible()
