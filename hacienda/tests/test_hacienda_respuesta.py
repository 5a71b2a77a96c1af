"""What Hacienda answers: states, the signed message, rows of a detail, callbacks."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hacienda.errors import XMLError
from hacienda.respuesta import Respuesta, callback, detalle

CLAVE = "50622112600310112345600100001010000000001112345678"


def message(mensaje: str, text: str = "", clave: str = CLAVE) -> str:
    xml = (
        '<MensajeHacienda xmlns="https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/'
        f'mensajeHacienda"><Clave>{clave}</Clave><NombreEmisor>X</NombreEmisor>'
        "<TipoIdentificacionEmisor>02</TipoIdentificacionEmisor>"
        "<NumeroCedulaEmisor>3101123456</NumeroCedulaEmisor>"
        f"<Mensaje>{mensaje}</Mensaje><EstadoMensaje>Aceptado</EstadoMensaje>"
        f"<DetalleMensaje>{text}</DetalleMensaje><TotalFactura>1.00000</TotalFactura>"
        "</MensajeHacienda>"
    )
    return base64.b64encode(xml.encode()).decode()


@pytest.mark.parametrize("keys", [("ind-estado", "respuesta-xml"), ("indEstado", "respuestaXml")])
@pytest.mark.parametrize("estado", ["aceptado", "ACEPTADO", "Aceptado "])
def test_both_spellings_and_any_case_are_read(keys: tuple[str, str], estado: str) -> None:
    answer = Respuesta.read({"clave": CLAVE, keys[0]: estado, keys[1]: message("1")})
    assert answer.estado == "aceptado"
    assert answer.accepted
    assert answer.final
    assert answer.mensaje is not None
    assert answer.mensaje.numero_cedula_emisor == "3101123456"


def test_the_signed_message_decides_and_not_the_word_beside_it() -> None:
    answer = Respuesta.read(
        {"clave": CLAVE, "ind-estado": "aceptado", "respuesta-xml": message("3")}
    )
    assert answer.rejected
    assert not answer.accepted


@pytest.mark.parametrize("estado", ["recibido", "procesando", "algo-nuevo"])
def test_what_is_not_final_is_pending(estado: str) -> None:
    answer = Respuesta.read({"clave": CLAVE, "ind-estado": estado})
    assert answer.pending
    assert not answer.final


def test_a_failed_processing_is_neither_final_nor_pending() -> None:
    answer = Respuesta.read({"clave": CLAVE, "ind-estado": "ERROR"})
    assert answer.failed
    assert not answer.final
    assert not answer.pending


@pytest.mark.parametrize("xml", ["", None, "%%%", base64.b64encode(b"<no").decode(), 7])
def test_a_state_survives_a_message_that_cannot_be_read(xml: object) -> None:
    answer = Respuesta.read({"clave": CLAVE, "ind-estado": "rechazado", "respuesta-xml": xml})
    assert answer.rejected
    assert answer.mensaje is None
    assert answer.detalle.texto == ""


@pytest.mark.parametrize("data", [None, [], "x", {}, {"clave": CLAVE}, {"ind-estado": "aceptado"}])
def test_what_is_no_answer_is_refused(data: object) -> None:
    with pytest.raises(XMLError):
        Respuesta.read(data)


def test_an_answer_about_another_clave_is_noticed() -> None:
    other = CLAVE[:-1] + "9"
    outside = Respuesta.read({"clave": other, "ind-estado": "aceptado"})
    inside = Respuesta.read(
        {"clave": CLAVE, "ind-estado": "aceptado", "respuesta-xml": message("1", clave=other)}
    )
    assert not outside.is_about(CLAVE)
    assert not inside.is_about(CLAVE)


def test_a_receivers_message_has_clave_and_consecutivo() -> None:
    answer = Respuesta.read({"clave": f"{CLAVE}-00100001050000000001", "ind-estado": "recibido"})
    assert (answer.clave, answer.consecutivo) == (CLAVE, "00100001050000000001")


ROWS = """Este comprobante fue aceptado.

codigo, mensaje, fila, columna
-37, "La provincia, el cantón o el distrito no son los del RUT", 0, 0
-408, ""El código de actividad no existe"", 12, 7
"""


def test_rows_of_a_detail() -> None:
    d = detalle(ROWS)
    assert d.texto == ROWS
    assert d.nota == "Este comprobante fue aceptado."
    assert [(f.codigo, f.fila, f.columna) for f in d.filas] == [("-37", 0, 0), ("-408", 12, 7)]
    assert d.filas[0].mensaje == "La provincia, el cantón o el distrito no son los del RUT"
    assert d.filas[1].mensaje == "El código de actividad no existe"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("[\ncodigo, mensaje, fila, columna\n-1, 'cvc-x: a, b', 3, 4\n]", [("-1", "cvc-x: a, b")]),
        ("Código\tMensaje\tFila\tColumna\n-15\tmala clave\t0\t0", [("-15", "mala clave")]),
        ("codigo; mensaje; fila; columna\n99; algo; 1; 2", [("99", "algo")]),
        ("-5, sin fila ni columna", [("-5", "sin fila ni columna")]),
        (
            "codigo, mensaje, fila, columna\r\n-1, primera\r\nsegunda, 1, 2\r\n-2, otra, 3, 4",
            [("-1", "primera\nsegunda"), ("-2", "otra")],
        ),
        ("-1, uno, 0, 0 -2, dos, 0, 0", [("-1", "uno"), ("-2", "dos")]),
        ("Todo bien. Son 2, avenida central", []),
        ("", []),
    ],
)
def test_details_are_read_leniently(text: str, rows: list[tuple[str, str]]) -> None:
    d = detalle(text)
    assert d.texto == text
    assert [(f.codigo, f.mensaje) for f in d.filas] == rows


@given(st.text(alphabet="-0123456789,;\t|\"'[] \nabcódigo mensaje", max_size=400))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_the_reading_of_a_detail(text: str) -> None:
    assert detalle(text).texto == text


@pytest.mark.parametrize("piece", ["-1,", "-1, a, 1, 1 ", ", 1 , 1 ", "[[[[", "1 , ", "\t-1|", '"'])
def test_long_details_take_no_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    detalle(text)
    assert time.process_time() - start < 2


def test_warnings_belong_to_accepted_and_errors_to_rejected() -> None:
    text = 'codigo, mensaje, fila, columna\n-37, "ubicación", 0, 0'
    yes = Respuesta.read(
        {"clave": CLAVE, "ind-estado": "aceptado", "respuesta-xml": message("1", text)}
    )
    no = Respuesta.read(
        {"clave": CLAVE, "ind-estado": "rechazado", "respuesta-xml": message("3", text)}
    )
    assert [f.codigo for f in yes.warnings] == ["-37"]
    assert yes.errors == ()
    assert [f.codigo for f in no.errors] == ["-37"]
    assert no.warnings == ()


def test_a_callback_is_only_a_hint() -> None:
    body = {"clave": CLAVE, "indEstado": "RECHAZADO", "respuestaXml": message("3")}
    hint = callback(json.dumps(body))
    assert (hint.clave, hint.estado) == (CLAVE, "rechazado")
    assert not hasattr(hint, "xml")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"clave": "../../etc", "indEstado": "ACEPTADO"}',
        b'{"clave": 5, "indEstado": "ACEPTADO"}',
        b'{"clave": "' + CLAVE.encode() + b'-../x", "indEstado": "ACEPTADO"}',
        b" " * 6_000_000,
    ],
)
def test_a_callback_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(XMLError):
        callback(body)
