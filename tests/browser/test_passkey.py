"""Passkeys in a real browser, with Chromium's own virtual authenticator."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def authenticator(page: Page) -> Iterator[None]:
    """A device that holds passkeys and knows its person by a fingerprint."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield
    session.send("WebAuthn.disable")


def site(live_server) -> str:
    """The server by name: a passkey belongs to a name, never to an IP address."""
    return live_server.url.replace("127.0.0.1", "localhost")


def enter(page: Page, address: str, email: str) -> None:
    page.goto(address + reverse("account_login"))
    page.get_by_label("Correo electrónico").fill(email)
    page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Iniciar sesión").click()


def enrol(page: Page, address: str, name: str, *, alone: bool) -> None:
    page.goto(address + reverse("mfa_add_webauthn"))
    if page.get_by_role("heading", name="Confirme que es usted").is_visible():
        page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Confirmar").click()
    page.get_by_label("Nombre de la llave").fill(name)
    if alone:
        page.get_by_label("Entrar solo con esta llave").check()
    page.get_by_role("button", name="Crear la llave").click()
    expect(page.get_by_text("Agregó una llave.")).to_be_visible()


def test_a_passkey_is_added_used_alone_and_removed(
    page: Page, live_server, authenticator, owner, no_barriers
):
    address = site(live_server)
    enter(page, address, owner.email)
    enrol(page, address, "Mi teléfono", alone=True)
    expect(page.get_by_role("heading", name="Códigos de recuperación")).to_be_visible()
    assert page.get_by_role("list", name="Códigos sin usar").locator("li").count() == 10
    assert Authenticator.objects.get(user=owner, type="webauthn").data["name"] == "Mi teléfono"

    page.goto(address + reverse("account_logout"))
    page.get_by_role("button", name="Cerrar sesión").click()
    page.goto(address + reverse("accounts:company"))  # the way one wanted to go
    expect(page).to_have_url(re.compile("entrar"))
    page.get_by_role("button", name="Entrar con llave de acceso").click()
    expect(page).to_have_url(address + reverse("accounts:company"))

    page.goto(address + reverse("mfa_list_webauthn"))
    expect(page.get_by_text("Entra sin contraseña")).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name="Quitar Mi teléfono").click()
    if page.get_by_role("heading", name="Confirme que es usted").is_visible():
        page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Confirmar").click()
    page.get_by_role("button", name="Sí, quitar").click()
    expect(page.get_by_text("Aún no tiene llaves")).to_be_visible()
    assert not Authenticator.objects.filter(user=owner, type="webauthn").exists()


def test_a_key_as_second_step(page: Page, live_server, authenticator, owner):
    address = site(live_server)
    enter(page, address, owner.email)
    enrol(page, address, "Llave de oficina", alone=False)
    page.context.clear_cookies()
    enter(page, address, owner.email)
    expect(page.get_by_role("heading", name="Segundo paso")).to_be_visible()
    page.get_by_role("button", name="Usar una llave").click()
    expect(page).not_to_have_url(re.compile("/cuenta/"))
    page.goto(address + reverse("accounts:company"))
    expect(page.get_by_role("heading", name="Café Prueba S.A.")).to_be_visible()


def test_without_a_key_at_hand_it_says_so_in_words(page: Page, live_server, authenticator, owner):
    page.goto(site(live_server) + reverse("account_login"))
    page.get_by_role("button", name="Entrar con llave de acceso").click()
    expect(page.get_by_role("alert")).to_contain_text("No se completó")


def test_a_password_can_be_shown_and_is_hidden_again(page: Page, live_server, db):
    page.goto(site(live_server) + reverse("account_login"))
    field = page.locator("#id_password")
    field.fill("secreta")
    page.get_by_role("button", name="Mostrar").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Ocultar").click()
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value("secreta")


def test_the_lists_of_places_follow_each_other(page: Page, live_server, log_in, cafe, owner):
    log_in(owner)
    page.goto(live_server.url + reverse("accounts:company_edit"))
    province, canton, district = (page.get_by_label(n) for n in ("Provincia", "Cantón", "Distrito"))
    assert canton.locator("option").count() == 21  # San José has 20, and the empty one
    province.select_option(label="Limón")
    expect(canton).to_have_value("")
    assert canton.locator("option").count() == 7
    canton.select_option(label="Talamanca")
    district.select_option(label="Cahuita")
    page.get_by_role("button", name="Guardar los datos").click()
    expect(page.get_by_text("Limón, Talamanca, Cahuita")).to_be_visible()
    cafe.refresh_from_db()
    assert (cafe.provincia, cafe.canton, cafe.distrito) == ("7", "04", "03")


def test_without_scripts_one_logs_in_and_chooses_a_district(browser, live_server, cafe, owner):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, live_server.url, owner.email)
    assert not page.get_by_role("button", name="Mostrar").is_visible()
    page.goto(live_server.url + reverse("accounts:company_edit"))
    for level in ("Provincia", "Cantón"):
        page.get_by_label(level).select_option(value="")
    district = page.get_by_label("Distrito")
    assert district.locator("option").count() == 493
    district.select_option(value="7-04-03")
    page.get_by_role("button", name="Guardar los datos").click()
    expect(page.get_by_text("Limón, Talamanca, Cahuita")).to_be_visible()
    context.close()
