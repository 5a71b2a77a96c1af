"""A month of purchases in the browser: a ZIP is dropped, one accepted, one rejected; no pointer."""

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.invoicing import purchases, scene
from tests.invoicing.scene import AT

from hacienda.respuesta import Respuesta
from iofacturo.invoicing.reception import hacienda_word
from iofacturo.invoicing.reception.received import Received
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

DROP = """
([zone, text, name]) => {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, {type: "application/zip"}));
  document.querySelector(zone).dispatchEvent(
    new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
}
"""


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(AT):
        yield


@pytest.fixture
def cafe(transactional_db):
    company = cast.company("Café Prueba S.A.", "3101000001")
    cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    return scene.set_up(company)


def hacienda_accepts(company) -> None:
    """What the worker would have been told by now."""
    for row in company.received.filter(apart=""):
        hacienda_word.keep(Respuesta(row.clave, "aceptado"), row, at=AT)
        Received.objects.filter(pk=row.pk).update(verdict=Received.ACCEPTED, verdict_at=AT)
        row.errands.filter(message=None).update(state="done")


def tab_to(page: Page, name: str) -> None:
    """By the keyboard alone to the control of that name."""
    for _ in range(80):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
        )
        if (told or "").strip().startswith(name):
            return
    raise AssertionError(f"the keyboard does not reach «{name}»")


def test_a_zip_is_dropped_one_accepted_and_one_rejected_by_keyboard(
    page: Page, live_server, log_in, cafe, no_barriers
) -> None:
    log_in(cast.seat("emisor", cafe, "issuer"))
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{live_server.url}/facturar/recibidos/")
    no_barriers(page)
    good = [purchases.purchase(cafe), purchases.purchase(cafe, supplier=purchases.OTHER)]
    packed = purchases.zipped(
        central__xml=good[0], empaques__xml=good[1], roto__xml=b"<roto>", nota__pdf=b"%PDF-1.7"
    )
    page.evaluate(DROP, ["[data-drop]", base64.b64encode(packed).decode(), "compras.zip"])
    expect(page.get_by_role("heading", name="Revisamos 4 archivos")).to_be_visible()
    expect(page.get_by_text("roto.xml")).to_be_visible()
    no_barriers(page)
    assert cafe.received.count() == 2

    page.get_by_role("link", name="de Distribuidora La Central").click()
    expect(page.get_by_text("Le estamos preguntando a Hacienda")).to_be_visible()
    no_barriers(page)
    hacienda_accepts(cafe)
    page.goto(f"{live_server.url}/facturar/recibidos/?estado=por-responder")
    tab_to(page, "Factura ")  # the newest one
    page.keyboard.press("Enter")
    expect(page.get_by_text("Falta su respuesta")).to_be_visible()
    no_barriers(page)
    tab_to(page, "Responder")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Responder la factura electrónica")).to_be_visible()
    no_barriers(page)
    tab_to(page, "Aceptarlo")
    page.keyboard.press("Space")
    tab_to(page, "Firmar y enviar la respuesta")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Usted lo aceptó").first).to_be_visible()
    no_barriers(page)

    page.goto(f"{live_server.url}/facturar/recibidos/?estado=por-responder")
    tab_to(page, "Factura ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Falta su respuesta")).to_be_visible()
    tab_to(page, "Responder")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Responder la factura electrónica")).to_be_visible()
    tab_to(page, "Aceptarlo")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_label("Qué hace con el IVA")).to_be_hidden()
    tab_to(page, "Firmar y enviar la respuesta")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Diga por qué lo rechaza")).to_be_visible()
    no_barriers(page)
    tab_to(page, "Motivo")  # in the summary of what is wrong: it leads to the field
    page.keyboard.press("Enter")
    expect(page.locator("textarea[name=detalle]")).to_be_focused()
    page.keyboard.type("No pedimos estos empaques")
    tab_to(page, "Firmar y enviar la respuesta")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Usted lo rechazó").first).to_be_visible()
    assert sorted(cafe.receiver_messages.values_list("mensaje", flat=True)) == ["1", "3"]

    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"{live_server.url}/facturar/recibidos/")
    page.get_by_text("Ver por tarifa").click()
    expect(page.get_by_role("cell", name="₡260,00").first).to_be_visible()
    no_barriers(page)


def test_without_scripts_files_are_chosen_and_sent_by_a_button(
    browser, live_server, cafe, as_client, settings
) -> None:
    client = as_client(cast.seat("emisor", cafe, "issuer"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context = browser.new_context(java_script_enabled=False, locale="es-CR")
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/facturar/recibidos/")
    page.locator("#archivos").set_input_files(
        [
            {"name": f"{n}.xml", "mimeType": "text/xml", "buffer": purchases.purchase(cafe)}
            for n in range(12)
        ]
    )
    page.get_by_role("button", name="Subir y revisar").click()
    assert "Revisamos 12 archivos" in page.content()
    assert cafe.received.count() == 12
    context.close()
