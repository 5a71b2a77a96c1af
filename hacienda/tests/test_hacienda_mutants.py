"""Mutants of good documents: each is caught by the reader, the schema, the rules or the signature.

The few that are not are lawful documents themselves, and are listed with the reason.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hacienda_cambios import GOLDEN, golden
from hacienda_llaves import NOW, authority, llave, rsa_key
from hacienda_strategies import TODAY
from lxml import etree

from conftest import find_xsd_directory
from hacienda import montos, reglas
from hacienda.comprobante import (
    CodigoComercial,
    CodigoComercialSurtido,
    Comprobante,
    DatosImpuestoEspecifico,
    DatosImpuestoEspecificoSurtido,
    Descuento,
    DescuentoSurtido,
    Exoneracion,
    FechaHora,
    Identificacion,
    Impuesto,
    ImpuestoSurtido,
    InformacionReferencia,
    LineaDetalle,
    LineaDetalleSurtido,
    MedioPago,
    OtroContenido,
    Otros,
    OtrosCargos,
    OtroTexto,
)
from hacienda.errors import XMLError
from hacienda.firma import build_sign, verify
from hacienda.xml import reader, schema, writer

DS = "http://www.w3.org/2000/09/xmldsig#"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json") if "4.3" not in path.stem)
D = Decimal


def full() -> Comprobante:
    """A factura with everything that a factura can have."""
    base: Any = golden("fe")
    specific = DatosImpuestoEspecifico(
        cantidad_unidad_medida=D("750.00"),
        porcentaje=D("40.00"),
        proporcion=D("300.00"),
        impuesto_unidad=D("4.10000"),
    )
    drink = DatosImpuestoEspecifico(
        cantidad_unidad_medida=D("600.00"),
        volumen_unidad_consumo=D("250.00"),
        impuesto_unidad=D("21.50000"),
    )
    part = LineaDetalleSurtido(
        codigo_cabys_surtido="3814001010200",
        codigo_comercial_surtido=(CodigoComercialSurtido(tipo_surtido="03", codigo_surtido="P-1"),),
        cantidad_surtido=D("2.000"),
        unidad_medida_surtido="Unid",
        unidad_medida_comercial_surtido="caja",
        detalle_surtido="Parte del surtido",
        precio_unitario_surtido=D("500.00000"),
        descuento_surtido=(
            DescuentoSurtido(
                monto_descuento_surtido=D("100.00000"),
                codigo_descuento_surtido="99",
                descuento_surtido_otros="Feria",
            ),
        ),
        impuesto_surtido=(
            ImpuestoSurtido(codigo_impuesto_surtido="01", codigo_tarifa_iva_surtido="08"),
            ImpuestoSurtido(
                codigo_impuesto_surtido="05",
                datos_impuesto_especifico_surtido=DatosImpuestoEspecificoSurtido(
                    cantidad_unidad_medida_surtido=D("600.00"),
                    volumen_unidad_consumo_surtido=D("250.00"),
                    impuesto_unidad_surtido=D("21.50000"),
                ),
            ),
        ),
    )
    lines = (
        LineaDetalle(
            codigo_cabys="2441001000000",
            codigo_comercial=(CodigoComercial(tipo="04", codigo="RON-1"),),
            cantidad=D("3.000"),
            unidad_medida="Unid",
            tipo_transaccion="01",
            unidad_medida_comercial="botella",
            detalle="Ron añejo",
            numero_vin_o_serie=("SERIE-1",),
            registro_medicamento="M-1",
            forma_farmaceutica="04",
            precio_unitario=D("9000.00000"),
            descuento=(
                Descuento(
                    monto_descuento=D("1000.00000"),
                    codigo_descuento="99",
                    codigo_descuento_otro="Feria de ron",
                    naturaleza_descuento="Feria",
                ),
            ),
            impuesto=(
                Impuesto(codigo="04", datos_impuesto_especifico=specific),
                Impuesto(codigo="02", tarifa=D("10.00")),
                Impuesto(codigo="99", codigo_impuesto_otro="Impuesto nuevo", tarifa=D("1.00")),
                Impuesto(
                    codigo="01",
                    codigo_tarifa_iva="08",
                    exoneracion=Exoneracion(
                        tipo_documento_ex1="99",
                        tipo_documento_otro="Convenio",
                        numero_documento="AL-00012345-26",
                        articulo="15",
                        inciso="2",
                        nombre_institucion="99",
                        nombre_institucion_otros="Otra institución",
                        fecha_emision_ex=FechaHora("2026-03-02T00:00:00-06:00"),
                        tarifa_exonerada=D("13.00"),
                    ),
                ),
            ),
        ),
        LineaDetalle(
            codigo_cabys="2399999002200",
            codigo_comercial=(CodigoComercial(tipo="03", codigo="SURT-1"),),
            cantidad=D("2.000"),
            unidad_medida="Unid",
            detalle="Surtido",
            detalle_surtido=(part,),
            precio_unitario=D("900.00000"),
            impuesto=(
                Impuesto(codigo="01"),
                Impuesto(codigo="05", datos_impuesto_especifico=drink),
            ),
        ),
        LineaDetalle(
            codigo_cabys="4911300000000",
            cantidad=D("1.000"),
            unidad_medida="Unid",
            detalle="Vehículo usado",
            precio_unitario=D("1000000.00000"),
            impuesto=(Impuesto(codigo="08", factor_calculo_iva=D("0.0500")),),
        ),
        LineaDetalle(
            codigo_cabys="3731100000000",
            cantidad=D("10.000"),
            unidad_medida="Unid",
            detalle="Cemento de fábrica",
            precio_unitario=D("7000.00000"),
            iva_cobrado_fabrica="01",
            base_imponible=D("80000.00000"),
            impuesto=(Impuesto(codigo="01", codigo_tarifa_iva="08"),),
        ),
    )
    charges = (
        OtrosCargos(
            tipo_documento_oc="04",
            identificacion_tercero=Identificacion(tipo="01", numero="112340123"),
            nombre_tercero="Ana Mora",
            detalle="Cobro de un tercero",
            monto_cargo=D("500.00000"),
        ),
        OtrosCargos(
            tipo_documento_oc="99",
            tipo_documento_otros="Cargo nuevo",
            detalle="Otro cargo",
            porcentaje_oc=D("10.00000"),
        ),
    )
    references = (
        InformacionReferencia(
            tipo_doc_ir="99",
            tipo_doc_ref_otro="Carta",
            numero="C-7",
            fecha_emision_ir=FechaHora("2026-11-01T00:00:00-06:00"),
            codigo="99",
            codigo_referencia_otro="Pedido",
            razon="Pedido por carta",
        ),
    )
    means = (
        MedioPago(tipo_medio_pago="99", medio_pago_otros="Vale", total_medio_pago=D("1000.00000")),
        MedioPago(tipo_medio_pago="01"),
    )
    return montos.calculate(
        replace(
            base,
            emisor=replace(base.emisor, registrofiscal8707="123456789012"),
            receptor=replace(
                base.receptor, nombre_comercial="Ñandú", telefono=base.emisor.telefono
            ),
            condicion_venta="99",
            condicion_venta_otros="Trueque",
            detalle_servicio=lines,
            otros_cargos=charges,
            resumen_factura=replace(base.resumen_factura, medio_pago=means),
            informacion_referencia=references,
            otros=Otros(
                otro_texto=(OtroTexto(texto="Gracias", codigo="obs"),),
                otro_contenido=(OtroContenido(texto="Orden 77"),),
            ),
        )
    )


def documents() -> dict[str, Any]:
    return {**{name: golden(name) for name in NAMES}, "full": full()}


DOCUMENTS = documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_mutated_is_good(name: str) -> None:
    document = DOCUMENTS[name]
    assert [str(p) for p in reglas.check(document, today=TODAY) if p.is_error] == []
    directory = find_xsd_directory()
    if schema.available(directory):
        assert schema.validate(writer.write(document), "2026", directory, signed=False) == []


# --- the content -------------------------------------------------------------------------------


class Mutant(NamedTuple):
    kind: str
    path: str
    xml: bytes


def mutants(document: Any) -> Iterator[Mutant]:
    """Every element dropped, repeated, moved, emptied, made too long, out of range or unknown."""
    root = etree.fromstring(writer.write(document))
    for number, element in enumerate(root.iter()):
        if element is root:
            continue
        path = schema.path_of(element)
        for kind, change in CHANGES.items():
            again = copy.deepcopy(root)
            same = next(e for i, e in enumerate(again.iter()) if i == number)
            if change(same):
                yield Mutant(kind, path, etree.tostring(again))


def _drop(element: Any) -> bool:
    element.getparent().remove(element)
    return True


def _repeat(element: Any) -> bool:
    element.addnext(copy.deepcopy(element))
    return True


def _move(element: Any) -> bool:
    """Behind the last of its siblings, where it was not there already and they are different."""
    parent = element.getparent()
    if all(one.tag == element.tag for one in parent[parent.index(element) :]):
        return False
    parent.append(element)
    return True


def _lift(element: Any) -> bool:
    """Out of its parent, to stand behind it."""
    parent = element.getparent()
    if parent.getparent() is None:
        return False
    parent.addnext(element)
    return True


def _rename(element: Any) -> bool:
    element.tag = element.tag + "X"
    return True


def _text(new: str) -> Any:
    def change(element: Any) -> bool:
        if len(element) or element.text == new:
            return False
        element.text = new
        return True

    return change


def _long(element: Any) -> bool:
    if len(element):
        return False
    element.text = (element.text or "") + "9" * 600
    return True


def _raise(element: Any) -> bool:
    """An amount with one colón more."""
    if len(element) or not re.fullmatch(r"\d+\.\d+", element.text or ""):
        return False
    if "." in element.text and element.tag.endswith(("Actividad", "ActividadEmisor", "Receptor")):
        return False
    element.text = str(Decimal(element.text) + 1)
    return True


CHANGES = {
    "drop": _drop,
    "repeat": _repeat,
    "move": _move,
    "lift": _lift,
    "rename": _rename,
    "empty": _text(""),
    "unknown": _text("ZZ"),
    "negative": _text("-1"),
    "long": _long,
    "raise": _raise,
}


@cache
def unnoticed() -> list[tuple[str, bytes, list[str]]]:
    """Mutants that neither the reader nor the rules refuse: name, XML, codes of the warnings."""
    out = []
    for document in DOCUMENTS.values():
        for mutant in mutants(document):
            try:
                found = reglas.check(reader.read(mutant.xml), today=TODAY)
            except XMLError:
                continue
            if not any(p.is_error for p in found):
                name = f"{mutant.kind} {plain(mutant.path)}"
                out.append((name, mutant.xml, [p.code for p in found]))
    return out


def plain(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


LINE = "DetalleServicio/LineaDetalle"
PART = f"{LINE}/DetalleSurtido/LineaDetalleSurtido"
TEXTS = ("negative", "unknown")


def _each(kinds: tuple[str, ...], *paths: str) -> set[str]:
    return {f"{kind} {path}" for kind in kinds for path in paths}


LAWFUL: dict[str, set[str]] = {
    "the element is optional, and nothing else in the document asks for it": _each(
        ("drop",),
        "CodigoActividad",
        "CodigoActividadEmisor",
        "CodigoActividadReceptor",
        f"{LINE}/CodigoComercial",
        f"{LINE}/FormaFarmaceutica",
        f"{LINE}/Impuesto/DatosImpuestoEspecifico/Porcentaje",
        f"{LINE}/Impuesto/Exoneracion/Articulo",
        f"{LINE}/Impuesto/Exoneracion/Inciso",
        f"{LINE}/ImpuestoAsumidoEmisorFabrica",
        f"{LINE}/NumeroVINoSerie",
        f"{LINE}/RegistroMedicamento",
        f"{LINE}/TipoTransaccion",
        f"{LINE}/UnidadMedidaComercial",
        f"{PART}/CodigoComercialSurtido",
        f"{PART}/UnidadMedidaComercialSurtido",
        "Emisor/CorreoElectronico",
        "Emisor/NombreComercial",
        "Emisor/OtrasSenasExtranjero",
        "Emisor/Registrofiscal8707",
        "Emisor/Telefono",
        "Emisor/Ubicacion",
        "Emisor/Ubicacion/Barrio",
        "InformacionReferencia",
        "MontoTotalDeGastoAplicable",
        "MontoTotalImpuesto",
        "MontoTotalImpuestoAcreditar",
        "NombreReceptor",
        "NumeroCedulaReceptor",
        "Otros",
        "Otros/OtroContenido",
        "Otros/OtroTexto",
        "OtrosCargos/PorcentajeOC",
        "Receptor",
        "Receptor/CorreoElectronico",
        "Receptor/Identificacion",
        "Receptor/NombreComercial",
        "Receptor/OtrasSenasExtranjero",
        "Receptor/Telefono",
        "Receptor/Ubicacion",
        "TipoIdentificacionReceptor",
    ),
    "a single means of payment needs no amount": {"drop ResumenFactura/MedioPago/TotalMedioPago"},
    "an optional total of zero says nothing": _each(
        ("drop",),
        *(
            f"ResumenFactura/{name}"
            for name in (
                "TotalExento",
                "TotalImpuesto",
                "TotalMercNoSujeta",
                "TotalMercanciasExentas",
                "TotalNoSujeto",
                "TotalServExentos",
                "TotalServExonerado",
                "TotalServGravados",
                "TotalServNoSujeto",
            )
        ),
    ),
    "the annex asks no Tarifa of the tax 99": {f"drop {LINE}/Impuesto/Tarifa"},
    "the element may be there more than once": _each(
        ("repeat",),
        f"{LINE}/CodigoComercial",
        f"{LINE}/NumeroVINoSerie",
        f"{PART}/CodigoComercialSurtido",
        "Emisor/CorreoElectronico",
        "Otros/OtroContenido",
        "Otros/OtroTexto",
    ),
    "the parties write there what they like": _each(
        TEXTS,
        f"{LINE}/CodigoComercial/Codigo",
        f"{LINE}/NumeroVINoSerie",
        f"{LINE}/RegistroMedicamento",
        f"{LINE}/UnidadMedidaComercial",
        f"{PART}/CodigoComercialSurtido/CodigoSurtido",
        f"{PART}/UnidadMedidaComercialSurtido",
        "Emisor/Registrofiscal8707",
        "InformacionReferencia/Numero",
        "Otros/OtroContenido",
        "Otros/OtroTexto",
        "OtrosCargos/Detalle",
    )
    | _each(("empty",), "Otros/OtroContenido", "Otros/OtroTexto"),
    "a foreign number has no fixed form": _each(
        TEXTS, "Emisor/Identificacion/Numero", "Receptor/Identificacion/Numero", "ProveedorSistemas"
    ),
    "the activity of a confirmation has up to six characters": _each(TEXTS, "CodigoActividad"),
    "Hacienda's answer is Hacienda's": _each(
        TEXTS,
        "DetalleMensaje",
        "NombreEmisor",
        "NombreReceptor",
        "NumeroCedulaEmisor",
        "NumeroCedulaReceptor",
    )
    | {"long DetalleMensaje"},
    "a message does not tell the amounts of its document: only the original can": _each(
        ("raise",),
        "MontoTotalDeGastoAplicable",
        "MontoTotalImpuesto",
        "MontoTotalImpuestoAcreditar",
        "TotalFactura",
    ),
    "the rate of a day only the Banco Central knows": {
        "raise ResumenFactura/CodigoTipoMoneda/TipoCambio"
    },
    "the law does not say of what a charge is a percentage": {"raise OtrosCargos/PorcentajeOC"},
    "the taxes of a set are those of its parts, and of a drink its Proporcion counts": _each(
        ("raise",),
        *(
            f"{LINE}/Impuesto/DatosImpuestoEspecifico/{name}"
            for name in (
                "CantidadUnidadMedida",
                "ImpuestoUnidad",
                "Porcentaje",
                "VolumenUnidadConsumo",
            )
        ),
    ),
}
"""Mutants that nothing is wrong with, by the reason."""

ODD: dict[str, set[str]] = {
    "falta-condicion-impuesto": {"drop CondicionImpuesto"},
    "falta-cabys": {f"drop {LINE}/CodigoCABYS"},
    "surtido-sin-codigo": {f"drop {LINE}/CodigoComercial"}
    | _each(("empty", *TEXTS), f"{LINE}/CodigoComercial/Codigo"),
    "falta-tarifa": {f"drop {LINE}/Impuesto/Tarifa"},
    "falta-partida": {f"drop {LINE}/PartidaArancelaria"},
    "falta-identificacion-receptor": {"drop Receptor/Identificacion"},
    "falta-medio-pago": {"drop ResumenFactura/MedioPago"},
    "medios-no-suman": {
        "drop ResumenFactura/MedioPago",
        "raise ResumenFactura/MedioPago/TotalMedioPago",
    },
    "falta-tipo-medio": {"drop ResumenFactura/MedioPago/TipoMedioPago"},
    "falta-desglose-en-cero": _each(
        ("drop",),
        "ResumenFactura/TotalDesgloseImpuesto",
        "ResumenFactura/TotalDesgloseImpuesto/CodigoTarifaIVA",
    ),
    "desglose-repetido": {
        "drop ResumenFactura/TotalDesgloseImpuesto/CodigoTarifaIVA",
        "repeat ResumenFactura/TotalDesgloseImpuesto",
    },
    "elemento-vacio": _each(
        ("empty",),
        "CodigoActividad",
        "DetalleMensaje",
        f"{LINE}/CodigoComercial/Codigo",
        f"{LINE}/FormaFarmaceutica",
        f"{LINE}/NumeroVINoSerie",
        f"{LINE}/RegistroMedicamento",
        f"{LINE}/UnidadMedidaComercial",
        f"{PART}/UnidadMedidaComercialSurtido",
        "Emisor/Registrofiscal8707",
        "EstadoMensaje",
        "NombreEmisor",
        "NombreReceptor",
        "NumeroCedulaEmisor",
        "NumeroCedulaReceptor",
        "OtrosCargos/Detalle",
        "ProveedorSistemas",
        "Receptor/CorreoElectronico",
    ),
    "detalle-corto": _each(TEXTS, "DetalleMensaje"),
    "forma-farmaceutica-desconocida": _each(TEXTS, f"{LINE}/FormaFarmaceutica"),
    "estado-no-coincide": _each(TEXTS, "EstadoMensaje"),
    "razon-corta": _each(TEXTS, "InformacionReferencia/Razon"),
    # nothing is charged on the base of an exempt line, or the law lets it be edited
    "base-imponible-no-coincide": {f"raise {LINE}/BaseImponible"},
    # 1001 pieces at 0.85 may have been 850 colones before the quantity was rounded
    "monto-total-no-coincide": {f"raise {LINE}/Cantidad"},
    "referencia-repetida": {"repeat InformacionReferencia"},
}
"""Mutants that the schema takes and Hacienda may take, which a warning tells of, by its code."""


def survivors(directory: Path | None) -> tuple[set[str], dict[str, set[str]]]:
    """Mutants that no error tells of: those without any word, and those warned of, by code."""
    silent: set[str] = set()
    warned: dict[str, set[str]] = {}
    for name, xml, codes in unnoticed():
        if directory is not None and schema.validate(xml, "2026", directory, signed=False):
            continue
        if not codes:
            silent.add(name)
        for code in codes:
            warned.setdefault(code, set()).add(name)
    return silent, warned


def test_every_mutant_is_caught_by_reader_schema_or_rules(xsd_directory: Path) -> None:
    silent, warned = survivors(xsd_directory)
    assert silent == set().union(*LAWFUL.values())
    assert warned == ODD


def test_without_schemas_only_order_goes_unnoticed() -> None:
    silent, warned = survivors(None)
    more = silent - set().union(*LAWFUL.values())
    assert {name.split()[0] for name in more} <= {"move"}
    schemas_verdict = {
        "elemento-desconocido": {"rename Otros/OtroTexto", "rename Otros/OtroContenido"},
        "elemento-vacio": {"empty TipoIdentificacionReceptor"},  # Hacienda's own answers do it
    }
    for code, names in warned.items():
        left = {name for name in names if not name.startswith("move ")} - ODD.get(code, set())
        assert left <= schemas_verdict.get(code, set()), code


# --- the signature -----------------------------------------------------------------------------


def signature_mutants(signed: bytes) -> Iterator[Mutant]:
    """Every part of the signature changed: elements, texts, attributes."""
    root = etree.fromstring(signed)
    whole = etree.tostring(root, method="c14n")
    for number, element in enumerate(root.iter()):
        if not any(one.tag == f"{{{DS}}}Signature" for one in (element, *element.iterancestors())):
            continue
        path = "/".join(
            etree.QName(one).localname for one in reversed([element, *element.iterancestors()])
        )
        for kind, change in SIGNATURE_CHANGES.items():
            again = copy.deepcopy(root)
            same = next(e for i, e in enumerate(again.iter()) if i == number)
            if change(same) and etree.tostring(again, method="c14n") != whole:
                yield Mutant(kind, path, etree.tostring(again))
        for name in element.attrib:
            for new in (None, "", element.get(name) + "x", "#otro"):
                again = copy.deepcopy(root)
                same = next(e for i, e in enumerate(again.iter()) if i == number)
                if new is None:
                    del same.attrib[name]
                else:
                    same.set(name, new)
                if etree.tostring(again, method="c14n") == whole:
                    continue
                yield Mutant(f"@{name}={new}", path, etree.tostring(again))


def _flip(element: Any) -> bool:
    """One letter of the text is another; in base64 that is another value."""
    text = (element.text or "").strip()
    if len(element) or not text:
        return False
    middle = len(text) // 2
    other = "B" if text[middle] == "A" else "A"
    element.text = text[:middle] + other + text[middle + 1 :]
    return True


def _note(element: Any) -> bool:
    """An element that nobody knows, inside."""
    etree.SubElement(element, f"{{{DS}}}Nota").text = "x"
    return True


SIGNATURE_CHANGES = {
    "drop": _drop,
    "repeat": _repeat,
    "move": _move,
    "rename": _rename,
    "empty": _text(""),
    "flip": _flip,
    "note": _note,
}


def test_no_part_of_a_signature_can_be_changed() -> None:
    signed = build_sign(golden("fe"), llave(), when=NOW)
    assert verify(signed, ()).integrity
    mutants = list(signature_mutants(signed))
    assert len(mutants) > 300
    assert [f"{one.kind} {one.path}" for one in mutants if _whole(one.xml)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_part_of_a_signed_document_can_be_changed(name: str) -> None:
    """What is lawful alone is no longer what was signed."""
    root = etree.fromstring(build_sign(DOCUMENTS[name], llave(), when=NOW))
    elements = [e for e in root if e.tag != f"{{{DS}}}Signature"]
    for number in range(len(elements)):
        for change in (_drop, _repeat, _rename, _text(""), _note):
            again = copy.deepcopy(root)
            if change(again[number]):
                assert not _whole(etree.tostring(again)), (number, change)


def _whole(signed: bytes) -> bool:
    try:
        return verify(signed, ()).integrity
    except XMLError:
        return False


def test_a_signature_of_another_key_is_told() -> None:
    """The certificate of one, the signature of another; and the other way about."""
    mine = build_sign(golden("fe"), llave(), when=NOW)
    theirs = build_sign(
        golden("fe"), authority().llave("CPJ-3-101-999999", key=rsa_key(5)), when=NOW
    )
    for part in (b"X509Certificate", b"SignatureValue", b"KeyInfo", b"Object"):
        pattern = re.compile(rb"<ds:" + part + rb"[ >].*?</ds:" + part + rb">")
        found = pattern.search(theirs)
        assert found
        mixed = pattern.sub(lambda _, found=found: found[0], mine, count=1)
        assert mixed != mine
        assert not _whole(mixed), part
    whole = re.compile(rb"<ds:Signature .*</ds:Signature>")
    other = whole.search(theirs)
    assert other
    signer = verify(whole.sub(lambda _: other[0], mine, count=1), ())
    assert signer.integrity  # it does sign this very document
    assert signer.signer_is_issuer is False
