"""Every kind of document, typed on the editor's page from nothing and accepted by Hacienda."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from tests.invoicing import scene
from tests.invoicing.typist import Typist

from iofacturo.invoicing import draft as drafts
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db

CURRENCY = "ResumenFactura/CodigoTipoMoneda/CodigoMoneda"
RATE = "ResumenFactura/CodigoTipoMoneda/TipoCambio"
MEANS = "ResumenFactura/MedioPago"
REFERENCE = "InformacionReferencia[1]"
CLIENTE = {
    "Receptor/Identificacion/Tipo": "02",
    "Receptor/Identificacion/Numero": "3-101-654321",
    "Receptor/Nombre": "Cliente de Prueba S.A.",
    "Receptor/CorreoElectronico": "compras@cliente.cr",
}
CAFE = {
    "L1/Detalle": "Café molido 500 g",
    "L1/CodigoCABYS": "2391102010200",
    "L1/Cantidad": "2",
    "L1/UnidadMedida": "kg",
    "L1/PrecioUnitario": "10 000",
    "L1/iva": "08",
}
EXTRANJERA = {
    "Receptor/Identificacion/Tipo": "05",
    "Receptor/Identificacion/Numero": "US-94-1234567",
    "Receptor/Nombre": "Pacific Roasters LLC",
    "Receptor/CorreoElectronico": "orders@pacific.example",
    "Receptor/OtrasSenasExtranjero": "12 Pier Road, Oakland, California",
}


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(scene.AT):
        yield


@pytest.fixture
def person(shop, owner, as_client):
    return Typist(as_client(owner))


@pytest.fixture
def accepted(near):
    """Send what was issued, and see it accepted."""

    def sent(row):
        near.round(clock.now())
        near.decided(row)
        near.until_final([row], clock.now())
        assert row.state == "accepted", (row.state, near.seen(row))
        return row

    return sent


def test_a_purchase_from_a_grower(person, accepted):
    person.begin("FEC").fill(
        {
            "Emisor/Identificacion/Tipo": "01",
            "Emisor/Identificacion/Numero": "1-0456-0789",
            "Emisor/Nombre": "Rosa Elena Mora Jiménez",
            "Emisor/Ubicacion/Distrito": "San Marcos, Tarrazú",
            "Emisor/Ubicacion/OtrasSenas": "500 m norte de la plaza",
            "CodigoActividadReceptor": "561001",
            f"{REFERENCE}/TipoDocIR": "14",
            f"{REFERENCE}/Numero": "Recibo 118",
            f"{REFERENCE}/FechaEmisionIR": "2026-11-20T10:00:00",
            f"{REFERENCE}/Razon": "Compra de café en fruta",
            "L1/Detalle": "Café en fruta",
            "L1/CodigoCABYS": "0161100000000",
            "L1/Cantidad": "12,5",
            "L1/UnidadMedida": "kg",
            "L1/PrecioUnitario": "2 850",
            "L1/iva": "02",
        }
    )
    row = accepted(person.issue())
    assert row.tipo == "08"
    assert row.total == Decimal("35981.25")
    document = row.document()
    assert document.emisor.ubicacion.distrito == "01"
    assert document.informacion_referencia[0].codigo == "04"


def test_an_export_in_dollars(person, accepted):
    person.begin("FEE").choose(CURRENCY, "EUR").fill({RATE: "590,10"}).press("guardar")
    person.choose(CURRENCY, "USD")
    assert person.form.fields[RATE] == "", "a rate is of its currency"
    person.fill({RATE: "512,35", **EXTRANJERA})
    person.fill(
        {
            "L1/Detalle": "Café oro, saco de 69 kg",
            "L1/CodigoCABYS": "2391102010200",
            "L1/PartidaArancelaria": "090111300000",
            "L1/Cantidad": "40",
            "L1/UnidadMedida": "Unid",
            "L1/PrecioUnitario": "310,50",
        }
    )
    assert person.form.fields["L1/iva"] == "10", "what is exported bears no IVA"
    row = accepted(person.issue())
    assert (row.tipo, row.moneda, row.total) == ("09", "USD", Decimal(12420))
    line = row.document().detalle_servicio[0]
    assert line.partida_arancelaria == "090111300000"
    assert line.impuesto[0].monto == 0


def test_a_payment_from_the_page_of_the_sale(person, accepted, shop):
    sale = accepted(credit_sale(person))
    answer = person.client.get(reverse("invoicing:document", args=[sale.clave]))
    assert "Registrar un pago" in answer.content.decode()
    person._follow(person.client.post(reverse("invoicing:payment_receipt", args=[sale.clave])))
    row = accepted(person.issue())
    assert row.tipo == "10"
    assert row.total == sale.total


def test_a_payment_from_nothing_knows_the_sale_by_its_number(person, accepted):
    accepted(credit_sale(person))
    person.begin("REP").fill({f"{REFERENCE}/Numero": "1"}).press("guardar")
    assert person.form.fields[f"{REFERENCE}/TipoDocIR"] == "01"
    assert person.form.fields[f"{REFERENCE}/FechaEmisionIR"] == "2026-11-23T09:00:00"
    assert "Cliente de Prueba" in person.html, "who owes is who bought"
    assert person.form.fields["L1/MontoTotal"] == "20 000,00"
    person.fill({"L1/MontoTotal": "10 000"})
    row = accepted(person.issue())
    assert row.tipo == "10"
    assert row.total == Decimal(11300)


def credit_sale(person):
    person.begin("FE").choose("CondicionVenta", "10")
    return person.fill({"PlazoCredito": "30", **CLIENTE, **CAFE}).issue()


@pytest.mark.parametrize("tipo", ["NC", "ND"])
def test_a_note_from_nothing(person, accepted, tipo):
    sale = accepted(person.begin("FE").fill(CLIENTE | CAFE).issue())
    person.begin(tipo).fill({f"{REFERENCE}/Numero": sale.consecutivo}).press("guardar")
    assert person.form.fields[f"{REFERENCE}/Numero"] == sale.clave
    person.fill({f"{REFERENCE}/Codigo": "02", f"{REFERENCE}/Razon": "Precio mal cobrado"})
    row = accepted(person.fill(CAFE | {"L1/PrecioUnitario": "500"}).issue())
    assert row.total == Decimal(1130)
    assert row.receptor_nombre == "Cliente de Prueba S.A."


def test_notes_about_an_export_and_a_purchase(person, accepted, shop):
    test_an_export_in_dollars(person, accepted)
    test_a_purchase_from_a_grower(person, accepted)
    for original in list(shop.comprobantes.order_by("tipo")):
        person._follow(person.client.post(reverse("invoicing:credit_note", args=[original.clave])))
        person.fill({f"{REFERENCE}/Razon": "Llegó incompleto", "L1/Cantidad": "1"})
        row = accepted(person.issue())
        assert row.tipo == "03"
        assert row.total < original.total


def test_a_sale_that_is_exonerated(person, accepted):
    person.begin("FE").fill(CLIENTE | CAFE).press("abrir:1")
    owner = "L1/Impuesto[1]/Exoneracion"
    person.fill(
        {
            f"{owner}/TipoDocumentoEX1": "04",
            f"{owner}/NumeroDocumento": "AL-00027846-25",
            f"{owner}/NombreInstitucion": "01",
            f"{owner}/FechaEmisionEX": "2026-01-15",
            f"{owner}/TarifaExonerada": "13",
        }
    ).press("guardar")
    row = accepted(person.issue())
    assert row.total == Decimal(20000)


def test_a_restaurant_with_service_and_two_means(person, accepted):
    person.begin("FE").fill(CLIENTE | CAFE).press("servicio").press(f"agregar:{MEANS}")
    person.fill(
        {
            f"{MEANS}[1]/TipoMedioPago": "06",
            f"{MEANS}[1]/TotalMedioPago": "5 000",
            f"{MEANS}[2]/TipoMedioPago": "01",
        }
    )
    row = accepted(person.issue())
    assert row.total == Decimal(24600)
    told = [
        (one.tipo_medio_pago, one.total_medio_pago)
        for one in row.document().resumen_factura.medio_pago
    ]
    assert told == [("06", Decimal(5000)), ("01", Decimal(19600))]


def test_on_credit_with_a_discount_in_dollars(person, accepted):
    person.begin("FE").choose("CondicionVenta", "02").choose(CURRENCY, "USD")
    person.fill({"PlazoCredito": "45", RATE: "510", **CLIENTE, **CAFE, "L1/descuento": "10"})
    row = accepted(person.issue())
    assert row.total == Decimal(20340)
    assert row.document().plazo_credito in ("45", 45)


def test_another_tax_than_iva(person, accepted):
    person.begin("FE").fill(CLIENTE | CAFE).press("abrir:1").press("agregar:L1/Impuesto")
    person.choose("L1/Impuesto[2]/Codigo", "02").fill({"L1/Impuesto[2]/Tarifa": "10"})
    row = accepted(person.issue())
    taxes = {one.codigo: one.monto for one in row.document().detalle_servicio[0].impuesto}
    assert taxes["02"] == 2000
    assert taxes["01"] == 2860, "IVA is on the price with the other tax"


def test_a_tiquete_without_anybody(person, accepted):
    row = accepted(person.begin("TE").fill(CAFE).issue())
    assert (row.tipo, row.total) == ("04", Decimal(22600))


def test_a_proforma_and_a_duplicate(person, accepted, shop):
    person.begin("FE").fill(CLIENTE | CAFE).press("proforma")
    assert "Proforma 1" in person.html
    first = person.url
    person.press("duplicar")
    assert person.url != first
    accepted(person.issue())
    person.open(first)
    assert person.url == first
    accepted(person.issue())
    assert shop.comprobantes.count() == 2


def test_a_rejected_one_is_replaced(person, near, accepted, shop):
    unknown = {
        "Receptor/Nombre": scene.UNKNOWN["Nombre"],
        "Receptor/Identificacion/Numero": scene.UNKNOWN["Identificacion"]["Numero"],
    }
    bad = person.begin("FE").fill(CLIENTE | CAFE | unknown).issue()
    near.round(scene.AT)
    near.decided(bad)
    near.until_final([bad], scene.AT)
    assert bad.state == "rejected"
    person._follow(person.client.post(reverse("invoicing:replace", args=[bad.clave])))
    person.press("cambiar-cliente").fill(CLIENTE)
    row = accepted(person.issue())
    assert row.document().informacion_referencia[0].numero == bad.clave


@pytest.mark.parametrize("tipo", ["FE", "TE", "NC", "ND", "FEC", "FEE", "REP"])
def test_every_problem_has_its_place(person, tipo):
    """What an empty document lacks, and a half typed one, is told at a place of this very page."""
    person.begin(tipo).press("emitir")
    assert set(person.places()) <= person.form.ids
    person.fill({"L1/Detalle": "Algo"}).press("emitir")
    assert person.places()
    assert not any("Comprobante: " in one for one in person.problems())
    assert set(person.places()) <= person.form.ids
    assert len(person.places()) == len(person.problems())


def test_without_folios_the_quick_tiquete_stays_as_a_draft(cafe, provider, owner, as_client):
    scene.set_up(cafe, folios=0)
    client = as_client(owner)
    url = reverse("invoicing:quick")
    sent = {
        "token": "A" * 24,
        "que": "Arreglo",
        "monto": "5000",
        "medio": "06",
        "cabys": "8729000000000",
    }
    for _ in range(2):
        answer = client.post(url, sent)
        assert answer.status_code == 409
        html = answer.content.decode()
        assert reverse("renewals:mi_plan") in html
    draft = drafts.open_drafts(cafe).get()
    assert reverse("invoicing:draft", args=[draft.public_id]) in html
    assert draft.tipo == "TE"
    assert draft.data["ResumenFactura"]["MedioPago"] == [{"TipoMedioPago": "06"}]
    scene.grant(cafe, 1)
    person = Typist(client).open(reverse("invoicing:draft", args=[draft.public_id]))
    assert person.issue().total == Decimal(5000)
    assert client.post(url, sent).status_code == 302, (
        "the draft was issued: the form makes no other"
    )
    assert cafe.comprobantes.count() == 1


def test_the_quick_tiquete_that_was_kept_is_issued_from_its_own_form(
    cafe, provider, owner, as_client
):
    scene.set_up(cafe, folios=0)
    client = as_client(owner)
    url = reverse("invoicing:quick")
    sent = {"token": "B" * 24, "que": "Arreglo", "monto": "5000", "cabys": "8729000000000"}
    assert client.post(url, sent).status_code == 409
    scene.grant(cafe, 1)
    assert client.post(url, sent | {"monto": "6000"}).status_code == 302
    assert cafe.comprobantes.get().total == Decimal(6000)
    assert not drafts.open_drafts(cafe).exists()


def test_products_and_customers_come_first_where_there_are_some(person, shop):
    from iofacturo.invoicing.models import Customer, Product

    person.begin("FE")
    assert "Escribir los datos de un cliente nuevo" not in person.html
    stamp = {"created_at": clock.now(), "updated_at": clock.now()}
    Customer.objects.create(
        company=shop, tipo_identificacion="02", identificacion="3102684512", nombre="Panadería Santa Ana",
        actividad="1071.0", emails=["compras@santaana.example"], condicion_venta="02", plazo=30, **stamp,
    )  # fmt: skip
    bread = Product.objects.create(
        company=shop, detalle="Pan tostado", cabys="2341000000100", unidad="Kg", precio=Decimal(1550),
        tarifa_iva="08", **stamp,
    )  # fmt: skip
    person.begin("FE")
    assert "Escribir los datos de un cliente nuevo" in person.html
    assert person.html.index('id="buscar_producto"') < person.html.index('id="L1/Detalle"')
    person.fill({"buscar_cliente": "panaderia"}).press("buscar-cliente")
    person.press(next(one for one in person.form.buttons if one.startswith("cliente:")))
    assert person.form.fields["CodigoActividadReceptor"] == "1071.0"
    assert person.form.fields["CondicionVenta"] == "02"
    assert person.form.fields["PlazoCredito"] == "30"
    assert "compras@santaana.example" in person.html
    person.fill({"buscar_producto": "tost"}).press("buscar-producto").press(
        f"producto:{bread.public_id}"
    )
    line = {
        name: person.form.fields[f"L1/{name}"]
        for name in ("CodigoCABYS", "UnidadMedida", "PrecioUnitario", "iva")
    }
    assert line == {
        "CodigoCABYS": "2341000000100",
        "UnidadMedida": "Kg",
        "PrecioUnitario": "1 550,00",
        "iva": "08",
    }
    assert person.issue().total == Decimal("1751.5")
