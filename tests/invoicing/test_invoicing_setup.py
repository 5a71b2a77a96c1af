"""Setting up a company: the steps, who may do them, and what they cost."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.invoicing import scene
from tests.invoicing.scene import AT, PASSWORD, PIN, p12, serial, user_of

from iofacturo.accounts.audit import AuditEvent
from iofacturo.invoicing import credentials, key, readiness
from iofacturo.invoicing.errors import NotReady
from iofacturo.invoicing.setup import steps
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db

STEPS = ["data", "series", "key", "access", "logo", "mail"]
PAGES = [f"invoicing:setup_{name}" for name in STEPS]


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(AT):
        yield


@pytest.fixture
def client(owner, as_client) -> Client:
    return as_client(owner)


def state(company) -> dict[str, str]:
    return {step.name: step.state for step in steps.of(company, AT)}


def blocking(company) -> list[str]:
    return [step.name for step in steps.missing(company, AT)]


def test_a_new_company_lacks_all_but_its_data(cafe, provider) -> None:
    assert blocking(cafe) == ["series", "key", "access"]
    with pytest.raises(NotReady):
        readiness.standing(cafe, AT)


def test_what_hacienda_asks_of_an_issuer_is_asked_for(cafe) -> None:
    cafe.actividad, cafe.emails, cafe.distrito = "", [], ""
    assert blocking(cafe)[0] == "data"
    assert steps.missing(cafe, AT)[0].text == (
        "Falta la actividad económica, la dirección y un correo."
    )


def test_a_company_that_is_set_up_lacks_nothing(shop) -> None:
    assert blocking(shop) == []
    assert readiness.standing(shop, AT)
    assert state(shop)["access"] == "attention"  # nobody tried them
    credentials.install(
        shop, scene.ENVIRONMENT, user_of(shop), PASSWORD, by=None, at=AT, tried=True
    )
    assert state(shop)["access"] == "done"


def test_what_is_asked_for_costs_one_query(shop, django_assert_num_queries) -> None:
    for ask in (steps.of, steps.missing):
        with django_assert_num_queries(1):
            ask(shop, AT)


def test_the_page_says_what_is_missing_and_where_to_begin(client, cafe, provider) -> None:
    page = client.get(reverse("invoicing:setup"))
    assert b"1 de 4 pasos listos" in page.content
    assert "Empezar: sucursales y numeración" in page.text
    assert "Ya puede facturar" not in page.text
    assert all(reverse(name) in page.text for name in PAGES)


def test_at_the_end_one_may_issue(client, shop) -> None:
    page = client.get(reverse("invoicing:setup"))
    assert "Ya puede facturar" in page.text
    assert "tiene 100 folios" in page.text
    assert f'href="{reverse("facturar")}"' in page.text


def test_without_folios_it_leads_to_the_plans(client, cafe, provider) -> None:
    scene.set_up(cafe, folios=0)
    page = client.get(reverse("invoicing:setup"))
    assert "Le faltan folios" in page.text
    assert "Ver Mi Plan" in page.text


def test_without_a_provider_nobody_is_told_that_all_is_ready(client, cafe) -> None:
    scene.set_up(cafe)
    page = client.get(reverse("invoicing:setup"))
    assert "avísele a soporte" in page.text
    assert "Ya puede facturar" not in page.text


@pytest.mark.parametrize("role", ["issuer", "accountant", "reader"])
def test_who_may_not_configure_sees_who_can(request, role, as_client, owner, cafe) -> None:
    client = as_client(request.getfixturevalue(role))
    page = client.get(reverse("invoicing:setup"))
    assert page.status_code == 200
    assert owner.email in page.text
    for name in PAGES:
        assert f'href="{reverse(name)}"' not in page.text
        assert client.get(reverse(name)).status_code == 403
        assert client.post(reverse(name)).status_code == 403


def test_an_administrator_may_configure(administrator, as_client) -> None:
    client = as_client(administrator)
    assert client.get(reverse("invoicing:setup_key")).status_code == 200


def test_a_stranger_sees_their_own_company_alone(stranger, shop, as_client) -> None:
    client = as_client(stranger)
    assert shop.nombre not in client.get(reverse("invoicing:setup")).text
    assert user_of(shop) not in client.get(reverse("invoicing:setup_access")).text
    key_row = shop.keys.get()
    assert key_row.subject not in client.get(reverse("invoicing:setup_key")).text
    place = reverse("invoicing:setup_place", args=[1, 1])
    sent = {"empresa": shop.public_id, "n01": "77"}
    assert client.post(place, sent).status_code == 409
    assert shop.series.get(tipo="01").next_number == 1


@pytest.mark.parametrize("name", PAGES)
def test_a_form_of_another_company_is_refused(name, client, stranger) -> None:
    other = stranger.memberships.get().company
    assert client.post(reverse(name), {"empresa": other.public_id}).status_code == 409


@pytest.mark.parametrize("name", ["invoicing:setup", *PAGES])
def test_pages_stay_few_in_queries_and_small(
    name, client, cafe, provider, django_assert_max_num_queries
) -> None:
    for size in (0, 40):
        for terminal in range(1, size + 1):
            for tipo in scene.TIPOS:
                cafe.series.get_or_create(
                    terminal=terminal, tipo=tipo, sucursal=1, defaults={"created_at": AT}
                )
        if size:
            scene.set_up(cafe)
        with django_assert_max_num_queries(12):
            page = client.get(reverse(name), follow=False)
        assert len(page.content) < 100_000


def test_every_act_has_a_row_and_no_secret_in_it(client, cafe, provider, near) -> None:
    sent = {"empresa": cafe.public_id}
    with_key = {**sent, "pin": PIN, "llave": _file(p12(serial(cafe)))}
    client.post(reverse("invoicing:setup_key"), with_key)
    client.post(
        reverse("invoicing:setup_access"),
        {**sent, "usuario": user_of(cafe), "contrasena": PASSWORD},
    )
    events = AuditEvent.objects.filter(company=cafe)
    assert {event.action for event in events} == {"key.installed", "credentials.installed"}
    told = " ".join(f"{event.subject} {event.detail}" for event in events)
    assert PASSWORD not in told
    assert PIN not in told.replace(key.Key.objects.get().fingerprint, "")
    activity = client.get(reverse("accounts:activity"))
    assert "Guardó la llave criptográfica" in activity.text


def _file(data: bytes, name: str = "llave.p12"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data, content_type="application/x-pkcs12")
