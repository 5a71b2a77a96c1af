"""The documents of the law as frozen values: one class per complex type of the XSD.

Attributes carry the XSD's names in snake_case, in the XSD's order; `field.metadata["xsd"]` holds
the exact element name. What a document does not have is None, or `()` where it may repeat: a value
can hold an incomplete document, and `hacienda.reglas` says what it lacks.

    text, codes    str            ("01", "3101123456", also where the XSD says integer)
    money, rates   Decimal        (quantities too; trailing zeros are kept)
    dates          datetime       (aware; a `FechaHora` remembers how it was written)
    repeated       tuple

Fields that say *(4.3)* exist only in documents of the older generation, `version == "4.3"`.
Fields that say *(calc.)* are filled in by `hacienda.montos.calculate`.

Source: Anexos y Estructuras v4.4 and the XSDs of both versions.
"""

# ruff: noqa: RUF009 - `_x` and `_many` only make `dataclasses.field`s
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar

from hacienda.errors import InvalidError

COSTA_RICA = timezone(timedelta(hours=-6))
"""Costa Rica has had no summer time since 1992: a fixed offset is exact for every comprobante."""

_NAMESPACES = "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v"

_DATETIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


class FechaHora(datetime):
    """An instant that remembers the text it was read from.

    An ordinary aware `datetime` in every respect; `texto` is the lexical form, so that reading a
    document and writing it again changes nothing. Text without an offset is Costa Rica time.

    >>> f = FechaHora("2026-11-22T08:30:00")
    >>> f.texto, f.isoformat()
    ('2026-11-22T08:30:00', '2026-11-22T08:30:00-06:00')

    Raises `InvalidError` for what is not an xs:dateTime of the years 1 to 9999.
    """

    __slots__ = ("_texto",)
    _texto: str

    def __new__(cls, texto: Any, *parts: Any, **more: Any) -> FechaHora:
        if not isinstance(texto, str):  # arithmetic on dates makes new ones from numbers
            return super().__new__(cls, texto, *parts, **more)
        trimmed = texto.strip(" \t\r\n")
        match = _DATETIME.fullmatch(trimmed)
        if match is None:
            raise InvalidError(f"«{trimmed[:40]}» no es una fecha con hora.")
        year, month, day, hour, minute, second, fraction, offset = match.groups()
        midnight = hour == "24" and minute == second == "00" and not (fraction or "").strip("0")
        zone = COSTA_RICA
        try:
            if offset == "Z":
                zone = UTC
            elif offset is not None and offset != "-06:00":
                if int(offset[4:]) > 59:
                    raise ValueError
                shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
                zone = timezone(-shift if offset[0] == "-" else shift)
            value = super().__new__(
                cls,
                int(year),
                int(month),
                int(day),
                0 if midnight else int(hour),
                int(minute),
                int(second),
                int((fraction or "0")[:6].ljust(6, "0")),
                zone,
            )
            if midnight:  # xs:dateTime lets a day end at 24:00:00
                value = value + timedelta(days=1)
        except (ValueError, OverflowError):
            raise InvalidError(f"«{trimmed[:40]}» no es una fecha con hora.") from None
        value._texto = trimmed
        return value

    @property
    def texto(self) -> str:
        """The text as it came, or the usual form if this value was not read."""
        try:
            return self._texto
        except AttributeError:
            return texto_fecha(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        try:
            return FechaHora, (self._texto,)
        except AttributeError:
            return super().__reduce_ex__(protocol)


def texto_fecha(when: datetime) -> str:
    """The text of a date in a document: as it came, or `YYYY-MM-DDThh:mm:ss-06:00`.

    A naive datetime is Costa Rica time.

    >>> texto_fecha(datetime(2026, 11, 23, 1, 5, tzinfo=UTC))
    '2026-11-22T19:05:00-06:00'
    """
    if type(when) is FechaHora:
        try:
            return when._texto
        except AttributeError:
            pass
    if when.tzinfo is not None and when.tzinfo is not COSTA_RICA:
        when = when.astimezone(COSTA_RICA)
    return (
        f"{when.year:04}-{when.month:02}-{when.day:02}"
        f"T{when.hour:02}:{when.minute:02}:{when.second:02}-06:00"
    )


def dia(when: datetime | date) -> date:
    """The day in Costa Rica of an instant (naive: Costa Rica time), the day of the clave.

    >>> dia(datetime(2026, 11, 23, 1, 5, tzinfo=UTC))
    datetime.date(2026, 11, 22)
    """
    if not isinstance(when, datetime):
        return when
    if when.tzinfo is not None:
        when = when.astimezone(COSTA_RICA)
    return date(when.year, when.month, when.day)


@dataclass(frozen=True, slots=True)
class Extra:
    """An element that we do not know, kept so that it can be written back where it stood.

    `xml` is its canonical text as it stands inside its parent. `after` names the known element it
    follows, as a path below the value that holds this (`NumeroConsecutivo`,
    `DetalleServicio/LineaDetalle`), and `ordinal` which of those if it repeats; `after == ""` is
    the very first place, and `DetalleServicio/` the first inside that wrapper.

    An `after` that begins with `@` tells of unknown attributes instead: `xml` is their canonical
    run with its leading space, and what follows the `@` the element that carries them (`@Nombre`;
    `@` alone is the root).
    """

    xml: str
    after: str = ""
    ordinal: int = 1


def _x(name: str) -> Any:
    """An element that occurs once at most."""
    return field(default=None, metadata={"xsd": name})


def _many(name: str) -> Any:
    """An element, or the wrapper of one, that repeats."""
    return field(default=(), metadata={"xsd": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identificacion:
    """Who somebody is: `tipo` 01 to 06 and the number (see `hacienda.identificacion`)."""

    tipo: str | None = _x("Tipo")
    numero: str | None = _x("Numero")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ubicacion:
    """A place: province of 1 digit, canton and district of 2 (see `hacienda.ubicacion`).

    `barrio` is free text in 4.4 and a code of two digits in 4.3.
    """

    provincia: str | None = _x("Provincia")
    canton: str | None = _x("Canton")
    distrito: str | None = _x("Distrito")
    barrio: str | None = _x("Barrio")
    otras_senas: str | None = _x("OtrasSenas")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telefono:
    codigo_pais: str | None = _x("CodigoPais")
    num_telefono: str | None = _x("NumTelefono")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Emisor:
    """Who sells; in a factura electrónica de compra, the supplier."""

    nombre: str | None = _x("Nombre")
    identificacion: Identificacion | None = _x("Identificacion")
    registrofiscal8707: str | None = _x("Registrofiscal8707")
    nombre_comercial: str | None = _x("NombreComercial")
    ubicacion: Ubicacion | None = _x("Ubicacion")
    otras_senas_extranjero: str | None = _x("OtrasSenasExtranjero")
    telefono: Telefono | None = _x("Telefono")
    fax: Telefono | None = _x("Fax")
    """*(4.3)*"""
    correo_electronico: tuple[str, ...] = _many("CorreoElectronico")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receptor:
    """Who buys; in a factura electrónica de compra, the one that issues and signs it."""

    nombre: str | None = _x("Nombre")
    identificacion: Identificacion | None = _x("Identificacion")
    identificacion_extranjero: str | None = _x("IdentificacionExtranjero")
    """*(4.3)*"""
    nombre_comercial: str | None = _x("NombreComercial")
    ubicacion: Ubicacion | None = _x("Ubicacion")
    otras_senas_extranjero: str | None = _x("OtrasSenasExtranjero")
    telefono: Telefono | None = _x("Telefono")
    fax: Telefono | None = _x("Fax")
    """*(4.3)*"""
    correo_electronico: str | None = _x("CorreoElectronico")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodigoComercial:
    tipo: str | None = _x("Tipo")
    codigo: str | None = _x("Codigo")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodigoComercialSurtido:
    tipo_surtido: str | None = _x("TipoSurtido")
    codigo_surtido: str | None = _x("CodigoSurtido")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescuentoSurtido:
    monto_descuento_surtido: Decimal | None = _x("MontoDescuentoSurtido")
    codigo_descuento_surtido: str | None = _x("CodigoDescuentoSurtido")
    descuento_surtido_otros: str | None = _x("DescuentoSurtidoOtros")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatosImpuestoEspecificoSurtido:
    cantidad_unidad_medida_surtido: Decimal | None = _x("CantidadUnidadMedidaSurtido")
    porcentaje_surtido: Decimal | None = _x("PorcentajeSurtido")
    proporcion_surtido: Decimal | None = _x("ProporcionSurtido")
    volumen_unidad_consumo_surtido: Decimal | None = _x("VolumenUnidadConsumoSurtido")
    impuesto_unidad_surtido: Decimal | None = _x("ImpuestoUnidadSurtido")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpuestoSurtido:
    codigo_impuesto_surtido: str | None = _x("CodigoImpuestoSurtido")
    codigo_impuesto_otro_surtido: str | None = _x("CodigoImpuestoOTROSurtido")
    codigo_tarifa_iva_surtido: str | None = _x("CodigoTarifaIVASurtido")
    tarifa_surtido: Decimal | None = _x("TarifaSurtido")
    datos_impuesto_especifico_surtido: DatosImpuestoEspecificoSurtido | None = _x(
        "DatosImpuestoEspecificoSurtido"
    )
    monto_impuesto_surtido: Decimal | None = _x("MontoImpuestoSurtido")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineaDetalleSurtido:
    """One item of a set; all of them describe one unit of it."""

    codigo_cabys_surtido: str | None = _x("CodigoCABYSSurtido")
    codigo_comercial_surtido: tuple[CodigoComercialSurtido, ...] = _many("CodigoComercialSurtido")
    cantidad_surtido: Decimal | None = _x("CantidadSurtido")
    unidad_medida_surtido: str | None = _x("UnidadMedidaSurtido")
    unidad_medida_comercial_surtido: str | None = _x("UnidadMedidaComercialSurtido")
    detalle_surtido: str | None = _x("DetalleSurtido")
    precio_unitario_surtido: Decimal | None = _x("PrecioUnitarioSurtido")
    monto_total_surtido: Decimal | None = _x("MontoTotalSurtido")
    descuento_surtido: tuple[DescuentoSurtido, ...] = _many("DescuentoSurtido")
    sub_total_surtido: Decimal | None = _x("SubTotalSurtido")
    iva_cobrado_fabrica_surtido: str | None = _x("IVACobradoFabricaSurtido")
    base_imponible_surtido: Decimal | None = _x("BaseImponibleSurtido")
    impuesto_surtido: tuple[ImpuestoSurtido, ...] = _many("ImpuestoSurtido")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Descuento:
    monto_descuento: Decimal | None = _x("MontoDescuento")
    codigo_descuento: str | None = _x("CodigoDescuento")
    codigo_descuento_otro: str | None = _x("CodigoDescuentoOTRO")
    naturaleza_descuento: str | None = _x("NaturalezaDescuento")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatosImpuestoEspecifico:
    """What the taxes 03, 04, 05 and 06 are computed from."""

    cantidad_unidad_medida: Decimal | None = _x("CantidadUnidadMedida")
    porcentaje: Decimal | None = _x("Porcentaje")
    proporcion: Decimal | None = _x("Proporcion")
    volumen_unidad_consumo: Decimal | None = _x("VolumenUnidadConsumo")
    impuesto_unidad: Decimal | None = _x("ImpuestoUnidad")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exoneracion:
    """A tax forgiven. `tarifa_exonerada` is in percentage points; `monto_exoneracion` *(calc.)*."""

    tipo_documento_ex1: str | None = _x("TipoDocumentoEX1")
    tipo_documento: str | None = _x("TipoDocumento")
    """*(4.3)*"""
    tipo_documento_otro: str | None = _x("TipoDocumentoOTRO")
    numero_documento: str | None = _x("NumeroDocumento")
    articulo: str | None = _x("Articulo")
    inciso: str | None = _x("Inciso")
    nombre_institucion: str | None = _x("NombreInstitucion")
    nombre_institucion_otros: str | None = _x("NombreInstitucionOtros")
    fecha_emision_ex: datetime | None = _x("FechaEmisionEX")
    fecha_emision: datetime | None = _x("FechaEmision")
    """*(4.3)*"""
    tarifa_exonerada: Decimal | None = _x("TarifaExonerada")
    porcentaje_exoneracion: str | None = _x("PorcentajeExoneracion")
    """*(4.3)* share of the tax, whole percent"""
    monto_exoneracion: Decimal | None = _x("MontoExoneracion")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impuesto:
    """One tax of a line. `tarifa` in percent; `monto` *(calc.)*."""

    codigo: str | None = _x("Codigo")
    codigo_impuesto_otro: str | None = _x("CodigoImpuestoOTRO")
    codigo_tarifa_iva: str | None = _x("CodigoTarifaIVA")
    codigo_tarifa: str | None = _x("CodigoTarifa")
    """*(4.3)*"""
    tarifa: Decimal | None = _x("Tarifa")
    factor_calculo_iva: Decimal | None = _x("FactorCalculoIVA")
    factor_iva: Decimal | None = _x("FactorIVA")
    """*(4.3)*"""
    datos_impuesto_especifico: DatosImpuestoEspecifico | None = _x("DatosImpuestoEspecifico")
    monto: Decimal | None = _x("Monto")
    monto_exportacion: Decimal | None = _x("MontoExportacion")
    exoneracion: Exoneracion | None = _x("Exoneracion")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineaDetalle:
    """One line. A person states quantity, price, discounts and taxes; the rest is *(calc.)*."""

    numero_linea: int | None = _x("NumeroLinea")
    partida_arancelaria: str | None = _x("PartidaArancelaria")
    codigo_cabys: str | None = _x("CodigoCABYS")
    codigo: str | None = _x("Codigo")
    """*(4.3)* the CAByS code"""
    codigo_comercial: tuple[CodigoComercial, ...] = _many("CodigoComercial")
    cantidad: Decimal | None = _x("Cantidad")
    unidad_medida: str | None = _x("UnidadMedida")
    tipo_transaccion: str | None = _x("TipoTransaccion")
    unidad_medida_comercial: str | None = _x("UnidadMedidaComercial")
    detalle: str | None = _x("Detalle")
    numero_vin_o_serie: tuple[str, ...] = _many("NumeroVINoSerie")
    registro_medicamento: str | None = _x("RegistroMedicamento")
    forma_farmaceutica: str | None = _x("FormaFarmaceutica")
    detalle_surtido: tuple[LineaDetalleSurtido, ...] = _many("DetalleSurtido")
    precio_unitario: Decimal | None = _x("PrecioUnitario")
    monto_total: Decimal | None = _x("MontoTotal")
    descuento: tuple[Descuento, ...] = _many("Descuento")
    sub_total: Decimal | None = _x("SubTotal")
    iva_cobrado_fabrica: str | None = _x("IVACobradoFabrica")
    base_imponible: Decimal | None = _x("BaseImponible")
    impuesto: tuple[Impuesto, ...] = _many("Impuesto")
    impuesto_asumido_emisor_fabrica: Decimal | None = _x("ImpuestoAsumidoEmisorFabrica")
    impuesto_neto: Decimal | None = _x("ImpuestoNeto")
    monto_total_linea: Decimal | None = _x("MontoTotalLinea")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtrosCargos:
    """A charge outside the lines. `monto_cargo` *(calc.)* if a percentage is given."""

    tipo_documento_oc: str | None = _x("TipoDocumentoOC")
    tipo_documento: str | None = _x("TipoDocumento")
    """*(4.3)*"""
    tipo_documento_otros: str | None = _x("TipoDocumentoOTROS")
    identificacion_tercero: Identificacion | None = _x("IdentificacionTercero")
    numero_identidad_tercero: str | None = _x("NumeroIdentidadTercero")
    """*(4.3)*"""
    nombre_tercero: str | None = _x("NombreTercero")
    detalle: str | None = _x("Detalle")
    porcentaje_oc: Decimal | None = _x("PorcentajeOC")
    porcentaje: Decimal | None = _x("Porcentaje")
    """*(4.3)*"""
    monto_cargo: Decimal | None = _x("MontoCargo")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodigoTipoMoneda:
    """The currency and its rate to colones (1 for CRC)."""

    codigo_moneda: str | None = _x("CodigoMoneda")
    tipo_cambio: Decimal | None = _x("TipoCambio")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalDesgloseImpuesto:
    """The sum of one tax at one tariff over the lines."""

    codigo: str | None = _x("Codigo")
    codigo_tarifa_iva: str | None = _x("CodigoTarifaIVA")
    total_monto_impuesto: Decimal | None = _x("TotalMontoImpuesto")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MedioPago:
    tipo_medio_pago: str | None = _x("TipoMedioPago")
    medio_pago_otros: str | None = _x("MedioPagoOtros")
    total_medio_pago: Decimal | None = _x("TotalMedioPago")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumenFactura:
    """The totals. A person states currency and means of payment; the rest is *(calc.)*."""

    codigo_tipo_moneda: CodigoTipoMoneda | None = _x("CodigoTipoMoneda")
    total_serv_gravados: Decimal | None = _x("TotalServGravados")
    total_serv_exentos: Decimal | None = _x("TotalServExentos")
    total_serv_exonerado: Decimal | None = _x("TotalServExonerado")
    total_serv_no_sujeto: Decimal | None = _x("TotalServNoSujeto")
    total_mercancias_gravadas: Decimal | None = _x("TotalMercanciasGravadas")
    total_mercancias_exentas: Decimal | None = _x("TotalMercanciasExentas")
    total_merc_exonerada: Decimal | None = _x("TotalMercExonerada")
    total_merc_no_sujeta: Decimal | None = _x("TotalMercNoSujeta")
    total_gravado: Decimal | None = _x("TotalGravado")
    total_exento: Decimal | None = _x("TotalExento")
    total_exonerado: Decimal | None = _x("TotalExonerado")
    total_no_sujeto: Decimal | None = _x("TotalNoSujeto")
    total_venta: Decimal | None = _x("TotalVenta")
    total_descuentos: Decimal | None = _x("TotalDescuentos")
    total_venta_neta: Decimal | None = _x("TotalVentaNeta")
    total_desglose_impuesto: tuple[TotalDesgloseImpuesto, ...] = _many("TotalDesgloseImpuesto")
    total_impuesto: Decimal | None = _x("TotalImpuesto")
    total_imp_asum_emisor_fabrica: Decimal | None = _x("TotalImpAsumEmisorFabrica")
    total_iva_devuelto: Decimal | None = _x("TotalIVADevuelto")
    total_otros_cargos: Decimal | None = _x("TotalOtrosCargos")
    medio_pago: tuple[MedioPago, ...] = _many("MedioPago")
    total_comprobante: Decimal | None = _x("TotalComprobante")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InformacionReferencia:
    """Another document that this one annuls, corrects, replaces or pays."""

    tipo_doc_ir: str | None = _x("TipoDocIR")
    tipo_doc: str | None = _x("TipoDoc")
    """*(4.3)*"""
    tipo_doc_ref_otro: str | None = _x("TipoDocRefOTRO")
    numero: str | None = _x("Numero")
    fecha_emision_ir: datetime | None = _x("FechaEmisionIR")
    fecha_emision: datetime | None = _x("FechaEmision")
    """*(4.3)*"""
    codigo: str | None = _x("Codigo")
    codigo_referencia_otro: str | None = _x("CodigoReferenciaOTRO")
    razon: str | None = _x("Razon")
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtroTexto:
    """Free text between the parties; `codigo` is an XML attribute."""

    texto: str = ""
    codigo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtroContenido:
    """Foreign content between the parties: plain `texto`, or `xml`, the canonical text of what
    stands inside the element; `codigo` is an XML attribute."""

    texto: str = ""
    xml: str = ""
    codigo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Otros:
    otro_texto: tuple[OtroTexto, ...] = _many("OtroTexto")
    otro_contenido: tuple[OtroContenido, ...] = _many("OtroContenido")
    extra: tuple[Extra, ...] = ()


class _Rooted:
    """What every document has: its type and the root element of its XML."""

    __slots__ = ()

    tipo: ClassVar[str] = ""
    """short name, "FE" """
    codigo: ClassVar[str] = ""
    """type code inside the consecutivo, "01"; empty where there is none of its own"""
    root: ClassVar[str] = ""
    """name of the root element"""
    namespace: ClassVar[str] = ""
    """XML namespace of version 4.4; see `namespace_of` for others"""

    def __init_subclass__(cls) -> None:
        if "root" in cls.__dict__:
            cls.namespace = namespace_of(cls.root)


def namespace_of(root: str, version: str = "4.4") -> str:
    """The namespace of a root element: its name with a lower-case first letter.

    >>> namespace_of("FacturaElectronica")
    'https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/facturaElectronica'
    """
    return f"{_NAMESPACES}{version}/{root[:1].lower()}{root[1:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comprobante(_Rooted):
    """Any of the seven documents that are issued; always one of its subclasses.

    It has the elements of all of them; `hacienda.estructura` says which type takes which. The
    subclasses add no field, so they need no decorator of their own: they inherit all of it.
    """

    clave: str | None = _x("Clave")
    proveedor_sistemas: str | None = _x("ProveedorSistemas")
    codigo_actividad_emisor: str | None = _x("CodigoActividadEmisor")
    codigo_actividad_receptor: str | None = _x("CodigoActividadReceptor")
    codigo_actividad: str | None = _x("CodigoActividad")
    """*(4.3)*"""
    numero_consecutivo: str | None = _x("NumeroConsecutivo")
    fecha_emision: datetime | None = _x("FechaEmision")
    emisor: Emisor | None = _x("Emisor")
    receptor: Receptor | None = _x("Receptor")
    condicion_venta: str | None = _x("CondicionVenta")
    condicion_venta_otros: str | None = _x("CondicionVentaOtros")
    plazo_credito: int | str | None = _x("PlazoCredito")
    """days; in 4.3 it is free text, a str"""
    medio_pago: tuple[str, ...] = _many("MedioPago")
    """*(4.3)*; in 4.4 it is in the ResumenFactura"""
    detalle_servicio: tuple[LineaDetalle, ...] = _many("DetalleServicio")
    otros_cargos: tuple[OtrosCargos, ...] = _many("OtrosCargos")
    resumen_factura: ResumenFactura | None = _x("ResumenFactura")
    informacion_referencia: tuple[InformacionReferencia, ...] = _many("InformacionReferencia")
    otros: Otros | None = _x("Otros")
    extra: tuple[Extra, ...] = ()
    version: str = "4.4"


class FacturaElectronica(Comprobante):
    __slots__ = ()
    tipo: ClassVar[str] = "FE"
    codigo: ClassVar[str] = "01"
    root: ClassVar[str] = "FacturaElectronica"


class NotaDebitoElectronica(Comprobante):
    __slots__ = ()
    tipo: ClassVar[str] = "ND"
    codigo: ClassVar[str] = "02"
    root: ClassVar[str] = "NotaDebitoElectronica"


class NotaCreditoElectronica(Comprobante):
    __slots__ = ()
    tipo: ClassVar[str] = "NC"
    codigo: ClassVar[str] = "03"
    root: ClassVar[str] = "NotaCreditoElectronica"


class TiqueteElectronico(Comprobante):
    """To the final consumer: no credit, no deductible expense."""

    __slots__ = ()
    tipo: ClassVar[str] = "TE"
    codigo: ClassVar[str] = "04"
    root: ClassVar[str] = "TiqueteElectronico"


class FacturaElectronicaCompra(Comprobante):
    """Issued and signed by the buyer, its Receptor, who buys from one not obliged to invoice."""

    __slots__ = ()
    tipo: ClassVar[str] = "FEC"
    codigo: ClassVar[str] = "08"
    root: ClassVar[str] = "FacturaElectronicaCompra"


class FacturaElectronicaExportacion(Comprobante):
    __slots__ = ()
    tipo: ClassVar[str] = "FEE"
    codigo: ClassVar[str] = "09"
    root: ClassVar[str] = "FacturaElectronicaExportacion"


class ReciboElectronicoPago(Comprobante):
    """The payment of a sale with condition 08 or 10."""

    __slots__ = ()
    tipo: ClassVar[str] = "REP"
    codigo: ClassVar[str] = "10"
    root: ClassVar[str] = "ReciboElectronicoPago"


@dataclass(frozen=True, slots=True, kw_only=True)
class MensajeReceptor(_Rooted):
    """The receiver's confirmation of a document, codes 05 to 07 by `mensaje` 1 to 3."""

    tipo: ClassVar[str] = "MR"
    codigo: ClassVar[str] = ""
    root: ClassVar[str] = "MensajeReceptor"

    clave: str | None = _x("Clave")
    numero_cedula_emisor: str | None = _x("NumeroCedulaEmisor")
    fecha_emision_doc: datetime | None = _x("FechaEmisionDoc")
    """the instant of this confirmation, despite its name"""
    mensaje: str | None = _x("Mensaje")
    detalle_mensaje: str | None = _x("DetalleMensaje")
    monto_total_impuesto: Decimal | None = _x("MontoTotalImpuesto")
    codigo_actividad: str | None = _x("CodigoActividad")
    condicion_impuesto: str | None = _x("CondicionImpuesto")
    monto_total_impuesto_acreditar: Decimal | None = _x("MontoTotalImpuestoAcreditar")
    monto_total_de_gasto_aplicable: Decimal | None = _x("MontoTotalDeGastoAplicable")
    total_factura: Decimal | None = _x("TotalFactura")
    numero_cedula_receptor: str | None = _x("NumeroCedulaReceptor")
    numero_consecutivo_receptor: str | None = _x("NumeroConsecutivoReceptor")
    extra: tuple[Extra, ...] = ()
    version: str = "4.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class MensajeHacienda(_Rooted):
    """Hacienda's answer: `mensaje` "1" accepted, "3" rejected."""

    tipo: ClassVar[str] = "MH"
    codigo: ClassVar[str] = ""
    root: ClassVar[str] = "MensajeHacienda"

    clave: str | None = _x("Clave")
    nombre_emisor: str | None = _x("NombreEmisor")
    tipo_identificacion_emisor: str | None = _x("TipoIdentificacionEmisor")
    numero_cedula_emisor: str | None = _x("NumeroCedulaEmisor")
    nombre_receptor: str | None = _x("NombreReceptor")
    tipo_identificacion_receptor: str | None = _x("TipoIdentificacionReceptor")
    numero_cedula_receptor: str | None = _x("NumeroCedulaReceptor")
    mensaje: str | None = _x("Mensaje")
    estado_mensaje: str | None = _x("EstadoMensaje")
    detalle_mensaje: str | None = _x("DetalleMensaje")
    monto_total_impuesto: Decimal | None = _x("MontoTotalImpuesto")
    total_factura: Decimal | None = _x("TotalFactura")
    extra: tuple[Extra, ...] = ()
    version: str = "4.4"


Documento = Comprobante | MensajeReceptor | MensajeHacienda
"""Whatever can be read from an XML of this family."""

COMPROBANTES: tuple[type[Comprobante], ...] = (
    FacturaElectronica,
    NotaDebitoElectronica,
    NotaCreditoElectronica,
    TiqueteElectronico,
    FacturaElectronicaCompra,
    FacturaElectronicaExportacion,
    ReciboElectronicoPago,
)


def _documents() -> Iterator[type[Comprobante] | type[MensajeReceptor] | type[MensajeHacienda]]:
    yield from COMPROBANTES
    yield MensajeReceptor
    yield MensajeHacienda


TIPOS: dict[str, type[Comprobante] | type[MensajeReceptor] | type[MensajeHacienda]] = {
    cls.tipo: cls for cls in _documents()
}
"""Class by short name: FE, ND, NC, TE, FEC, FEE, REP, MR, MH."""

_BY_ROOT = {cls.root: cls for cls in _documents()}
_BY_CODIGO: dict[str, type[Comprobante] | type[MensajeReceptor]] = {
    **{cls.codigo: cls for cls in COMPROBANTES},
    "05": MensajeReceptor,
    "06": MensajeReceptor,
    "07": MensajeReceptor,
}


def by_root(
    root: str,
) -> type[Comprobante] | type[MensajeReceptor] | type[MensajeHacienda] | None:
    """The class of a root element, None if it is not one of this family.

    >>> by_root("TiqueteElectronico").tipo
    'TE'
    """
    return _BY_ROOT.get(root)


def by_codigo(codigo: str) -> type[Comprobante] | type[MensajeReceptor] | None:
    """The class of a type code, digits 9 and 10 of a consecutivo.

    >>> by_codigo("08").tipo
    'FEC'
    """
    return _BY_CODIGO.get(codigo)
