"""The whole way with Tab, Enter, Space and the letters of a keyboard: no pointer is used.

Only the file itself is handed over by the test, because the system's own window chooses it.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.renewals import scene

from iofacturo.demo import slip
from iofacturo.folios import ledger
from iofacturo.lib import clock
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COSTA_RICA)
FOCUSED = """() => {
  const here = document.activeElement, name = here.getAttribute("aria-label");
  const label = here.labels && here.labels.length ? here.labels[0].innerText : "";
  return (name || label || here.innerText || here.value || "").replace(/\\s+/g, " ").trim();
}"""
HIDDEN = """() => {
  const here = document.activeElement;
  const shown = here.labels && here.labels.length ? here.labels[0] : here;
  const box = shown.getBoundingClientRect();
  const on = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return !(on && (shown.contains(on) || on.contains(shown) || here.contains(on)));
}"""


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(MONDAY):
        yield


def tab_to(page: Page, words: str, most: int = 80) -> None:
    """Tab until what has the focus is called like *words*; it must not lie under anything."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(words, page.evaluate(FOCUSED)):
            assert not page.evaluate(HIDDEN), f"{words} is covered when it has the focus"
            return
    raise AssertionError(f"no way to {words} by Tab on {page.url}")


def test_a_customer_and_a_reviewer_without_a_pointer(
    page, live_server, log_in, tmp_path, transactional_db
) -> None:
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    owner, reviewer = cast.seat("duena", cafe, "owner"), cast.staff_person("revisor", "reviewer")
    scene.house(
        cast.staff_person("revisora", "senior"), cast.staff_person("admin", "administrator")
    )
    ledger.grant(cafe, "migration", 12, origin="migration:cafe", at=scene.AT, months=3)
    proof = tmp_path / "transferencia.png"
    proof.write_bytes(
        slip.draw(amount=75000, reference="IOF7K3Q9XW", at=MONDAY,
                  bank_reference="2026112310008104", payer="Café Prueba S.A.")
    )  # fmt: skip
    keys = page.keyboard

    page.goto(live_server.url + "/mi-plan/")
    page.locator("body").focus()
    if page.evaluate(FOCUSED) != "Correo electrónico":
        tab_to(page, "^Correo electrónico")
    keys.type(owner.email)
    tab_to(page, "^Contraseña")
    keys.type(cast.PASSWORD)
    keys.press("Enter")

    expect(page.get_by_role("heading", name="Mi Plan", exact=True)).to_be_visible()
    tab_to(page, "Plan (100|500)")
    keys.press("ArrowDown")
    keys.press("Space")
    tab_to(page, "Continuar con el pago")
    keys.press("Enter")

    expect(page.get_by_role("heading", name=re.compile("Renovar con Plan"))).to_be_visible()
    page.locator("#archivo").set_input_files(str(proof))
    expect(page.get_by_text("Se puede leer")).to_be_visible()
    tab_to(page, "Leí y acepto")
    keys.press("Space")
    tab_to(page, "Enviar renovación de plan")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Recibimos su solicitud")).to_be_visible()
    row = RenewalRequest.objects.get(state=RenewalRequest.IN_REVIEW)

    log_in(reviewer)
    page.goto(f"{live_server.url}/gestion/renovaciones/{row.number}/")
    tab_to(page, "^Tomar")
    keys.press("Enter")
    expect(page.get_by_text("Reservada para usted hasta")).to_be_visible()
    tab_to(page, "^Fecha en el banco")
    keys.type("11232026")
    tab_to(page, "^Monto recibido")
    keys.type(str(row.given.total).replace(".", ","))
    tab_to(page, "^Referencia del banco")
    keys.type("2026112310008104")
    tab_to(page, "Aprobar y activar")
    keys.press("Enter")
    expect(page.get_by_text("está activo y ya le avisamos")).to_be_visible()
    row.refresh_from_db()
    assert row.state == RenewalRequest.ACTIVE
