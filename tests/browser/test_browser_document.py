"""The page of a document and annulling it, in Chromium: seen whole, without barriers, by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.invoicing import scene
from tests.invoicing.test_invoicing_documents import NOW, ROWS, answered, issued, page_of, stands

from iofacturo.invoicing.documents import annulment
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = ((360, "light"), (1280, "dark"))


@pytest.fixture(autouse=True)
def _at() -> Iterator[None]:
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def shop(transactional_db):
    cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    return scene.set_up(cast.company("Café Prueba S.A.", "3101000001"))


def test_every_state_in_both_widths_without_barriers(
    shop, page: Page, live_server, log_in, no_barriers
):
    waiting, stopped = issued(shop), issued(shop)
    stands(stopped, state="stopped", stopped_for="credentials", last_error="No reconoce la clave.")
    refused = answered(issued(shop), "rechazado", ROWS.replace("Aceptado", "Rechazado"))
    warned = answered(issued(shop, lines=60), "aceptado", ROWS)
    annulled = answered(issued(shop), "aceptado")
    note = annulment.annul(annulled, "Se facturó dos veces", by=None, at=NOW)
    log_in(cast.seat("duena", shop, "owner"))
    paths = [page_of(row) for row in (waiting, stopped, refused, warned, annulled, note)]
    for path in [*paths, page_of(warned, "annul")]:
        page.goto(live_server.url + path)
        for width, scheme in VIEWS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            no_barriers(page)


def test_the_page_finds_out_by_itself_and_annuls_by_keyboard(shop, page: Page, live_server, log_in):
    row = issued(shop)
    log_in(cast.seat("emisora", shop, "issuer"))
    page.goto(live_server.url + page_of(row))
    expect(page.get_by_text("Va camino a Hacienda")).to_be_visible()
    answered(row, "aceptado")
    expect(page.get_by_text("Hacienda lo aceptó")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Anular", exact=True).focus()
    page.keyboard.press("Enter")
    reason = page.get_by_label("Por qué se anula")
    reason.focus()
    page.keyboard.type("Se facturó dos veces")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nota de crédito electrónica 1")
    expect(page.get_by_text(f"anula {row.label}")).to_be_visible()
