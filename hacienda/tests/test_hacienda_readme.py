"""The README's examples run as they stand, and it names every command and error there is."""

from __future__ import annotations

import re
import runpy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hacienda import cli, errors
from hacienda.llave import Llave
from hacienda.xml import reader, schema

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
INVOICE, KEY, SEND = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def execute(code: str, folder: Path) -> dict[str, Any]:
    script = folder / "ejemplo.py"
    script.write_text(code, encoding="utf-8")
    return runpy.run_path(str(script))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a newcomer sits, with a key made as the README says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HACIENDA_PIN", "1234")
    monkeypatch.delenv("HACIENDA_CA_DIR", raising=False)
    execute(KEY, tmp_path)
    return tmp_path


def test_twenty_lines_are_twenty() -> None:
    assert len([line for line in INVOICE.splitlines() if line.strip()]) <= 20


def test_the_key_is_good_for_trying(folder: Path) -> None:
    llave = Llave.from_p12((folder / "llave.p12").read_bytes(), "1234")
    assert llave.subject_id == "CPJ-3-101-123456"
    assert llave.not_before < datetime.now(UTC) < llave.not_after


def test_the_invoice_is_right_and_signed(folder: Path) -> None:
    ran = execute(INVOICE, folder)
    data = (folder / "factura.xml").read_bytes()
    assert reader.read(data).clave == ran["factura"].clave
    assert ran["factura"].resumen_factura.total_comprobante == Decimal("113000.00000")
    assert cli.main(["verify", "factura.xml"]) == 0
    assert cli.main(["check", "factura.xml"]) == 0


@pytest.mark.parametrize("generation", ["2025", "2026"])
def test_the_invoice_is_valid(folder: Path, generation: str, xsd_directory: Path) -> None:
    execute(INVOICE, folder)
    data = (folder / "factura.xml").read_bytes()
    assert schema.validate(data, generation, xsd_directory) == []


def test_the_sandbox_takes_the_invoice(folder: Path) -> None:
    from hacienda.sandbox.server import Server

    execute(INVOICE, folder)
    with Server(port=0, delay=0.0) as server:
        ran = execute(SEND.replace("http://127.0.0.1:8009", server.url), folder)
    assert ran["respuesta"].estado == "aceptado", ran["respuesta"].detalle


def test_every_command_is_named() -> None:
    for command in re.findall(r'add(?:_file|_parser)?\(\s*"([a-z]+)"', _source(cli)):
        assert f"`hacienda {command} " in TEXT, command


def test_every_setting_of_the_command_line_is_named() -> None:
    for setting in set(re.findall(r"HACIENDA_[A-Z0-9_]+", _source(cli))) - {"HACIENDA_DEBUG"}:
        assert setting in TEXT, setting


def test_every_error_is_named() -> None:
    for name in re.findall(r"^class (\w+Error)\(", _source(errors), re.MULTILINE):
        assert f"`{name}`" in TEXT, name


def test_every_call_of_the_table_exists() -> None:
    import hacienda

    for name in re.findall(r"^\| `(\w+)", TEXT, re.MULTILINE):
        if name != "hacienda":
            assert hasattr(hacienda, name), name


def _source(module: Any) -> str:
    return Path(module.__file__).read_text(encoding="utf-8")
