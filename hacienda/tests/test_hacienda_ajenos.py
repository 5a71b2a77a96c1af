"""Documents as other people's systems write them: lawful ones pass, hostile ones end soon."""

from __future__ import annotations

import dataclasses
import time
from datetime import date

from hacienda import check, read

NAMESPACE = "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/"
TODAY = date(2026, 11, 22)


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
