"""Documents and their exports in a real browser: both widths, keyboard, no barriers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.invoicing import scene

from iofacturo.invoicing import emission
from iofacturo.invoicing.archive import exporting
from iofacturo.invoicing.archive.export import Export
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = ((360, "light"), (1280, "dark"))


@pytest.fixture(autouse=True)
def _monday(settings, tmp_path):
    settings.DATA = tmp_path
    with clock.moved_to(scene.AT):
        yield


@pytest.fixture
def shop(transactional_db):
    cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    scene.set_up(cafe)
    receptor = scene.stated()["Receptor"]
    for n in range(45):
        name = receptor | {"Nombre": "Soda La Esquina" if n % 9 == 0 else "Cliente de siempre S.A."}
        emission.issue(scene.ready(cafe, f"n{n}", Receptor=name), by=None)
    return SimpleNamespace(cafe=cafe, owner=cast.seat("duena", cafe, "owner"))


def both(page: Page, no_barriers) -> None:
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        no_barriers(page)


def test_found_by_keyboard_paged_and_downloaded(page, live_server, log_in, shop, no_barriers):
    log_in(shop.owner)
    page.goto(f"{live_server.url}/facturar/documentos/")
    both(page, no_barriers)
    page.get_by_role("link", name="Más antiguos").press("Enter")
    expect(page.get_by_role("rowheader")).to_have_count(5)
    page.get_by_role("link", name="Más recientes").press("Enter")
    expect(page.get_by_role("rowheader")).to_have_count(40)
    page.get_by_label("Cliente, número o clave").fill("esq")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader")).to_have_count(5)
    both(page, no_barriers)
    page.get_by_role("link", name="Descargar", exact=True).press("Enter")
    both(page, no_barriers)
    page.get_by_label("Tabla CSV").check()
    page.get_by_role("button", name="Preparar la descarga").press("Enter")
    expect(page.get_by_text("En preparación")).to_be_visible()
    both(page, no_barriers)
    exporting.run(clock.now())
    assert Export.objects.get().state == Export.READY
    link = page.get_by_role("link", name="Descargar Tabla CSV")
    expect(link).to_be_visible()  # the list asked for itself again
    both(page, no_barriers)
    with page.expect_download() as coming:
        link.press("Enter")
    lines = coming.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == 6
    assert "Soda La Esquina" in lines[1]
