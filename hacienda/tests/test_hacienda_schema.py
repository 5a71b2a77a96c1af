"""Validation against Hacienda's schemas, in Spanish and with the path of each fault."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hacienda.errors import HaciendaError, XMLError
from hacienda.xml import reader, schema, writer

NAMESPACE = "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/facturaElectronica"
GOLDEN = Path(__file__).parent / "golden"


def golden(name: str = "fe") -> str:
    return writer.write(reader.read((GOLDEN / f"{name}.xml").read_bytes())).decode()


def found(text: str, directory: Path, generation: str = "2026") -> list[tuple[str, str]]:
    problems = schema.validate(text.encode(), generation, directory, signed=False)
    assert all(p.severity == "error" for p in problems)
    return [(p.code, p.path) for p in problems]


def test_an_unsigned_document_never_validates_unless_that_is_asked(xsd_directory: Path) -> None:
    problems = schema.validate(golden().encode(), directory=xsd_directory)
    assert [p.code for p in problems] == ["xsd-sin-firma"]
    assert "Signature" in problems[0].message


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("<Clave>506", "<Clave>50", "xsd-patron", "Clave"),
        ("<Tipo>02</Tipo>", "<Tipo>09</Tipo>", "xsd-codigo", "Emisor/Identificacion/Tipo"),
        ("<Nombre>Café Prueba S.A.", "<Nombre>Caf", "xsd-corto", "Emisor/Nombre"),
        ("Central, frente", "Central, " + "a" * 250, "xsd-largo", "Emisor/Ubicacion/OtrasSenas"),
        ("<CodigoPais>506", "<CodigoPais>5066", "xsd-digitos", "Emisor/Telefono/CodigoPais"),
        ("22223333", "22", "xsd-minimo", "Emisor/Telefono/NumTelefono"),
        ("T09:30:00-06:00", "", "xsd-valor", "FechaEmision"),
        (
            "<Cantidad>2.000",
            "<Cantidad>2.0001",
            "xsd-decimales",
            "DetalleServicio/LineaDetalle[1]/Cantidad",
        ),
        (
            "<MontoTotal>100000.00000",
            "<MontoTotal>99999999999999",
            "xsd-maximo",
            "DetalleServicio/LineaDetalle[2]/MontoTotal",
        ),
        (
            "<TarifaExonerada>8.00",
            "<TarifaExonerada>x",
            "xsd-valor",
            "DetalleServicio/LineaDetalle[2]/Impuesto[1]/Exoneracion/TarifaExonerada",
        ),
        ("<CondicionVenta>01</CondicionVenta>", "", "xsd-elemento-inesperado", "DetalleServicio"),
        ("<Tipo>04</Tipo><Codigo>MESA-01</Codigo>", "<Tipo>04</Tipo>", "xsd-falta",
         "DetalleServicio/LineaDetalle[1]/CodigoComercial[1]"),
        ("<Emisor>", '<Emisor a="1">', "xsd-atributo", "Emisor"),
        ("<Emisor>", "<Emisor>hola", "xsd-texto-suelto", "Emisor"),
        ("<Clave>", "<Clave><b/>", "xsd-contenido", "Clave"),
    ],
)  # fmt: skip
def test_a_fault_has_a_code_a_path_and_the_original_text(
    old: str, new: str, code: str, path: str, xsd_directory: Path
) -> None:
    text = golden()
    assert old in text
    changed = text.replace(old, new, 1)
    assert (code, path) in found(changed, xsd_directory)
    problem = schema.validate(changed.encode(), directory=xsd_directory, signed=False)[0]
    assert "[Element '" in problem.message  # what libxml2 said stays legible
    assert "{http" not in problem.message


def test_the_generations_differ_where_the_law_changed(xsd_directory: Path) -> None:
    text = golden().replace("<NumTelefono>22223333", "<NumTelefono>911")
    assert found(text, xsd_directory, "2026") == []
    assert found(text, xsd_directory, "2025") == [("xsd-minimo", "Emisor/Telefono/NumTelefono")]


def test_the_older_version_is_held_to_its_own_schema(xsd_directory: Path) -> None:
    text = golden("fe-4.3")
    assert found(text, xsd_directory, "2025") == found(text, xsd_directory, "2026") == []
    assert found(text.replace("<CodigoActividad>472105", "<CodigoActividad>1"), xsd_directory)


def test_a_document_full_of_faults_gives_a_list_that_ends(xsd_directory: Path) -> None:
    text = golden()
    start, end = text.index("<LineaDetalle>"), text.index("</DetalleServicio>")
    lines = "<LineaDetalle><NumeroLinea>x</NumeroLinea></LineaDetalle>" * 1000
    problems = schema.validate(
        (text[:start] + lines + text[end:]).encode(), directory=xsd_directory, signed=False
    )
    assert len(problems) == schema.MAX_PROBLEMS + 1
    assert problems[-1].code == "xsd-demasiados"


def test_threads_do_not_mix_their_faults(xsd_directory: Path) -> None:
    good, bad = golden(), golden().replace("<Clave>506", "<Clave>50")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda text: found(text, xsd_directory), [good, bad] * 50))
    assert results == [[], [("xsd-patron", "Clave")]] * 50


@pytest.mark.parametrize(
    "root",
    ['<a xmlns="urn:a"/>', "<FacturaElectronica/>", '<FacturaElectronica xmlns="x/v4.4/../a"/>'],
)
def test_a_root_of_no_schema_is_refused(root: str, xsd_directory: Path) -> None:
    with pytest.raises(XMLError):
        schema.validate(root.encode(), directory=xsd_directory)


def test_without_schemas_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HACIENDA_XSD_DIR", raising=False)
    assert not schema.available()
    assert not schema.available(tmp_path)
    with pytest.raises(HaciendaError, match="HACIENDA_XSD_DIR"):
        schema.validate(golden().encode())
    with pytest.raises(HaciendaError, match="Falta el esquema"):
        schema.validate(golden().encode(), directory=tmp_path)
    with pytest.raises(HaciendaError, match="2027"):
        schema.validate(golden().encode(), "2027", tmp_path)


def test_a_broken_schema_is_an_error_of_ours(tmp_path: Path) -> None:
    folder = tmp_path / "v4.4-rev2026-derived"
    folder.mkdir()
    (folder / "facturaElectronica.xsd").write_text("<no")
    with pytest.raises(HaciendaError, match="no se puede usar"):
        schema.validate(golden().encode(), directory=tmp_path)


def test_a_fault_of_a_document_with_prefixes_has_the_same_path(xsd_directory: Path) -> None:
    plain = golden().replace("<Cantidad>2.000", "<Cantidad>2.0001")
    plain = plain.replace("<MontoTotal>100000.00000", "<MontoTotal>x")
    prefixed = plain.replace("</", "</fe:").replace('xmlns="', 'xmlns:fe="', 1)
    prefixed = re.sub(r"<(?=[A-Z])", "<fe:", prefixed)
    # one prefix may also stand for the same namespace under another name further down
    other = prefixed.replace("<fe:Cantidad>", f'<f2:Cantidad xmlns:f2="{NAMESPACE}">')
    other = other.replace("</fe:Cantidad>", "</f2:Cantidad>")
    wanted = found(plain, xsd_directory)
    assert ("xsd-decimales", "DetalleServicio/LineaDetalle[1]/Cantidad") in wanted
    assert found(prefixed, xsd_directory) == wanted
    assert found(other, xsd_directory) == wanted


def test_foreign_xml_where_only_text_goes_is_told_in_spanish(xsd_directory: Path) -> None:
    note = '<Otros><OtroContenido><a xmlns="urn:x"/></OtroContenido></Otros></FacturaElectronica>'
    text = re.sub("<Otros>.*</Otros>", "", golden(), flags=re.DOTALL)
    text = text.replace("</FacturaElectronica>", note)
    (problem,) = schema.validate(text.encode(), directory=xsd_directory, signed=False)
    assert (problem.code, problem.path) == ("xsd-contenido", "Otros/OtroContenido[1]")
    assert problem.message.startswith("Aquí solo va texto")


def test_a_crowd_of_faulty_elements_is_told_at_once(xsd_directory: Path) -> None:
    crowd = "<Vendedor/>" * 100_000
    text = golden().replace("<CondicionVenta>", f"<Otro>{crowd}</Otro><CondicionVenta>")
    before = time.process_time()
    assert found(text, xsd_directory) == [("xsd-demasiados-elementos", "Otro")]
    assert time.process_time() - before < 3
