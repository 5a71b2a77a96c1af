"""Every rule: a golden document changed so that the rule speaks, and mended so that it does not."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hacienda_anything import documents
from hacienda_cambios import GOLDEN, changed, golden
from hacienda_strategies import TODAY, lawful
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hacienda
from hacienda import montos, reglas
from hacienda.catalogos.cabys import Cabys, Producto
from hacienda.comprobante import (
    TIPOS,
    CodigoComercial,
    CodigoComercialSurtido,
    Comprobante,
    DatosImpuestoEspecifico,
    DatosImpuestoEspecificoSurtido,
    Descuento,
    DescuentoSurtido,
    Exoneracion,
    Extra,
    FechaHora,
    Identificacion,
    Impuesto,
    ImpuestoSurtido,
    InformacionReferencia,
    LineaDetalleSurtido,
    MedioPago,
    OtroContenido,
    OtrosCargos,
    OtroTexto,
    TotalDesgloseImpuesto,
    Ubicacion,
)
from hacienda.reglas import estructura, facetas, vistazo
from hacienda.reglas.findings import MOST, Findings

SOURCE = Path(hacienda.__file__).parent
L1 = "DetalleServicio/LineaDetalle[1]"
L2 = "DetalleServicio/LineaDetalle[2]"
IR = "InformacionReferencia[1]"
EX = f"{L2}/Impuesto[1]/Exoneracion"
TAX = f"{L1}/Impuesto[1]"
PAY = "ResumenFactura/MedioPago"
CATALOGUE = Cabys(
    [Producto("3814001010200", "Mesas", "13"), Producto("8314100000200", "Diseño", "13")]
)


def reference(**more: Any) -> InformacionReferencia:
    given = {"tipo_doc_ir": "06", "numero": "C-7", "codigo": "04", "razon": "Contrato"} | more
    return InformacionReferencia(fecha_emision_ir=FechaHora("2026-11-01T00:00:00-06:00"), **given)


def charge(**more: Any) -> OtrosCargos:
    return OtrosCargos(
        **{"tipo_documento_oc": "01", "detalle": "Cargo", "monto_cargo": Decimal(5)} | more
    )


def part(**more: Any) -> LineaDetalleSurtido:
    tax = ImpuestoSurtido(
        codigo_impuesto_surtido="01", codigo_tarifa_iva_surtido="08", tarifa_surtido=Decimal(13)
    )
    return LineaDetalleSurtido(
        **{
            "codigo_cabys_surtido": "3814001010200",
            "codigo_comercial_surtido": (CodigoComercialSurtido(tipo_surtido="03", codigo_surtido="A"),),
            "cantidad_surtido": Decimal(1),
            "unidad_medida_surtido": "Unid",
            "detalle_surtido": "Parte",
            "precio_unitario_surtido": Decimal(1000),
            "impuesto_surtido": (tax,),
        }
        | more
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """`bad` makes the rule `code` speak at `at`; without it, with `base` alone, it is silent."""

    code: str
    name: str
    at: str
    bad: dict[str, Any]
    base: dict[str, Any] = field(default_factory=dict)
    warns: bool = False
    cabys: Any = None

    def __str__(self) -> str:
        return f"{self.code}-{self.name}"


def error(code: str, name: str, at: str, bad: Any, **base: Any) -> Case:
    return Case(code, name, at, bad if isinstance(bad, dict) else {at: bad}, **base)


def warning(code: str, name: str, at: str, bad: Any, **base: Any) -> Case:
    return Case(code, name, at, bad if isinstance(bad, dict) else {at: bad}, warns=True, **base)


OTHER_CLAVE = "50622112600310199999900100001010000000001112345678"
TWO_TAXES = (
    Impuesto(codigo="01", codigo_tarifa_iva="08", tarifa=Decimal(13), monto=Decimal(234)),
    Impuesto(codigo="02", tarifa=Decimal(1), monto=Decimal(18)),
)
SPECIFIC = DatosImpuestoEspecifico(
    cantidad_unidad_medida=Decimal(750),
    proporcion=Decimal(300),
    volumen_unidad_consumo=Decimal(250),
    impuesto_unidad=Decimal(1),
)


def second_tax(**more: Any) -> dict[str, Any]:
    return {f"{L1}/Impuesto[2]": Impuesto(monto=Decimal(0), **more)}


SET = {f"{L1}/CodigoComercial[1]": CodigoComercial(tipo="03", codigo="SURT")}


def set_of(**more: Any) -> dict[str, Any]:
    return {f"{L1}/DetalleSurtido": (part(**more),)}


IN_SET = f"{L1}/DetalleSurtido/LineaDetalleSurtido[1]"
FOREIGN = Identificacion(tipo="05", numero="P123")
BY_FOREIGNER = {"Receptor/Identificacion": FOREIGN, "Receptor/Ubicacion": None}

CASES = [
    # estructura
    error("falta-elemento", "fe", "Emisor/Nombre", None),
    error("falta-elemento", "fec", "CodigoActividadReceptor", None),
    error("falta-elemento", "rep", "Receptor", None),
    error("falta-elemento", "nc", "InformacionReferencia", ()),
    error("falta-elemento", "fe", f"{L1}/BaseImponible", None),
    error("falta-elemento", "fe", f"{L1}/Impuesto", ()),
    error("valor-no-permitido", "fe", "CondicionVenta", "11"),
    error("valor-no-permitido", "te", "CondicionVenta", "12"),
    error("valor-no-permitido", "rep", "CondicionVenta", "01"),
    error("valor-no-permitido", "fe", "Emisor/Nombre", "Ana"),
    error("valor-no-permitido", "fe", "Emisor/Nombre", "n" * 101),
    error("valor-no-permitido", "fe", "NumeroConsecutivo", "1"),
    error("valor-no-permitido", "fe", f"{L1}/UnidadMedida", "unid"),
    error("valor-no-permitido", "fe", f"{L1}/Cantidad", "2.0001"),
    error("valor-no-permitido", "fe", f"{L1}/Cantidad", "-2.000"),
    error("valor-no-permitido", "fe", f"{L1}/PrecioUnitario", "99999999999999.0"),
    error("valor-no-permitido", "fe", f"{TAX}/Tarifa", "11300.00"),
    error("valor-no-permitido", "fe", f"{L1}/NumeroLinea", 1001),
    error("valor-no-permitido", "fe", "Emisor/Telefono/NumTelefono", "99"),
    error("valor-no-permitido", "fe", "Emisor/Telefono/NumTelefono", "2222-3333"),
    error("valor-no-permitido", "fe", "Emisor/Telefono/CodigoPais", "-6"),
    error("valor-no-permitido", "fe", "ResumenFactura/CodigoTipoMoneda/CodigoMoneda", "BTC"),
    error("valor-no-permitido", "rep", f"{IR}/Codigo", "03"),
    error("valor-no-permitido", "nc", f"{IR}/Codigo", "17"),
    error("valor-no-permitido", "fe", "Otros/OtroTexto[1]", OtroTexto(texto="x" * 501)),
    error("valor-no-permitido", "nd", "PlazoCredito", -1),
    error("valor-de-otra-clase", "fe", "Emisor/Nombre", 5),
    error("valor-de-otra-clase", "fe", f"{L1}/Cantidad", Decimal("NaN")),
    error("valor-de-otra-clase", "fe", f"{L1}/Cantidad", Decimal("1E+999999")),
    error("valor-de-otra-clase", "fe", f"{L1}/Cantidad", Decimal("1E-999999")),
    error("valor-de-otra-clase", "fe", f"{L1}/Cantidad", 2.0),
    error("valor-de-otra-clase", "fe", f"{L1}/NumeroLinea", True),
    error("valor-de-otra-clase", "fe", "FechaEmision", date(2026, 11, 22)),
    error("valor-de-otra-clase", "fe", "FechaEmision", datetime(1, 1, 1, tzinfo=UTC)),
    error("valor-de-otra-clase", "fe", "Receptor", FOREIGN),
    error("valor-de-otra-clase", "fe", "DetalleServicio", {"DetalleServicio": [part()]}),
    error("valor-de-otra-clase", "fe", "Otros/OtroTexto[1]", OtroTexto(texto=None)),
    error("caracter-no-permitido", "fe", "Emisor/Nombre", "Ana \x00 Mora"),
    error("caracter-no-permitido", "fe", "Emisor/Nombre", "Ana \ud800 Mora"),
    error("caracter-no-permitido", "fe", "Otros/OtroTexto[1]", OtroTexto(texto="\x0b")),
    error("demasiados-elementos", "fe", "Emisor/CorreoElectronico", {"Emisor/CorreoElectronico": ("a@b.cr",) * 5}),
    error("demasiados-elementos", "fe", "DetalleServicio/LineaDetalle", {"DetalleServicio": golden("fe").detalle_servicio * 201}),
    error("elemento-fuera-de-lugar", "te", "CodigoActividadReceptor", "6201.0"),
    error("elemento-fuera-de-lugar", "fee", f"{L1}/BaseImponible", Decimal(1)),
    error("elemento-fuera-de-lugar", "fec", f"{L1}/ImpuestoAsumidoEmisorFabrica", Decimal(0)),
    error("elemento-fuera-de-lugar", "fe", "Emisor/Fax", golden("fe").emisor.telefono),
    error("elemento-desconocido", "fe", "Emisor", {"Emisor": replace(golden("fe").emisor, extra=(Extra("<Fax>1</Fax>"),))}),
    warning("elemento-desconocido", "fe", "Otros", {"Otros": replace(golden("fe").otros, extra=(Extra('<Firma xmlns="urn:a">1</Firma>'),))}),
    error("atributo-desconocido", "fe", "Emisor/Nombre", {"Emisor": replace(golden("fe").emisor, extra=(Extra(' id="7"', "@Nombre"),))}),
    warning("elemento-vacio", "fe", "ProveedorSistemas", ""),
    warning("elemento-vacio", "fe", "Emisor/Ubicacion/OtrasSenas", "      "),
    warning("contenido-con-xml", "fe", "Otros/OtroContenido[1]", OtroContenido(xml='<a xmlns="urn:a"></a>')),
    # encabezado
    error("clave-mal-formada", "fe", "Clave", "9" * 50),
    error("clave-mal-formada", "fe", "Clave", "50632112600310112345600100001010000000001112345678"),
    error("clave-mal-formada", "mr", "Clave", "9" * 50),
    error("clave-otro-consecutivo", "fe", "Clave", {"NumeroConsecutivo": "00100001010000000002"}),
    error("clave-otra-fecha", "fe", "Clave", {"FechaEmision": "2026-11-21T23:59:59-06:00"}),
    error("clave-otra-fecha", "fe", "Clave", {"FechaEmision": "2026-11-20T23:00:00-06:00"}),
    warning("clave-otra-fecha", "fe", "Clave", {"FechaEmision": "2026-11-22T01:00:00+06:00"}),
    error("clave-de-otro-emisor", "fe", "Clave", OTHER_CLAVE),
    error("clave-de-otro-emisor", "fec", "Clave", {"Receptor/Identificacion/Numero": "3101999999"}),
    warning("clave-de-otro-emisor", "fec", "Clave", "5062211260P012345678900100001080000000003112345678"),
    error("consecutivo-mal-formado", "fe", "NumeroConsecutivo", "00100001990000000001"),
    error("consecutivo-mal-formado", "mr", "NumeroConsecutivoReceptor", "00100001990000000001"),
    error("consecutivo-de-otro-tipo", "fe", "NumeroConsecutivo", "00100001040000000001"),
    error("consecutivo-de-otro-tipo", "mr", "NumeroConsecutivoReceptor", "00100001050000000009"),
    warning("consecutivo-en-cero", "fe", "NumeroConsecutivo", "00000001010000000001"),
    warning("contingencia-sin-referencia", "fe", "InformacionReferencia", {"Clave": "50622112600310112345600100001010000000001212345678"}),
    error("fecha-futura", "fe", "FechaEmision", "2026-11-23T00:00:00-06:00"),
    error("fecha-futura", "mr", "FechaEmisionDoc", "2026-11-23T00:00:00-06:00"),
    warning("version-anterior", "fe-4.3", "FechaEmision", "2026-01-05T00:00:00-06:00"),
    warning("version-adelantada", "fe", "FechaEmision", "2025-03-31T00:00:00-06:00"),
    warning("actividad-con-otra-forma", "fe", "CodigoActividadEmisor", "62.010"),
    warning("actividad-con-otra-forma", "fec", "CodigoActividadReceptor", "ABCDEF"),
    warning("proveedor-mal-formado", "fe", "ProveedorSistemas", "ñ"),
    warning("condicion-de-otro-tipo", "fe", "CondicionVenta", "13"),
    error("falta-condicion-otros", "fe", "CondicionVentaOtros", {"CondicionVenta": "99"}),
    error("falta-plazo-credito", "nd", "PlazoCredito", None),
    error("falta-plazo-credito", "nd", "PlazoCredito", 0),
    error("falta-plazo-credito", "fe", "PlazoCredito", {"CondicionVenta": "10"}),
    warning("sobra-plazo-credito", "fe", "PlazoCredito", 30),
    # partes
    error("emisor-no-inscrito", "fe", "Emisor/Identificacion/Tipo", {"Emisor/Identificacion": FOREIGN}),
    error("compra-sin-condicion-13", "fec", "CondicionVenta", {"Emisor/Identificacion/Tipo": "06"}),
    warning("condicion-13-de-contribuyente", "fec", "CondicionVenta", "13"),
    warning("falta-ubicacion-del-proveedor", "fec", "Emisor/Ubicacion", {"Emisor/Identificacion": Identificacion(tipo="01", numero="112340123")}),
    error("receptor-no-contribuyente", "te", "Receptor/Identificacion/Tipo", {"Receptor": replace(golden("fe").receptor, identificacion=Identificacion(tipo="06", numero="P1"))}),
    error("receptor-extranjero", "rep", "Receptor/Identificacion/Tipo", BY_FOREIGNER | {"Receptor/Ubicacion": None}),
    error("extranjero-sin-condicion-12", "fe", "CondicionVenta", BY_FOREIGNER),
    error("extranjero-sin-referencia", "fe", "InformacionReferencia", BY_FOREIGNER | {"CondicionVenta": "12"}),
    warning("ubicacion-de-extranjero", "nc", "Receptor/Ubicacion", {"Receptor/Identificacion": FOREIGN}),
    warning("falta-identificacion-receptor", "fee", "Receptor/Identificacion", None),
    warning("senas-largas", "fe", "Receptor/Ubicacion/OtrasSenas", "s" * 161),
    warning("senas-de-extranjero", "fe", "Receptor/OtrasSenasExtranjero", "Main Street 5"),
    error("identificacion-mal-formada", "fe", "Receptor/Identificacion/Numero", "310265432"),
    error("identificacion-mal-formada", "fe", "OtrosCargos[1]/IdentificacionTercero/Numero", {"OtrosCargos[1]": charge(identificacion_tercero=Identificacion(tipo="01", numero="012345678"))}),
    warning("identificacion-mal-formada", "fec", "Emisor/Identificacion/Numero", "Ñ#1"),
    error("identificacion-con-otra-forma", "fe", "Receptor/Identificacion/Numero", "3-102-654321"),
    error("ubicacion-desconocida", "fe", "Emisor/Ubicacion/Provincia", "8"),
    error("ubicacion-desconocida", "fe", "Emisor/Ubicacion/Canton", "91"),
    warning("distrito-desconocido", "fe", "Receptor/Ubicacion/Distrito", "91"),
    warning("telefono-sin-8-digitos", "fe", "Emisor/Telefono/NumTelefono", "911"),
    error("correo-mal-formado", "fe", "Emisor/CorreoElectronico[1]", "cafeprueba.cr"),
    error("correo-mal-formado", "fe", "Receptor/CorreoElectronico", "a b@c.cr"),
    warning("correo-mal-formado", "fe", "Receptor/CorreoElectronico", "ana@c."),
    # lineas
    error("lineas-desordenadas", "fe", f"{L2}/NumeroLinea", 1),
    warning("lineas-con-saltos", "fee", f"{L1}/NumeroLinea", 3),
    error("cantidad-cero", "fe", f"{L1}/Cantidad", "0.000"),
    error("cantidad-cero", "fe", f"{IN_SET}/CantidadSurtido", set_of(cantidad_surtido=Decimal(0)), base=SET | set_of()),
    warning("precio-cero", "fe", f"{L1}/PrecioUnitario", "0.00000"),
    warning("falta-cabys", "nc", f"{L1}/CodigoCABYS", None),
    error("cabys-mal-formado", "fe", f"{L1}/CodigoCABYS", "38140010102OO"),
    error("cabys-mal-formado", "fe", f"{IN_SET}/CodigoCABYSSurtido", set_of(codigo_cabys_surtido="X" * 13), base=SET | set_of()),
    warning("cabys-desconocido", "nc", f"{L1}/CodigoCABYS", "3814001010299", cabys=CATALOGUE),
    warning("tarifa-distinta-del-cabys", "nc", f"{TAX}/Tarifa", {f"{TAX}/CodigoTarifaIVA": "02", f"{TAX}/Tarifa": "1.00"}, cabys=CATALOGUE),
    warning("forma-farmaceutica-desconocida", "fe", f"{L1}/FormaFarmaceutica", "zzz"),
    warning("transaccion-exenta-con-impuesto", "fe", f"{L1}/TipoTransaccion", "02"),
    warning("unidad-de-servicio", "fe", f"{L1}/UnidadMedida", "Sp"),
    warning("falta-partida", "fee", f"{L1}/PartidaArancelaria", None),
    error("base-de-fabrica-en-cero", "fe", f"{L1}/BaseImponible", "0.00000", base={f"{L1}/IVACobradoFabrica": "01"}),
    warning("iva-de-fabrica-con-tarifa", "fe", f"{L1}/IVACobradoFabrica", "02"),
    error("falta-descuento-otro", "fe", f"{L1}/Descuento[1]/CodigoDescuentoOTRO", {f"{L1}/Descuento[1]/CodigoDescuento": "99", f"{L1}/Descuento[1]/NaturalezaDescuento": "Feria"}),
    error("falta-descuento-otro", "fe", f"{L1}/Descuento[1]/NaturalezaDescuento", {f"{L1}/Descuento[1]/CodigoDescuento": "99"}),
    error("falta-descuento-otro", "fe", f"{IN_SET}/DescuentoSurtido[1]/DescuentoSurtidoOtros", set_of(descuento_surtido=(DescuentoSurtido(codigo_descuento_surtido="99", monto_descuento_surtido=Decimal(1)),)), base=SET | set_of()),
    error("descuento-mayor-que-monto", "fe", f"{L1}/Descuento[1]/MontoDescuento", "2000.02"),
    # impuestos
    error("iva-repetido", "fe", f"{L1}/Impuesto[2]/Codigo", {f"{L1}/Impuesto[2]": TWO_TAXES[0]}),
    warning("iva-repetido", "fe", f"{L1}/Impuesto[2]/Codigo", second_tax(codigo="08", factor_calculo_iva=Decimal("0.1"))),
    error("falta-impuesto-otro", "fe", f"{L1}/Impuesto[2]/CodigoImpuestoOTRO", second_tax(codigo="99")),
    error("falta-impuesto-otro", "fe", f"{IN_SET}/ImpuestoSurtido[1]/CodigoImpuestoOTROSurtido", set_of(impuesto_surtido=(ImpuestoSurtido(codigo_impuesto_surtido="99"),)), base=SET | set_of()),
    error("falta-tarifa", "fe", f"{TAX}/Tarifa", None),
    error("falta-tarifa", "fe", f"{L1}/Impuesto[2]/Tarifa", second_tax(codigo="02")),
    warning("falta-tarifa", "fee", f"{TAX}/Tarifa", None),
    error("falta-codigo-tarifa", "fe", f"{TAX}/CodigoTarifaIVA", None),
    error("falta-codigo-tarifa", "fe", f"{IN_SET}/ImpuestoSurtido[1]/CodigoTarifaIVASurtido", set_of(impuesto_surtido=(ImpuestoSurtido(codigo_impuesto_surtido="01"),)), base=SET | set_of()),
    error("tarifa-no-coincide", "fe", f"{TAX}/Tarifa", "12.00"),
    error("tarifa-no-coincide", "fe", f"{L1}/Impuesto[2]/Tarifa", second_tax(codigo="12", tarifa=Decimal(4)), base=second_tax(codigo="12", tarifa=Decimal(5))),
    error("tarifa-no-coincide", "fe", f"{TAX}/Tarifa", {f"{TAX}/CodigoTarifaIVA": "10"}),
    error("tarifa-transitoria", "fe", f"{TAX}/CodigoTarifaIVA", "07"),
    warning("sobra-codigo-tarifa", "fe", f"{L1}/Impuesto[2]/CodigoTarifaIVA", second_tax(codigo="02", tarifa=Decimal(1), codigo_tarifa_iva="08"), base=second_tax(codigo="02", tarifa=Decimal(1))),
    error("falta-factor", "fe", f"{L1}/Impuesto[2]/FactorCalculoIVA", second_tax(codigo="08")),
    warning("sobra-factor", "fe", f"{TAX}/FactorCalculoIVA", Decimal("0.5")),
    error("faltan-datos-del-impuesto", "fe", f"{L1}/Impuesto[2]/DatosImpuestoEspecifico", second_tax(codigo="06"), base=second_tax(codigo="06", datos_impuesto_especifico=SPECIFIC)),
    error("faltan-datos-del-impuesto", "fe", f"{IN_SET}/ImpuestoSurtido[1]/DatosImpuestoEspecificoSurtido", set_of(impuesto_surtido=(ImpuestoSurtido(codigo_impuesto_surtido="06"),)), base=SET | set_of()),
    error("falta-proporcion", "fe", f"{L1}/Impuesto[2]/DatosImpuestoEspecifico/Proporcion", second_tax(codigo="04", datos_impuesto_especifico=replace(SPECIFIC, proporcion=None)), base=second_tax(codigo="04", datos_impuesto_especifico=SPECIFIC)),
    error("falta-volumen", "fe", f"{L1}/Impuesto[2]/DatosImpuestoEspecifico/VolumenUnidadConsumo", second_tax(codigo="05", datos_impuesto_especifico=replace(SPECIFIC, volumen_unidad_consumo=Decimal(0))), base=second_tax(codigo="05", datos_impuesto_especifico=SPECIFIC)),
    error("falta-volumen", "fe", f"{IN_SET}/ImpuestoSurtido[1]/DatosImpuestoEspecificoSurtido/VolumenUnidadConsumoSurtido", set_of(impuesto_surtido=(ImpuestoSurtido(codigo_impuesto_surtido="05", datos_impuesto_especifico_surtido=DatosImpuestoEspecificoSurtido()),)), base=SET | set_of()),
    warning("surtido-con-tarifa", "fe", f"{TAX}/CodigoTarifaIVA", SET | set_of(), base=SET),
    warning("surtido-sin-codigo", "fe", f"{L1}/CodigoComercial", {f"{L1}/CodigoComercial": ()}, base=SET | set_of()),
    warning("exportacion-con-impuesto", "fee", f"{TAX}/Monto", "110.50"),
    error("exoneracion-anterior", "fe", f"{EX}/TipoDocumentoEX1", "05"),
    error("exoneracion-incompleta", "fe", f"{EX}/Articulo", {f"{EX}/TipoDocumentoEX1": "03"}),
    error("exoneracion-incompleta", "fe", f"{EX}/TipoDocumentoOTRO", {f"{EX}/TipoDocumentoEX1": "99"}),
    error("exoneracion-incompleta", "fe", f"{EX}/NombreInstitucionOtros", {f"{EX}/NombreInstitucion": "99"}),
    error("exoneracion-mayor-que-tarifa", "fe", f"{EX}/TarifaExonerada", "61.54"),
    error("exoneracion-mayor-que-impuesto", "fe", f"{EX}/MontoExoneracion", {f"{L2}/Impuesto[1]/Monto": "7999.99", f"{EX}/MontoExoneracion": "8000.01"}),
    error("exoneracion-sin-referencia", "fe", "InformacionReferencia", {f"{EX}/TipoDocumentoEX1": "11"}),
    warning("exoneracion-posterior", "fe", f"{EX}/FechaEmisionEX", "2026-11-23T00:00:00-06:00"),
    # cargos
    error("sin-lineas", "fe", "DetalleServicio", ()),
    error("sin-lineas", "te", "DetalleServicio", ()),
    error("falta-cargo-otro", "te", "OtrosCargos[1]/TipoDocumentoOTROS", {"OtrosCargos[1]/TipoDocumentoOC": "99"}),
    error("falta-tercero", "te", "OtrosCargos[1]/NombreTercero", {"OtrosCargos[1]/TipoDocumentoOC": "04"}),
    error("cargo-cero", "te", "OtrosCargos[1]/MontoCargo", "0.00000"),
    # resumen
    error("tipo-cambio-en-colones", "fe", "ResumenFactura/CodigoTipoMoneda/TipoCambio", "505.00"),
    error("tipo-cambio-cero", "fee", "ResumenFactura/CodigoTipoMoneda/TipoCambio", "0.00"),
    warning("tipo-cambio-uno", "fee", "ResumenFactura/CodigoTipoMoneda/TipoCambio", "1.00"),
    warning("falta-desglose-en-cero", "fe", "ResumenFactura/TotalDesgloseImpuesto", {"ResumenFactura/TotalDesgloseImpuesto[3]": None}),
    warning("desglose-repetido", "fe", "ResumenFactura/TotalDesgloseImpuesto", {"ResumenFactura/TotalDesgloseImpuesto[4]": TotalDesgloseImpuesto(codigo="01", codigo_tarifa_iva="11", total_monto_impuesto=Decimal(0))}),
    error("falta-desglose-impuesto", "fe", "ResumenFactura/TotalDesgloseImpuesto", {"ResumenFactura/TotalDesgloseImpuesto[1]": None}),
    error("falta-medio-pago", "fe", PAY, ()),
    warning("falta-medio-pago", "nc", PAY, ()),
    warning("falta-tipo-medio", "nc", f"{PAY}[1]/TipoMedioPago", None),
    error("falta-medio-otro", "nc", f"{PAY}[1]/MedioPagoOtros", {f"{PAY}[1]/TipoMedioPago": "99"}),
    warning("medio-repetido", "fe", f"{PAY}[2]/TipoMedioPago", "02"),
    error("medio-en-cero", "fe", f"{PAY}[3]/TotalMedioPago", {f"{PAY}[3]": MedioPago(tipo_medio_pago="01", total_medio_pago=Decimal(0))}),
    error("medios-sin-monto", "fe", PAY, {f"{PAY}[2]/TotalMedioPago": None}),
    error("medios-no-suman", "fe", PAY, {f"{PAY}[2]/TotalMedioPago": "14034.06"}),
    warning("medios-no-suman", "nc", PAY, {f"{PAY}[1]/TotalMedioPago": "2034.06"}),
    error("iva-devuelto-sin-tarjeta", "te", "ResumenFactura/TotalIVADevuelto", Decimal(100)),
    warning("iva-devuelto-sin-tarjeta", "nc", "ResumenFactura/TotalIVADevuelto", Decimal(100)),
    warning("iva-devuelto-sin-salud", "fe", "ResumenFactura/TotalIVADevuelto", Decimal(100)),
    error("iva-devuelto-mayor-que-impuesto", "fe", "ResumenFactura/TotalIVADevuelto", Decimal(6000)),
    error("montos-sin-revisar", "fe", L1, {f"{L1}/Cantidad": None}),
    # referencias
    error("compra-sin-referencia-16", "fec", f"{IR}/TipoDocIR", "06"),
    error("referencia-incompleta", "nc", f"{IR}/Numero", None),
    error("referencia-incompleta", "nc", f"{IR}/Razon", ""),
    error("referencia-incompleta", "rep", f"{IR}/Codigo", None),
    warning("razon-corta", "nc", f"{IR}/Razon", "ok"),
    error("falta-documento-otro", "nc", f"{IR}/TipoDocRefOTRO", {f"{IR}/TipoDocIR": "99"}),
    error("falta-razon-otra", "nc", f"{IR}/CodigoReferenciaOTRO", {f"{IR}/Codigo": "99"}),
    error("referencia-de-otro-tipo", "fe", f"{IR}/TipoDocIR", {IR: reference(tipo_doc_ir="16")}, base={IR: reference()}),
    warning("referencia-de-otro-tipo", "rep", f"{IR}/TipoDocIR", "06"),
    warning("razon-de-otro-tipo", "nd", f"{IR}/Codigo", "12"),
    warning("codigo-de-2026", "nc", f"{IR}/Codigo", {f"{IR}/Codigo": "13"}, base={"FechaEmision": "2026-03-01T00:00:00-06:00"}),
    error("referencia-muy-antigua", "nc", f"{IR}/FechaEmisionIR", "2016-11-21T00:00:00-06:00"),
    warning("referencia-posterior", "nc", f"{IR}/FechaEmisionIR", "2026-11-23T00:00:00-06:00"),
    error("referencia-sin-clave", "nc", f"{IR}/Numero", "00100001010000000151"),
    error("referencia-a-si-mismo", "nc", f"{IR}/Numero", golden("nc").clave),
    warning("referencia-otro-documento", "nc", f"{IR}/TipoDocIR", "04"),
    warning("referencia-otra-fecha", "nc", f"{IR}/FechaEmisionIR", "2026-11-19T00:00:00-06:00"),
    warning("referencia-de-otro-emisor", "nc", f"{IR}/Numero", "50620112600310199999900100001010000000015187654321"),
    warning("referencia-repetida", "nc", "InformacionReferencia[2]", golden("nc").informacion_referencia[0]),
    # mensajes
    error("confirmacion-de-confirmacion", "mr", "Clave", "50621112600310112345600100001050000000044155667788"),
    warning("confirmacion-de-tiquete", "mr", "Clave", "50621112600310112345600100001040000000044155667788"),
    error("emisor-no-es-el-de-la-clave", "mr", "NumeroCedulaEmisor", "3101123457"),
    warning("mensaje-anterior-al-comprobante", "mr", "FechaEmisionDoc", "2026-11-20T00:00:00-06:00"),
    error("falta-detalle", "mr", "DetalleMensaje", None),
    warning("detalle-corto", "mr", "DetalleMensaje", "no"),
    error("credito-mayor-que-impuesto", "mr", "MontoTotalImpuestoAcreditar", "5234.01"),
    warning("impuesto-mayor-que-total", "mr", "MontoTotalImpuesto", "114034.01"),
    warning("gasto-mayor-que-total", "mr", "MontoTotalDeGastoAplicable", "114034.01"),
    warning("sobra-actividad", "mr", "CodigoActividad", {"CondicionImpuesto": "05"}),
    warning("falta-condicion-impuesto", "mr", "CondicionImpuesto", None),
    warning("estado-no-coincide", "mh", "EstadoMensaje", "Rechazado"),
    # descriptions that only go with the code 99
    *(
        warning("sobra-descripcion", name, at, bad if isinstance(bad, dict) else {at: bad}, base=base)
        for name, at, bad, base in (
            ("fe", "CondicionVentaOtros", "Sin más", {}),
            ("te", "OtrosCargos[1]/TipoDocumentoOTROS", "Propina", {}),
            ("fe", f"{L1}/Descuento[1]/CodigoDescuentoOTRO", "Feria", {}),
            ("fe", f"{TAX}/CodigoImpuestoOTRO", "Valor", {}),
            ("fe", f"{EX}/TipoDocumentoOTRO", "Decreto", {}),
            ("fe", f"{EX}/NombreInstitucionOtros", "Ministerio", {}),
            ("fe", f"{PAY}[1]/MedioPagoOtros", "Vale", {}),
            ("nc", f"{IR}/TipoDocRefOTRO", "Carta", {}),
            ("nc", f"{IR}/CodigoReferenciaOTRO", "Ajuste", {}),
        )
    ),
]  # fmt: skip


def problems(document: Any, case: Case) -> list[Any]:
    return reglas.check(document, today=TODAY, cabys=case.cabys)


def with_changes(document: Any, changes: dict[str, Any]) -> Any:
    for path, new in changes.items():
        document = changed(document, path, new)
    return document


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_speaks_where_it_should(case: Case) -> None:
    good = with_changes(golden(case.name), case.base)
    bad = with_changes(good, case.bad)
    said = {(p.code, p.path, p.severity) for p in problems(bad, case)}
    assert (case.code, case.at, "warning" if case.warns else "error") in said
    assert case.code not in {p.code for p in problems(good, case) if p.path == case.at}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_says_so_in_words(case: Case) -> None:
    for one in problems(with_changes(with_changes(golden(case.name), case.base), case.bad), case):
        assert one.message[-1] == "."
        assert one.message[0] == "«" or one.message[0].isupper()
        assert len(one.message) < 400
        assert not one.remedy or one.remedy.endswith(".")
        assert not re.search(r"\b(None|NaN|error|warning|tuple)\b", one.message + one.remedy)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.json")))
def test_the_golden_documents_are_without_reproach(name: str) -> None:
    assert reglas.check(golden(name), today=TODAY, cabys=None) == []


# --- what no document may do to the rules ------------------------------------------------------

RUBBISH = st.sampled_from(
    [
        None, 0, -1, True, 2.5, float("nan"), "", "x" * 3000, "\ud800", b"bytes", [], ["a"], {}, (),
        ("a", None), (1,), object(), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"),
        Decimal("-0"), Decimal("1E+400000"), Decimal("1E-400000"), Decimal("9" * 60), date.max,
        FechaHora("9999-12-31T23:59:59"), datetime.max.replace(tzinfo=UTC), FechaHora("0001-01-01T00:00:00Z"),
        FechaHora("9999-12-31T23:59:59-12:00"), Identificacion(), Ubicacion(provincia=3), Exoneracion(),
        (Descuento(),), (part(),), (Impuesto(exoneracion=Exoneracion()),), "99", "9" * 50, "0",
    ]
)  # fmt: skip


def _paths(value: Any, prefix: str = "") -> list[str]:
    """Every field of a value and of those inside it, whether its type has it or not."""
    out: list[str] = []
    for f in value.__dataclass_fields__.values():
        if "xsd" not in f.metadata:
            continue
        path, held = prefix + f.metadata["xsd"], getattr(value, f.name)
        out.append(path)
        items = held if isinstance(held, tuple) else (held,)
        for index, one in enumerate(items, 1):
            if hasattr(one, "__dataclass_fields__"):
                if not isinstance(held, tuple):
                    at = path
                elif path.endswith(("DetalleServicio", "DetalleSurtido")):
                    at = f"{path}/{type(one).__name__}[{index}]"
                else:
                    at = f"{path}[{index}]"
                out += _paths(one, at + "/")
    return out


NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))
PATHS = {name: _paths(golden(name)) for name in NAMES}


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_it_never_raises_whatever_a_field_holds(name: str, data: st.DataObject) -> None:
    document = golden(name)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PATHS[name]))
        try:
            document = changed(document, path, data.draw(RUBBISH))
        except (AttributeError, TypeError, IndexError, ValueError, StopIteration, KeyError):
            continue  # what was there before cannot be changed any more
    found = reglas.check(document, today=TODAY, cabys=CATALOGUE)
    assert all(p.message and p.severity in ("error", "warning") for p in found)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_it_never_raises_whatever_can_be_read(document: Any) -> None:
    reglas.check(document, today=TODAY)
    reglas.check(document)


@pytest.mark.parametrize("extra", [5, "<a/>", (5,), (Extra(5),), (Extra(None, None),)])
def test_it_says_what_is_no_extra(extra: Any) -> None:
    found = reglas.check(replace(golden("fe"), extra=extra), today=TODAY)
    assert {p.code for p in found} == {"valor-de-otra-clase"}


@pytest.mark.parametrize("nothing", [None, 5, "FE", object(), Identificacion()])
def test_it_says_what_is_no_document(nothing: Any) -> None:
    assert [p.code for p in reglas.check(nothing)] == ["valor-de-otra-clase"]


def test_a_type_that_a_version_has_not() -> None:
    found = reglas.check(replace(golden("rep"), version="4.3"))
    assert [p.code for p in found] == ["version-sin-tipo"]


def test_it_stops_telling_at_some_point() -> None:
    bad = changed(
        golden("fe"), L1, replace(golden("fe").detalle_servicio[0], detalle="", unidad_medida="x")
    )
    many = replace(bad, detalle_servicio=bad.detalle_servicio[:1] * 900)
    assert len(reglas.check(many, today=TODAY)) == MOST


# --- a glance sees what the walk sees ----------------------------------------------------------


def walk(document: Any) -> list[Any]:
    found = Findings()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estructura, "glance", lambda document: False)
        estructura.check(document, found)
    return found.problems


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_a_glance_never_says_yes_to_a_fault(document: Any) -> None:
    assert not (vistazo.glance(document) and walk(document))


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_nor_to_any_rubbish(name: str, data: st.DataObject) -> None:
    document = changed(golden(name), data.draw(st.sampled_from(PATHS[name])), data.draw(RUBBISH))
    assert not (vistazo.glance(document) and walk(document))


@pytest.mark.parametrize("tipo", list(TIPOS))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_glance_suffices_for_a_lawful_document(tipo: str, data: st.DataObject) -> None:
    document = data.draw(lawful(tipo))
    assert walk(document) == []
    assert vistazo.glance(document)


@settings(max_examples=300)
@given(st.integers(0, 10**12), st.integers(-8, 3))
def test_digits_are_counted_as_the_schema_does(digits: int, exponent: int) -> None:
    value = Decimal(digits).scaleb(exponent)
    whole, _, fraction = f"{value:f}".partition(".")
    assert facetas.size(value) == len(whole.lstrip("0")) + len(fraction.rstrip("0"))
    for places in (0, 2, 5):
        assert facetas.exceeds(value, places) == (len(fraction.rstrip("0")) > places)


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "future"),
    [
        ("2026-11-22T12:04:00-06:00", False),
        ("2026-11-22T12:06:00-06:00", True),
        ("2026-11-22T12:06:00", True),
        ("2026-11-22T18:04:00Z", False),
    ],
)
def test_an_instant_is_told_from_the_future(written: str, future: bool) -> None:
    now = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # noon in Costa Rica
    found = reglas.check(changed(golden("fe"), "FechaEmision", written), today=now)
    assert ("fecha-futura" in {p.code for p in found}) is future


def test_today_is_the_machines_unless_told() -> None:
    tomorrow = f"{datetime.now(UTC).year + 1}-01-02T00:00:00-06:00"
    found = reglas.check(changed(golden("fe"), "FechaEmision", tomorrow))
    assert "fecha-futura" in {p.code for p in found}


# --- what Hacienda has accepted ----------------------------------------------------------------

ACCEPTED = [
    ("fe", {"ProveedorSistemas": "1234567890123"}),
    ("fe", {"FechaEmision": "2026-11-22T09:30:00"}),
    ("fe", {"FechaEmision": "2026-11-22T09:30:00+06:00"}),
    ("fe", {"FechaEmision": "2026-11-22T09:30:00.123Z"}),
    ("fe", {"Otros/OtroContenido[1]": OtroContenido(xml='<a xmlns="urn:a"></a>', codigo="x")}),
    ("fe", {"Emisor/Ubicacion/Distrito": "99"}),
    ("fe", {"CodigoActividadEmisor": "620100"}),
    ("fe", {f"{PAY}[1]/TipoMedioPago": "06"}),
    ("fe", {f"{L1}/Descuento[1]/NaturalezaDescuento": "Feria", f"{L1}/UnidadMedidaComercial": ""}),
    ("te", {f"{TAX}/Monto": "1300.004", "ResumenFactura/TotalImpuesto": "1300.00"}),
    ("te", {"ResumenFactura/TotalVenta": "10000.00", "ResumenFactura/TotalComprobante": "12300"}),
    ("te", {"OtrosCargos[1]/MontoCargo": "1000.001"}),
    ("te", {"Receptor": replace(golden("fe").receptor, identificacion=None, correo_electronico="")}),
    ("nc", {PAY: ()}),
    ("fee", {f"{TAX}/Tarifa": None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), ACCEPTED)
def test_what_hacienda_accepts_has_no_error(name: str, changes: dict[str, Any]) -> None:
    document = with_changes(golden(name), changes)
    assert [str(p) for p in reglas.check(document, today=TODAY) if p.is_error] == []


# --- the page of all rules ---------------------------------------------------------------------


def codes_in_source() -> dict[str, set[str]]:
    """Every code of a problem in the source of the rules, with its severities."""
    found: dict[str, set[str]] = {}

    def severities(function: str) -> set[str]:
        return {"error": {"error"}, "warning": {"warning"}}.get(function, {"error", "warning"})

    for file in sorted((SOURCE / "reglas").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0]
            if isinstance(first, ast.Name) and first.id == "OTHER_CLASS":
                found.setdefault(facetas.OTHER_CLASS, set()).add("error")
            elif isinstance(first, ast.Constant) and name in (
                "error",
                "warning",
                "report",
                "Fault",
            ):
                kinds = {"error"} if name == "Fault" else severities(name)
                found.setdefault(str(first.value), set()).update(kinds)
    found[facetas.NOT_ALLOWED] = {"error"}
    found.setdefault("sobra-descripcion", {"warning"})
    return found


def documented() -> dict[str, set[str]]:
    """The codes of docs/reglas.md, with their severities."""
    page = (SOURCE.parents[2] / "docs" / "reglas.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z ]+) \|", page, re.M)
    assert len(rows) == len(dict(rows))
    words = {"error": {"error"}, "aviso": {"warning"}, "error o aviso": {"error", "warning"}}
    return {code: words[severity] for code, severity in rows}


AMOUNTS = {"falta-desglose-impuesto", "montos-sin-revisar"}
"""Codes of `hacienda.montos` that are no «…-no-coincide»."""


def test_every_rule_is_tested() -> None:
    tested = {case.code for case in CASES} | {"version-sin-tipo"}
    assert set(codes_in_source()) - tested == set()
    assert tested - set(codes_in_source()) == AMOUNTS


def test_every_severity_is_tested() -> None:
    for code, kinds in codes_in_source().items():
        tested = {"warning" if case.warns else "error" for case in CASES if case.code == code}
        assert kinds <= tested or code == "version-sin-tipo", code


def test_the_page_names_every_rule() -> None:
    page = {
        code: kinds for code, kinds in documented().items() if not code.endswith("-no-coincide")
    }
    page |= {
        c: k for c, k in documented().items() if c in ("estado-no-coincide", "tarifa-no-coincide")
    }
    assert page == codes_in_source() | {code: {"error"} for code in AMOUNTS}


def test_the_page_names_every_amount() -> None:
    """Every computed element has a code of its own: changed alone, it is reported under it."""
    said: set[str] = set()
    for name in NAMES:
        document = golden(name)
        if not isinstance(document, Comprobante) or document.version != "4.4":
            continue
        for path in PATHS[name]:
            if path.rsplit("/", 1)[-1].startswith(("Monto", "Total", "Sub", "Base", "Impuesto")):
                try:
                    other = changed(document, path, Decimal("7777777.77"))
                except (AttributeError, IndexError):
                    continue
                said |= {p.code for p in montos.differences(other)}
    for gift in (golden("fe"),):
        with_set = montos.calculate(with_changes(gift, SET | set_of()))
        for path in (
            "MontoTotalSurtido",
            "SubTotalSurtido",
            "BaseImponibleSurtido",
            "ImpuestoSurtido[1]/MontoImpuestoSurtido",
        ):
            other = changed(with_set, f"{IN_SET}/{path}", Decimal("7777777.77"))
            said |= {p.code for p in montos.differences(other)}
    page = {c for c in documented() if c.endswith("-no-coincide")}
    assert said <= page | AMOUNTS
    assert page - said == {"estado-no-coincide", "tarifa-no-coincide"}
