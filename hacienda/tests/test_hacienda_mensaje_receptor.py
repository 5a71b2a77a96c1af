"""The receiver's message about a purchase, and its envelope."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hacienda_ventas import CEDULA, CLIENTE, NOW, signed, venta, with_resumen

from hacienda import mensaje_receptor
from hacienda.comprobante import FacturaElectronicaCompra, MensajeReceptor, Receptor
from hacienda.errors import InvalidError
from hacienda.recepcion import Recepcion
from hacienda.xml import schema
from hacienda.xml.reader import read

ORIGINAL = venta()
OTHER_SERIAL = "CPJ-3-101-654321"


def accepted(**more: object) -> MensajeReceptor:
    number = mensaje_receptor.consecutivo("1", 1)
    return mensaje_receptor.build(ORIGINAL, "1", number, NOW, **more)


def test_it_carries_the_totals_and_the_parties_of_the_original() -> None:
    message = accepted(condicion_impuesto="01", codigo_actividad="6201.0")
    assert message.clave == ORIGINAL.clave
    assert message.total_factura == Decimal(2260)
    assert message.monto_total_impuesto == Decimal(260)
    assert message.monto_total_impuesto_acreditar == Decimal(260)
    assert (message.numero_cedula_emisor, message.numero_cedula_receptor) == (CEDULA, CLIENTE)


@pytest.mark.parametrize(("mensaje", "codigo"), [("1", "05"), ("2", "06"), ("3", "07")])
def test_each_message_has_its_own_series(mensaje: str, codigo: str) -> None:
    number = mensaje_receptor.consecutivo(mensaje, 7, sucursal=2, terminal=3)
    assert number == f"00200003{codigo}0000000007"
    message = mensaje_receptor.build(ORIGINAL, mensaje, number, NOW, detalle="Vino incompleto")
    assert message.numero_consecutivo_receptor == number


@pytest.mark.parametrize(
    ("mensaje", "number", "more"),
    [
        ("1", "00100001060000000001", {}),
        ("4", "00100001050000000001", {}),
        ("2", "00100001060000000001", {}),
        ("3", "00100001070000000001", {"detalle": "no"}),
        ("3", "00100001070000000001", {"detalle": "x" * 161}),
        ("1", "123", {}),
        ("1", "00100001050000000001", {"condicion_impuesto": "09"}),
        ("1", "00100001050000000001", {"impuesto_acreditar": Decimal(261)}),
        ("1", "00100001050000000001", {"gasto_aplicable": Decimal(-1)}),
    ],
)
def test_what_cannot_be_is_refused(mensaje: str, number: str, more: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        mensaje_receptor.build(ORIGINAL, mensaje, number, NOW, **more)


def test_a_rejection_says_nothing_of_credit() -> None:
    message = mensaje_receptor.build(
        ORIGINAL,
        "3",
        mensaje_receptor.consecutivo("3", 1),
        NOW,
        detalle="No se recibió la mercadería",
        condicion_impuesto="01",
        codigo_actividad="6201.0",
        impuesto_acreditar=Decimal(10),
    )
    assert message.condicion_impuesto is None
    assert message.codigo_actividad is None
    assert message.monto_total_impuesto_acreditar is None


def test_proportionality_has_no_amounts_and_no_activity() -> None:
    message = accepted(
        condicion_impuesto="05", codigo_actividad="6201.0", gasto_aplicable=Decimal(5)
    )
    assert message.condicion_impuesto == "05"
    assert message.codigo_actividad is None
    assert message.monto_total_de_gasto_aplicable is None


def test_an_expense_without_credit_is_the_whole_total() -> None:
    message = accepted(condicion_impuesto="04")
    assert message.monto_total_de_gasto_aplicable == Decimal(2260)
    assert message.monto_total_impuesto_acreditar is None


def test_a_document_without_tax_sends_no_tax() -> None:
    free = with_resumen(ORIGINAL, total_impuesto=Decimal(0))
    number = mensaje_receptor.consecutivo("1", 1)
    assert mensaje_receptor.build(free, "1", number, NOW).monto_total_impuesto is None


@pytest.mark.parametrize("lost", ["clave", "emisor", "receptor", "resumen_factura"])
def test_an_original_that_lacks_what_is_needed_is_refused(lost: str) -> None:
    poor = dataclasses.replace(ORIGINAL, **{lost: None})
    with pytest.raises(InvalidError):
        mensaje_receptor.build(poor, "1", mensaje_receptor.consecutivo("1", 1), NOW)


def test_the_envelope_has_the_parties_of_the_original() -> None:
    xml = signed(accepted(), OTHER_SERIAL, when=NOW)
    for original in (ORIGINAL, signed(ORIGINAL)):
        envelope = Recepcion.of(xml, original=original)
        body = json.loads(envelope.body())
        assert body["clave"] == ORIGINAL.clave
        assert body["emisor"] == {"tipoIdentificacion": "02", "numeroIdentificacion": CEDULA}
        assert body["receptor"] == {"tipoIdentificacion": "02", "numeroIdentificacion": CLIENTE}
        assert body["consecutivoReceptor"] == "00100001050000000001"
        assert envelope.identity == f"{ORIGINAL.clave}-00100001050000000001"


def test_the_envelope_needs_the_right_original() -> None:
    xml = signed(accepted(), OTHER_SERIAL, when=NOW)
    with pytest.raises(InvalidError):
        Recepcion.of(xml)
    with pytest.raises(InvalidError):
        Recepcion.of(xml, original=venta(2))


def test_the_envelope_of_an_invoice() -> None:
    xml = signed(ORIGINAL)
    body = json.loads(Recepcion.of(xml, callback_url="http://localhost/x").body())
    assert body["fecha"] == "2026-11-22T10:30:00-06:00"
    assert body["callbackUrl"] == "http://localhost/x"
    assert "consecutivoReceptor" not in body


@pytest.mark.parametrize("tipo", ["05", "06"])
def test_a_receiver_in_no_register_is_left_out(tipo: str) -> None:
    who = dataclasses.replace(ORIGINAL.receptor.identificacion, tipo=tipo, numero="X1234567")
    foreign = dataclasses.replace(
        ORIGINAL, receptor=dataclasses.replace(ORIGINAL.receptor, identificacion=who)
    )
    assert "receptor" not in json.loads(Recepcion.of(signed(foreign)).body())


def test_a_buyers_invoice_is_sent_in_the_buyers_name() -> None:
    values = {
        f.name: getattr(ORIGINAL, f.name)
        for f in dataclasses.fields(ORIGINAL)
        if f.name != "receptor"
    }
    buyer = Receptor(nombre="Compradora S.A.", identificacion=ORIGINAL.receptor.identificacion)
    purchase = FacturaElectronicaCompra(**values, receptor=buyer)
    body = json.loads(Recepcion.of(signed(purchase, OTHER_SERIAL)).body())
    assert body["emisor"]["numeroIdentificacion"] == CLIENTE
    assert body["receptor"]["numeroIdentificacion"] == CLIENTE


@pytest.mark.parametrize("generation", ["2025", "2026"])
def test_it_is_valid_for_the_schemas(xsd_directory: Path, generation: str) -> None:
    for message in (
        accepted(condicion_impuesto="01", codigo_actividad="6201.0", detalle="Todo bien"),
        accepted(),
        mensaje_receptor.build(
            ORIGINAL, "3", mensaje_receptor.consecutivo("3", 1), NOW, detalle="No se pidió"
        ),
    ):
        xml = signed(message, OTHER_SERIAL, when=NOW)
        assert schema.validate(xml, generation, xsd_directory) == []
        assert read(xml) == message or read(xml).clave == message.clave
