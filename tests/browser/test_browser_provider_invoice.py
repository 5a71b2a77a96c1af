"""The provider's invoice in every state, as its customer and the provider's people see it."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import cast
from tests.invoicing import scene as shop
from tests.renewals import scene

from iofacturo.invoicing.models import Comprobante
from iofacturo.lib import clock
from iofacturo.renewals import approval, provider_invoice, provider_issuing, review
from iofacturo.renewals.provider_invoice import ProviderInvoice

pytestmark = pytest.mark.django_db(transaction=True)
NOW = scene.AT + timedelta(hours=2)
VIEWS = ((360, "light"), (1280, "light"), (1280, "dark"))
SHOTS = os.environ.get("SHOTS")  # a folder for pictures to look at


@pytest.fixture(autouse=True)
def _at() -> Iterator[None]:
    with clock.moved_to(NOW):
        yield


def test_every_state_without_barriers_and_corrected_by_its_customer(
    transactional_db, page: Page, live_server, log_in, no_barriers
):
    seller = cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    company = cast.company("Café Prueba S.A.", "3101000001")
    owner, reviewer = cast.seat("duena", company, "owner"), cast.staff_person("revisor", "reviewer")
    scene.house(
        cast.staff_person("revisora", "senior"), cast.staff_person("admin", "administrator")
    )

    def bought() -> ProviderInvoice:
        request = review.take(scene.sent(company, owner), by=reviewer, at=NOW)
        lines = [scene.line(request.given.total)]
        approval.approve(request, by=reviewer, at=NOW, version=request.version, lines=lines)
        return provider_invoice.of(request)[0]

    waiting = bought()
    provider_issuing.run(NOW)  # the provider cannot issue yet: it waits, and says why
    shop.set_up(seller, at=NOW)
    issued, accepted, refused = bought(), bought(), bought()
    provider_issuing.run(NOW)
    answered(fresh(accepted), "accepted")
    answered(fresh(refused), "rejected")
    provider_issuing.follow(NOW)
    assert fresh(refused).asks_customer
    requests = [
        f"/mi-plan/solicitudes/{row.request.number}/"
        for row in (waiting, issued, accepted, refused)
    ]
    correction = f"{requests[-1]}factura/"
    log_in(owner)
    look(page, live_server, no_barriers, [*requests, correction, "/mi-plan/"])
    log_in(reviewer)
    desk = f"/gestion/facturas/{refused.pk}/correccion/"
    look(page, live_server, no_barriers, ["/gestion/facturas/", "/gestion/facturas/?todas=1", desk])
    log_in(owner)
    page.goto(live_server.url + correction)
    page.get_by_label("Nombre o razón social").fill("Café Corregido S.A.")
    page.get_by_role("button", name="Guardar y emitir de nuevo").click()
    expect(page.get_by_text("Guardamos los datos.")).to_be_visible()
    assert fresh(refused).state == ProviderInvoice.WAITING


def fresh(row: ProviderInvoice) -> ProviderInvoice:
    return provider_invoice.rows().get(pk=row.pk)


def answered(row: ProviderInvoice, state: str) -> None:
    """Hacienda's word; its message says that the receiver's address is not the registered one."""
    words = {"accepted": "aceptado", "rejected": "rechazado"}
    row.comprobante.answers.create(
        estado=words[state], xml=b"", sha256="x", received_at=NOW,
        detalle="codigo, mensaje, fila, columna\n-37, La provincia no es la del RUT, 0, 0",
    )  # fmt: skip
    Comprobante.objects.filter(pk=row.comprobante_id).update(state=state, answered_at=NOW)


def look(page: Page, live_server, no_barriers, paths: list[str]) -> None:
    for number, path in enumerate(paths):
        page.goto(live_server.url + path)
        for width, scheme in VIEWS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            no_barriers(page)
            if SHOTS:
                name = f"{path.strip('/').partition('/')[0]}-{number}-{width}-{scheme}.png"
                page.screenshot(path=str(Path(SHOTS) / name), full_page=True)
