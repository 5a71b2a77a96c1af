"""The editor's page: every button of it, with a browser that has no scripts."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.invoicing import scene

from iofacturo.invoicing.editor import start_page
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(scene.AT):
        yield


@pytest.fixture
def client(shop, owner, as_client):
    return as_client(owner)


def new(shop, owner, tipo="FE"):
    return start_page.begin(shop, tipo, by=owner, at=clock.now())


def page(row) -> str:
    return reverse("invoicing:draft", args=[row.public_id])


def fresh(row):
    return type(row).objects.select_related("comprobante").get(pk=row.pk)


CLIENTE = {
    "Receptor/Nombre": "Cliente de Prueba S.A.",
    "Receptor/Identificacion/Tipo": "02",
    "Receptor/Identificacion/Numero": "3-101-654321",
    "Receptor/CorreoElectronico": "compras@cliente.cr",
}
LINEA = {
    "L1/Detalle": "Café molido 500 g",
    "L1/CodigoCABYS": "2391102010200",
    "L1/Cantidad": "24",
    "L1/UnidadMedida": "kg",
    "L1/PrecioUnitario": "4 200,00",
    "L1/descuento": "5",
    "L1/iva": "08",
}


def press(client, row, accion, **fields):
    row = fresh(row)
    return client.post(page(row), {"accion": accion, "version": row.version, **fields})


def test_a_factura_is_written_and_issued(client, shop, owner):
    row = new(shop, owner)
    assert client.get(page(row)).status_code == 200
    saved = press(client, row, "guardar", **CLIENTE, **LINEA)
    assert saved.status_code == 302
    row = fresh(row)
    (line,) = row.data["DetalleServicio"]["LineaDetalle"]
    assert line["UnidadMedida"] == "Kg"
    assert line["PrecioUnitario"] == "4200"
    assert line["Descuento"] == [{"CodigoDescuento": "07", "MontoDescuento": "5040"}]
    html = client.get(page(row)).content.decode().replace("\xa0", " ")
    assert "₡95 760,00" in html
    assert "₡108 208,80" in html
    done = press(client, row, "emitir", **CLIENTE, **LINEA)
    row = fresh(row)
    assert row.comprobante is not None, done.content.decode()
    assert done.url == reverse("invoicing:document", args=[row.comprobante.clave])
