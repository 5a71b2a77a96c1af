"""The quick tiquete: three fields, one document."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from tests.invoicing import scene

from iofacturo.invoicing.editor import quick
from iofacturo.invoicing.models import Product
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(scene.AT):
        yield


@pytest.fixture
def client(shop, issuer, as_client):
    return as_client(issuer)


@pytest.fixture
def coffee(shop):
    return Product.objects.create(
        company=shop, codigo="CAF", detalle="Café con leche", cabys="2391102010200", unidad="Unid",
        precio=Decimal("1327.43363"), tarifa_iva="08", created_at=clock.now(), updated_at=clock.now(),
    )  # fmt: skip


def send(client, token=None, **fields):
    url = reverse("invoicing:quick")
    if token is None:
        token = re.search(r'name="token" value="([^"]+)"', client.get(url).content.decode())[1]
    return client.post(url, {"token": token, "medio": "01", **fields})


def test_three_fields_and_enter(client, shop, coffee):
    answer = send(client, que="café con leche", monto="1 500", medio="06")
    assert answer.status_code == 302
    row = shop.comprobantes.get()
    assert row.tipo == "04"
    assert row.total == Decimal("1500")
    document = row.document()
    assert document.resumen_factura.medio_pago[0].tipo_medio_pago == "06"
    html = client.get(answer.url).content.decode()
    assert reverse("invoicing:ticket", args=[row.clave]) in html
    assert 'value="06" selected' in html


def test_by_code_with_its_own_price(client, shop, coffee):
    send(client, que="caf")
    assert shop.comprobantes.get().total.quantize(Decimal("0.01")) == Decimal("1500.00")


def test_the_same_form_twice_is_one_tiquete(client, shop, coffee):
    for _ in range(2):
        assert send(client, token="A" * 24, que="CAF", monto="1500").status_code == 302
    assert shop.comprobantes.count() == 1


def test_something_loose_asks_its_code_once(client, shop):
    asked = send(client, que="Arreglo de zapatos", monto="5000")
    assert asked.status_code == 422
    assert b'id="cabys"' in asked.content
    send(client, que="Arreglo de zapatos", monto="5000", cabys="8729000000000")
    send(client, que="Otro arreglo", monto="3000")
    assert shop.comprobantes.count() == 2


@pytest.mark.parametrize("monto", ["", "0", "1.234", "mil", "-5"])
def test_what_is_no_amount_is_told_beside_it(client, shop, monto):
    answer = send(client, que="Arreglo", cabys="8729000000000", monto=monto)
    assert answer.status_code == 422
    assert b'id="monto-e"' in answer.content
    assert f'value="{monto}"'.encode() in answer.content
    assert shop.comprobantes.count() == 0


def test_several_products_are_offered(client, shop, coffee):
    Product.objects.create(
        company=shop, detalle="Café negro", cabys="2391102010200", unidad="Unid", precio=1000, tarifa_iva="08",
        created_at=clock.now(), updated_at=clock.now(),
    )  # fmt: skip
    answer = send(client, que="café", monto="1500")
    assert answer.content.count(b'name="producto"') == 3
    assert shop.comprobantes.count() == 0
    send(client, que="café", monto="1500", producto=coffee.public_id)
    assert shop.comprobantes.count() == 1


def test_a_reader_may_not(shop, reader, as_client):
    assert as_client(reader).get(reverse("invoicing:quick")).status_code == 403


@pytest.mark.parametrize("amount", ["0.01", "1", "999.99", "1130", "123456789.01"])
@pytest.mark.parametrize("rate", [0, 1, 4, 13])
def test_the_price_before_iva_gives_the_amount_back(amount, rate):
    price = quick.net(Decimal(amount), Decimal(rate))
    total = price + (price * rate / 100).quantize(quick.UNIT)
    assert abs(total - Decimal(amount)) <= quick.UNIT
