"""`hacienda` on the command line: what goes in, what comes out, which exit code."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from hacienda_llaves import rsa_key

from hacienda import cli, documento_json
from hacienda.comprobante import Comprobante, FechaHora
from hacienda.xml import reader, writer

GOLDEN = Path(__file__).parent / "golden"
FE, FE_JSON = str(GOLDEN / "fe.xml"), str(GOLDEN / "fe.json")
PIN = "secreto-9"
TODAY = ("--today", "2026-11-22")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Exit code, standard output, standard error of a command, with `given` on standard input."""
    for name in ("PIN", "XSD_DIR", "CA_DIR", "CABYS", "USER", "PASSWORD", "ENV", "URL"):
        monkeypatch.delenv(f"HACIENDA_{name}", raising=False)
    monkeypatch.setenv("HACIENDA_DEBUG", "1")

    def run(*words: str, given: bytes | None = None) -> tuple[int, str, str]:
        if given is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        try:
            code = cli.main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsysbinary.readouterr()
        return code, captured.out.decode(), captured.err.decode()

    return run


@pytest.fixture(scope="module")
def p12(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A throw-away key of 3-101-123456, the issuer of the golden files."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "CAFE PRUEBA S.A."),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, "CPJ-3-101-123456"),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key().public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(rsa_key(), hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("llave") / "llave.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"", rsa_key(), certificate, None, BestAvailableEncryption(PIN.encode())
        )
    )
    return str(path)


# --- clave


def test_a_clave_is_taken_apart(run: Run) -> None:
    clave = "50622112600310112345600100001010000000001112345678"
    code, out, _ = run("clave", clave)
    assert code == 0
    assert "22/11/2026" in out
    assert "3101123456" in out
    data = json.loads(run("clave", "-", "--json", given=clave.encode())[1])
    assert data["consecutivo"] == "00100001010000000001"
    assert (data["situacion"], data["codigo"], data["dia"]) == ("1", "12345678", "2026-11-22")


def test_a_clave_is_built_from_its_parts(run: Run) -> None:
    words = ("--identificacion", "3101123456", "--dia", "2026-11-22", "--codigo", "12345678")
    expected = "50622112600310112345600100001010000000001112345678\n"
    assert run("clave", *words, "--numero", "1") == (0, expected, "")
    assert run("clave", *words, "--consecutivo", "00100001010000000001")[1] == expected
    built = run("clave", *words, "--numero", "7", "--tipo", "TE", "--sucursal", "2", "--json")[1]
    assert json.loads(built)["consecutivo"] == "00200001040000000007"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("123",),
        ("--numero", "1"),
        ("--identificacion", "3101123456"),
        ("--identificacion", "3101123456", "--numero", "0"),
        ("--identificacion", "3101123456", "--numero", "x"),
        ("--identificacion", "3101123456", "--numero", "1", "--dia", "ayer"),
        ("--identificacion", "", "--numero", "1"),
    ],
)
def test_what_is_no_clave_is_unusable(run: Run, words: tuple[str, ...]) -> None:
    code, out, err = run("clave", *words)
    assert (code, out) == (2, "")
    assert "hacienda: " in err


# --- read, build


def test_read_then_build_is_the_identity(run: Run) -> None:
    code, read, _ = run("read", FE)
    assert code == 0
    assert json.loads(read) == json.loads(Path(FE_JSON).read_text())
    code, built, _ = run("build", "-", given=read.encode())
    assert code == 0
    assert built.encode() == writer.write(reader.read(Path(FE).read_bytes()))
    assert json.loads(run("build", FE_JSON, "--json")[1])["xml"] == built


def test_build_fills_in_what_can_be_calculated(run: Run) -> None:
    data = json.loads(Path(FE_JSON).read_text())
    computed = ("MontoTotal", "SubTotal", "BaseImponible", "ImpuestoNeto", "MontoTotalLinea")
    for line in data["DetalleServicio"]["LineaDetalle"]:
        for name in computed:
            del line[name]
        del line["Impuesto"][0]["Monto"]
    resumen = data["ResumenFactura"]
    data["ResumenFactura"] = {
        name: resumen[name] for name in ("CodigoTipoMoneda", "MedioPago") if name in resumen
    }
    code, built, _ = run("build", "-", "--calculate", given=json.dumps(data).encode())
    assert code == 0
    again = reader.read(built.encode())
    assert isinstance(again, Comprobante)
    original = reader.read(Path(FE).read_bytes())
    assert isinstance(original, Comprobante)
    assert again.resumen_factura is not None
    assert original.resumen_factura is not None
    total = original.resumen_factura.total_comprobante
    assert again.resumen_factura.total_comprobante == total


# --- check


@pytest.mark.parametrize("file", [FE, FE_JSON])
def test_a_good_document_has_no_problems(run: Run, file: str) -> None:
    assert run("check", file, *TODAY) == (0, "Sin problemas.\n", "")
    assert json.loads(run("check", file, *TODAY, "--json")[1]) == {"problems": []}
    assert json.loads(run("--json", "check", file, *TODAY)[1]) == {"problems": []}


def test_problems_are_exit_code_one(run: Run) -> None:
    wrong = Path(FE).read_text().replace("<TotalComprobante>1", "<TotalComprobante>2").encode()
    code, out, err = run("check", "-", *TODAY, given=wrong)
    assert (code, err) == (1, "")
    assert out.startswith("error: ResumenFactura")
    problem = json.loads(run("check", "-", *TODAY, "--json", given=wrong)[1])["problems"][0]
    assert {"code", "path", "severity", "message"} <= set(problem)


def test_elements_out_of_order_are_found_without_schemas(run: Run) -> None:
    text = Path(FE).read_text()
    moved = text.replace("  <CondicionVenta>01</CondicionVenta>\n", "")
    moved = moved.replace("  <Emisor>", "  <CondicionVenta>01</CondicionVenta>\n  <Emisor>", 1)
    assert moved != text
    code, out, _ = run("check", "-", *TODAY, "--json", given=moved.encode())
    assert code == 1
    assert [(p["code"], p["path"]) for p in json.loads(out)["problems"]] == [
        ("elemento-fuera-de-orden", "CondicionVenta")
    ]


# --- sign, verify, validate


def test_signed_documents_verify_until_they_are_changed(
    run: Run, p12: str, monkeypatch: pytest.MonkeyPatch, xsd_directory: Path
) -> None:
    monkeypatch.setenv("HACIENDA_PIN", PIN)
    code, signed, err = run("sign", FE_JSON, "--p12", p12)
    assert (code, err) == (0, "")
    assert run("sign", FE, "--p12", p12)[0] == 0
    code, out, _ = run("verify", "-", "--json", given=signed.encode())
    answer = json.loads(out)
    assert code == 0
    assert answer["integrity"] is True
    assert answer["trust"] == "unknown"
    assert answer["signer_is_issuer"] is True
    assert answer["signer"] == "CPJ-3-101-123456"
    assert "HACIENDA_CA_DIR" in run("verify", "-", given=signed.encode())[1]

    changed = signed.replace("<Detalle>Peaje<", "<Detalle>Viaje<").encode()
    code, out, _ = run("verify", "-", "--json", given=changed)
    assert code == 1
    assert json.loads(out)["integrity"] is False
    assert "ROTA" in run("verify", "-", given=changed)[1]

    monkeypatch.setenv("HACIENDA_XSD_DIR", str(xsd_directory))
    for generation in ("2025", "2026"):
        words = ("validate", "-", "--signed", "--generation", generation)
        assert run(*words, given=signed.encode())[0] == 0
    # reading a signed document gives the document without its signature
    assert json.loads(run("read", "-", given=signed.encode())[1]) == json.loads(
        Path(FE_JSON).read_text()
    )


def test_the_key_of_somebody_else_is_told(
    run: Run, p12: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HACIENDA_PIN", PIN)
    foreign = Path(FE_JSON).read_text().replace("3101123456", "3101000001").encode()
    code, signed, err = run("sign", "-", "--p12", p12, given=foreign)
    assert code == 0
    assert signed.startswith("<?xml")
    assert "hacienda: " in err


def test_signing_needs_the_pin_in_the_environment(
    run: Run, p12: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run("sign", FE, "--p12", p12)
    assert (code, out) == (2, "")
    assert "HACIENDA_PIN" in err
    monkeypatch.setenv("HACIENDA_PIN", "otro")
    assert run("sign", FE, "--p12", p12)[0] == 2
    assert run("sign", FE, "--p12", FE)[0] == 2
    assert run("sign", FE)[0] == 2
    assert run("sign", "-", "--p12", "-", given=b"x")[0] == 2


def test_validate_reports_faults_in_spanish(
    run: Run, monkeypatch: pytest.MonkeyPatch, xsd_directory: Path
) -> None:
    monkeypatch.setenv("HACIENDA_XSD_DIR", str(xsd_directory))
    assert run("validate", FE)[0] == 0
    code, out, _ = run("validate", FE, "--signed")
    assert code == 1
    assert "Falta la firma" in out
    assert run("validate", FE, "--generation", "2030")[0] == 2


def test_validate_without_schemas_is_unusable(run: Run) -> None:
    code, _, err = run("validate", FE)
    assert code == 2
    assert "HACIENDA_XSD_DIR" in err


# --- cabys


def test_cabys_is_searched_in_the_file_given(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cabys.csv"
    file.write_text(
        "codigo,descripcion,impuesto\n"
        '2391102010200,"Café tostado, molido",1\n'
        "6340001000100,Café caliente,13\n"
        "7112101000000,Depósito a plazo,exento\n"
    )
    code, out, _ = run("cabys", "cafe", "TOSTADO", "--file", str(file))
    assert code == 0
    assert out == "2391102010200     1 %  Café tostado, molido\n"
    monkeypatch.setenv("HACIENDA_CABYS", str(file))
    found = json.loads(run("cabys", "café", "--servicios", "--json")[1])
    assert [entry["codigo"] for entry in found] == ["6340001000100"]
    assert len(json.loads(run("cabys", "café", "--limit", "1", "--json")[1])) == 1
    assert "exento" in run("cabys", "deposito")[1]
    assert run("cabys", "unicornio")[0] == 1


def test_cabys_without_a_file_is_unusable(run: Run, tmp_path: Path) -> None:
    assert "HACIENDA_CABYS" in run("cabys", "café")[2]
    assert run("cabys", "café", "--file", str(tmp_path))[0] == 2
    assert run("cabys", "café", "--file", FE)[0] == 2


# --- send, status, sandbox


def test_a_document_goes_to_the_sandbox_and_its_state_comes_back(
    run: Run, p12: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from hacienda import clave
    from hacienda.sandbox.server import Server

    data = json.loads((GOLDEN / "te.json").read_text())
    now = datetime.now(UTC)
    data["Clave"] = clave.build(now, "3101123456", data["NumeroConsecutivo"])
    data["FechaEmision"] = FechaHora(now.strftime("%Y-%m-%dT%H:%M:%SZ")).texto
    file = tmp_path / "te.xml"
    file.write_bytes(writer.write(documento_json.from_json(data)))
    monkeypatch.setenv("HACIENDA_PIN", PIN)
    file.write_text(run("sign", str(file), "--p12", p12)[1])

    with Server(port=0, delay=0.0) as server:
        monkeypatch.setenv("HACIENDA_ENV", "sandbox-local")
        monkeypatch.setenv("HACIENDA_URL", server.url)
        monkeypatch.setenv("HACIENDA_USER", "cpj-3-101-123456@stag.comprobanteselectronicos.go.cr")
        monkeypatch.setenv("HACIENDA_PASSWORD", "demo")
        code, out, err = run("status", data["Clave"], "--json")
        assert (code, err) == (1, "")
        code, out, _ = run("send", str(file), "--json")
        assert code == 0
        assert json.loads(out)["clave"] == data["Clave"]
        assert json.loads(run("send", str(file), "--json")[1])["duplicate"] is True
        code, out, _ = run("send", str(file), "--wait", "20", "--json")
        assert (code, json.loads(out)["estado"]) == (0, "aceptado")
        code, out, _ = run("status", data["Clave"])
        assert code == 0
        assert "aceptado" in out
    code, out, err = run("status", data["Clave"])
    assert (code, out) == (2, "")
    assert err.startswith("hacienda: ")


def test_sending_needs_credentials(run: Run) -> None:
    for words in (("send", FE), ("status", "50622112600310112345600100001010000000001112345678")):
        code, _, err = run(*words)
        assert code == 2
        assert "HACIENDA_USER" in err
    assert run("status", "x")[0] == 2
    for wait in ("nan", "-1", "inf", "x"):
        assert run("send", FE, "--wait", wait)[0] == 2


def test_the_sandbox_is_told_its_own_options(run: Run) -> None:
    assert "--state" in run("sandbox", "--help")[1]
    assert run("sandbox", "--port", "x")[0] == 2
    assert run("--json", "sandbox", "--port", "0", "--host", "192.0.2.1")[0] == 2
    for state in (FE, f"{FE}/estado"):  # no database, no folder
        assert run("sandbox", "--port", "0", "--state", state)[0] == 2


# --- unusable input


@pytest.mark.parametrize("command", ["read", "build", "check", "verify", "validate", "send"])
@pytest.mark.parametrize("given", [b"", b"  \n", b"\x00\xff\xfe\x80", b"hola", b"<a", b"{", b"[]"])
def test_rubbish_is_unusable(
    run: Run, command: str, given: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HACIENDA_XSD_DIR", str(tmp_path))
    code, out, err = run(command, "-", given=given)
    assert (code, out) == (2, "")
    assert err.startswith("hacienda: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", ["read", "build", "check", "verify", "validate"])
def test_files_that_cannot_be_opened_are_unusable(run: Run, command: str, tmp_path: Path) -> None:
    assert "no existe" in run(command, str(tmp_path / "nada"))[2]
    assert "carpeta" in run(command, str(tmp_path))[2]


def test_endless_input_is_not_read_to_its_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "MAX_INPUT", 1000)
    assert "mide más" in run("read", "-", given=b"<" * 1001)[2]


@pytest.mark.parametrize("words", [(), ("nada",), ("read",), ("read", FE, "--nada"), ("cabys",)])
def test_a_wrong_command_line_shows_its_use(run: Run, words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("uso: hacienda")


def test_help_names_every_command(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for command in (
        *("clave", "read", "build", "check", "sign", "verify", "validate", "send", "status"),
        *("cabys", "sandbox"),
    ):
        assert command in out


def test_a_fault_of_ours_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(arguments: Any) -> Any:
        raise ZeroDivisionError("ups")

    monkeypatch.setattr(cli, "_run_read", broken)
    monkeypatch.delenv("HACIENDA_DEBUG")
    code, _, err = run("read", FE)
    assert code == 2
    assert err == "hacienda: error interno, por favor repórtelo: ZeroDivisionError: ups\n"


# --- the process itself


def process(*words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "hacienda.cli", *words], capture_output=True, timeout=60, **more
    )


def test_a_reader_that_stops_early_breaks_nothing() -> None:
    large = json.loads(Path(FE_JSON).read_text())
    large["DetalleServicio"]["LineaDetalle"] *= 200  # more than a pipe holds
    command = subprocess.Popen(
        [sys.executable, "-m", "hacienda.cli", "build", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdin is not None
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    command.stdin.write(json.dumps(large).encode())
    command.stdin.close()
    assert command.stderr.read() == b""
    command.stderr.close()
    assert command.wait(60) == 0


def test_closed_streams_and_narrow_encodings_break_nothing() -> None:
    done = process("read", FE, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PATH": ""})
    assert done.returncode == 0
    assert "Ñandú".encode() in done.stdout
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m hacienda.cli read "{FE}" >&-'],
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
