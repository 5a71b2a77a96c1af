"""The reader: what it reads it can write back, and it survives what suppliers really send."""

from __future__ import annotations

import contextlib
import re
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hacienda_anything import documents
from hypothesis import HealthCheck, assume, given, settings
from lxml import etree

from hacienda.comprobante import (
    COSTA_RICA,
    Comprobante,
    Extra,
    FacturaElectronica,
    MensajeHacienda,
    OtroContenido,
)
from hacienda.errors import XMLError
from hacienda.xml import parser, reader, writer

GOLDEN = Path(__file__).parent / "golden"
SLOW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
NAMESPACE = FacturaElectronica.namespace
SIGNATURE = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><x/></ds:Signature>'


def golden(name: str = "fe") -> str:
    return (GOLDEN / f"{name}.xml").read_text()


def read(text: str) -> Comprobante:
    document = reader.read(text.encode())
    assert isinstance(document, Comprobante)
    return document


def small(inside: str, attributes: str = "") -> str:
    return f'<FacturaElectronica xmlns="{NAMESPACE}"{attributes}>{inside}</FacturaElectronica>'


@SLOW
@given(documents())
def test_reading_what_was_written_gives_the_value_and_the_bytes_again(document: Any) -> None:
    xml = writer.write(document)
    again = reader.read(xml)
    assert writer.write(again) == xml
    assert type(again) is type(document)


@SLOW
@given(documents())
def test_blanks_comments_and_prefixes_change_no_value(document: Any) -> None:
    xml = writer.write(document)
    # inside foreign XML a blank may mean something, so it is kept
    assume(not re.search(rb"Nuevo|ajeno|sinEspacio", xml))
    pretty = etree.tostring(etree.fromstring(xml), pretty_print=True)
    prefixed = re.sub(rb"(</?)(?=[A-Z])", rb"\1fe:", writer.write_canonical(document))
    prefixed = prefixed.replace(b"xmlns=", b"xmlns:fe=", 1)
    assert reader.read(pretty) == reader.read(xml)
    assert reader.read(prefixed) == reader.read(xml)


def test_a_supplier_who_does_everything_differently() -> None:
    """Byte order mark, prefix, comments, no offset, two decimals, `.5`, an extension, a hint."""
    text = golden()
    body = text.split("?>", 1)[1]
    body = re.sub(r"(</?)(?=[A-Z])", r"\1fe:", body).replace("xmlns=", "xmlns:fe=", 1)
    body = body.replace(
        "<fe:FacturaElectronica ",
        '<fe:FacturaElectronica xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{NAMESPACE} x.xsd" ',
    )
    body = body.replace("<fe:Clave>506", "<fe:Clave>50<!-- aquí -->6")
    body = body.replace("09:30:00-06:00", "09:30:00")
    body = body.replace("<fe:Cantidad>0.500", "<fe:Cantidad>\n  .5 ")
    body = body.replace(
        "<fe:CondicionVenta>", '<mi:Extra xmlns:mi="urn:mi">1</mi:Extra><fe:CondicionVenta>'
    )
    body = re.sub(r"(\d)\.(\d\d)000<", r"\1.\2<", body)
    body = body.replace("</fe:FacturaElectronica>", SIGNATURE * 2 + "</fe:FacturaElectronica>")
    declared = '\n<?xml version="1.0" encoding="utf-16"?>'  # and it is UTF-8
    messy = reader.read(("\ufeff" + declared + body).encode())
    clean = read(text)
    assert isinstance(messy, FacturaElectronica)
    assert messy.clave == clean.clave
    assert messy.fecha_emision == clean.fecha_emision
    assert messy.fecha_emision is not None
    assert messy.fecha_emision.utcoffset() == COSTA_RICA.utcoffset(None)
    assert messy.detalle_servicio[4].cantidad == Decimal("0.5")
    assert messy.resumen_factura == clean.resumen_factura
    assert messy.extra == (Extra('<mi:Extra xmlns:mi="urn:mi">1</mi:Extra>', "Receptor"),)
    # and the value survives another round
    assert reader.read(writer.write(messy)) == messy


def test_the_older_version_is_read_with_its_own_elements() -> None:
    document = read(golden("fe-4.3"))
    assert document.version == "4.3"
    assert document.codigo_actividad == "472105"
    assert document.medio_pago == ("01", "02")
    assert document.plazo_credito == "30 días"
    exoneracion = document.detalle_servicio[0].impuesto[0].exoneracion
    assert exoneracion is not None
    assert exoneracion.tipo_documento == "03"
    assert document.otros is not None
    assert document.otros.otro_contenido == (
        OtroContenido(
            xml='<erp:Pedido xmlns:erp="urn:erp" erp:id="7"><erp:Linea>1</erp:Linea></erp:Pedido>',
            codigo="ERP",
        ),
    )


def test_a_bare_minimum_is_read() -> None:
    assert read(small("")) == FacturaElectronica()


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-32", "UTF8"])
def test_other_encodings_are_read_as_they_are_declared(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + small(
        "<Emisor><Nombre>Ñandú é</Nombre></Emisor>"
    )
    document = reader.read(text.encode(encoding))
    assert isinstance(document, FacturaElectronica)
    assert document.emisor is not None
    assert document.emisor.nombre == "Ñandú é"


def test_unknown_elements_and_attributes_keep_their_places() -> None:
    inside = (
        "<Primero></Primero><Clave>1</Clave>"
        '<Emisor id="e"><Nombre a="b">x</Nombre><Nuevo>2</Nuevo></Emisor>'
        '<DetalleServicio n="1"><Z></Z><LineaDetalle><NumeroLinea>1</NumeroLinea></LineaDetalle>'
        '<Y></Y><LineaDetalle x="2"></LineaDetalle></DetalleServicio><Fin></Fin>'
    )
    document = read(small(inside))
    assert document.extra[0] == Extra("<Primero></Primero>", "")
    assert Extra("<Z></Z>", "DetalleServicio/") in document.extra
    assert Extra("<Y></Y>", "DetalleServicio/LineaDetalle", 1) in document.extra
    assert Extra(' x="2"', "@DetalleServicio/LineaDetalle", 2) in document.extra
    assert document.emisor is not None
    assert document.emisor.extra == (
        Extra(' a="b"', "@Nombre"),
        Extra("<Nuevo>2</Nuevo>", "Nombre"),
    )
    assert writer.write_canonical(document).decode() == small(inside)


def test_an_element_of_another_type_is_kept_as_unknown() -> None:
    text = golden("fee").replace(
        "<MontoTotalLinea>", "<ImpuestoNeto>1.00000</ImpuestoNeto><MontoTotalLinea>"
    )
    line = read(text).detalle_servicio[0]
    assert line.impuesto_neto is None
    assert line.extra == (Extra("<ImpuestoNeto>1.00000</ImpuestoNeto>", "Impuesto"),)


@pytest.mark.parametrize(
    ("inside", "path"),
    [
        ("<Clave>1</Clave><Clave>2</Clave>", "Clave"),
        ("<Emisor/><Emisor/>", "Emisor"),
        ("<Clave><b/></Clave>", "Clave"),
        ("<FechaEmision>ayer</FechaEmision>", "FechaEmision"),
        ("<FechaEmision/>", "FechaEmision"),
        (
            "<ResumenFactura><TotalVenta>1,5</TotalVenta></ResumenFactura>",
            "ResumenFactura/TotalVenta",
        ),
        (
            "<ResumenFactura><TotalVenta>NaN</TotalVenta></ResumenFactura>",
            "ResumenFactura/TotalVenta",
        ),
        (
            "<ResumenFactura><TotalVenta>1e5</TotalVenta></ResumenFactura>",
            "ResumenFactura/TotalVenta",
        ),
        ("<ResumenFactura><TotalVenta/></ResumenFactura>", "ResumenFactura/TotalVenta"),
        (
            "<DetalleServicio><LineaDetalle/><LineaDetalle><NumeroLinea>x</NumeroLinea>"
            "</LineaDetalle></DetalleServicio>",
            "DetalleServicio/LineaDetalle[2]/NumeroLinea",
        ),
        (
            "<DetalleServicio><LineaDetalle><Impuesto><Tarifa>trece</Tarifa></Impuesto>"
            "</LineaDetalle></DetalleServicio>",
            "DetalleServicio/LineaDetalle[1]/Impuesto[1]/Tarifa",
        ),
        ("hola", ""),
        ("<Emisor>hola<Nombre>x</Nombre></Emisor>", "Emisor"),
        ("<Emisor><Nombre>x</Nombre>hola</Emisor>", "Emisor"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_path(inside: str, path: str) -> None:
    with pytest.raises(XMLError) as refusal:
        read(small(f"<CondicionVenta/>{inside}"))
    assert refusal.value.path == path


def test_a_comment_cannot_cut_a_value_in_two() -> None:
    assert read(small("<Clave>50<!--x-->6<![CDATA[1]]><?p?>2</Clave>")).clave == "50612"


@pytest.mark.parametrize(
    "root",
    [
        '<Otra xmlns="urn:x"/>',
        "<FacturaElectronica/>",
        f'<TiqueteElectronico xmlns="{NAMESPACE}"/>',
        f'<FacturaElectronica xmlns="{NAMESPACE.replace("factura", "Factura")}"/>',
        f'<FacturaElectronica xmlns="{NAMESPACE.replace("4.4", "4.2")}"/>',
        f'<ReciboElectronicoPago xmlns="{NAMESPACE.replace("4.4", "4.3")}"/>',
    ],
)
def test_a_root_that_is_not_of_the_family_is_refused(root: str) -> None:
    with pytest.raises(XMLError):
        reader.read(root.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"\x00\x01\x02\xff",
        b"PK\x03\x04 no",
        b"{}",
        b"<",
        b"<a",
        b'<!DOCTYPE a><a xmlns="x"/>',
        b'<?xml version="1.0"?><!-- c --><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        '<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'.encode("utf-16"),
        b"<a>&nada;</a>",
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
        b'<?xml version="1.0" encoding="no-existe"?><a/>',
        b"<a>\xff\xfe</a>",
        b'<?xml version="1.0" encoding="ascii"?><a>\xc3\xa9</a>',
        b"<a>" * 300 + b"</a>" * 300,
    ],
)
def test_what_is_dangerous_or_broken_is_refused(data: bytes) -> None:
    with pytest.raises(XMLError):
        reader.read(data)


def hostile() -> dict[str, bytes]:
    many = 150_000
    head, tail = small("\0").encode().split(b"\0")
    spaces = b"".join(b' xmlns:n%d="urn:%d"' % (n, n) for n in range(19_000))
    attributes = b"".join(b' a%d=""' % n for n in range(100_000))
    return {
        "oversized": b"<a>" + b" " * parser.MAX_BYTES + b"</a>",
        "many elements": head + b"<a/>" * 800_000 + tail,
        "many unknown": head + b"<a/>" * many + tail,
        "many texts": head + b"<Clave/>x" * many + tail,
        "deep unknown": head + b"<a>" * 250 + b"</a>" * 250 + tail,
        "one long text": head + b"<Clave>" + b"&amp;" * 1_500_000 + b"</Clave>" + tail,
        "many namespaces": head[:-1] + spaces + b">" + b"<a/>" * 5_000 + tail,
        "namespaces on every element": head + b'<a xmlns="urn:a" xmlns:b="urn:b"/>' * 4_000 + tail,
        "many attributes": head + b"<Clave" + attributes + b"/>" + tail,
        "many attributes of an unknown": head + b"<x" + attributes + b"/>" + tail,
        "comments never closed": b"<!--" * 1_000_000,
        "instructions": b"<?a?>" * 500_000 + b"<a/>",
        "a long number": head + b"<ResumenFactura><TotalVenta>" + b"9" * 9_000_000 + tail,
        "many lines": head
        + b"<DetalleServicio>"
        + b"<LineaDetalle/>" * 250_000
        + b"</DetalleServicio>"
        + tail,
    }


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_input_ends_soon(name: str) -> None:
    data = hostile()[name]
    started = time.process_time()
    with contextlib.suppress(XMLError):
        reader.read(data)
    assert time.process_time() - started < 10


def test_a_thousand_lines_are_read_at_the_price_of_a_thousand_lines() -> None:
    text = golden()
    line = re.search(r"<LineaDetalle>.*?</LineaDetalle>", text, re.DOTALL)
    assert line is not None
    large = text.replace(line[0], line[0] * 1000).encode()
    started = time.process_time()
    document = reader.read(large)
    assert isinstance(document, FacturaElectronica)
    assert len(document.detalle_servicio) == 1004
    assert time.process_time() - started < 2


def test_reading_costs_a_few_times_what_parsing_costs() -> None:
    """2,000 documents a second is for the bench; what holds on any machine is the proportion."""
    data = (GOLDEN / "fe.xml").read_bytes()  # five lines, and pretty-printed at that

    def seconds(function: Callable[[bytes], object]) -> float:
        started = time.process_time()
        for _ in range(50):
            function(data)
        return time.process_time() - started

    reader.read(data)
    ratios = [seconds(reader.read) / seconds(parser.parse) for _ in range(9)]
    assert statistics.median(ratios) < 15


def test_hacienda_answers_are_read_too() -> None:
    answer = reader.read(golden("mh").encode())
    assert isinstance(answer, MensajeHacienda)
    assert answer.mensaje == "1"
    assert answer.detalle_mensaje is not None
    assert "\n-37, " in answer.detalle_mensaje
