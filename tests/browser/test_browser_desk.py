"""The desk in Chromium with the keyboard alone: take, note, pass on, decide, many at once, board."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.browser.test_browser_keyboard import tab_to
from tests.renewals import scene

from iofacturo.lib import clock
from iofacturo.renewals.internal_note import InternalNote
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COSTA_RICA)
WIDTHS = (1280, 360)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(MONDAY):
        yield


def test_a_morning_at_the_desk_without_a_pointer(
    page: Page, live_server, log_in, no_barriers, transactional_db
) -> None:
    def look() -> None:
        for width in reversed(WIDTHS):
            page.set_viewport_size({"width": width, "height": 900})
            no_barriers(page)

    cafe = cast.company("Café Prueba S.A.", "3101000001")
    owner, reviewer = cast.seat("duena", cafe, "owner"), cast.staff_person("revisor", "reviewer")
    colleague = cast.staff_person("colega", "reviewer")
    senior = cast.staff_person("revisora", "senior")
    scene.house(senior, cast.staff_person("admin", "administrator"))
    rows = [scene.sent(cafe, owner, "100", at=MONDAY - timedelta(minutes=30 - n)) for n in range(5)]
    scene.imported(senior, *((row.given.total, row.reference) for row in rows[2:]))
    log_in(reviewer)

    page.goto(f"{live_server.url}/gestion/renovaciones/")
    look()
    page.keyboard.press("j")  # the one that is due first
    expect(page.get_by_text(rows[0].number).first).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_text("está reservada para usted")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("Llamó para decir que pagó hoy")
    look()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Solo la lee el equipo.", exact=False).first).to_be_visible()
    assert InternalNote.objects.get().text == "Llamó para decir que pagó hoy"
    page.keyboard.press("p")
    page.keyboard.type(str(colleague)[:4])  # picks in the list
    page.keyboard.press("Tab")
    page.keyboard.type("Conoce a esta empresa")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("la tiene ahora")).to_be_visible()
    assert RenewalRequest.objects.get(pk=rows[0].pk).taken_by == colleague

    # the next undecided case is open already; it is turned down, and the way back stands beside
    expect(page.get_by_role("heading", level=1)).to_have_text(cafe.nombre)
    expect(page.locator("[data-queue] [aria-current]")).to_contain_text(rows[1].number)
    page.keyboard.press("x")
    page.keyboard.type("No enc")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{rows[1].number}: rechazada")).to_be_visible()
    expect(page.get_by_role("link", name=f"Volver a {rows[1].number}")).to_be_visible()
    expect(page.locator("[data-queue] [aria-current]")).to_contain_text(rows[2].number)

    # what has its exact movement is approved together
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Aprobar varias")).to_be_visible()
    look()
    tab_to(page, "Café Prueba")  # the first box
    page.keyboard.press("Space")  # this one not
    tab_to(page, "Revisar las escogidas")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Confirmar 2 aprobaciones")).to_be_visible()
    look()
    tab_to(page, "Aprobar y activar 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2 de 2 aprobadas")).to_be_visible()
    look()
    states = [RenewalRequest.objects.get(pk=row.pk).state for row in rows[2:]]
    assert states == [RenewalRequest.IN_REVIEW, RenewalRequest.ACTIVE, RenewalRequest.ACTIVE]

    tab_to(page, "Tablero")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Tiempo de respuesta por día")).to_be_visible()
    expect(page.get_by_role("img")).to_have_count(4)
    look()
    tab_to(page, "Ver los datos en tabla")
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("table", name=re.compile("Tiempo de respuesta por día"))
    ).to_be_visible()
    look()
    tab_to(page, "Recibir el informe")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Dejar de recibirlo")).to_be_visible()
