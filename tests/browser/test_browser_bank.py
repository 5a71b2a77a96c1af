"""The bank's file in Chromium: imported, matched and approved with the keyboard alone."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.browser.test_browser_keyboard import tab_to
from tests.renewals import scene

from iofacturo.folios import summary
from iofacturo.lib import clock
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COSTA_RICA)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(MONDAY):
        yield


def test_from_the_file_to_active_folios_by_keyboard(
    page: Page, live_server, log_in, no_barriers, tmp_path, transactional_db
) -> None:
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    owner, reviewer = cast.seat("duena", cafe, "owner"), cast.staff_person("revisor", "reviewer")
    senior = cast.staff_person("revisora", "senior")
    scene.house(senior, cast.staff_person("admin", "administrator"))
    rows = [scene.sent(cafe, owner), scene.sent(cafe, owner, "100")]
    odd = scene.sent(cafe, owner)
    file = tmp_path / "banco.csv"
    file.write_bytes(scene.csv(
        *((row.given.total, f"plan {row.reference}") for row in rows),
        ("70000.00", odd.reference), ("9.00", "nadie sabe"), ("no", "fila mala"),
    ))  # fmt: skip
    log_in(reviewer)

    page.goto(f"{live_server.url}/gestion/movimientos/archivos/")
    page.get_by_label("Archivo del banco").set_input_files(file)
    tab_to(page, "Ver antes de importar")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="4 movimientos nuevos")).to_be_visible()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        no_barriers(page)
    tab_to(page, "Importar 4 movimientos")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 solicitudes tienen su movimiento exacto")).to_be_visible()
    no_barriers(page)

    page.keyboard.press("j")  # open the next
    button = page.get_by_role("button", name=re.compile("Aprobar con este movimiento"))
    expect(button).to_be_visible()
    no_barriers(page)
    page.set_viewport_size({"width": 360, "height": 900})
    no_barriers(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("a")  # approve: two presses
    expect(page.get_by_text("está activo y ya le avisamos")).to_be_visible()
    page.wait_for_load_state()  # the same words stand there already: the keys must be heard
    page.keyboard.press("a")  # the next one came by itself
    expect(page.get_by_text("está activo y ya le avisamos")).to_be_visible()
    expect(button).to_have_count(0)
    states = [RenewalRequest.objects.get(pk=row.pk).state for row in rows]
    assert states == [RenewalRequest.ACTIVE] * 2
    assert summary.available(cafe, clock.now()) == 600

    page.goto(f"{live_server.url}/gestion/renovaciones/{odd.number}/")
    expect(page.get_by_role("button", name=re.compile("pedir ₡5"))).to_be_visible()
    no_barriers(page)
    for path in ("", "?estado=todos", "archivos/", "archivos/1/"):
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{live_server.url}/gestion/movimientos/{path}")
            no_barriers(page)
    page.goto(f"{live_server.url}/gestion/movimientos/")
    page.get_by_role("link", name=re.compile("23 nov 2026")).first.click()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        no_barriers(page)
    log_in(senior)
    page.goto(f"{live_server.url}/gestion/movimientos/bancos/?banco=BAC+Credomatic")
    no_barriers(page)
