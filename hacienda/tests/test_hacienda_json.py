"""The JSON form: the same document, and the path of whatever is wrong with somebody's JSON."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hacienda_anything import documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hacienda import documento_json
from hacienda.comprobante import FacturaElectronica, OtroContenido, Otros, OtroTexto
from hacienda.errors import XMLError
from hacienda.xml import reader, writer

GOLDEN = Path(__file__).parent / "golden"
SLOW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def golden(name: str = "fe") -> dict[str, Any]:
    data: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return data


def refused(data: Any) -> XMLError:
    with pytest.raises(XMLError) as refusal:
        documento_json.from_json(data)
    return refusal.value


@SLOW
@given(documents())
def test_a_document_survives_the_way_through_json(document: Any) -> None:
    again = documento_json.loads(documento_json.dumps(document))
    assert writer.write(again) == writer.write(document)


def test_every_leaf_is_text_and_absent_elements_are_omitted() -> None:
    def leaves(data: Any) -> list[Any]:
        if isinstance(data, dict):
            return [leaf for value in data.values() for leaf in leaves(value)]
        if isinstance(data, list):
            return [leaf for value in data for leaf in leaves(value)]
        return [data]

    data = documento_json.to_json(reader.read((GOLDEN / "fe.xml").read_bytes()))
    assert all(isinstance(leaf, str) for leaf in leaves(data))
    assert "PlazoCredito" not in data
    assert data["DetalleServicio"]["LineaDetalle"][0]["Cantidad"] == "2.000"
    assert list(data)[:3] == ["tipo", "Clave", "ProveedorSistemas"]


def test_free_texts_have_three_shapes() -> None:
    document = FacturaElectronica(
        otros=Otros(
            otro_texto=(OtroTexto(texto="a"), OtroTexto(texto="b", codigo="c")),
            otro_contenido=(OtroContenido(xml='<z xmlns="urn:z"></z>', codigo="d"),),
        )
    )
    data = documento_json.to_json(document)
    assert data["Otros"] == {
        "OtroTexto": ["a", {"codigo": "c", "texto": "b"}],
        "OtroContenido": [{"codigo": "d", "xml": '<z xmlns="urn:z"></z>'}],
    }
    assert documento_json.from_json(data) == document


def test_counted_things_may_be_numbers() -> None:
    data = golden("nd")
    data["PlazoCredito"] = 30
    data["DetalleServicio"]["LineaDetalle"][0]["NumeroLinea"] = 1
    assert documento_json.from_json(data) == documento_json.from_json(golden("nd"))


def test_null_is_the_same_as_absent() -> None:
    assert documento_json.from_json({"tipo": "FE", "Receptor": None, "OtrosCargos": None}) == (
        FacturaElectronica()
    )


@pytest.mark.parametrize("data", [None, [], "FE", 1, {}, {"tipo": "XX"}, {"tipo": []}])
def test_what_is_no_document_is_refused(data: Any) -> None:
    refused(data)


LINE = "DetalleServicio/LineaDetalle[1]"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Clave", 506),
        ("Clave", ["1"]),
        ("Clave", True),
        ("Clave", "a\x00"),
        ("Clave", "\ud800"),
        ("version", "4.2"),
        ("version", 4.4),
        ("Nada", "1"),
        ("Emisor", "yo"),
        ("Emisor", []),
        ("Emisor/Nada", "1"),
        ("Emisor/CorreoElectronico", "a@b.cr"),
        ("FechaEmision", "ayer"),
        ("DetalleServicio", []),
        ("DetalleServicio/Nada", []),
        ("DetalleServicio/LineaDetalle", {}),
        (LINE, "x"),
        (f"{LINE}/NumeroLinea", "uno"),
        (f"{LINE}/NumeroLinea", True),
        (f"{LINE}/NumeroLinea", 1.0),
        (f"{LINE}/NumeroLinea", 10**30),
        (f"{LINE}/Cantidad", 2),
        (f"{LINE}/Cantidad", 2.5),
        (f"{LINE}/Cantidad", "NaN"),
        (f"{LINE}/Cantidad", "1e3"),
        (f"{LINE}/Cantidad", "1,5"),
        (f"{LINE}/Cantidad", ""),
        (f"{LINE}/Cantidad", "9" * 100_000),
        (f"{LINE}/Impuesto[1]/Tarifa", {}),
        (f"{LINE}/Impuesto[1]/Nada", 1),
        ("Otros/OtroTexto[1]", 7),
        ("Otros/OtroTexto[1]/xml", "<a/>"),
        ("extra", "x"),
        ("extra[1]", "x"),
        ("extra[1]/xml", "<a>"),
        ("extra[1]/xml", "<a/><b/>"),
        ("extra[1]/ordinal", 0),
        ("extra[1]/nada", 0),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(path: str, value: Any) -> None:
    data = copy.deepcopy(golden())
    data["extra"] = [{"xml": "<a></a>"}]
    data["Otros"]["OtroTexto"] = [{"texto": "x"}]
    holder: Any = data
    steps = [step for part in path.split("/") for step in _step(part)]
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = value
    assert refused(data).path == path


def _step(part: str) -> list[Any]:
    name, _, position = part.rstrip("]").partition("[")
    return [name, int(position) - 1] if position else [name]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b'{"tipo": "FE", "tipo": "TE"}',
        b'{"tipo": "FE", "Clave": NaN}',
        b'{"tipo": "FE", "Clave": Infinity}',
        b'{"tipo": "FE", "Clave": ' + b"9" * 10_000 + b"}",
        b'{"tipo": "FE", "Clave": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"tipo": "FE", "Clave": "\\ud800"}',
        b" " * (documento_json.MAX_BYTES + 1),
        b"[" * 1_000_000,
        b"{" + b",".join(b'"k%d":1' % n for n in range(200_000)) + b',"k0":1}',
    ],
)
def test_hostile_text_is_refused(text: bytes) -> None:
    with pytest.raises(XMLError):
        documento_json.loads(text)


def test_an_unknown_name_is_told_with_its_place_and_the_name_that_was_meant() -> None:
    document = golden("fe")
    document["Emisor"]["correo_electronico"] = ["a@b.cr"]
    with pytest.raises(XMLError) as caught:
        documento_json.from_json(document)
    assert caught.value.path == "Emisor/correo_electronico"
    assert "en Emisor. ¿Será CorreoElectronico?" in str(caught.value)
    document = golden("fe")
    document["Vendedor"] = "Juan"
    with pytest.raises(XMLError, match=r"«Vendedor» en el documento\.$"):
        documento_json.from_json(document)


def test_json_that_does_not_parse_is_told_by_line_and_column() -> None:
    with pytest.raises(XMLError, match="línea 2, columna 1 "):
        documento_json.loads('{"tipo": "FE",\n}')
    with pytest.raises(XMLError, match="UTF-8"):
        documento_json.loads('{"tipo": "Ñ"}'.encode("latin1"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@SLOW
@given(st.data())
def test_anything_put_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    """One value of a good document replaced by anything: never an error that is not ours."""
    document = golden(data.draw(st.sampled_from(["fe", "fee", "rep", "mr", "fe-4.3"])))
    holder: Any = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            holder[key] = data.draw(JSON)
            break
        holder = inner
    try:
        value = documento_json.from_json(document)
    except XMLError:
        return
    assert documento_json.from_json(documento_json.to_json(value)) == value
    writer.write(value)
