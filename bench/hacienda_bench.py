"""The library against raw RSA signing, its own bars, and the signers that others have published.

    python -m bench.hacienda_bench            the table; BENCH_SECONDS and BENCH_ROUNDS change effort

The document is a factura of five lines with a discount, two tariffs and a service. The limit is
signing with RSA-2048 by the same library, in the same run: every round gives each task a slice of
processor time, one after another, so that a busy machine slows them all alike. Values are medians
over the rounds, per second of processor time, and building is included in ours and not in the
peers' (they are given the finished XML).

The peers from npm are installed into `var/bench/` when they are asked for; a peer that cannot be
had, or whose output does not verify, is named with the reason.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SECONDS = float(os.environ.get("BENCH_SECONDS", "0.25"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
PEER_ROUNDS = int(os.environ.get("BENCH_PEER_ROUNDS", "3"))
DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "20000"))
COMPANIES = 64
NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
PIN = "1234"
DS = "{http://www.w3.org/2000/09/xmldsig#}"

NPM = {"haciendacostarica-signer": "1.0.2", "@dojocoding/hacienda-sdk": "0.2.0"}
VERIFY_BAR, READ_BAR, IMPORT_BAR_MS, GROWTH_BAR_MIB = 1000, 2000, 200, 4

Row = dict[str, object]
Task = Callable[[], object]


def measure() -> dict[str, Row]:
    """Every row of the library, in the shape that `make bench` writes."""
    return {
        **_rates(),
        **_lines(),
        "hacienda.import_ms": _import(),
        "hacienda.memory": _memory(),
        **_npm_peers(),
    }


# --- what is measured --------------------------------------------------------------------------


def factura(lines: int = 5, number: int = 1):
    """A factura as a person states it: nothing computed yet."""
    from hacienda import clave
    from hacienda.comprobante import (
        COSTA_RICA,
        CodigoTipoMoneda,
        Descuento,
        Emisor,
        FacturaElectronica,
        Identificacion,
        Impuesto,
        LineaDetalle,
        MedioPago,
        Receptor,
        ResumenFactura,
        Ubicacion,
    )

    when = NOW.astimezone(COSTA_RICA)
    consecutivo = clave.Consecutivo.build(1, 1, "FE", number)
    kinds = (
        ("2391102010200", "Kg", "Café molido, tostado oscuro", "4250", "08", "13"),
        ("8313100000000", "Sp", "Consultoría en informática & redes", "35000.50", "08", "13"),
        ("2391102010200", "Kg", "Café en grano", "3990.25", "04", "4"),
        ("2399999009900", "Unid", "Galleta de avena <sin azúcar>", "1250.75", "08", "13"),
        ("2391102010200", "Kg", "Café molido, bolsa de 250 g", "2100", "08", "13"),
    )
    detalle = tuple(
        LineaDetalle(
            numero_linea=position + 1,
            codigo_cabys=cabys,
            cantidad=Decimal(position % 7 + 1),
            unidad_medida=unidad,
            detalle=text,
            precio_unitario=Decimal(price),
            descuento=(
                (Descuento(monto_descuento=Decimal("150"), codigo_descuento="07"),)
                if position % 5 == 0
                else ()
            ),
            impuesto=(Impuesto(codigo="01", codigo_tarifa_iva=tarifa, tarifa=Decimal(percentage)),),
        )
        for position in range(lines)
        for cabys, unidad, text, price, tarifa, percentage in (kinds[position % len(kinds)],)
    )
    return FacturaElectronica(
        clave=clave.build(when, "3101123456", consecutivo, codigo=f"{number % 10**8:08}"),
        proveedor_sistemas="3101999999",
        codigo_actividad_emisor="6201.0",
        numero_consecutivo=consecutivo,
        fecha_emision=when,
        emisor=Emisor(
            nombre="Café Prueba Sociedad Anónima",
            identificacion=Identificacion(tipo="02", numero="3101123456"),
            nombre_comercial="Café Prueba",
            ubicacion=Ubicacion(
                provincia="1", canton="01", distrito="01", otras_senas="Frente al parque central"
            ),
            correo_electronico=("ventas@cafeprueba.cr",),
        ),
        receptor=Receptor(
            nombre="Cliente de Prueba Sociedad Anónima",
            identificacion=Identificacion(tipo="02", numero="3101654321"),
            correo_electronico="compras@cliente.cr",
        ),
        condicion_venta="01",
        detalle_servicio=detalle,
        resumen_factura=ResumenFactura(
            codigo_tipo_moneda=CodigoTipoMoneda(codigo_moneda="CRC", tipo_cambio=Decimal(1)),
            medio_pago=(MedioPago(tipo_medio_pago="01"),),
        ),
    )


def new_llave(serial: str = "CPJ-3-101-123456"):
    """A key with a certificate of its own making."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    from hacienda.certificado import Certificado
    from hacienda.llave import Llave

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CR"),
            x509.NameAttribute(NameOID.COMMON_NAME, "CAFE PRUEBA SOCIEDAD ANONIMA"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, serial),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)  # short: one of the peers cannot write a long one
        .not_valid_before(NOW - timedelta(days=365))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return Llave(key, Certificado.from_der(certificate.public_bytes(Encoding.DER)))


# --- rates -------------------------------------------------------------------------------------


def _rates() -> dict[str, Row]:
    from hacienda import firma, montos, reglas
    from hacienda.llave import KeyRing, Llave
    from hacienda.xml import reader, schema

    llave = new_llave()
    plain = factura()
    ready = montos.calculate(plain)
    signed = firma.build_sign(ready, llave, when=NOW)
    problems = [one for one in reglas.check(ready, today=NOW.date()) if one.severity == "error"]
    if problems or not firma.verify(signed, ()).integrity:
        raise AssertionError(f"the document measured is not a good one: {problems}")
    info = re.search(rb"<ds:SignedInfo>.*</ds:SignedInfo>", signed)
    text = info[0] if info else b""
    ring = KeyRing.from_text(KeyRing.generate("bench"))
    sealed = [
        (owner, new_llave(f"CPJ-3-101-{number:06}").seal(ring, owner))
        for number in range(COMPANIES)
        for owner in (f"3101{number:06}",)
    ]
    turn = 0

    def build_sign_sealed() -> None:
        nonlocal turn
        turn += 1
        owner, blob = sealed[turn % COMPANIES]
        firma.build_sign(ready, Llave.unseal(ring, blob, owner), when=NOW)

    tasks: dict[str, Task] = {
        "rsa": lambda: llave.sign(text),
        "calculate": lambda: montos.calculate(plain),
        "calculate_check": lambda: reglas.check(montos.calculate(plain), today=NOW.date()),
        "build_sign": lambda: firma.build_sign(ready, llave, when=NOW),
        "build_sign_sealed": build_sign_sealed,
        "verify": lambda: firma.verify(signed, ()),
        "read": lambda: reader.read(signed),
    }
    directory = _schemas()
    if directory is None:
        _say("hacienda.build_sign_xsd", "the schemas are not here (HACIENDA_XSD_DIR)")
    else:
        found = schema.validate(signed, directory=directory)
        if found:
            raise AssertionError(f"the document measured is not valid: {found[:3]}")
        tasks["build_sign_xsd"] = lambda: schema.validate(
            firma.build_sign(ready, llave, when=NOW), directory=directory
        )
    tasks.update(_python_peers(ready, signed, llave))
    rates, slow = _interleaved(tasks, ROUNDS)
    rsa, ours = rates["rsa"], rates["build_sign"]
    rows: dict[str, Row] = {}
    for name, value in rates.items():
        if name == "rsa":
            continue
        if name.startswith("vs_"):
            rows[f"hacienda.{name}"] = _row(ours, value, "documents/CPU s", n=ROUNDS)
            continue
        against = {"verify": float(VERIFY_BAR), "read": float(READ_BAR)}.get(name, rsa)
        rows[f"hacienda.{name}"] = _row(value, against, "documents/CPU s", slow[name], n=ROUNDS)
    return rows


def _interleaved(tasks: dict[str, Task], rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Median calls per second of processor time, and the 99th percentile of a call in ms."""
    rates: dict[str, list[float]] = {name: [] for name in tasks}
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        for _ in range(20):
            task()
    for _ in range(rounds):
        for name, task in tasks.items():
            rate, calls = _slice(task)
            rates[name].append(rate)
            times[name] += calls
    slow = {name: sorted(calls)[int(len(calls) * 0.99)] for name, calls in times.items()}
    return {name: median(found) for name, found in rates.items()}, slow


def _slice(task: Task) -> tuple[float, list[float]]:
    calls: list[float] = []
    gc.collect()
    start = time.process_time()
    end = start + SECONDS
    while time.process_time() < end:
        before = time.perf_counter()
        task()
        calls.append((time.perf_counter() - before) * 1000)
    return len(calls) / (time.process_time() - start), calls


def _row(
    value: float,
    against: float,
    unit: str,
    p99_ms: float | None = None,
    *,
    n: int,
    better: str = "higher",
) -> Row:
    return {
        "value": round(value, 3),
        "unit": unit,
        "against": round(against, 3),
        "ratio": round(value / against, 3) if against else None,
        "better": better,
        "p99_ms": None if p99_ms is None else round(p99_ms, 3),
        "n": n,
    }


def _schemas() -> str | None:
    from hacienda.xml import schema

    directory = os.environ.get("HACIENDA_XSD_DIR") or str(ROOT.parent / "shared" / "xsd")
    return directory if schema.available(directory) else None


def _say(name: str, reason: str) -> None:
    print(f"  {name} left out: {reason}", file=sys.stderr, flush=True)


# --- lines, import, memory ---------------------------------------------------------------------


def _lines() -> dict[str, Row]:
    """What one more line costs, in a document of a thousand and in one of fifty."""
    from hacienda import firma, montos

    llave = new_llave()
    sizes = (5, 50, 1000)
    plain = {size: factura(size) for size in sizes}
    ready = {size: montos.calculate(plain[size]) for size in sizes}
    rows: dict[str, Row] = {}
    works: dict[str, Callable[[int], object]] = {
        "hacienda.lines": lambda size: firma.build_sign(ready[size], llave, when=NOW),
        "hacienda.lines_calculate": lambda size: montos.calculate(plain[size]),
    }
    for name, work in works.items():
        tasks: dict[str, Task] = {
            str(size): (lambda size=size, work=work: work(size)) for size in sizes
        }
        rates, _ = _interleaved(tasks, ROUNDS)
        cost = {size: 1e6 / rates[str(size)] for size in sizes}
        few = (cost[50] - cost[5]) / 45
        many = (cost[1000] - cost[5]) / 995
        rows[name] = _row(many, few, "µs/line", n=ROUNDS, better="lower")
    return rows


_IMPORTS = """
import time
start = time.process_time()
import hacienda
from hacienda import firma, llave, montos, reglas
from hacienda.xml import reader, schema, writer
print((time.process_time() - start) * 1000)
"""


def _import() -> Row:
    """Importing everything that issuing a document takes, in a fresh interpreter."""
    found = []
    for _ in range(max(3, ROUNDS)):
        done = subprocess.run(
            [sys.executable, "-c", _IMPORTS], capture_output=True, text=True, check=True, cwd=ROOT
        )
        found.append(float(done.stdout))
    return _row(median(found), IMPORT_BAR_MS, "ms", max(found), n=len(found), better="lower")


def _memory() -> Row:
    """How much a process grows over many documents: built, signed, read and verified."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.hacienda_bench", "memory", str(DOCUMENTS)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    growth = float(done.stdout.strip().splitlines()[-1])
    return _row(growth, GROWTH_BAR_MIB, "MiB", n=DOCUMENTS, better="lower")


def grow(documents: int) -> float:
    """MiB by which this process grows while it handles that many different documents."""
    from dataclasses import replace

    from hacienda import firma, montos
    from hacienda.xml import reader

    llave = new_llave()
    ready = montos.calculate(factura())

    def handle(first: int, count: int) -> None:
        for number in range(first, first + count):
            signed = firma.build_sign(
                replace(
                    ready, clave=f"{number:050}", codigo_actividad_emisor=f"{number % 10**6:06}"
                ),
                llave,
                when=NOW,
            )
            if not firma.verify(signed, ()).integrity or reader.read(signed) is None:
                raise AssertionError(number)

    handle(0, 2000)
    gc.collect()
    before = _resident()
    handle(2000, documents)
    gc.collect()
    return _resident() - before


def _resident() -> float:
    """This process's memory in MiB: what it holds now where the system tells, else its peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)


# --- peers in Python ---------------------------------------------------------------------------


def _python_peers(ready, signed: bytes, llave) -> dict[str, Task]:
    from hacienda import firma
    from hacienda.xml.writer import write

    unsigned = write(ready)
    tasks: dict[str, Task] = {}
    for name, make in {"vs_xmlsec": _xmlsec, "vs_signxml": _signxml}.items():
        try:
            task = make(unsigned, signed, llave)
            found = firma.verify(task(), ())
        except ImportError as error:
            _say(f"hacienda.{name}", f"not installed ({error})")
            continue
        if not found.integrity:
            _say(f"hacienda.{name}", f"its output does not verify: {found.problems}")
            continue
        tasks[name] = task
    return tasks


def _xmlsec(unsigned: bytes, signed: bytes, llave) -> Callable[[], bytes]:
    """python-xmlsec fills in a template: our own signature with its values taken out."""
    import xmlsec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from lxml import etree

    signature = etree.fromstring(signed).find(f"{DS}Signature")
    references = signature.iterfind(f"{DS}SignedInfo/{DS}Reference/{DS}DigestValue")
    for value in (*references, signature.find(f"{DS}SignatureValue")):
        value.text = None
    template = etree.tostring(signature)
    pem = llave.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)

    def sign() -> bytes:
        root = etree.fromstring(unsigned)
        node = etree.fromstring(template)
        root.append(node)
        xmlsec.tree.add_ids(root, ["Id"])
        context = xmlsec.SignatureContext()
        context.key = key
        context.sign(node)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    return sign


def _signxml(unsigned: bytes, signed: bytes, llave) -> Callable[[], bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding
    from lxml import etree
    from signxml import CanonicalizationMethod, DigestAlgorithm, methods
    from signxml.xades import XAdESDataObjectFormat, XAdESSignaturePolicy, XAdESSigner

    from hacienda.firma import POLICY, POLICY_SHA256

    certificate = llave.certificate.public_bytes(Encoding.PEM).decode()
    signer = XAdESSigner(
        signature_policy=XAdESSignaturePolicy(
            Identifier=POLICY,
            Description="",
            DigestMethod=DigestAlgorithm.SHA256,
            DigestValue=POLICY_SHA256,
        ),
        data_object_format=XAdESDataObjectFormat(MimeType="text/xml"),
        method=methods.enveloped,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    )

    def sign() -> bytes:
        root = etree.fromstring(unsigned)
        done = signer.sign(root, key=llave.private_key, cert=certificate, always_add_key_value=True)
        return etree.tostring(done, xml_declaration=True, encoding="UTF-8")

    return sign


# --- peers in JavaScript -----------------------------------------------------------------------


def _npm_peers() -> dict[str, Row]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

    from hacienda import firma, montos
    from hacienda.xml.writer import write

    peers = {
        "haciendacostarica-signer": "hacienda.vs_haciendacostarica_signer",
        "@dojocoding/hacienda-sdk": "hacienda.vs_dojocoding",
    }
    folder, reason = _installed()
    if folder is None:
        for name in peers.values():
            _say(name, reason)
        return {}
    llave = new_llave()
    ready = montos.calculate(factura())
    # the old cipher, which both of them open
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(PIN.encode())
    )
    p12 = pkcs12.serialize_key_and_certificates(
        b"llave", llave.private_key, llave.certificate, None, encryption
    )
    order = json.dumps(
        {
            "xml": write(ready).decode(),
            "p12": base64.b64encode(p12).decode(),
            "pin": PIN,
            "seconds": max(1.0, 4 * SECONDS),
        }
    )
    rows: dict[str, Row] = {}
    for peer, name in peers.items():
        ours: list[float] = []
        theirs: list[float] = []
        try:
            for _ in range(PEER_ROUNDS):
                rate, sample = _node(folder, peer, order)
                found = firma.verify(sample, ())
                if not found.integrity:
                    raise ValueError(f"its output does not verify: {found.problems}")
                theirs.append(rate)
                ours.append(_slice(lambda: firma.build_sign(ready, llave, when=NOW))[0])
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            _say(name, str(error))
            continue
        rows[name] = _row(median(ours), median(theirs), "documents/CPU s", n=PEER_ROUNDS)
    return rows


def _node(folder: Path, peer: str, order: str) -> tuple[float, bytes]:
    done = subprocess.run(
        ["node", str(ROOT / "bench" / "peers" / "sign.mjs"), peer],
        input=order,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "Error" in line]
        raise ValueError((said or ["node failed"])[0].strip())
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["count"] / answer["cpu"], base64.b64decode(answer["sample"])


def _installed() -> tuple[Path | None, str]:
    """The folder with the peers from npm, or why there is none."""
    folder = ROOT / "var" / "bench"
    manifest = json.dumps({"private": True, "dependencies": NPM}, indent=1) + "\n"
    stamp = folder / "package.json"
    there = all((folder / "node_modules" / peer / "package.json").is_file() for peer in NPM)
    if there and stamp.is_file() and stamp.read_text() == manifest:
        return folder, ""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None, "node and npm are not installed"
    folder.mkdir(parents=True, exist_ok=True)
    stamp.write_text(manifest)
    try:
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=180,
        )
    except subprocess.TimeoutExpired:
        return None, "npm did not finish in three minutes"
    if done.returncode:
        return None, f"npm could not install them: {done.stderr.strip()[-200:]}"
    return folder, ""


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        print(grow(int(sys.argv[2])))
    else:
        from bench.__main__ import table

        print(table(measure()))
