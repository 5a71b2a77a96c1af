"""«Consultar en Hacienda» in the billing data of a renewal, by its button alone."""

import pytest
from tests.renewals import scene
from tests.renewals.test_renewals_pages import address, choose, customer, filled, text  # noqa: F401

from hacienda.consultas import Actividad, Contribuyente
from iofacturo.invoicing.catalogue import lookup
from iofacturo.renewals import review

pytestmark = pytest.mark.django_db
AT = scene.AT


@pytest.fixture(autouse=True)
def _nobody_asked_before() -> None:
    lookup._paces.clear()
    lookup._at.cache_clear()


@pytest.fixture
def registered(monkeypatch) -> list[str]:
    """Hacienda knows one company; the numbers that were asked for."""
    asked: list[str] = []

    def taxpayer(numero: str) -> Contribuyente | None:
        asked.append(numero)
        if numero != "3101654321":
            return None
        return Contribuyente(
            identificacion="3101654321", nombre="SODAS DEL VALLE SOCIEDAD ANONIMA",
            tipo_identificacion="02",
            actividades=(Actividad(codigo="5610.0", descripcion="Restaurantes", activa=True,
                                    principal=True),),
        )  # fmt: skip

    monkeypatch.setattr(lookup, "taxpayer", taxpayer)
    return asked


def asked(client, row, **changes):
    typed = filled(row, accion="consultar", **changes)
    return client.post(address("renew", row), typed, follow=True)


def test_the_name_and_the_activity_come_from_hacienda_and_are_kept(customer, registered) -> None:  # noqa: F811
    row = choose(customer)
    page = text(asked(customer, row, numero="3-101-654321", nombre="", actividad=""))
    assert "En Hacienda: SODAS DEL VALLE SOCIEDAD ANONIMA." in page
    assert "5610.0 Restaurantes" in page
    row.refresh_from_db()
    assert registered == ["3101654321"]
    assert row.typed.nombre == "SODAS DEL VALLE SOCIEDAD ANONIMA"
    assert row.typed.actividad == "5610.0"


def test_an_activity_that_was_written_stays(customer, registered) -> None:  # noqa: F811
    row = choose(customer)
    asked(customer, row, numero="3101654321", actividad="4711.0")
    row.refresh_from_db()
    assert row.typed.actividad == "4711.0"


@pytest.mark.parametrize(
    ("numero", "words"),
    [("3-101-999111", "no tiene inscrita"), ("", "Escriba el número")],
)
def test_who_is_not_registered_changes_nothing(customer, registered, numero, words) -> None:  # noqa: F811
    row = choose(customer)
    page = text(asked(customer, row, numero=numero, nombre="Como yo lo escribí"))
    assert words in page
    row.refresh_from_db()
    assert row.typed.nombre == "Como yo lo escribí"


def test_hacienda_down_blocks_nothing(customer, settings) -> None:  # noqa: F811
    settings.HACIENDA_ENV, settings.HACIENDA_URL = "sandbox-local", "http://127.0.0.1:9"
    row = choose(customer)
    answer = asked(customer, row, numero="3101654321", nombre="Como yo lo escribí")
    assert answer.status_code == 200
    assert "Puede escribir los datos a mano" in text(answer)
    row.refresh_from_db()
    assert row.typed.nombre == "Como yo lo escribí"


def test_a_correction_asks_too_and_sends_nothing(customer, sent, reviewer, registered) -> None:  # noqa: F811
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="billing")
    sent.refresh_from_db()
    typed = filled(sent, accion="consultar", numero="3-101-654321", nombre="X", mensaje="Listo")
    page = customer.post(address("correct", sent), typed).content.decode()
    assert "SODAS DEL VALLE SOCIEDAD ANONIMA" in page
    assert "Listo" in page
    sent.refresh_from_db()
    assert sent.state == sent.NEEDS_INFO
