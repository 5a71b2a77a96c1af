"""Mutated bytes of good documents: never anything but our errors, and never a hang."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hacienda import documento_json
from hacienda.cli import main
from hacienda.errors import HaciendaError, XMLError
from hacienda.xml import reader, writer

GOLDEN = Path(__file__).parent / "golden"
XML = [path.read_bytes() for path in sorted(GOLDEN.glob("*.xml"))]
JSON = [path.read_bytes() for path in sorted(GOLDEN.glob("*.json"))]
DICTIONARY = [
    b"<", b">", b"&", b"&#0;", b"&#xD800;", b"&lt;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?a?>",
    b"<!DOCTYPE a>", b"\x00", b"\xff", b"\xef\xbb\xbf", b' xmlns="urn:a"', b' xmlns=""', b"<a/>",
    b'<p:a xmlns:p="p"/>', b' xsi:nil="true"', b"-", b".", b"E9", b"NaN", b"\r\n", b"0" * 200,
    b"</Emisor>", b"<Clave>1</Clave>", b"<Otros/>", b'encoding="utf-16"', b"{", b"]", b"null",
    b'"', b"\\u0000", b"\\ud800", b"1e999", b"true",
]  # fmt: skip
XSD = Path(__file__).parents[2] / os.environ.get("HACIENDA_XSD_DIR", "../shared/xsd")
FUZZ = settings(max_examples=100, deadline=None)


@st.composite
def mutated(draw: st.DrawFn, sources: list[bytes]) -> bytes:
    """A good document with up to six pieces cut, doubled, moved or replaced."""
    data = draw(st.sampled_from(sources))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        piece = data[start:end]
        what = draw(st.integers(0, 4))
        if what == 0:
            data = data[:start] + data[end:]
        elif what == 1:
            data = data[:end] + piece + data[end:]
        elif what == 2:
            data = data[:start] + draw(st.sampled_from(DICTIONARY)) + data[end:]
        elif what == 3:
            data = data[:start] + draw(st.binary(max_size=4)) + data[end:]
        else:
            place = draw(st.integers(0, len(data)))
            data = data[:place] + piece + data[place:]
    return data


def within(seconds: float, function: Callable[[], Any]) -> Any:
    started = time.process_time()
    try:
        return function()
    finally:
        assert time.process_time() - started < seconds


@FUZZ
@given(mutated(XML))
def test_mutated_xml_is_read_or_refused(data: bytes) -> None:
    try:
        document = within(2, lambda: reader.read(data))
    except XMLError:
        return
    # what is read can be written, and is the same after another round
    xml = writer.write(document)
    assert writer.write(reader.read(xml)) == xml
    again = documento_json.loads(documento_json.dumps(document))
    assert writer.write(again) == xml


@FUZZ
@given(mutated(JSON))
def test_mutated_json_is_read_or_refused(data: bytes) -> None:
    try:
        document = within(2, lambda: documento_json.loads(data))
    except XMLError:
        return
    xml = writer.write(document)
    assert writer.write(reader.read(xml)) == xml


@FUZZ
@given(st.binary(max_size=200))
def test_rubbish_is_refused(data: bytes) -> None:
    for function in (reader.read, documento_json.loads):
        with contextlib.suppress(XMLError):
            function(data)


@settings(max_examples=60, deadline=None)
@given(data=mutated(XML + JSON))
@pytest.mark.parametrize("command", ["read", "build", "check", "verify", "validate"])
def test_the_command_line_never_fails_of_itself(
    command: str, data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An error of ours would be the exit code 2 with «error interno»: HACIENDA_DEBUG lets it out."""
    file = tmp_path_factory.getbasetemp() / "mutated"
    file.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HACIENDA_DEBUG", "1")
        patch.setenv("HACIENDA_XSD_DIR", str(XSD))
        assert main([command, str(file)]) in (0, 1, 2)


@FUZZ
@given(mutated(XML))
def test_rules_hold_for_whatever_was_read(data: bytes) -> None:
    from hacienda import montos, reglas
    from hacienda.comprobante import Comprobante

    try:
        document = reader.read(data)
    except XMLError:
        return
    reglas.check(document)
    if isinstance(document, Comprobante):
        montos.differences(document)
        with contextlib.suppress(HaciendaError):
            montos.calculate(document)
