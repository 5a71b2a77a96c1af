"""Hacienda's user and password: tried on the spot, kept only when taken or knowingly untried."""

import html
import logging
from urllib.parse import quote_plus

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from tests.invoicing import scene
from tests.invoicing.scene import AT, ENVIRONMENT, PASSWORD, user_of

from hacienda.sandbox.identity import WRONG_PASSWORD
from iofacturo.accounts.audit import AuditEvent
from iofacturo.invoicing import credentials, delivery, emission
from iofacturo.invoicing.models import Submission
from iofacturo.invoicing.setup import access
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db
URL = "/facturar/preparar/hacienda/"


@pytest.fixture(autouse=True)
def _monday():
    cache.clear()
    with clock.moved_to(AT):
        yield


@pytest.fixture
def client(owner, as_client) -> Client:
    return as_client(owner)


def send(client: Client, company, password: str = PASSWORD, user: str | None = None, **more):
    name = user_of(company) if user is None else user
    fields = {"empresa": company.public_id, "usuario": name, "contrasena": password, **more}
    return client.post(URL, fields)


def test_what_hacienda_takes_is_kept_sealed(client, cafe, near, owner) -> None:
    assert send(client, cafe)["Location"] == URL
    row = cafe.credentials.get()
    assert (row.user, row.environment, row.installed_by) == (user_of(cafe), ENVIRONMENT, owner)
    assert row.password() == PASSWORD
    assert row.tried_at == AT
    assert PASSWORD.encode() not in bytes(row.sealed)
    page = client.get(URL)
    assert "Hacienda los aceptó" in page.text
    assert "Probados" in page.text


def test_what_hacienda_refuses_is_not_kept(client, cafe, near) -> None:
    page = send(client, cafe, password=WRONG_PASSWORD)
    assert "Hacienda no reconoce este usuario" in page.text
    assert 'id="contrasena-e"' in page.text
    assert f'value="{user_of(cafe)}"' in page.text
    assert WRONG_PASSWORD not in page.text
    assert "sin probar" not in page.text
    assert not cafe.credentials.exists()


def test_a_refusal_leaves_the_ones_in_use_alone(client, cafe, near) -> None:
    send(client, cafe)
    send(client, cafe, password=WRONG_PASSWORD)
    assert cafe.credentials.get(retired_at__isnull=True).password() == PASSWORD


@pytest.mark.parametrize("how", ["down", "nowhere", "broken"])
def test_when_hacienda_is_out_nobody_is_stuck(how, client, cafe, settings, near) -> None:
    if how == "broken":
        near.faults(rates={"token-503": 1})
    else:
        settings.HACIENDA_URL = "http://127.0.0.1:9" if how == "down" else ""
    page = send(client, cafe)
    assert "No se pudieron probar" in page.text
    assert f'value="{user_of(cafe)}"' in page.text
    assert html.escape(PASSWORD) not in page.text
    assert PASSWORD not in page.text
    assert 'value="guardar-sin-probar"' in page.text
    assert not cafe.credentials.exists()
    assert send(client, cafe, accion="guardar-sin-probar").status_code == 302
    assert cafe.credentials.get().tried_at is None
    after = client.get(URL)
    assert "Los guardamos sin probar" in after.text
    assert "Probar ahora" in after.text


def test_those_kept_untried_can_be_tried_later(client, cafe, near) -> None:
    send(client, cafe, accion="guardar-sin-probar")
    assert cafe.credentials.get().tried_at is None
    again = {"empresa": cafe.public_id, "accion": "probar"}
    client.post(URL, again)
    assert cafe.credentials.get().tried_at == AT
    assert "Hacienda los aceptó" in client.get(URL).text
    client.post(URL, {"empresa": cafe.public_id, "accion": "probar"})
    assert cafe.credentials.count() == 1


def test_those_kept_untried_may_turn_out_wrong(client, cafe, near) -> None:
    send(client, cafe, password=WRONG_PASSWORD, accion="guardar-sin-probar")
    client.post(URL, {"empresa": cafe.public_id, "accion": "probar"})
    assert "Hacienda no los acepta" in client.get(URL).text
    assert cafe.credentials.get().tried_at is None


def test_trying_what_is_not_there_does_nothing(client, cafe) -> None:
    assert client.post(URL, {"empresa": cafe.public_id, "accion": "probar"}).status_code == 302


def test_the_same_twice_is_one_row(client, cafe, near) -> None:
    send(client, cafe)
    send(client, cafe)
    assert cafe.credentials.count() == 1
    assert AuditEvent.objects.filter(action="credentials.installed").count() == 1


def test_saving_sends_what_was_stopped(client, shop, near) -> None:
    credentials.install(shop, ENVIRONMENT, user_of(shop), WRONG_PASSWORD, by=None, at=AT)
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    delivery.run(AT)
    assert Submission.objects.get().state == Submission.STOPPED
    steps = client.get("/facturar/preparar/")
    assert "hay comprobantes que esperan" in steps.text
    assert send(client, shop).status_code == 302
    assert Submission.objects.get().state == Submission.WAITING


def test_somebody_elses_user_is_pointed_out(client, cafe, near) -> None:
    other = "cpj-3-101-999888@stag.comprobanteselectronicos.go.cr"
    send(client, cafe, user=other)
    assert "parece de otra cédula" in client.get(URL).text


@pytest.mark.parametrize(
    ("user", "elses"),
    [
        ("cpj-3-101-000001@stag.x", False), ("CPJ-3-101-000001", False),
        ("cpj-3-101-000002@stag.x", True), ("cpf-01-1234-5678@stag.x", True),
        ("alguien@otro.cr", False), ("", False),
    ],
)  # fmt: skip
def test_whose_a_user_is(cafe, user, elses) -> None:
    assert access.somebody_elses(cafe, user) is elses


def test_many_tries_are_stopped_before_hacienda_closes_the_account(client, cafe, near) -> None:
    for _ in range(access.TRIES):
        send(client, cafe, password=WRONG_PASSWORD)
    assert "Espere diez minutos" in send(client, cafe).text
    assert not cafe.credentials.exists()


def test_the_password_leaves_no_trace(client, cafe, near, caplog, rf, owner) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            send(client, cafe, password=WRONG_PASSWORD), send(client, cafe), client.get(URL),
            client.get("/facturar/preparar/"), client.get("/empresa/actividad/"),
        ]  # fmt: skip
    for secret in (PASSWORD, html.escape(PASSWORD), quote_plus(PASSWORD), WRONG_PASSWORD):
        for answer in answers:
            assert secret not in answer.text
        assert secret not in caplog.text
    with connection.cursor() as cursor:
        for table in ("invoicing_credentials", "accounts_auditevent", "django_session"):
            cursor.execute(f"SELECT * FROM {table}")
            for value in (value for row in cursor.fetchall() for value in row):
                raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                assert PASSWORD.encode() not in raw


def test_an_error_page_hides_the_password(owner, cafe, rf, near) -> None:
    from django.contrib.messages.storage.fallback import FallbackStorage
    from django.views.debug import SafeExceptionReporterFilter

    from iofacturo.invoicing.setup import access_page

    request = rf.post(URL, {"usuario": "x", "contrasena": "8431-secreto"})
    request.user, request.company, request.session = owner, cafe, {}
    request.membership = owner.memberships.get()
    request._messages = FallbackStorage(request)
    access_page.install(request)
    shown = SafeExceptionReporterFilter().get_post_parameters(request)
    assert shown["contrasena"] == SafeExceptionReporterFilter.cleansed_substitute


def test_empty_fields_are_told_without_asking_hacienda(client, cafe) -> None:
    page = send(client, cafe, password="", user="")
    assert "Escriba el usuario" in page.text
    assert "Escriba la contraseña" in page.text
    assert page.text.count('aria-invalid="true"') == 2
