"""An accountant renews two companies with one transfer by keyboard only; axe looks at each page."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import expect
from tests import cast
from tests.browser.test_browser_keyboard import tab_to
from tests.renewals import scene, several

from iofacturo.demo import slip
from iofacturo.lib import clock
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COSTA_RICA)
PHONE, DESKTOP = {"width": 360, "height": 800}, {"width": 1280, "height": 900}


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(MONDAY):
        yield


def test_two_companies_are_chosen_and_sent_without_a_pointer(
    page, live_server, log_in, no_barriers, tmp_path, transactional_db
) -> None:
    accountant = cast.person("contadora")
    scene.house(
        cast.staff_person("revisora", "senior"), cast.staff_person("admin", "administrator")
    )
    first, second, third = several.companies(accountant, several.NAMES[:3])
    picture = tmp_path / "transferencia.png"
    picture.write_bytes(
        slip.draw(amount=150000, reference="IOF7K3Q9XW", at=MONDAY,
                  bank_reference="2026112310008104", payer="Contadora")
    )  # fmt: skip
    keys = page.keyboard

    def look() -> None:
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)
            no_barriers(page)

    log_in(accountant)
    page.goto(f"{live_server.url}/cartera/")
    look()
    for name in sorted((first.nombre, second.nombre)):
        tab_to(page, f"^Renovar {re.escape(name)}")
        keys.press("Space")
    tab_to(page, "^Renovar las escogidas")
    keys.press("Enter")

    expect(page.get_by_role("heading", name="Renovar varias empresas")).to_be_visible()
    look()
    tab_to(page, "^Plan para las que deje sin escoger")
    keys.type("Plan 500")
    tab_to(page, f"^Plan para {re.escape(second.nombre)}")
    keys.type("Plan 100")
    tab_to(page, "^Continuar")
    keys.press("Enter")

    expect(page.get_by_role("heading", name="Renovar 2 empresas")).to_be_visible()
    group = RenewalGroup.objects.get()
    rows = {row.company: row for row in group.standing()}
    assert set(rows) == {first, second}, "the third was not chosen"
    assert rows[first].given.total > rows[second].given.total
    look()
    tab_to(page, "^Elegir archivo")
    page.locator("#archivo").set_input_files(str(picture))
    tab_to(page, "^Subir y revisar")
    keys.press("Enter")
    expect(page.get_by_text("Se puede leer")).to_be_visible()
    tab_to(page, "^Enviar 2 solicitudes")
    keys.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("Falta un dato para enviar")
    look()
    tab_to(page, "^Términos")
    keys.press("Enter")
    expect(page.locator("#terminos")).to_be_focused()
    keys.press("Space")
    tab_to(page, "^Enviar 2 solicitudes")
    keys.press("Enter")

    expect(page.get_by_role("heading", name=f"Grupo {group.number}")).to_be_visible()
    expect(page.get_by_text("Recibimos sus 2 solicitudes")).to_be_visible()
    look()
    states = group.standing().values_list("state", flat=True)
    assert list(states) == [RenewalRequest.IN_REVIEW] * 2
    assert not RenewalRequest.objects.filter(company=third).exists()
