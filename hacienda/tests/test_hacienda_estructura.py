"""The table of elements agrees with Hacienda's schemas and with the dataclasses."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from hacienda import comprobante, estructura
from hacienda.errors import InvalidError

XS = "{http://www.w3.org/2001/XMLSchema}"
DS = "ds:Signature"

ALL = [
    (tipo, version, generation)
    for (version, tipo) in estructura._COLUMNS
    for generation in (("2025", "2026") if version == "4.4" else ("2025",))
]


def schema_path(directory: Path, tipo: str, version: str, generation: str) -> Path:
    root = comprobante.TIPOS[tipo].root
    if version == "4.3":
        return directory / "v4.3" / f"{root}_V4.3.xsd"
    folder = "v4.4" if generation == "2025" else "v4.4-rev2026-derived"
    return directory / folder / f"{root[0].lower()}{root[1:]}.xsd"


class Schema:
    """One XSD, walked into the same shape as the table."""

    def __init__(self, path: Path) -> None:
        parser = etree.XMLParser(no_network=True, load_dtd=False, remove_comments=True)
        self.root = etree.parse(str(path), parser).getroot()
        self.types = {c.get("name"): c for c in self.root if c.tag != f"{XS}element"}
        self.element = self.root.find(f"{XS}element")

    def children(self, element) -> list:
        complex_type = element.find(f"{XS}complexType")
        name = element.get("type", "").split(":")[-1]
        if complex_type is None and name in self.types:
            complex_type = self.types[name]
        if complex_type is None or complex_type.tag != f"{XS}complexType":
            return []
        assert not list(complex_type.iter(f"{XS}choice"))
        sequence = complex_type.find(f"{XS}sequence")
        if sequence is None:
            return []
        return sequence.findall(f"{XS}element")

    def facets(self, element) -> dict[str, object]:
        name = element.get("type", "")
        if name.startswith("xs:"):
            return {"base": name[3:]}
        node = element.find(f"{XS}simpleType")
        return self.simple(node if node is not None else self.types[name.split(":")[-1]])

    def simple(self, node) -> dict[str, object]:
        restriction = node.find(f"{XS}restriction")
        base = restriction.get("base")
        out: dict[str, object] = (
            {"base": base[3:]}
            if base.startswith("xs:")
            else self.simple(self.types[base.split(":")[-1]])
        )
        values = []
        for child in restriction:
            facet = etree.QName(child).localname
            if facet == "enumeration":
                values.append(child.get("value"))
            elif facet != "annotation":
                out[facet] = child.get("value")
        if values:
            out["enumeration"] = frozenset(values) - {""}  # a slip in the 4.3 credit note
        return out


def ours(facets: estructura.Facets) -> dict[str, object]:
    out: dict[str, object] = {"base": facets.base}
    for name, value in (
        ("minLength", facets.min_length),
        ("maxLength", facets.max_length),
        ("totalDigits", facets.total_digits),
        ("fractionDigits", facets.fraction_digits),
        ("minInclusive", facets.min_inclusive),
        ("maxInclusive", facets.max_inclusive),
        ("pattern", facets.pattern),
    ):
        if value is not None:
            out[name] = value if name == "pattern" else Decimal(value)
    if facets.enumeration:
        out["enumeration"] = frozenset(facets.enumeration)
    return out


def theirs(facets: dict[str, object]) -> dict[str, object]:
    out = dict(facets)
    if "enumeration" in out:  # a length beside a list of values says nothing more
        for length in ("minLength", "maxLength", "length"):
            out.pop(length, None)
    if out.get("minLength") == "0":
        del out["minLength"]
    if "pattern" in out:
        pattern = str(out["pattern"]).replace(r"\d\d", "[0-9]{2}").replace(r"\d", "[0-9]")
        out["pattern"] = re.sub(r"\{(\d+),\1\}", r"{\1}", pattern)
    return {
        name: Decimal(value) if name not in ("base", "enumeration", "pattern") else value
        for name, value in out.items()
    }


@pytest.mark.parametrize(("tipo", "version", "generation"), ALL)
def test_table_equals_schema(tipo, version, generation, xsd_directory):
    path = schema_path(xsd_directory, tipo, version, generation)
    schema = Schema(path)
    table = estructura.of(tipo, version=version, generation=generation)
    assert schema.element.get("name") == table.root
    assert schema.root.get("targetNamespace") == table.namespace

    def compare(where: str, elements: tuple[estructura.Element, ...], nodes: list) -> None:
        assert [e.name for e in elements] == [n.get("name") for n in nodes], where
        for element, node in zip(elements, nodes, strict=True):
            here = f"{where}/{element.name}"
            maximum = node.get("maxOccurs", "1")
            assert str(element.minimum) == node.get("minOccurs", "1"), here
            assert str(element.maximum or "unbounded") == maximum, here
            if element.kind in ("group", "wrapper"):
                compare(here, element.children, schema.children(node))
            elif element.kind != "content":
                assert not schema.children(node), here
                assert ours(element.facets) == theirs(schema.facets(node)), here

    nodes = schema.children(schema.element)
    signature = nodes.pop()
    assert signature.get("ref") == DS
    assert int(signature.get("maxOccurs", "1")) == table.signatures
    compare(table.root, table.children, nodes)


@pytest.mark.parametrize(("tipo", "version", "generation"), ALL)
def test_every_element_has_its_attribute_in_order(tipo, version, generation):
    def check(elements: tuple[estructura.Element, ...], cls: type) -> None:
        order = [f.name for f in fields(cls)]
        positions = [order.index(e.attribute) for e in elements]
        assert positions == sorted(set(positions)), cls
        by_name = {f.name: f for f in fields(cls)}
        for element in elements:
            assert by_name[element.attribute].metadata["xsd"] == element.name
            assert (by_name[element.attribute].default == ()) is element.repeated, element.name
            if element.maximum != 1:
                assert element.repeated, element.name
            if element.kind == "group":
                check(element.children, element.value_class())
            elif element.kind == "wrapper":
                check(element.children[0].children, element.children[0].value_class())

    table = estructura.of(tipo, version=version, generation=generation)
    check(table.children, comprobante.TIPOS[tipo])


def test_it_finds_an_element_by_its_path():
    fe = estructura.of("FE")
    tarifa = fe.find("DetalleServicio/LineaDetalle[2]/Impuesto[1]/Tarifa")
    assert tarifa is not None
    assert (tarifa.facets.total_digits, tarifa.facets.fraction_digits) == (4, 2)
    assert fe.find("DetalleServicio/Nada") is None


def test_generations_differ_in_what_the_revision_brought():
    old, new = (estructura.of("NC", generation=g) for g in ("2025", "2026"))
    changed = {
        path
        for (path, a), (_, b) in zip(old.walk(), new.walk(), strict=True)
        if a.facets != b.facets
    }
    assert {path.split("/")[-1] for path in changed} == {
        "Clave",
        "NumTelefono",
        "Proporcion",
        "ProporcionSurtido",
        "CodigoMoneda",
        "TipoDocIR",
        "Codigo",
    }


def test_it_refuses_what_a_version_does_not_have():
    with pytest.raises(InvalidError):
        estructura.of("REP", version="4.3")
    with pytest.raises(InvalidError):
        estructura.of("FE", version="4.2")
