"""The numbers of a company's series: where each begins, and that it never goes back."""

import pytest
from django.test import Client
from tests.invoicing import purchases, scene
from tests.invoicing.scene import AT

from iofacturo.accounts.audit import AuditEvent
from iofacturo.invoicing import emission, invariants
from iofacturo.invoicing.errors import SeriesError
from iofacturo.invoicing.models import Sucursal
from iofacturo.invoicing.reception import reply
from iofacturo.invoicing.reception.reply import Decision
from iofacturo.invoicing.setup import numbering
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db
URL = "/facturar/preparar/numeracion/"
FIRST = f"{URL}1/1/"
ALL = numbering.DOCUMENTS + numbering.MESSAGES


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(AT):
        yield


@pytest.fixture
def client(owner, as_client) -> Client:
    return as_client(owner)


def send(client: Client, company, url: str = FIRST, **numbers):
    types = ALL if url == FIRST else numbering.DOCUMENTS
    fields = {"empresa": company.public_id, **{f"n{tipo}": "1" for tipo in types}, **numbers}
    return client.post(url, fields)


def following(company) -> dict[str, int]:
    return dict(company.series.order_by("tipo").values_list("tipo", "next_number"))


def test_a_new_company_begins_at_its_first_terminal(client, cafe) -> None:
    assert client.get(URL)["Location"] == FIRST
    page = client.get(FIRST)
    assert "Si empieza de cero, deje los 1" in page.text
    for tipo in ALL:
        assert f"00100001{tipo}0000000001" in page.text


def test_all_series_are_opened_at_once(client, cafe) -> None:
    assert send(client, cafe)["Location"] == URL
    assert following(cafe) == dict.fromkeys(sorted(ALL), 1)
    assert "00100001010000000001" in client.get(URL).text


def test_people_come_from_other_systems(client, cafe, provider) -> None:
    send(client, cafe, n01="4121", n04="1 000 001")
    assert (following(cafe)["01"], following(cafe)["04"]) == (4121, 1_000_001)
    assert "00100001010000004121" in client.get(FIRST).text
    shop = scene.set_up(cafe)
    issued = emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert issued.consecutivo == "00100001010000004121"


def test_a_series_nobody_used_may_go_back(client, cafe) -> None:
    send(client, cafe, n01="4121")
    send(client, cafe, n01="412")
    assert following(cafe)["01"] == 412


def test_a_series_in_use_only_goes_forward(client, shop) -> None:
    send(client, shop, n01="50")
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    page = send(client, shop, n01="20", n04="9")
    assert "no puede volver atrás" in page.text
    assert 'href="#n01"' in page.text
    assert 'value="20"' in page.text
    assert (following(shop)["01"], following(shop)["04"]) == (51, 1)  # all of it or nothing
    assert "solo puede avanzar" in client.get(FIRST).text


def test_jumping_over_numbers_is_asked_about_first(client, shop) -> None:
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    page = send(client, shop, n01="100")
    assert "2 a 99 no se usarán aquí nunca" in page.text
    assert following(shop)["01"] == 2
    assert send(client, shop, n01="100", accion="saltar").status_code == 302
    assert following(shop)["01"] == 100
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert scene.numbers(shop) == [1, 100]
    assert list(invariants.broken()) == []


def test_twice_is_once(client, cafe) -> None:
    send(client, cafe, n01="4121")
    before = AuditEvent.objects.count()
    send(client, cafe, n01="4121")
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Escriba el próximo número"), ("0", "va de 1 a"), ("-3", None), ("abc", "solo números"),
        ("1.5e3", "solo números"), ("99999999999", "va de 1 a"), ("9" * 29, "va de 1 a"),
        ("00100001010000004120", "si 4120 fue el último, es 4121"), ("٣", "solo números"),
    ],
)  # fmt: skip
def test_a_number_that_is_none_is_told_beside_its_field(client, cafe, typed, words) -> None:
    page = send(client, cafe, n01=typed)
    if words is None:  # "-3" is how somebody may write 3
        assert page.status_code == 302
        return
    assert words in page.text
    assert 'id="n01-e"' in page.text
    assert not cafe.series.exists()


def test_another_terminal_has_its_own_numbers(client, shop) -> None:
    answer = client.get(URL, {"sucursal": "2", "terminal": "7"})
    assert answer["Location"] == f"{URL}2/7/"
    page = client.get(f"{URL}2/7/")
    assert "Confirmación de aceptación" not in page.text  # answers are numbered in the first
    send(client, shop, f"{URL}2/7/", n01="9", name="San  Pedro\u202e", address="Frente al parque")
    assert shop.series.get(sucursal=2, terminal=7, tipo="01").next_number == 9
    row = Sucursal.objects.get()
    assert (row.company, row.number, row.name) == (shop, 2, "San Pedro")
    assert "San Pedro" in client.get(URL).text
    send(client, shop, f"{URL}2/7/", n01="9")
    assert not Sucursal.objects.exists()


@pytest.mark.parametrize(("sucursal", "terminal"), [("0", "1"), ("1000", "1"), ("1", "x")])
def test_a_place_that_cannot_be_is_told(client, shop, sucursal, terminal) -> None:
    page = client.get(URL, {"sucursal": sucursal, "terminal": terminal})
    assert page.status_code == 200
    assert "por corregir" in page.text


@pytest.mark.parametrize("path", ["0/1/", "1000/1/", "1/0/", "1/100000/"])
def test_a_place_that_cannot_be_is_not_there(client, cafe, path) -> None:
    assert client.get(URL + path).status_code == 404


def test_answers_to_received_documents_have_numbers_too(client, shop, near) -> None:
    """They are no comprobantes, and their series go back as little."""
    send(client, shop, n05="40")
    message = reply.answer(purchases.accepted(shop), Decision("1"), by=None, at=AT)
    assert message.consecutivo == "00100001050000000040"
    assert "no puede volver atrás" in send(client, shop, n05="40").text
    with pytest.raises(SeriesError, match="no puede volver atrás"):
        shop.series.get(tipo="05").start_at(40, by=None, at=AT)
    assert send(client, shop, n05="41").status_code == 302


def test_the_page_stays_small_with_many_terminals(client, shop, django_assert_max_num_queries):
    for terminal in range(2, 400):
        shop.series.create(terminal=terminal, tipo="01", created_at=AT)
    with django_assert_max_num_queries(12):
        page = client.get(URL)
    assert len(page.content) < 100_000
    assert "terminales más" in page.text
