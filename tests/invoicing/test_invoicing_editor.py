"""The editor's page: every button of it, with a browser that has no scripts."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.invoicing import scene

from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing.catalogue import cabys_import
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


def whole(row, client, *, by, **more):
    return drafts.write(row, scene.stated(**more), by=by, at=clock.now())


def text(answer) -> str:
    return answer.content.decode().replace("\xa0", " ")


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(client, shop, owner):
    row = new(shop, owner)
    typed = LINEA | {"L1/PrecioUnitario": "1.234", "L1/CodigoCABYS": "321990399020"}
    answer = press(client, row, "emitir", **CLIENTE, **typed)
    assert answer.status_code == 422
    html = text(answer)
    assert 'href="#L1/PrecioUnitario">Línea 1 · Precio unitario</a>' in html
    assert 'id="L1/PrecioUnitario:e"' in html
    assert 'value="1.234"' in html
    assert 'id="L1/CodigoCABYS:e"' in html
    assert fresh(row).comprobante is None
    assert 'value="1.234"' in text(client.get(page(row)))


def test_a_factura_without_anything_tells_what_it_lacks(client, shop, owner):
    row = new(shop, owner)
    html = text(press(client, row, "emitir"))
    assert 'href="#Receptor/Nombre"' in html
    assert 'href="#L1/Detalle"' in html


def test_pressing_twice_or_in_two_windows_issues_once(client, shop, owner):
    row = whole(shop, client, by=owner)
    first = press(client, row, "emitir")
    second = client.post(page(row), {"accion": "emitir", "version": 1})
    assert first.url == second.url
    assert shop.comprobantes.count() == 1
    assert client.get(page(row)).url == first.url


def lean(client, row, version, **fields):
    """«Emitir» as the page's script presses it when nothing is unsaved."""
    return client.post(
        reverse("invoicing:issue", args=[row.public_id]), {"version": version, **fields}
    )


def test_what_is_saved_is_issued_by_its_version_alone(client, shop, owner):
    row = new(shop, owner)
    press(client, row, "linea", **CLIENTE, **LINEA)  # a blank line waits at the end
    row = fresh(row)
    assert len(row.data["DetalleServicio"]["LineaDetalle"]) == 2
    html = client.get(page(row)).content.decode()
    assert f'data-emitir="{reverse("invoicing:issue", args=[row.public_id])}"' in html
    done = lean(client, row, row.version, recordar_cliente="1")
    row = fresh(row)
    document = row.comprobante
    assert document is not None, done.content.decode()
    assert done.url == reverse("invoicing:document", args=[document.clave])
    assert len(document.document().detalle_servicio) == 1  # what was blank is no line
    assert shop.customers.get().nombre == "Cliente de Prueba S.A."
    again = lean(client, row, row.version - 1)  # a second press, and one of a window behind
    assert (again.status_code, again.url) == (302, done.url)
    assert shop.comprobantes.count() == 1
    assert client.get(reverse("invoicing:issue", args=[row.public_id])).url == page(row)


def test_a_version_that_moved_on_is_shown_and_not_issued(client, shop, owner):
    row = new(shop, owner)
    press(client, row, "guardar", **CLIENTE, **LINEA)
    seen = fresh(row).version
    press(client, row, "guardar", **{**CLIENTE, **LINEA, "L1/Cantidad": "25"})
    for version in (seen, "", "nada", seen + 5):
        answer = lean(client, row, version)
        assert answer.status_code == 409
        html = answer.content.decode()
        assert "cambió en otra ventana" in html
        assert 'value="25"' in html
    assert not shop.comprobantes.exists()
    behind = press(client, row, "guardar", version=seen, **CLIENTE, **LINEA)
    assert behind.status_code == 409
    assert "data-emitir" not in behind.content.decode()  # what that page shows is not saved


def test_what_stands_in_the_way_of_the_saved_draft_is_told(
    client, shop, owner, stranger, reader, as_client
):
    row = new(shop, owner)
    press(client, row, "guardar", **CLIENTE)
    answer = lean(client, row, fresh(row).version)
    assert answer.status_code == 422
    assert "Falta" in answer.content.decode()
    assert lean(as_client(stranger), row, 1).status_code == 404
    assert lean(as_client(reader), row, 1).status_code == 403
    press(client, row, "descartar")
    assert lean(client, row, fresh(row).version).url == page(row)
    assert not shop.comprobantes.exists()


def test_a_window_that_is_behind_loses_nothing_and_overwrites_nothing(client, shop, owner):
    row = new(shop, owner)
    press(client, row, "guardar", **CLIENTE)
    answer = client.post(
        page(row), {"accion": "guardar", "version": 1, "nota": "De la otra ventana"}
    )
    assert answer.status_code == 409
    assert "De la otra ventana" in text(answer)
    assert "Cliente de Prueba" in text(answer)
    assert "Otros" not in fresh(row).data
    quiet = client.post(page(row), {"accion": "calcular", "version": 1, "nota": "Otra"})
    assert quiet.status_code == 409
    assert "<html" not in text(quiet)
    assert "Otros" not in fresh(row).data


def test_the_script_gets_the_sums_and_the_draft_is_saved(client, shop, owner):
    row = new(shop, owner)
    answer = press(client, row, "calcular", **CLIENTE, **LINEA)
    assert answer.status_code == 200
    assert "<html" not in text(answer)
    assert "₡108 208,80" in text(answer)
    assert 'name="version" value="2"' in text(answer)
    assert fresh(row).data["Receptor"]["Nombre"] == "Cliente de Prueba S.A."


def test_without_folios_the_draft_is_kept_and_mi_plan_is_at_hand(cafe, provider, owner, as_client):
    scene.set_up(cafe, folios=0)
    client = as_client(owner)
    row = whole(cafe, client, by=owner)
    answer = press(client, row, "emitir")
    assert answer.status_code == 409
    assert "Se le acabaron los folios" in text(answer)
    assert reverse("renewals:mi_plan") in text(answer)
    assert fresh(row).comprobante is None


def test_a_company_that_is_not_set_up_may_write_and_is_led_on(cafe, provider, owner, as_client):
    client = as_client(owner)
    row = new(cafe, owner)
    html = text(client.get(page(row)))
    assert "falta un paso" in html
    assert "/facturar/preparar/" in html
    assert press(client, row, "emitir", **CLIENTE, **LINEA).status_code == 422
    assert "/facturar/preparar/" in text(client.get(reverse("facturar")))


def test_a_reader_sees_it_without_buttons_and_cannot_press_them(
    client, shop, owner, reader, as_client
):
    row = whole(shop, client, by=owner)
    other = as_client(reader)
    html = text(other.get(page(row)))
    assert "Emitir factura" not in html
    assert 'value="guardar"' not in html
    assert other.post(page(row), {"accion": "emitir", "version": 1}).status_code == 403
    assert 'name="tipo"' not in text(other.get(reverse("facturar")))


def test_a_stranger_finds_nothing(client, shop, owner, stranger, as_client):
    row = whole(shop, client, by=owner)
    other = as_client(stranger)
    assert other.get(page(row)).status_code == 404
    assert other.post(page(row), {"accion": "emitir"}).status_code == 404
    assert other.get(reverse("invoicing:proforma", args=[row.public_id])).status_code == 404


def test_lines_are_added_and_taken_out(client, shop, owner):
    row = whole(shop, client, by=owner, lines=3)
    press(client, row, "quitar:L2")
    lines = fresh(row).data["DetalleServicio"]["LineaDetalle"]
    assert [line["Detalle"] for line in lines] == ["Café molido 1", "Café molido 3"]
    answer = press(client, row, "linea")
    assert "foco=L3/Detalle" in answer.url
    assert 'id="L3/Detalle"' in text(client.get(answer.url))


def test_a_customer_is_found_and_picked(client, shop, owner):
    from iofacturo.invoicing.models import Customer

    customer = Customer.objects.create(
        company=shop, tipo_identificacion="02", identificacion="3102684512", nombre="Panadería Santa Ana S.R.L.",
        emails=["compras@santaana.example"], condicion_venta="02", plazo=30,
        created_at=clock.now(), updated_at=clock.now(),
    )  # fmt: skip
    row = new(shop, owner)
    found = text(press(client, row, "guardar", buscar_cliente="panaderia"))
    assert f"cliente:{customer.public_id}" in found
    press(client, row, f"cliente:{customer.public_id}")
    data = fresh(row).data
    assert data["Receptor"]["Identificacion"] == {"Tipo": "02", "Numero": "3102684512"}
    assert (data["CondicionVenta"], data["PlazoCredito"]) == ("02", "30")
    assert "Panadería Santa Ana" in text(client.get(page(row)))


def test_a_receiver_may_be_remembered(client, shop, owner):
    row = new(shop, owner)
    press(client, row, "emitir", recordar_cliente="1", **CLIENTE, **LINEA)
    assert fresh(row).comprobante is not None
    assert [one.nombre for one in shop.customers.all()] == ["Cliente de Prueba S.A."]


def test_service_means_of_payment_and_dollars(client, shop, owner):
    row = whole(shop, client, by=owner)
    press(client, row, "servicio")
    press(client, row, "agregar:ResumenFactura/MedioPago")
    fields = {
        "ResumenFactura/MedioPago[1]/TotalMedioPago": "1 000",
        "ResumenFactura/MedioPago[2]/TipoMedioPago": "06",
        "ResumenFactura/CodigoTipoMoneda/CodigoMoneda": "USD",
    }
    press(client, row, "guardar", **fields)
    press(client, row, "guardar", **{"ResumenFactura/CodigoTipoMoneda/TipoCambio": "512,35"})
    done = press(client, row, "emitir")
    row = fresh(row)
    assert row.comprobante is not None, text(done)
    resumen = row.comprobante.document().resumen_factura
    assert str(resumen.total_comprobante) == "2460.00000"
    assert [str(one.total_medio_pago) for one in resumen.medio_pago] == ["1000", "1460.00000"]


@pytest.mark.parametrize("tipo", ["FE", "TE", "NC", "ND", "FEC", "FEE", "REP"])
def test_every_type_has_its_page(client, shop, owner, tipo):
    row = new(shop, owner, tipo)
    assert client.get(page(row)).status_code == 200
    assert press(client, row, "emitir").status_code == 422
    press(client, row, "linea")
    html = text(client.get(page(row) + "?linea=1&cliente=1&revisar=1"))
    assert 'id="L1/Detalle"' in html


def test_hostile_text_stays_text(client, shop, owner):
    row = new(shop, owner)
    evil = "<script>alert(1)</script>\u202eabc\x07#set page()"
    fields = dict.fromkeys(
        (*CLIENTE, *LINEA, "nota", "CondicionVenta", "serie", "valida_hasta"), evil
    )
    answer = press(client, row, "guardar", **fields)
    assert answer.status_code == 302
    html = client.get(page(row) + "?revisar=1&linea=1").content.decode()
    assert "<script>alert" not in html
    assert press(client, row, "emitir", **fields).status_code == 422


@pytest.mark.parametrize(
    "act", ["quitar:", "quitar:L9", "agregar:Clave", "cabys:1:x", "cabys:x", "cliente:x", "producto:x", "abrir:x",
            "lineas:x", "exoneracion:9:9", "agregar:L900/Impuesto", "quitar:Receptor[1]", "nada", "quitar:Emisor/Nombre"],
)  # fmt: skip
def test_buttons_that_nobody_made_do_no_harm(client, shop, owner, act):
    row = whole(shop, client, by=owner)
    before = drafts.read(fresh(row).data | {"tipo": "FE"})
    assert press(client, row, act).status_code in (200, 302)
    assert drafts.read(fresh(row).data | {"tipo": "FE"}).receptor == before.receptor


def test_thrown_away_and_brought_back(client, shop, owner):
    row = whole(shop, client, by=owner)
    answer = press(client, row, "descartar")
    assert "Deshacer" in text(client.get(answer.url))
    assert press(client, row, "emitir").status_code == 302
    assert shop.comprobantes.count() == 0
    press(client, row, "recuperar")
    assert fresh(row).discarded_at is None
    twin = press(client, row, "duplicar")
    assert twin.url != page(row)
    assert drafts.open_drafts(shop).count() == 2


def test_a_proforma_becomes_a_factura(client, shop, owner):
    row = whole(shop, client, by=owner)
    press(client, row, "proforma")
    paper = client.get(reverse("invoicing:proforma", args=[row.public_id]))
    assert paper.content.startswith(b"%PDF")
    assert "Proforma 1" in text(client.get(page(row)))
    press(client, row, "proforma", valida_hasta="2027-01-31")
    assert "31 de enero de 2027" in text(client.get(page(row)))
    press(client, row, "emitir")
    assert fresh(row).comprobante is not None


def test_beginning_twice_is_one_draft(client, shop, owner):
    one = client.post(reverse("invoicing:new_draft"), {"tipo": "TE"})
    other = client.post(reverse("invoicing:new_draft"), {"tipo": "TE"})
    assert one.url == other.url
    assert client.post(reverse("invoicing:new_draft"), {"tipo": "XX"}).status_code == 400


@pytest.mark.parametrize("lines", [1, 5, 200, 1000])
def test_a_page_is_light_however_long_the_document(
    client, shop, owner, lines, django_assert_max_num_queries
):
    row = whole(shop, client, by=owner, lines=lines)
    client.get("/")  # the first page of a session remembers the company
    with django_assert_max_num_queries(12):
        answer = client.get(page(row))
    assert len(answer.content) <= 100_000
    last = client.get(page(row) + f"?desde={lines}&linea={lines}")
    assert f'id="L{lines}/Detalle"' in text(last)
    assert len(last.content) <= 100_000
    answer = press(client, row, "guardar", **{f"L{lines}/Cantidad": "7"})
    held = fresh(row).data["DetalleServicio"]["LineaDetalle"]
    assert len(held) == lines
    assert held[-1]["Cantidad"] == "7"


def test_the_first_page_is_light(client, shop, owner, django_assert_max_num_queries):
    for _ in range(45):
        whole(shop, client, by=owner)
    client.get("/")
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("facturar"))
    assert len(answer.content) <= 100_000
    assert "Ver más" in text(answer)


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_instant_are_one_document(shop, owner, as_client):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    row = whole(shop, None, by=owner)
    clients = [as_client(owner) for _ in range(3)]

    def emit(one):
        try:
            return one.post(page(row), {"accion": "emitir", "version": 1, "nota": "Gracias"})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(emit, clients))
    assert shop.comprobantes.count() == 1
    clave = shop.comprobantes.get().clave
    assert {answer.status_code for answer in answers} == {302}
    assert any(clave in answer.url for answer in answers)


def test_a_code_that_the_catalogue_lacks_is_told_while_typing_and_stops(
    client, shop, owner, tmp_path
):
    row = new(shop, owner)
    line = {**LINEA, "L1/CodigoCABYS": "2391102010299"}
    before = press(client, row, "calcular", **CLIENTE, **line).content.decode()
    assert "no está en el catálogo" not in before  # nothing was imported, nothing is claimed
    catalogue = tmp_path / "cabys.csv"
    catalogue.write_text("codigo,descripcion,impuesto\n2391102010200,Café molido,1\n")
    cabys_import.import_file(catalogue, at=clock.now())
    live = press(client, row, "calcular", **CLIENTE, **line).content.decode()
    assert 'id="L1/CodigoCABYS:e"' in live
    stopped = press(client, row, "emitir", **CLIENTE, **line)
    assert stopped.status_code == 422
    assert 'value="emitir:con-cabys"' in stopped.content.decode()
    saved = client.post(
        reverse("invoicing:issue", args=[row.public_id]), {"version": fresh(row).version}
    )
    assert 'value="emitir:con-cabys"' in saved.content.decode()  # what is saved is held back too
    assert fresh(row).comprobante is None
    quick = {"token": "C" * 24, "que": "Café", "monto": "5000", "cabys": "2391102010299"}
    told = client.post(reverse("invoicing:quick"), quick)
    assert 'id="cabys-e"' in told.content.decode()
    press(client, row, "emitir:con-cabys", **CLIENTE, **line)  # the operator's file may be old
    assert fresh(row).comprobante is not None
