"""Documents as other people's systems write them: lawful ones pass, hostile ones end soon."""

from __future__ import annotations

import dataclasses
import time
from datetime import date
from decimal import Decimal

from hacienda_ventas import NOW, venta, with_line

from hacienda import calculate, check, read
from hacienda.comprobante import Exoneracion, Impuesto, MedioPago, ResumenFactura

NAMESPACE = "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/"
TODAY = date(2026, 11, 22)
COMPUTED = ("monto_total", "sub_total", "base_imponible", "impuesto_neto", "monto_total_linea")


def test_a_crowd_of_faulty_lines_is_told_soon() -> None:
    lines = "<LineaDetalle/>" * 150_000
    document = read(
        f'<FacturaElectronica xmlns="{NAMESPACE}facturaElectronica"><DetalleServicio>'
        f"{lines}</DetalleServicio></FacturaElectronica>".encode()
    )
    before = time.process_time()
    problems = check(document, today=TODAY)
    assert time.process_time() - before < 1.5
    assert len(problems) == 1000
    assert problems[0].code == "falta-elemento"
    assert any(one.code == "demasiados-elementos" for one in problems)


def test_an_answer_may_have_empty_elements_where_there_was_no_receiver() -> None:
    answer = read(
        f"""<MensajeHacienda xmlns="{NAMESPACE}mensajeHacienda">
        <Clave>50620112600310112345600100001040000000777199999999</Clave>
        <NombreEmisor>VENDEDOR S.A.</NombreEmisor>
        <TipoIdentificacionEmisor>02</TipoIdentificacionEmisor>
        <NumeroCedulaEmisor>3101123456</NumeroCedulaEmisor>
        <NombreReceptor/><TipoIdentificacionReceptor/><NumeroCedulaReceptor/>
        <Mensaje>1</Mensaje><EstadoMensaje>Aceptado</EstadoMensaje>
        <DetalleMensaje>Aceptado con advertencias</DetalleMensaje>
        <TotalFactura>1130.00</TotalFactura></MensajeHacienda>""".encode()
    )
    problems = check(answer, today=TODAY)
    assert {one.code for one in problems} == {"elemento-vacio"}
    assert not any(one.is_error for one in problems)
    for name in ("tipo_identificacion_emisor", "mensaje", "clave"):
        emptied = dataclasses.replace(answer, **{name: ""})
        assert any(one.is_error for one in check(emptied, today=TODAY))


def test_an_exoneration_may_be_rounded_where_its_tax_is_not() -> None:
    taxed = Impuesto(
        codigo="01",
        codigo_tarifa_iva="08",
        tarifa=Decimal(13),
        exoneracion=Exoneracion(
            tipo_documento_ex1="04",
            numero_documento="AL-00012345-25",
            nombre_institucion="01",
            fecha_emision_ex=NOW,
            tarifa_exonerada=Decimal(13),
        ),
    )
    line = dataclasses.replace(venta().detalle_servicio[0], **dict.fromkeys(COMPUTED))
    line = dataclasses.replace(line, precio_unitario=Decimal("500.49"), impuesto=(taxed,))
    document = calculate(
        dataclasses.replace(
            venta(),
            detalle_servicio=(line,),
            resumen_factura=ResumenFactura(
                codigo_tipo_moneda=venta().resumen_factura.codigo_tipo_moneda,
                medio_pago=(MedioPago(tipo_medio_pago="01"),),
            ),
        )
    )
    (line,) = document.detalle_servicio
    assert line.impuesto[0].monto == Decimal("130.12740")

    def with_exonerated(amount: str) -> list[str]:
        exoneracion = dataclasses.replace(
            line.impuesto[0].exoneracion, monto_exoneracion=Decimal(amount)
        )
        tax = dataclasses.replace(line.impuesto[0], exoneracion=exoneracion)
        changed = with_line(document, impuesto=(tax,))
        return [one.code for one in check(changed, today=TODAY) if one.is_error]

    assert with_exonerated("130.13") == []
    assert "exoneracion-mayor-que-impuesto" in with_exonerated("130.14")
