"""What holds of every lawful document, of every type, from its sums to its signature.

The sums are worked out again here, in fractions and from the annex's words, without a line of
`hacienda.montos`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from dataclasses import fields, is_dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hacienda_llaves import NOW, authority, llave
from hacienda_strategies import SOAP, TODAY, lawful, only_2026
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from hacienda import documento_json, montos, reglas
from hacienda.comprobante import TIPOS, Comprobante, MedioPago
from hacienda.estructura import of
from hacienda.firma import build_sign, sign, verify
from hacienda.xml import reader, schema, writer

MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
every_type = pytest.mark.parametrize("tipo", list(TIPOS))
issued = pytest.mark.parametrize("tipo", [t for t in TIPOS if t not in ("MR", "MH")])


# --- the sums, again ---------------------------------------------------------------------------


def rounded(amount: Fraction) -> Fraction:
    """Half-up at the fifth decimal."""
    return Fraction(floor(amount * 10**5 + Fraction(1, 2)), 10**5)


def f(value: Any) -> Fraction:
    return Fraction(value) if value is not None else Fraction(0)


RATES = {
    "01": 0, "02": 1, "03": 2, "04": 4, "05": 0, "06": 4, "07": 8, "08": 13, "09": Fraction(1, 2),
    "10": 0, "11": 0,
}  # fmt: skip
IVA = {"01", "07", "08"}
WITH_ASSUMED = {"FE", "TE", "NC", "ND"}


class Line:
    """A line of a document, worked out from what a person states."""

    def __init__(self, tipo: str, line: Any) -> None:
        self.tipo, self.line = tipo, line
        self.montos: list[Fraction] = []
        self.forgiven: list[Fraction] = []
        self.borne: list[Fraction] = []
        if tipo == "REP":
            self.total = f(line.monto_total)
            self.sub_total = f(line.sub_total)
        else:
            self.total = rounded(f(line.cantidad) * f(line.precio_unitario))
            self.sub_total = self.total - sum(
                (f(d.monto_descuento) for d in line.descuento), Fraction(0)
            )
        self.parts = [Part(part) for part in line.detalle_surtido]
        if self.parts:
            self.sub_total = rounded(
                sum((p.sub_total for p in self.parts), Fraction(0)) * f(line.cantidad)
            )
        self._taxes()

    def _taxes(self) -> None:
        line = self.line
        codes = {d.codigo_descuento for d in line.descuento}
        gift = self.tipo in WITH_ASSUMED and bool(codes & {"01", "03"})
        charged = "02" in codes
        others = [
            self._other(tax) if tax.codigo not in IVA else Fraction(0) for tax in line.impuesto
        ]
        self.base = self.sub_total + sum(
            (
                m
                for m, tax in zip(others, line.impuesto, strict=True)
                if tax.codigo in ("02", "04", "05", "12")
            ),
            Fraction(0),
        )
        if self.tipo not in ("FEE", "REP") and (
            line.iva_cobrado_fabrica == "01" or any(tax.codigo == "07" for tax in line.impuesto)
        ):
            self.base = f(line.base_imponible)
        for tax, other in zip(line.impuesto, others, strict=True):
            monto, borne = other, Fraction(0)
            if tax.codigo in IVA:
                monto = self._iva(tax, self.base)
                if (gift or charged) and tax.codigo != "08" and not self.parts:
                    ordinary = monto
                    monto = max(ordinary, self._iva(tax, self.total))
                    borne = monto - ordinary if gift else Fraction(0)
                if line.iva_cobrado_fabrica == "01":
                    borne = monto
            forgiven = Fraction(0)
            if tax.exoneracion is not None:
                forgiven = min(
                    rounded(f(tax.exoneracion.tarifa_exonerada) * self.base / 100), monto
                )
            self.montos.append(monto)
            self.forgiven.append(forgiven)
            self.borne.append(min(borne, monto - forgiven))
        self.net = sum(self.montos) - sum(self.forgiven) - sum(self.borne)
        self.line_total = self.sub_total + self.net

    def _iva(self, tax: Any, base: Fraction) -> Fraction:
        if self.parts:
            return self._of_parts("01")
        if tax.codigo == "08":
            return rounded(f(tax.factor_calculo_iva) * self.sub_total)
        return rounded(RATES[tax.codigo_tarifa_iva] * base / 100)

    def _of_parts(self, code: str) -> Fraction:
        return rounded(
            sum((p.taxes.get(code, Fraction(0)) for p in self.parts), Fraction(0))
            * f(self.line.cantidad)
        )

    def _other(self, tax: Any) -> Fraction:
        if self.parts:
            return self._of_parts(tax.codigo)
        quantity = f(self.line.cantidad)
        return specific(
            tax.codigo,
            tax.tarifa,
            tax.datos_impuesto_especifico,
            quantity,
            self.sub_total,
            self.line.codigo_cabys,
        )

    def row(self) -> str:
        """The row of the summary that the line goes to."""
        iva = [tax for tax in self.line.impuesto if tax.codigo in IVA]
        if self.line.iva_cobrado_fabrica == "02":
            return "exento"
        if not iva:
            return "gravado" if any(self.montos) else "exento"
        if iva[0].codigo != "08":
            if iva[0].codigo_tarifa_iva == "10":
                return "exento"
            if iva[0].codigo_tarifa_iva in ("01", "11"):
                return "exento" if self.tipo == "FEE" else "no_sujeto"
        return "gravado"

    def exonerated(self) -> Fraction:
        """How much of the line's MontoTotal goes to exonerado."""
        taxed = sum(
            (m for m, tax in zip(self.montos, self.line.impuesto, strict=True) if tax.exoneracion),
            Fraction(0),
        )
        if self.row() != "gravado" or not taxed or not sum(self.forgiven):
            return Fraction(0)
        return rounded(self.total * sum(self.forgiven) / taxed)

    def is_service(self) -> bool:
        if self.line.codigo_cabys is None:
            return self.line.unidad_medida in ("Al", "Alc", "Cm", "I", "Os", "Sp", "Spe", "St")
        return self.line.codigo_cabys[0] in "56789"


def specific(
    code: str, rate: Any, data: Any, quantity: Fraction, base: Fraction, cabys: str | None
) -> Fraction:
    if code == "12":
        return rounded(5 * base / 100)
    if code in ("02", "99"):
        return rounded(f(rate) * base / 100)
    size, unit, volume = (
        f(data.cantidad_unidad_medida),
        f(data.impuesto_unidad),
        f(data.volumen_unidad_consumo),
    )
    if code == "03":
        return rounded(size * unit)
    if code == "04":
        return rounded(quantity * f(data.proporcion) * unit)
    if code == "05":
        return rounded(
            quantity * volume * unit if cabys == SOAP else quantity * size * unit / volume
        )
    return rounded(quantity * size * unit)


class Part:
    """A part of a set."""

    def __init__(self, part: Any) -> None:
        total = rounded(f(part.cantidad_surtido) * f(part.precio_unitario_surtido))
        self.total = total
        self.sub_total = total - sum(
            (f(d.monto_descuento_surtido) for d in part.descuento_surtido), Fraction(0)
        )
        self.taxes: dict[str, Fraction] = {}
        for tax in part.impuesto_surtido:
            if tax.codigo_impuesto_surtido == "01":
                self.taxes["01"] = rounded(
                    RATES[tax.codigo_tarifa_iva_surtido] * self.sub_total / 100
                )
            else:
                data = tax.datos_impuesto_especifico_surtido
                self.taxes["06"] = rounded(
                    f(part.cantidad_surtido)
                    * f(data.cantidad_unidad_medida_surtido)
                    * f(data.impuesto_unidad_surtido)
                )


def expected(document: Comprobante) -> dict[str, Fraction]:
    """Every computed amount of a document by path."""
    tipo = document.tipo
    lines = [Line(tipo, line) for line in document.detalle_servicio]
    out: dict[str, Fraction] = {}
    for n, line in enumerate(lines, 1):
        at = f"DetalleServicio/LineaDetalle[{n}]/"
        out |= {at + "MontoTotal": line.total, at + "SubTotal": line.sub_total}
        out |= {at + "BaseImponible": line.base, at + "ImpuestoNeto": line.net}
        out |= {at + "MontoTotalLinea": line.line_total}
        out[at + "ImpuestoAsumidoEmisorFabrica"] = sum(line.borne, Fraction(0))
        for i, monto in enumerate(line.montos, 1):
            out[f"{at}Impuesto[{i}]/Monto"] = monto
            if line.line.impuesto[i - 1].exoneracion is not None:
                out[f"{at}Impuesto[{i}]/Exoneracion/MontoExoneracion"] = line.forgiven[i - 1]
        for i, part in enumerate(line.parts, 1):
            there = f"{at}DetalleSurtido/LineaDetalleSurtido[{i}]/"
            out |= {
                there + "MontoTotalSurtido": part.total,
                there + "SubTotalSurtido": part.sub_total,
            }
            out[there + "BaseImponibleSurtido"] = part.sub_total
    return out | {
        f"ResumenFactura/{name}": amount for name, amount in summary(document, lines).items()
    }


NAMES = {
    "gravado": ("TotalServGravados", "TotalMercanciasGravadas", "TotalGravado"),
    "exento": ("TotalServExentos", "TotalMercanciasExentas", "TotalExento"),
    "exonerado": ("TotalServExonerado", "TotalMercExonerada", "TotalExonerado"),
    "no_sujeto": ("TotalServNoSujeto", "TotalMercNoSujeta", "TotalNoSujeto"),
}


def summary(document: Comprobante, lines: list[Line]) -> dict[str, Fraction]:
    out: dict[str, Fraction] = defaultdict(Fraction)
    for names in NAMES.values():
        out |= dict.fromkeys(names, Fraction(0))
    groups: dict[tuple[Any, Any], Fraction] = defaultdict(Fraction)
    out["TotalDescuentos"] = out["TotalImpAsumEmisorFabrica"] = Fraction(0)
    given_back = Fraction(0)
    for line in lines:
        kind = 0 if line.is_service() else 1
        share = line.exonerated()
        for name, amount in ((line.row(), line.total - share), ("exonerado", share)):
            out[NAMES[name][kind]] += amount
            out[NAMES[name][2]] += amount
        out["TotalVenta"] += line.total
        out["TotalDescuentos"] += sum(
            (f(d.monto_descuento) for d in line.line.descuento), Fraction(0)
        )
        out["TotalImpAsumEmisorFabrica"] += sum(line.borne, Fraction(0))
        for tax, monto, forgiven, borne in zip(
            line.line.impuesto, line.montos, line.forgiven, line.borne, strict=True
        ):
            groups[tax.codigo, tax.codigo_tarifa_iva] += monto - forgiven - borne
            if tax.codigo in IVA and (line.line.codigo_cabys or "").startswith("931"):
                given_back += monto - forgiven - borne
    out["TotalVenta"] += 0
    out["TotalVentaNeta"] = out["TotalVenta"] - out["TotalDescuentos"]
    for n, ((code, tarifa), amount) in enumerate(groups.items(), 1):
        assert (code, tarifa) == (  # one group for each, in order of appearance
            document.resumen_factura.total_desglose_impuesto[n - 1].codigo,
            document.resumen_factura.total_desglose_impuesto[n - 1].codigo_tarifa_iva,
        )
        out[f"TotalDesgloseImpuesto[{n}]/TotalMontoImpuesto"] = amount
    out["TotalImpuesto"] = sum(groups.values(), Fraction(0))
    out["TotalOtrosCargos"] = Fraction(0)
    for charge in document.otros_cargos:
        if charge.porcentaje_oc is not None:
            wanted = rounded(f(charge.porcentaje_oc) * out["TotalVentaNeta"] / 100)
            assert f(charge.monto_cargo) == wanted
        out["TotalOtrosCargos"] += f(charge.monto_cargo)
    held = document.resumen_factura
    back = Fraction(0)
    if held.total_iva_devuelto is not None:  # all of it was paid by card
        assert [m.tipo_medio_pago for m in held.medio_pago] == ["02"]
        back = out["TotalIVADevuelto"] = given_back
    out["TotalComprobante"] = (
        out["TotalVentaNeta"] + out["TotalImpuesto"] + out["TotalOtrosCargos"] - back
    )
    return dict(out)


def stated(value: Any, elements: tuple[Any, ...], prefix: str = "") -> dict[str, Any]:
    """Every amount that a document states, by path."""
    out: dict[str, Any] = {}
    for element in elements:
        held = getattr(value, element.attribute)
        wrapped = element.kind == "wrapper"
        inner = element.children[0] if wrapped else element
        base = prefix + element.name + (f"/{inner.name}" if wrapped else "")
        items = (
            [(base, held)]
            if not isinstance(held, tuple)
            else [(f"{base}[{n}]", one) for n, one in enumerate(held, 1)]
        )
        for path, one in items:
            if inner.kind == "decimal":
                out[path] = one
            elif one is not None and is_dataclass(one) and inner.kind == "group":
                out |= stated(one, inner.children, path + "/")
    return out


@issued
@MANY
@given(data=st.data())
def test_every_amount_is_that_of_the_annex(tipo: str, data: st.DataObject) -> None:
    document = data.draw(lawful(tipo))
    said = stated(document, of(tipo).children)
    wanted = expected(document)
    assert {path: f(said[path]) for path in wanted if path in said} == {
        path: amount for path, amount in wanted.items() if path in said
    }
    # what the type does not have comes to nothing that counts
    assert all(
        path.endswith(("BaseImponible", "BaseImponibleSurtido", "ImpuestoNeto"))
        or not amount
        or tipo == "REP"
        for path, amount in wanted.items()
        if path not in said
    )
    computed = {path for path in said if path.startswith("ResumenFactura/Total")}
    assert computed <= set(wanted) | {"ResumenFactura/TotalIVADevuelto"}
    paid = [m.total_medio_pago for m in document.resumen_factura.medio_pago]
    if paid and None not in paid:
        assert sum(paid) == document.resumen_factura.total_comprobante


FEATURES: dict[str, Any] = {
    "gift": lambda c, line: bool({d.codigo_descuento for d in line.descuento} & {"01", "02", "03"}),
    "discount 99": lambda c, line: any(d.codigo_descuento == "99" for d in line.descuento),
    "exoneration": lambda c, line: any(t.exoneracion for t in line.impuesto),
    "two taxes": lambda c, line: len(line.impuesto) > 1,
    "set": lambda c, line: bool(line.detalle_surtido),
    "factory": lambda c, line: line.iva_cobrado_fabrica == "01",
    **{
        f"tax {code}": lambda c, line, code=code: any(t.codigo == code for t in line.impuesto)
        for code in ("01", "02", "03", "04", "05", "06", "07", "08", "12", "99")
    },
    "many lines": lambda c, line: len(c.detalle_servicio) > 20,
    "IVA given back": lambda c, line: bool(c.resumen_factura.total_iva_devuelto),
    "charges alone": lambda c, line: not c.detalle_servicio,
    "charge 04": lambda c, line: any(o.tipo_documento_oc == "04" for o in c.otros_cargos),
    "several means": lambda c, line: len(c.resumen_factura.medio_pago) > 2,
    "dollars": lambda c, line: c.resumen_factura.codigo_tipo_moneda.codigo_moneda == "USD",
    "credit": lambda c, line: bool(c.plazo_credito),
    "only 2026": lambda c, line: only_2026(c),
    "foreign": lambda c, line: c.receptor.identificacion.tipo == "05",
}
EMPTY = SimpleNamespace(
    descuento=(), impuesto=(), detalle_surtido=(), iva_cobrado_fabrica=None
)  # stands for a line where there is none


def test_the_strategies_reach_what_the_law_has() -> None:
    reached: set[str] = set()

    @settings(
        max_examples=400, deadline=None, database=None, derandomize=False, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(lawful("FE"))
    def collect(document: Any) -> None:
        for line in document.detalle_servicio or (EMPTY,):
            reached.update(n for n, has in FEATURES.items() if has(document, line))

    for _ in range(10):  # chance may pass a rare one by for a while, not for ever
        collect()
        if reached == set(FEATURES):
            break
    assert reached == set(FEATURES)


# --- rules, schemas, bytes ---------------------------------------------------------------------


@every_type
@MANY
@given(data=st.data())
def test_it_obeys_the_rules(tipo: str, data: st.DataObject) -> None:
    document = data.draw(lawful(tipo))
    assert [str(p) for p in reglas.check(document, today=TODAY) if p.is_error] == []
    if isinstance(document, Comprobante):
        assert [str(p) for p in montos.differences(document)] == []


@every_type
@MANY
@given(data=st.data())
def test_it_is_valid_in_the_generations_it_was_made_for(
    tipo: str, xsd_directory: Path, data: st.DataObject
) -> None:
    document = data.draw(lawful(tipo))
    xml = writer.write(document)
    assert schema.validate(xml, "2026", xsd_directory, signed=False) == []
    older = schema.validate(xml, "2025", xsd_directory, signed=False)
    assert bool(older) == only_2026(document), older


@every_type
@MANY
@given(data=st.data())
def test_its_bytes_are_canonical_and_tell_all(tipo: str, data: st.DataObject) -> None:
    document = data.draw(lawful(tipo))
    xml = writer.write(document)
    declaration, body = xml.split(b"\n", 1)
    assert declaration == b'<?xml version="1.0" encoding="UTF-8"?>'
    assert etree.tostring(etree.fromstring(xml), method="c14n", exclusive=False) == body
    assert reader.read(xml) == document
    assert writer.write(reader.read(xml)) == xml
    assert documento_json.from_json(documento_json.to_json(document)) == document
    assert documento_json.loads(documento_json.dumps(document)) == document


@issued
@settings(MANY, max_examples=20)
@given(data=st.data())
def test_rounding_to_cents_is_no_error(tipo: str, data: st.DataObject) -> None:
    """Many systems print two decimals, and Hacienda takes their documents."""
    document = data.draw(lawful(tipo))
    plain = tuple(_plain(line) for line in document.detalle_servicio if not line.detalle_surtido)
    if not plain:
        return
    held = document.resumen_factura
    stated = replace(
        held,
        total_iva_devuelto=None,
        medio_pago=(MedioPago(tipo_medio_pago="01"),),
    )
    short = _in_cents(
        montos.calculate(replace(document, detalle_servicio=plain, resumen_factura=stated))
    )
    assert [str(p) for p in reglas.check(short, today=TODAY) if p.is_error] == []


def _plain(line: Any) -> Any:
    """The line with a price and discounts in cents, to be calculated again."""
    discounts = tuple(
        replace(d, monto_descuento=_cents(d.monto_descuento * Decimal("0.9")))
        for d in line.descuento
    )
    if line.precio_unitario is None:
        return line
    return replace(
        line,
        numero_linea=None,
        cantidad=line.cantidad + 1,
        base_imponible=line.base_imponible and line.base_imponible + 25,
        precio_unitario=_cents(line.precio_unitario) + 25,
        descuento=discounts,
    )


def _cents(amount: Any) -> Any:
    return None if amount is None else amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _in_cents(document: Comprobante) -> Comprobante:
    """The document as a system makes it that rounds each amount to cents as it arises."""

    def line_of(line: Any) -> Any:
        changes: dict[str, Any] = {}
        for name in ("monto_total", "sub_total", "base_imponible", "impuesto_asumido_emisor_fabrica",
                     "impuesto_neto", "monto_total_linea"):  # fmt: skip
            changes[name] = _cents(getattr(line, name))
        changes["impuesto"] = tuple(
            replace(
                tax,
                monto=_cents(tax.monto),
                exoneracion=tax.exoneracion
                and replace(
                    tax.exoneracion, monto_exoneracion=_cents(tax.exoneracion.monto_exoneracion)
                ),
            )
            for tax in line.impuesto
        )
        return replace(line, **changes)

    def summary_of(held: Any) -> Any:
        changes = {
            x.name: _cents(getattr(held, x.name))
            for x in fields(held)
            if x.name.startswith("total_") and isinstance(getattr(held, x.name), Decimal)
        }
        changes["medio_pago"] = tuple(
            replace(m, total_medio_pago=_cents(m.total_medio_pago))
            if len(held.medio_pago) == 1
            else m
            for m in held.medio_pago
        )
        changes["total_desglose_impuesto"] = tuple(
            replace(g, total_monto_impuesto=_cents(g.total_monto_impuesto))
            for g in held.total_desglose_impuesto
        )
        return replace(held, **changes)

    return replace(
        document,
        detalle_servicio=tuple(line_of(line) for line in document.detalle_servicio),
        resumen_factura=summary_of(document.resumen_factura),
    )


# --- signature ---------------------------------------------------------------------------------


@every_type
@MANY
@given(data=st.data())
def test_its_signature_is_whole(tipo: str, data: st.DataObject) -> None:
    document = data.draw(lawful(tipo))
    signed = build_sign(document, llave(), when=NOW)
    assert signed == sign(writer.write(document), llave(), when=NOW)
    found = verify(signed, (authority().certificate,), at=NOW)
    assert found.integrity
    assert found.trust == "trusted"
    assert reader.read(signed) == document


@every_type
@FEW
@given(data=st.data())
def test_signxml_accepts_its_signature(tipo: str, data: st.DataObject) -> None:
    signxml = pytest.importorskip("signxml.xades", reason="signxml is not installed")
    signed = build_sign(data.draw(lawful(tipo)), llave(), when=NOW)
    results = signxml.XAdESVerifier().verify(
        signed, x509_cert=_pem(llave().certificate), expect_references=3
    )
    assert len(results) == 3


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


@every_type
@FEW
@given(data=st.data())
def test_xmlsec1_accepts_its_signature(
    tipo: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    program = shutil.which("xmlsec1")
    if program is None:
        pytest.skip("the program xmlsec1 is not installed")
    folder = tmp_path_factory.getbasetemp()
    file, root = folder / "signed.xml", folder / "root.pem"
    file.write_bytes(build_sign(data.draw(lawful(tipo)), llave(), when=NOW))
    root.write_text(_pem(authority().certificate))
    ids = [part for name in ("KeyInfo", "SignedProperties") for part in ("--id-attr:Id", name)]
    at = ["--verification-time", f"{NOW:%Y-%m-%d %H:%M:%S}"]
    done = subprocess.run(
        [program, "--verify", "--trusted-pem", root, *at, *ids, file],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
