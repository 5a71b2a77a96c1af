"""The p12 through its page: every refusal says why, and neither file nor PIN leaves a trace."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.invoicing.scene import AT, PIN, p12, serial

from iofacturo.lib import clock

pytestmark = pytest.mark.django_db
URL = "/facturar/preparar/llave/"


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(AT):
        yield


@pytest.fixture
def client(owner, as_client) -> Client:
    return as_client(owner)


def send(client: Client, company, data: bytes, pin: str = PIN, **more):
    fields = {"empresa": company.public_id, "pin": pin, **more}
    if data:
        fields["llave"] = SimpleUploadedFile("llave.p12", data)
    return client.post(URL, fields)


def test_a_key_is_kept_sealed_and_described(client, cafe, owner) -> None:
    answer = send(client, cafe, p12(serial(cafe)))
    assert (answer.status_code, answer["Location"]) == (302, URL)
    row = cafe.keys.get(retired_at__isnull=True)
    assert row.installed_by == owner
    assert row.open().subject_id == serial(cafe)
    page = client.get(URL)
    assert "La llave quedó guardada" in page.text
    assert "31 de diciembre de 2028" in page.text
    grouped = " ".join(row.fingerprint.upper()[at : at + 4] for at in range(0, 64, 4))
    assert grouped in page.text
    assert "Faltan 769" in page.text
    assert 'autocomplete="off"' in page.text


REFUSED = {
    "a wrong PIN": (lambda c: p12(serial(c)), "9999", "El PIN no es el de esta llave", "pin"),
    "no file": (lambda c: b"", PIN, "Elija el archivo .p12", "llave"),
    "an empty PIN": (lambda c: p12(serial(c)), "", "Escriba el PIN", "pin"),
    "a photo": (lambda c: b"\x89PNG\r\n\x1a\n" + bytes(99), PIN, "no es una llave", "llave"),
    "half a file": (lambda c: p12(serial(c))[:700], PIN, "El archivo", "llave"),
    "a huge file": (lambda c: b"\x30" * 300_000, PIN, "demasiado grande", "llave"),
    "somebody else's": (lambda c: p12("CPJ-3-101-999888"), PIN, "CPJ-3-101-999888", "llave"),
    "one that expired": (
        lambda c: p12(serial(c), after=datetime(2026, 11, 1, tzinfo=UTC)), PIN, "venció", "llave",
    ),
    "one for later": (
        lambda c: p12(serial(c), before=datetime(2026, 12, 24, tzinfo=UTC)),
        PIN, "válida a partir del", "llave",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_it_says_what_is_wrong_beside_the_field(what, client, cafe) -> None:
    make, pin, words, field = REFUSED[what]
    page = send(client, cafe, make(cafe), pin)
    assert page.status_code == 200
    assert words in page.text
    assert f'id="{field}-e"' in page.text
    assert f'href="#{field}"' in page.text
    assert page.text.count('aria-invalid="true"') == 1
    assert "Error: Llave" in page.text
    assert not cafe.keys.exists()
    if pin == "9999":
        assert pin not in page.text


def test_a_test_key_does_not_go_into_production(client, cafe, settings, monkeypatch) -> None:
    from hacienda.llave import Llave

    settings.HACIENDA_ENV = "prod"
    monkeypatch.setattr(Llave, "sandbox", property(lambda self: True))
    page = send(client, cafe, p12(serial(cafe)))
    assert "ambiente de pruebas" in page.text
    assert not cafe.keys.exists()


def test_the_same_key_twice_is_one_key(client, cafe) -> None:
    send(client, cafe, p12(serial(cafe)))
    send(client, cafe, p12(serial(cafe)))
    assert cafe.keys.count() == 1
    assert "ya estaba en uso" in client.get(URL).text


def test_another_key_retires_the_first(client, cafe) -> None:
    send(client, cafe, p12(serial(cafe)))
    send(client, cafe, p12(serial(cafe), after=datetime(2030, 1, 1, tzinfo=UTC)))
    old, new = cafe.keys.order_by("id")
    assert old.retired_at == AT
    assert new.retired_at is None


def test_a_key_about_to_end_is_kept_with_a_warning(client, cafe) -> None:
    send(client, cafe, p12(serial(cafe), after=AT + timedelta(days=5)))
    assert cafe.keys.exists()
    assert "vence en 5 días" in client.get(URL).text
    assert "vence en 5 días" in client.get(reverse("invoicing:setup")).text


def test_neither_file_nor_pin_leaves_a_trace(client, cafe, caplog, settings, tmp_path) -> None:
    """Nothing in logs, answers or tables; and nothing in the folder of temporary files."""
    pin = "PIN-muy-raro-8431"
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    data = p12(serial(cafe))
    with caplog.at_level(logging.DEBUG):
        answers = [
            send(client, cafe, data, pin), send(client, cafe, data), client.get(URL),
            client.get("/empresa/actividad/"),
        ]  # fmt: skip
    for answer in answers:
        assert pin not in answer.text
        assert pin not in str(answer.headers)
    assert pin not in caplog.text
    assert list(tmp_path.iterdir()) == []
    assert pin not in _everything()
    assert data.hex() not in _everything()
    private = cafe.keys.get().open().private_key.private_numbers().p
    assert private.to_bytes(128, "big").hex() not in _everything()


def test_an_error_page_hides_the_pin(owner, cafe, rf, monkeypatch) -> None:
    """What would be mailed to administrators about a crash."""
    from django.views.debug import SafeExceptionReporterFilter

    from iofacturo.invoicing.setup import key_page

    request = rf.post(URL, {"empresa": cafe.public_id, "pin": "8431-secreto"})
    request.user, request.company = owner, cafe
    request.membership = owner.memberships.get()
    key_page.install(request)
    shown = SafeExceptionReporterFilter().get_post_parameters(request)
    assert shown["pin"] == SafeExceptionReporterFilter.cleansed_substitute


def _everything() -> str:
    """Whatever stands in the tables of this room and the audit, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in ("invoicing_key", "accounts_auditevent", "django_session"):
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                found += [
                    bytes(v).hex() if isinstance(v, bytes | memoryview) else str(v) for v in row
                ]
    return " ".join(found)
