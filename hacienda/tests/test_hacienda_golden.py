"""Golden files: one document of every type, as XML with blanks and as JSON, written by us."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from hacienda import documento_json
from hacienda.comprobante import TIPOS, Comprobante
from hacienda.xml import reader, schema, writer

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))


def xml(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


def compact(data: bytes) -> bytes:
    """The canonical form of a golden file without the blanks between its elements."""
    root = etree.fromstring(data, etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root, method="c14n")


def test_there_is_one_of_every_type() -> None:
    assert {reader.read(xml(name)).tipo for name in NAMES} == set(TIPOS)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_written_byte_for_byte(name: str) -> None:
    assert writer.write_canonical(reader.read(xml(name))) == compact(xml(name))


@pytest.mark.parametrize("name", NAMES)
def test_json_says_the_same(name: str) -> None:
    document = reader.read(xml(name))
    data = json.loads((GOLDEN / f"{name}.json").read_text())
    assert documento_json.to_json(document) == data
    assert documento_json.from_json(data) == document


@pytest.mark.parametrize("generation", ["2025", "2026"])
@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_in_both_generations(name: str, generation: str, xsd_directory: Path) -> None:
    data = writer.write(reader.read(xml(name)))
    assert schema.validate(data, generation, xsd_directory, signed=False) == []


@pytest.mark.parametrize("name", NAMES)
def test_it_obeys_the_rules(name: str) -> None:
    from datetime import date

    from hacienda import reglas

    document = reader.read(xml(name))
    problems = reglas.check(document, today=date(2026, 11, 22))
    assert [str(p) for p in problems if p.is_error] == []


@pytest.mark.parametrize("name", NAMES)
def test_its_amounts_are_the_calculated_ones(name: str) -> None:
    from hacienda import montos

    document = reader.read(xml(name))
    if isinstance(document, Comprobante) and document.version == "4.4":
        assert [str(p) for p in montos.differences(document)] == []
