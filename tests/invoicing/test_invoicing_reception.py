"""Received documents: what is dropped is verified file by file, asked about, and answered once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.invoicing import purchases, scene
from tests.invoicing.purchases import OTHER, SUPPLIER
from tests.invoicing.scene import AT

import hacienda
from iofacturo.invoicing.reception import journey, reply
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.reception.reply import Decision
from iofacturo.notifications.notice import Notice

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(batch) -> list[str]:
    return [one["kind"] for one in batch.outcomes]


def until_done(at=AT, rounds=40):
    """Rounds of the worker, each a quarter of an hour after the last, until nothing is due."""
    for _ in range(rounds):
        journey.run(at)
        if not Errand.objects.exclude(state__in=("done", "stopped")).exists():
            break
        at += timedelta(minutes=15)
    return at


# -- taking in -----------------------------------------------------------------------------------


def test_a_purchase_is_taken_in_with_its_bytes_and_what_it_says(shop, issuer):
    xml = purchases.purchase(shop)
    batch = purchases.receive(shop, ("factura.xml", xml), by=issuer)
    assert kinds(batch) == ["new"]
    row = shop.received.get()
    assert row.xml == xml
    assert (row.emisor_numero, row.emisor_nombre) == SUPPLIER
    assert (row.total, row.impuesto, row.moneda) == (Decimal(2260), Decimal(260), "CRC")
    assert [(tax.tarifa, tax.porcentaje, tax.iva) for tax in row.taxes.all()] == [
        ("08", Decimal(13), Decimal(260))
    ]
    assert (row.verdict, row.reply, row.apart, row.trust) == ("asking", "", "", "unknown")
    assert row.received_by == issuer
    assert row.errands.get().state == Errand.ASKING
    assert row.errors == []


def test_the_same_file_twice_is_one_document(shop):
    xml = purchases.purchase(shop)
    assert kinds(purchases.receive(shop, xml, xml)) == ["new", "again"]
    assert kinds(purchases.receive(shop, xml)) == ["again"]
    assert shop.received.count() == 1


def test_other_bytes_for_one_clave_are_kept_apart(shop):
    value = purchases.document(shop)
    first, second = purchases.signed(value), purchases.signed(value, at=AT)
    assert first != second
    assert kinds(purchases.receive(shop, first, second)) == ["new", "apart"]
    copy = shop.received.get(apart=Received.COPY)
    assert copy.errands.count() == 0
    assert "aparte" in purchases.receive(shop, second).outcomes[0]["message"]


def test_a_forged_file_that_came_first_does_not_take_the_place_of_the_true_one(shop):
    value = purchases.document(shop)
    true = purchases.signed(value)
    forged = true.replace(b"en grano", b"en polvo")
    stolen = purchases.signed(value, by=OTHER[0])
    batch = purchases.receive(shop, forged, stolen, true)
    assert kinds(batch) == ["apart", "apart", "new"]
    assert {row.apart for row in shop.received.all()} == {"signature", "signer", ""}
    assert shop.received.get(apart="").xml == true


def test_a_clave_of_another_document_is_told(shop):
    value = purchases.document(shop)
    other = purchases.document(shop, precio="5")
    xml = purchases.signed(replace(value, clave=other.clave))
    assert kinds(purchases.receive(shop, xml)) == ["apart"]
    row = shop.received.get()
    assert row.apart == Received.CLAVE
    assert any(one["code"] == "clave-no-coincide" for one in row.findings)


def test_sums_that_are_wrong_are_findings_and_do_not_keep_it_out(shop):
    value = purchases.document(shop)
    resumen = replace(value.resumen_factura, total_comprobante=Decimal(9999))
    assert kinds(purchases.receive(shop, purchases.signed(replace(value, resumen_factura=resumen)))) == ["new"]  # fmt: skip
    row = shop.received.get()
    assert any("TotalComprobante" in one["message"] for one in row.errors)


def test_what_is_not_for_the_company_is_refused_with_words(shop, stranger):
    other = stranger.memberships.get().company
    own = (shop.identificacion, shop.nombre)
    batch = purchases.receive(
        shop,
        purchases.purchase(other),
        purchases.signed(purchases.document(other, supplier=own)),
        purchases.signed(purchases.without_receiver(purchases.document(shop, "TE"))),
    )
    assert kinds(batch) == ["refused"] * 3
    said = [one["message"] for one in batch.outcomes]
    assert "Es de otra persona" in said[0]
    assert other.nombre in said[0]
    assert "su propia empresa" in said[1]
    assert "no dice quién lo recibe" in said[2]
    assert shop.received.count() == 0


def test_a_zip_with_good_and_bad_files_loses_nothing_good(shop):
    good = [purchases.purchase(shop) for _ in range(3)]
    packed = purchases.zipped(
        a__xml=good[0], b__xml=b"<no", c__pdf=b"%PDF-1.4", d__xml=good[1], e__zip=purchases.zipped(
            x__xml=good[2])
    )  # fmt: skip
    batch = purchases.receive(shop, ("compras.zip", packed), ("suelta.xml", good[2]))
    assert kinds(batch) == ["new", "refused", "ignored", "new", "refused", "new"]
    assert shop.received.count() == 3


def test_trust_is_told_when_the_operator_has_roots(shop, tmp_path, monkeypatch):
    from cryptography.hazmat.primitives.serialization import Encoding

    ca = purchases.key_of(OTHER[0]).certificado.x509
    (tmp_path / "raiz.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    monkeypatch.setenv("HACIENDA_CA_DIR", str(tmp_path))
    batch = purchases.receive(
        shop, purchases.purchase(shop, supplier=OTHER), purchases.purchase(shop)
    )
    assert kinds(batch) == ["new", "apart"]
    assert shop.received.get(apart="").trust == "trusted"
    assert shop.received.get(apart="trust").trust == "untrusted"


# -- asking Hacienda -----------------------------------------------------------------------------


def test_hacienda_is_asked_and_its_word_is_kept(shop, near):
    xml = purchases.purchase(shop)
    purchases.hand_in(near, xml)
    purchases.receive(shop, xml)
    until_done()
    row = shop.received.get()
    assert row.verdict == Received.ACCEPTED
    word = row.words.get()
    assert word.accepted
    assert not word.attached
    assert row.clave.encode() in bytes(word.xml)
    assert word.differences == []
    assert reply.obstacle(row) == ""


def test_a_document_hacienda_does_not_know_is_said_and_asked_about_for_days(shop, near):
    xml = purchases.purchase(shop)
    purchases.receive(shop, xml)
    journey.run(AT)
    row = shop.received.get()
    assert row.verdict == Received.UNKNOWN
    assert "no conoce" in reply.obstacle(row)
    errand = row.errands.get()
    assert AT < errand.due_at < AT + timedelta(minutes=3)
    purchases.hand_in(near, xml)
    journey.run(AT + timedelta(hours=1))
    row.refresh_from_db()
    assert row.verdict == Received.ACCEPTED


def test_hacienda_is_not_asked_for_ever(shop, near):
    purchases.received(shop)
    at = AT
    for _ in range(60):
        journey.run(at)
        at += timedelta(days=2)
    errand = Errand.objects.get()
    assert errand.state == Errand.DONE
    assert errand.asked < 30
    assert Received.objects.get().verdict == Received.UNKNOWN


def test_a_rejected_document_cannot_be_answered(shop, near):
    value = purchases.document(shop)
    receptor = replace(value.receptor, nombre="x")
    xml = purchases.signed(replace(value, receptor=receptor, condicion_venta="77"))
    purchases.hand_in(near, xml)
    purchases.receive(shop, xml)
    until_done()
    row = shop.received.get()
    assert row.verdict == Received.REJECTED
    with pytest.raises(reply.NotToBeAnswered):
        reply.answer(row, Decision("1"), by=None, at=AT)


def test_an_attached_answer_is_a_hint_whoever_signed_it(shop, near):
    xml = purchases.purchase(shop)
    purchases.hand_in(near, xml)
    purchases.receive(shop, xml)
    until_done()
    word = bytes(shop.received.get().words.get().xml)
    other = scene.set_up(purchases_company("3101555666"))
    assert kinds(purchases.receive(other, ("r.xml", word))) == ["ignored"]
    fresh = purchases.purchase(shop)
    purchases.hand_in(near, fresh)
    from hacienda.cliente import Cliente

    with Cliente("sandbox-local", scene.user_of(shop), scene.PASSWORD, url=near.server.url) as c:
        answer = c.status(hacienda.read(fresh).clave).xml
    batch = purchases.receive(shop, ("respuesta.xml", answer), ("factura.xml", fresh))
    assert kinds(batch) == ["new", "answer"]  # the document is looked at first
    row = shop.received.latest("pk")
    assert (row.verdict, row.words.get().attached) == (Received.ASKING, True)
    word = row.words.get()
    assert (word.firma, word.is_doubtful) == (word.UNKNOWN, False)  # no roots to compare it with
    assert word.firmante
    assert reply.obstacle(row) == ""  # a hint is enough to answer; Hacienda decides


def purchases_company(numero):
    from tests import cast

    return cast.company("Otra Empresa S.A.", numero)


def test_a_file_that_is_not_what_hacienda_judged_is_told_and_not_answered(shop, near):
    value = purchases.document(shop)
    theirs = purchases.document(shop, precio="7", number=int(value.clave[31:41]))
    purchases.hand_in(near, purchases.signed(replace(theirs, clave=value.clave)))
    row = purchases.received(shop, xml=purchases.signed(value))
    until_done()
    row.refresh_from_db()
    assert row.verdict == Received.ACCEPTED
    (word,) = row.words.all()
    assert any("total" in text for text in word.differences)
    assert "sus montos no son los de este" in reply.obstacle(row)
    with pytest.raises(reply.NotToBeAnswered):
        reply.answer(row, Decision("1"), by=None, at=AT)


# -- answering -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "tipo"),
    [
        (Decision("1", condicion_impuesto="01", actividad="5610.0"), "05"),
        (
            Decision(
                "2", "Llegó la mitad", "02", "5610.0", acreditar=Decimal(130), gasto=Decimal(1000)
            ),
            "06",
        ),
        (Decision("3", "No pedimos esto"), "07"),
    ],
)
def test_an_answer_is_numbered_signed_sent_and_received_by_hacienda(shop, near, decision, tipo):
    xml = purchases.purchase(shop)
    purchases.hand_in(near, xml)
    purchases.receive(shop, xml)
    until_done()
    row = shop.received.get()
    before = shop.lots.get().remaining
    message = reply.answer(row, decision, by=None, at=AT)
    assert message.consecutivo == f"00100001{tipo}0000000001"
    assert message.state == ReceiverMessage.ISSUED
    verdict = hacienda.verify(message.xml, at=AT)
    assert verdict.integrity
    assert verdict.signer_is_issuer
    until_done()
    message.refresh_from_db()
    row.refresh_from_db()
    assert message.state == ReceiverMessage.ACCEPTED, [w.detalle for w in message.words.all()]
    assert row.reply == decision.mensaje
    assert shop.lots.get().remaining == before  # takes no folio
    assert message.words.get().accepted


def test_messages_are_valid_by_the_official_schema(shop):
    from hacienda.xml import schema

    if not schema.available():
        pytest.skip("HACIENDA_XSD_DIR is missing")
    for decision in (Decision("1"), Decision("2", "En parte"), Decision("3", "No es nuestro")):
        message = reply.answer(purchases.accepted(shop), decision, by=None, at=AT)
        for generation in ("2025", "2026"):
            assert hacienda.validate(message.xml, generation=generation, signed=True) == []


def test_numbers_follow_each_other_in_each_series_and_begin_where_the_owner_says(shop):
    from iofacturo.invoicing import series

    series.open_series(shop, "05", start=412, by=None, at=AT)
    said = [
        reply.answer(purchases.accepted(shop), decision, by=None, at=AT).consecutivo
        for decision in (Decision("1"), Decision("3", "No pedimos"), Decision("1"), Decision("1"))
    ]
    assert said == [
        "00100001050000000412", "00100001070000000001",
        "00100001050000000413", "00100001050000000414",
    ]  # fmt: skip
    with pytest.raises(series.SeriesError):
        shop.series.get(tipo="05").start_at(1, by=None, at=AT)


def test_a_double_click_is_one_message_and_a_changed_mind_is_told_no(shop):
    row = purchases.accepted(shop)
    first = reply.answer(row, Decision("1"), by=None, at=AT)
    assert reply.answer(row, Decision("1"), by=None, at=AT) == first
    with pytest.raises(reply.AlreadyAnswered, match="ya se respondió"):
        reply.answer(row, Decision("3", "Me arrepentí"), by=None, at=AT)
    assert row.messages.count() == 1
    assert shop.series.get(tipo="05").next_number == 2
    assert not shop.series.filter(tipo="07").exists()


def test_a_rejection_says_why(shop):
    from iofacturo.invoicing.errors import NotReady

    row = purchases.accepted(shop)
    with pytest.raises(NotReady):
        reply.answer(row, Decision("3"), by=None, at=AT)
    assert not shop.series.filter(tipo="07").exists()
    assert row.messages.count() == 0
    row.refresh_from_db()
    assert row.reply == ""


def test_a_message_that_hacienda_rejects_leaves_the_document_open_again(shop, issuer, near):
    value = purchases.document(shop)
    theirs = purchases.document(shop, precio="7", number=int(value.clave[31:41]))
    purchases.hand_in(near, purchases.signed(replace(theirs, clave=value.clave)))
    row = purchases.accepted(shop, xml=purchases.signed(value))  # with other totals
    message = reply.answer(row, Decision("1"), by=None, at=AT)
    until_done()
    message.refresh_from_db()
    row.refresh_from_db()
    assert (message.state, row.reply) == (ReceiverMessage.REJECTED, "")
    notice = Notice.objects.get(user=issuer)
    assert notice.kind == "reception.rejected"
    assert notice.url.startswith(f"/facturar/recibidos/{row.public_id}/")
    again = reply.answer(row, Decision("1"), by=None, at=AT)
    assert again.number == 2
    row.refresh_from_db()
    assert row.message == again


def test_without_an_account_it_stops_and_goes_on_when_there_is_one(shop, owner, near):
    from iofacturo.invoicing import credentials

    xml = purchases.purchase(shop)
    purchases.hand_in(near, xml)
    shop.credentials.update(retired_at=AT)
    purchases.receive(shop, xml)
    journey.run(AT)
    assert Errand.objects.get().stopped_for == Errand.CREDENTIALS
    assert Notice.objects.filter(user=owner, kind="delivery.credentials").count() == 1
    credentials.install(
        shop, scene.ENVIRONMENT, scene.user_of(shop), scene.PASSWORD, by=None, at=AT
    )
    until_done()
    assert Received.objects.get().verdict == Received.ACCEPTED


def test_an_outage_of_hacienda_loses_nothing(shop, near):
    xml = purchases.purchase(shop)
    purchases.hand_in(near, xml)
    purchases.receive(shop, xml)
    until_done()
    message = reply.answer(shop.received.get(), Decision("1"), by=None, at=AT)
    near.faults(rates={"500": 1.0})
    at = AT
    for _ in range(4):
        journey.run(at)
        at += timedelta(minutes=20)
    assert message.words.count() == 0
    near.faults(rates={"500": 0.0})
    until_done(at)
    message.refresh_from_db()
    assert message.state == ReceiverMessage.ACCEPTED


# -- the version before ----------------------------------------------------------------------------


OLD = """<?xml version="1.0" encoding="UTF-8"?>
<FacturaElectronica xmlns="https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.3/facturaElectronica">\
<Clave>50615032100310122233300100001010000000300100000001</Clave>\
<CodigoActividad>472105</CodigoActividad>\
<NumeroConsecutivo>00100001010000000300</NumeroConsecutivo>\
<FechaEmision>2021-03-15T08:00:00-06:00</FechaEmision>\
<Emisor><Nombre>Distribuidora La Central S.A.</Nombre><Identificacion><Tipo>02</Tipo>\
<Numero>3101222333</Numero></Identificacion></Emisor>\
<Receptor><Nombre>Café Prueba S.A.</Nombre><Identificacion><Tipo>02</Tipo>\
<Numero>3101000001</Numero></Identificacion></Receptor>\
<CondicionVenta>02</CondicionVenta><PlazoCredito>30 días</PlazoCredito><MedioPago>01</MedioPago>\
<DetalleServicio><LineaDetalle><NumeroLinea>1</NumeroLinea><Codigo>2399999009900</Codigo>\
<Cantidad>1</Cantidad><UnidadMedida>Unid</UnidadMedida><Detalle>Salsa</Detalle>\
<PrecioUnitario>500.00</PrecioUnitario><MontoTotal>500.00</MontoTotal><SubTotal>500.00</SubTotal>\
<Impuesto><Codigo>01</Codigo><CodigoTarifa>08</CodigoTarifa><Tarifa>13.00</Tarifa>\
<Monto>65.00</Monto></Impuesto><ImpuestoNeto>65.00</ImpuestoNeto>\
<MontoTotalLinea>565.00</MontoTotalLinea></LineaDetalle></DetalleServicio>\
<ResumenFactura><CodigoTipoMoneda><CodigoMoneda>USD</CodigoMoneda><TipoCambio>610.50</TipoCambio>\
</CodigoTipoMoneda><TotalMercanciasGravadas>500.00</TotalMercanciasGravadas>\
<TotalGravado>500.00</TotalGravado><TotalVenta>500.00</TotalVenta>\
<TotalVentaNeta>500.00</TotalVentaNeta><TotalImpuesto>65.00</TotalImpuesto>\
<TotalComprobante>565.00</TotalComprobante></ResumenFactura></FacturaElectronica>"""


def test_a_document_of_version_4_3_in_dollars_is_received_shown_and_answered(
    shop, issuer, as_client
):
    from hacienda import firma
    from iofacturo.invoicing.reception import credit

    xml = firma.sign(OLD.encode(), purchases.key_of(SUPPLIER[0]), when=purchases.ISSUED)
    row = purchases.accepted(shop, xml=xml)
    assert (row.version, row.moneda, row.tipo_cambio) == ("4.3", "USD", Decimal("610.5"))
    assert row.apart == ""
    page = as_client(issuer).get(f"/facturar/recibidos/{row.public_id}/").content.decode()
    assert "Salsa" in page
    assert "4.3, la anterior" in page
    assert "venció" in page
    reply.answer(row, Decision("1", condicion_impuesto="01"), by=None, at=AT)
    month = credit.month(shop, row.month)
    assert [rate.credit for rate in month.rates] == [Decimal("39682.50")]  # 65 x 610.5
