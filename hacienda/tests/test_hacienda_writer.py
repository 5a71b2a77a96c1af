"""The writer: canonical by construction, and honest about what XML cannot hold."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hacienda_anything import documents
from hypothesis import HealthCheck, given, settings
from lxml import etree

from hacienda.comprobante import (
    Emisor,
    Extra,
    FacturaElectronica,
    OtroContenido,
    Otros,
    OtroTexto,
    ResumenFactura,
)
from hacienda.errors import HaciendaError, InvalidError
from hacienda.xml import reader, writer

GOLDEN = Path(__file__).parent / "golden"
SLOW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def canonical(xml: bytes) -> bytes:
    """What lxml says the inclusive C14N of a document is."""
    return etree.tostring(etree.fromstring(xml), method="c14n")


def with_detail(text: str) -> FacturaElectronica:
    return FacturaElectronica(emisor=Emisor(nombre=text))


@SLOW
@given(documents())
def test_what_follows_the_declaration_is_its_own_canonical_form(document: Any) -> None:
    xml = writer.write(document)
    assert xml.startswith(writer.DECLARATION)
    assert xml[len(writer.DECLARATION) :] == canonical(xml)


@SLOW
@given(documents())
def test_the_compiled_way_writes_what_the_plain_way_writes(document: Any) -> None:
    compiled = writer._compiled(document.tipo, document.version)
    plain = writer._Plain(compiled.estructura).text(document)
    assert writer.write_canonical(document) == plain.encode()


def test_text_is_escaped_as_canonical_xml_escapes_it() -> None:
    xml = writer.write(with_detail("<a> & \"b\" 'c' ]]>\t\n"))
    assert b"<Nombre>&lt;a&gt; &amp; \"b\" 'c' ]]&gt;\t\n</Nombre>" in xml
    assert xml[len(writer.DECLARATION) :] == canonical(xml)


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_become_line_feeds(ending: str) -> None:
    assert b"<Nombre>uno\ndos</Nombre>" in writer.write(with_detail(f"uno{ending}dos"))


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_hold_is_refused_by_name(bad: str) -> None:
    with pytest.raises(InvalidError, match=rf"Nombre.*U\+{ord(bad):04X}.*posición 4"):
        writer.write(with_detail(f"abc{bad}"))


def test_codes_of_free_texts_are_escaped_as_attributes() -> None:
    otros = Otros(otro_texto=(OtroTexto(texto="x", codigo='a"<&>\t\nb'),))
    xml = writer.write(FacturaElectronica(otros=otros))
    assert b'<OtroTexto codigo="a&quot;&lt;&amp;>&#x9;&#xA;b">x</OtroTexto>' in xml
    assert xml[len(writer.DECLARATION) :] == canonical(xml)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("2.50000", b"2.50000"),
        ("1E+3", b"1000"),
        ("0E-5", b"0.00000"),
        ("1E-7", b"0.0000001"),
        (".5", b"0.5"),
        ("9999999999999.99999", b"9999999999999.99999"),
    ],
)
def test_amounts_are_plain_and_keep_their_zeros(amount: str, written: bytes) -> None:
    document = FacturaElectronica(resumen_factura=ResumenFactura(total_venta=Decimal(amount)))
    assert b"<TotalVenta>" + written + b"</TotalVenta>" in writer.write(document)


@pytest.mark.parametrize("bad", [Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN1"), 1.5, "7"])
def test_what_is_no_amount_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidError, match="TotalVenta"):
        writer.write(FacturaElectronica(resumen_factura=ResumenFactura(total_venta=bad)))


def test_an_amount_of_a_million_digits_is_refused() -> None:
    with pytest.raises(InvalidError, match="dígitos"):
        writer.write(
            FacturaElectronica(resumen_factura=ResumenFactura(total_venta=Decimal("1E+1000000")))
        )


@pytest.mark.parametrize(
    "document",
    [
        FacturaElectronica(clave=506),  # type: ignore[arg-type]
        FacturaElectronica(emisor="yo"),  # type: ignore[arg-type]
        FacturaElectronica(fecha_emision="2026-11-22"),  # type: ignore[arg-type]
        FacturaElectronica(detalle_servicio=(None,)),  # type: ignore[arg-type]
        FacturaElectronica(version="9.9"),
        "no document",
    ],
)
def test_values_of_another_type_are_an_error_of_ours(document: Any) -> None:
    with pytest.raises(HaciendaError):
        writer.write(document)


@pytest.mark.parametrize(
    "xml", ["<a>", "</Emisor><Emisor>", "texto", "<a/><b/>", "&nada;", "<a b='1' b='2'/>", ""]
)
def test_unknown_elements_cannot_break_the_document(xml: str) -> None:
    with pytest.raises(InvalidError, match="XML ajeno"):
        writer.write(FacturaElectronica(extra=(Extra(xml),)))


def test_foreign_content_is_brought_to_canonical_form() -> None:
    otros = Otros(otro_contenido=(OtroContenido(xml="<p:a xmlns:p='urn:p' z='1' b='2'/>"),))
    xml = writer.write(FacturaElectronica(otros=otros))
    assert b'<p:a xmlns:p="urn:p" b="2" z="1"></p:a>' in xml
    assert xml[len(writer.DECLARATION) :] == canonical(xml)


def test_an_unknown_element_whose_neighbour_is_gone_is_kept_at_the_end() -> None:
    document = FacturaElectronica(clave="1", extra=(Extra("<Nuevo></Nuevo>", "Receptor"),))
    assert writer.write(document).endswith(b"</Clave><Nuevo></Nuevo></FacturaElectronica>")


def test_cost_per_line_is_flat_and_writing_is_quick() -> None:
    small = reader.read((GOLDEN / "fe.xml").read_bytes())
    assert isinstance(small, FacturaElectronica)
    large = replace(small, detalle_servicio=small.detalle_servicio * 200)

    def seconds(document: FacturaElectronica, times: int) -> float:
        started = time.process_time()
        for _ in range(times):
            writer.write(document)
        return (time.process_time() - started) / times

    writer.write(small)
    ratios = [seconds(large, 3) / seconds(small, 300) for _ in range(5)]
    # 200 times the lines, less what every document has: never more than in proportion
    assert statistics.median(ratios) < 240
