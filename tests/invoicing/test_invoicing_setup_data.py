"""The company's data: looked up at Hacienda or typed, and Hacienda's absence holds nobody up."""

import pytest
from django.test import Client
from tests.invoicing.scene import AT

from iofacturo.accounts.audit import AuditEvent
from iofacturo.invoicing.catalogue import lookup
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db
URL = "/facturar/preparar/datos/"


@pytest.fixture(autouse=True)
def _monday():
    lookup._paces.clear()
    with clock.moved_to(AT):
        yield


@pytest.fixture
def client(owner, as_client) -> Client:
    return as_client(owner)


def typed(company, **more: str) -> dict[str, str]:
    return {
        "empresa": company.public_id, "nombre": "Café Nuevo S.A.", "actividad": "5610.0",
        "provincia": "1", "canton": "1-01", "distrito": "1-01-01", "otras_senas": "Casa azul",
        "email_1": "facturas@cafe.cr", **more,
    }  # fmt: skip


def test_by_hand_always_works(client, cafe) -> None:
    assert client.post(URL, typed(cafe))["Location"] == "/facturar/preparar/"
    cafe.refresh_from_db()
    assert (cafe.nombre, cafe.emails) == ("Café Nuevo S.A.", ["facturas@cafe.cr"])
    assert AuditEvent.objects.get().action == "company.changed"
    client.post(URL, typed(cafe))
    assert AuditEvent.objects.count() == 1


NEEDED = {
    "actividad": "va en cada comprobante", "distrito": "Escoja el distrito",
    "otras_senas": "Hacienda las pide", "email_1": "al menos un correo", "nombre": "",
}  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_what_an_issuer_needs_is_asked_for(name, client, cafe) -> None:
    page = client.post(URL, typed(cafe, **{name: ""}))
    assert page.status_code == 200
    assert NEEDED[name] in page.text
    assert f'href="#id_{name}"' in page.text
    cafe.refresh_from_db()
    assert cafe.nombre == "Café Prueba S.A."


def test_hacienda_fills_name_and_activities(client, cafe, near) -> None:
    known = lookup.taxpayer(cafe.identificacion)
    page = client.post(URL, typed(cafe, accion="consultar", telefono="2222-3344", actividad=""))
    assert "Esto dice Hacienda" in page.text
    assert f'value="{known.nombre}"' in page.text
    assert 'value="2222-3344"' in page.text  # what was typed stays
    activity = known.actividades_activas[0]
    assert f"{activity.codigo} · {activity.descripcion}" in page.text
    assert 'type="radio"' in page.text
    cafe.refresh_from_db()
    assert cafe.nombre == "Café Prueba S.A."  # asking changes nothing


def test_the_activities_stay_when_something_else_is_wrong(client, cafe, near) -> None:
    carried = {"registrada": ["5610.0 Restaurantes", "4711.0 Abarrotes"]}
    page = client.post(URL, {**typed(cafe, email_1="no es", actividad="4711.0"), **carried})
    assert "4711.0 · Abarrotes" in page.text
    assert 'name="registrada" value="5610.0 Restaurantes"' in page.text
    assert client.post(URL, {**typed(cafe, actividad="4711.0"), **carried}).status_code == 302
    cafe.refresh_from_db()
    assert cafe.actividad == "4711.0"


def test_an_activity_that_was_not_offered_is_not_taken(client, cafe) -> None:
    sent = typed(cafe, actividad="9999.9") | {"registrada": ["4711.0 Abarrotes"]}
    page = client.post(URL, sent)
    assert "Escoja una de estas actividades" in page.text
    by_hand = client.post(URL, typed(cafe, actividad="9999.9", accion="escribir"))
    assert 'value="9999.9"' in by_hand.text
    assert client.post(URL, typed(cafe, actividad="9999.9")).status_code == 302


def test_what_a_page_carries_along_is_shown_as_text(client, cafe) -> None:
    sent = typed(cafe, email_1="no es") | {"registrada": ['1 <script>alert("x")</script>'] * 99}
    page = client.post(URL, sent)
    assert "<script>alert" not in page.text
    assert len(page.content) < 100_000


@pytest.mark.parametrize("how", ["down", "unknown", "nowhere"])
def test_hacienda_down_blocks_nobody(how, client, cafe, near, settings) -> None:
    if how == "unknown":
        cafe.identificacion = "3101000404"
        cafe.save()
    else:
        settings.HACIENDA_URL = "http://127.0.0.1:9" if how == "down" else ""
    page = client.post(URL, typed(cafe, accion="consultar"))
    assert page.status_code == 200
    assert "Puede escribir los datos a mano" in page.text
    assert 'value="Café Nuevo S.A."' in page.text
    assert client.post(URL, typed(cafe)).status_code == 302


def test_asking_without_end_is_slowed_down(client, cafe, near) -> None:
    for _ in range(lookup.COMPANY_BURST):
        lookup.allow(cafe.pk)
    page = client.post(URL, typed(cafe, accion="consultar"))
    assert "muchas consultas seguidas" in page.text
