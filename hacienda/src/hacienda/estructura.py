"""Which elements each document has, in which order, how often, and what they may hold.

One table per version says it for every type; the writer, the reader, the JSON form, the rules and
the tests all read it from here. It is a transcription of the XSDs, which a test compares with
them name by name when they are at hand.

>>> fe = of("FE")
>>> fe.find("ResumenFactura/TotalVenta").facets.fraction_digits
5
>>> [e.name for e in of("MH").children][:3]
['Clave', 'NombreEmisor', 'TipoIdentificacionEmisor']

The signature is not in the table: it is always the last child of the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from hacienda import comprobante
from hacienda.catalogos.moneda import MONEDA, SOLO_2025
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA, UNIDAD_MEDIDA_4_3
from hacienda.comprobante import namespace_of
from hacienda.errors import InvalidError

Kind = Literal["text", "integer", "decimal", "datetime", "group", "wrapper", "content"]
Version = Literal["4.3", "4.4"]
Generation = Literal["2025", "2026"]


@dataclass(frozen=True, slots=True)
class Facets:
    """What the text of a simple element may be. `base` is the XSD's own type."""

    base: Literal["string", "decimal", "integer", "positiveInteger", "dateTime"] = "string"
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    """whole-text regular expression"""
    total_digits: int | None = None
    fraction_digits: int | None = None
    min_inclusive: Decimal | None = None
    max_inclusive: Decimal | None = None
    enumeration: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a document.

    `kind` says what the attribute of the value holds: text (str), integer (int), decimal
    (Decimal), datetime, group (a value of the class named `cls`), wrapper (the XSD element only
    wraps a repeated one: the attribute holds the tuple of `children[0]`), content (OtroTexto and
    OtroContenido: text or foreign XML with the attribute `codigo`).
    `maximum` is None for unbounded. `repeated` says that the attribute is a tuple, even where this
    version takes one element only (the issuer's e-mail in 4.3).
    """

    name: str
    attribute: str
    minimum: int
    maximum: int | None
    kind: Kind
    facets: Facets = Facets()
    cls: str = ""
    children: tuple[Element, ...] = ()
    repeated: bool = False

    def value_class(self) -> type[Any]:
        """The dataclass of a group or content element."""
        return getattr(comprobante, self.cls)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Estructura:
    """A document type in one version and schema generation.

    `signatures` is how many ds:Signature the schema lets it carry.
    """

    tipo: str
    version: Version
    generation: Generation
    root: str
    namespace: str
    children: tuple[Element, ...]
    signatures: int

    def walk(self) -> Iterator[tuple[str, Element]]:
        """Every element with its path below the root, parents first, in document order."""

        def below(prefix: str, elements: tuple[Element, ...]) -> Iterator[tuple[str, Element]]:
            for element in elements:
                path = prefix + element.name
                yield path, element
                yield from below(path + "/", element.children)

        return below("", self.children)

    def find(self, path: str) -> Element | None:
        """The element at a path; positions such as `[2]` are ignored. None if there is none."""
        elements = self.children
        found: Element | None = None
        for step in re.sub(r"\[\d+\]", "", path).split("/"):
            found = next((e for e in elements if e.name == step), None)
            if found is None:
                return None
            elements = found.children
        return found


def _codes(text: str) -> tuple[str, ...]:
    """ "01-03 99" as ("01", "02", "03", "99")."""
    out: list[str] = []
    for part in text.split():
        first, _, last = part.partition("-")
        if last:
            out += [f"{n:0{len(first)}}" for n in range(int(first), int(last) + 1)]
        else:
            out.append(first)
    return tuple(out)


def _enum(codes: str) -> Facets:
    return Facets(enumeration=_codes(codes))


def _number(total: int | None, fraction: int, low: str | None = None) -> Facets:
    return Facets(
        "decimal",
        total_digits=total,
        fraction_digits=fraction,
        min_inclusive=None if low is None else Decimal(low),
    )


_MONEY = Facets(
    "decimal",
    total_digits=18,
    fraction_digits=5,
    min_inclusive=Decimal(0),
    max_inclusive=Decimal("9999999999999.99999"),
)

# The simple types. `texto-a-b` and `d-total-fraction` are made on the spot by `_facets`.
_TYPES: dict[str, Facets] = {
    "texto": Facets(),
    "fecha": Facets("dateTime"),
    "dinero": _MONEY,
    "clave": Facets(pattern="[a-zA-Z0-9]{50}"),
    "consecutivo": Facets(pattern="[0-9]{20}"),
    "consecutivo_mr": Facets(max_length=20, pattern="[0-9]{20}"),
    "tipo_id": _enum("01-06"),
    "un_digito": Facets("positiveInteger", total_digits=1, pattern="[0-9]"),
    "dos_digitos": Facets("positiveInteger", total_digits=2, pattern="[0-9]{2}"),
    "codigo_pais": Facets("integer", total_digits=3),
    "num_telefono": Facets(
        "integer", min_inclusive=Decimal(100), max_inclusive=Decimal(99999999999999999999)
    ),
    "condicion_fe": _enum("01-08 10 12-15 99"),
    "condicion": _enum("01-08 10 13-15 99"),
    "condicion_nota": _enum("01-15 99"),
    "condicion_rep": _enum("09 11"),
    "plazo": Facets("integer", total_digits=5),
    "numero_linea": Facets(
        "positiveInteger", min_inclusive=Decimal(1), max_inclusive=Decimal(1000)
    ),
    "tipo_comercial": _enum("01-04 99"),
    "unidad": Facets(enumeration=tuple(UNIDAD_MEDIDA)),
    "transaccion": _enum("01-13"),
    "cantidad_surtido": _number(16, 3, "0"),
    "descuento": _enum("01-09 99"),
    "iva_fabrica": _enum("01 02"),
    "impuesto": _enum("01-08 12 99"),
    "tarifa_iva": _enum("01-11"),
    "proporcion": _number(10, 5),
    "exoneracion": _enum("01-11 99"),
    "entero6": Facets("integer", total_digits=6),
    "institucion": _enum("01-12 99"),
    "otros_cargos": _enum("01-10 99"),
    "porcentaje_oc": _number(9, 5, "0"),
    "moneda": Facets(enumeration=tuple(m for m in MONEDA if m not in SOLO_2025)),
    "moneda_rep": Facets(enumeration=tuple(m for m in MONEDA if m not in SOLO_2025)),
    "medio_pago": _enum("01-07 99"),
    "tipo_doc_ir": _enum("01-20 99"),
    "referencia": _enum("01 02 04-16 99"),
    "referencia_rep": _enum("01 02 04-17 99"),
    "mensaje_mr": Facets("integer", enumeration=("1", "2", "3")),
    "mensaje_mh": Facets("integer", enumeration=("1", "3")),
    "condicion_mr": _enum("01-05"),
    "cedula_emisor_mr": Facets(max_length=20),
    "cedula_receptor_mr": Facets(max_length=20, pattern="[0-9]{9,12}"),
}

# What the mid-2025 generation of 4.4 says otherwise.
_TYPES_2025: dict[str, Facets] = {
    "clave": Facets(pattern="[0-9]{50}"),
    "num_telefono": Facets(
        "integer", min_inclusive=Decimal(10000000), max_inclusive=Decimal(99999999999999999999)
    ),
    "proporcion": _number(5, 2),
    "moneda": Facets(enumeration=tuple(MONEDA)),
    "tipo_doc_ir": _enum("01-18 99"),
    "referencia": _enum("01 02 04-12 99"),
    "referencia_rep": _enum("01 02 04-12 99"),
    "cedula_emisor_mr": Facets(max_length=12, pattern="[0-9]{9,12}"),
}

# What version 4.3 says otherwise.
_TYPES_4_3: dict[str, Facets] = {
    "clave": Facets(pattern="[0-9]{50}"),
    "tipo_id": _enum("01-04"),
    "tipo_id_mh": _enum("01-05"),
    "cedula": Facets(max_length=12, pattern="[0-9]{9,12}"),
    "telefono": Facets("integer", total_digits=20),
    "condicion": _enum("01-09 99"),
    "medio_pago": _enum("01-05 99"),
    "numero_linea": Facets("positiveInteger"),
    "unidad": Facets(enumeration=UNIDAD_MEDIDA_4_3),
    "tarifa_iva": _enum("01-08"),
    "exoneracion": _enum("01-07 99"),
    "otros_cargos": _enum("01-07 99"),
    "porcentaje_exoneracion": Facets("positiveInteger", total_digits=3),
    "porcentaje_oc": _number(6, 5, "0"),
    "moneda": Facets(enumeration=tuple(MONEDA)),
    "tipo_doc_ir": _enum("01-13 99"),
    "referencia": _enum("01-05 99"),
    "mensaje_mr": Facets("integer", enumeration=("1", "2", "3")),
}

# How to read the tables. One row per element, indented under its parent; one column per type:
#   1 exactly one · ? none or one · *n none to n · +n one to n · * any number · - not in this type
# then the simple type, or {Class} of a group, or [] for a wrapper, or <Class> for content.
# A cell `1:name` or `?:name` overrides the simple type for that column.
_TABLE_4_4 = """
                                FE      TE      NC ND   FEC     FEE     REP
Clave                           1       1       1       1       1       1       clave
ProveedorSistemas               1       1       1       1       1       1       texto-0-20
CodigoActividadEmisor           1       1       ?       ?       1       -       texto-6-6
CodigoActividadReceptor         ?       -       ?       1       -       -       texto-6-6
NumeroConsecutivo               1       1       1       1       1       1       consecutivo
FechaEmision                    1       1       1       1       1       1       fecha
Emisor                          1       1       1       1       1       1       {Emisor}
  Nombre                        1       1       1       1       1       1       texto-5-100
  Identificacion                1       1       1       1       1       1       {Identificacion}
    Tipo                        1       1       1       1       1       1       tipo_id
    Numero                      1       1       1       1       1       1       texto-0-20
  Registrofiscal8707            ?       ?       ?       ?       ?       -       texto-0-12
  NombreComercial               ?       ?       ?       ?       ?       -       texto-3-80
  Ubicacion                     1       1       ?       ?       1       -       {Ubicacion}
    Provincia                   1       1       1       1       1       1       un_digito
    Canton                      1       1       1       1       1       1       dos_digitos
    Distrito                    1       1       1       1       1       1       dos_digitos
    Barrio                      ?       ?       ?       ?       ?       ?       texto-5-50
    OtrasSenas                  1       1       1       1       1       1       texto-5-250
  OtrasSenasExtranjero          -       -       -       ?       -       -       texto-5-300
  Telefono                      ?       ?       ?       ?       ?       -       {Telefono}
    CodigoPais                  1       1       1       1       1       1       codigo_pais
    NumTelefono                 1       1       1       1       1       1       num_telefono
  CorreoElectronico             +4      +4      *4      *4      +4      +4      texto-0-160
Receptor                        1       ?       ?       1       ?       1       {Receptor}
  Nombre                        1       1       1       1       1       1       texto-3-100
  Identificacion                1       ?       ?       1       ?       1       {Identificacion}
    Tipo                        1       1       1       1       1       1       tipo_id
    Numero                      1       1       1       1       1       1       texto-0-20
  NombreComercial               ?       ?       ?       ?       ?       -       texto-3-80
  Ubicacion                     ?       ?       ?       ?       -       -       {Ubicacion}
    Provincia                   1       1       1       1       1       1       un_digito
    Canton                      1       1       1       1       1       1       dos_digitos
    Distrito                    1       1       1       1       1       1       dos_digitos
    Barrio                      ?       ?       ?       ?       ?       ?       texto-5-50
    OtrasSenas                  1       1       1       1       1       1       texto-5-250
  OtrasSenasExtranjero          ?       ?       ?       -       ?       -       texto-5-300
  Telefono                      ?       ?       ?       ?       ?       -       {Telefono}
    CodigoPais                  1       1       1       1       1       1       codigo_pais
    NumTelefono                 1       1       1       1       1       1       num_telefono
  CorreoElectronico             ?       ?       ?       ?       ?       ?       texto-0-160
CondicionVenta                  1:condicion_fe 1 1:condicion_nota 1     1       1:condicion_rep condicion
CondicionVentaOtros             ?       ?       ?       ?       ?       -       texto-5-100
PlazoCredito                    ?       ?       ?       ?       ?       -       plazo
DetalleServicio                 ?       ?       ?       1       1       1       []
  LineaDetalle                  +1000   +1000   +1000   +1000   +1000   +1000   {LineaDetalle}
    NumeroLinea                 1       1       1       1       1       1       numero_linea
    PartidaArancelaria          -       -       ?       -       ?       -       texto-12-12
    CodigoCABYS                 1       1       ?       1       1       -       texto-13-13
    CodigoComercial             *5      *5      *5      *5      *5      -       {CodigoComercial}
      Tipo                      1       1       1       1       1       -       tipo_comercial
      Codigo                    1       1       1       1       1       -       texto-0-20
    Cantidad                    1       1       1       1       1       -       d-16-3
    UnidadMedida                1       1       1       1       1       -       unidad
    TipoTransaccion             ?       -       ?       ?       ?       -       transaccion
    UnidadMedidaComercial       ?       ?       ?       ?       ?       -       texto-0-20
    Detalle                     1       1       1       1       1       1       texto-3-200
    NumeroVINoSerie             *1000   *1000   *1000   *1000   *1000   -       texto-0-17
    RegistroMedicamento         ?       ?       ?       ?       ?       -       texto-0-100
    FormaFarmaceutica           ?       ?       ?       ?       ?       -       texto-0-3
    DetalleSurtido              ?       ?       ?       -       ?       -       []
      LineaDetalleSurtido       +20     +20     +20     -       +20     -       {LineaDetalleSurtido}
        CodigoCABYSSurtido      1       1       1       -       1       -       texto-13-13
        CodigoComercialSurtido  *5      *5      *5      -       *5      -       {CodigoComercialSurtido}
          TipoSurtido           1       1       1       -       1       -       tipo_comercial
          CodigoSurtido         1       1       1       -       1       -       texto-1-20
        CantidadSurtido         1       1       1       -       1       -       cantidad_surtido
        UnidadMedidaSurtido     1       1       1       -       1       -       unidad
        UnidadMedidaComercialSurtido ?  ?       ?       -       ?       -       texto-0-20
        DetalleSurtido          1       1       1       -       1       -       texto-3-200
        PrecioUnitarioSurtido   1       1       1       -       1       -       dinero
        MontoTotalSurtido       1       1       1       -       1       -       dinero
        DescuentoSurtido        *5      *5      *5      -       *5      -       {DescuentoSurtido}
          MontoDescuentoSurtido 1       1       1       -       1       -       dinero
          CodigoDescuentoSurtido 1      1       1       -       1       -       descuento
          DescuentoSurtidoOtros ?       ?       ?       -       ?       -       texto-3-80
        SubTotalSurtido         1       1       1       -       1       -       dinero
        IVACobradoFabricaSurtido ?      ?       ?       -       -       -       iva_fabrica
        BaseImponibleSurtido    1       1       1       -       -       -       dinero
        ImpuestoSurtido         +1000   +1000   +1000   -       +1000   -       {ImpuestoSurtido}
          CodigoImpuestoSurtido 1       1       1       -       1       -       impuesto
          CodigoImpuestoOTROSurtido ?   ?       ?       -       ?       -       texto-5-100
          CodigoTarifaIVASurtido ?      ?       ?       -       ?       -       tarifa_iva
          TarifaSurtido         ?       ?       ?       -       ?       -       d-4-2
          DatosImpuestoEspecificoSurtido ? ?    ?       -       -       -       {DatosImpuestoEspecificoSurtido}
            CantidadUnidadMedidaSurtido 1 1     1       -       -       -       d-7-2
            PorcentajeSurtido   ?       ?       ?       -       -       -       d-4-2
            ProporcionSurtido   ?       ?       ?       -       -       -       proporcion
            VolumenUnidadConsumoSurtido ? ?     ?       -       -       -       d-7-2
            ImpuestoUnidadSurtido 1     1       1       -       -       -       dinero
          MontoImpuestoSurtido  1       1       1       -       1       -       dinero
    PrecioUnitario              1       1       1       1       1       -       dinero
    MontoTotal                  1       1       1       1       1       1       dinero
    Descuento                   *5      *5      *5      *5      *5      -       {Descuento}
      MontoDescuento            1       1       1       1       1       -       dinero
      CodigoDescuento           1       1       1       1       1       -       descuento
      CodigoDescuentoOTRO       ?       ?       ?       ?       ?       -       texto-5-100
      NaturalezaDescuento       ?       ?       ?       ?       ?       -       texto-3-80
    SubTotal                    1       1       1       1       1       1       dinero
    IVACobradoFabrica           ?       ?       ?       -       -       -       iva_fabrica
    BaseImponible               1       1       1       1       -       -       dinero
    Impuesto                    +1000   +1000   +1000   +1000   +1000   *1000   {Impuesto}
      Codigo                    1       1       1       1       1       1       impuesto
      CodigoImpuestoOTRO        ?       ?       ?       ?       ?       ?       texto-5-100
      CodigoTarifaIVA           ?       ?       ?       ?       ?       ?       tarifa_iva
      Tarifa                    ?       ?       ?       ?       ?       ?       d-4-2
      FactorCalculoIVA          ?       ?       ?       ?       ?       ?       d-5-4
      DatosImpuestoEspecifico   ?       ?       ?       -       -       -       {DatosImpuestoEspecifico}
        CantidadUnidadMedida    1       1       1       -       -       -       d-7-2
        Porcentaje              ?       ?       ?       -       -       -       d-4-2
        Proporcion              ?       ?       ?       -       -       -       proporcion
        VolumenUnidadConsumo    ?       ?       ?       -       -       -       d-7-2
        ImpuestoUnidad          1       1       1       -       -       -       dinero
      Monto                     1       1       1       1       1       1       dinero
      MontoExportacion          -       -       ?       -       ?       -       dinero
      Exoneracion               ?       ?       ?       ?       -       -       {Exoneracion}
        TipoDocumentoEX1        1       1       1       1       -       -       exoneracion
        TipoDocumentoOTRO       ?       ?       ?       ?       -       -       texto-5-100
        NumeroDocumento         1       1       1       1       -       -       texto-3-40
        Articulo                ?       ?       ?       ?       -       -       entero6
        Inciso                  ?       ?       ?       ?       -       -       entero6
        NombreInstitucion       1       1       1       1       -       -       institucion
        NombreInstitucionOtros  ?       ?       ?       ?       -       -       texto-5-160
        FechaEmisionEX          1       1       1       1       -       -       fecha
        TarifaExonerada         1       1       1       1       -       -       d-4-2
        MontoExoneracion        1       1       1       1       -       -       dinero
    ImpuestoAsumidoEmisorFabrica 1      1       ?       -       -       -       dinero
    ImpuestoNeto                1       1       1       1       -       1       dinero
    MontoTotalLinea             1       1       1       1       1       1       dinero
OtrosCargos                     *15     *15     *15     *15     *15     -       {OtrosCargos}
  TipoDocumentoOC               1       1       1       1       1       -       otros_cargos
  TipoDocumentoOTROS            ?       ?       ?       ?       ?       -       texto-5-100
  IdentificacionTercero         ?       ?       ?       ?       ?       -       {Identificacion}
    Tipo                        1       1       1       1       1       -       tipo_id
    Numero                      1       1       1       1       1       -       texto-0-20
  NombreTercero                 ?       ?       ?       ?       ?       -       texto-5-100
  Detalle                       1       1       1       1       1       -       texto-0-160
  PorcentajeOC                  ?       ?       ?       ?       ?       -       porcentaje_oc
  MontoCargo                    1       1       1       1       1       -       dinero
ResumenFactura                  1       1       1       1       1       1       {ResumenFactura}
  CodigoTipoMoneda              1       1       1       1       1       1       {CodigoTipoMoneda}
    CodigoMoneda                1       1       1       1       1       1:moneda_rep moneda
    TipoCambio                  1       1       1       1       1       1       dinero
  TotalServGravados             ?       ?       ?       ?       ?       -       dinero
  TotalServExentos              ?       ?       ?       ?       ?       -       dinero
  TotalServExonerado            ?       ?       ?       ?       -       -       dinero
  TotalServNoSujeto             ?       ?       ?       ?       -       -       dinero
  TotalMercanciasGravadas       ?       ?       ?       ?       ?       -       dinero
  TotalMercanciasExentas        ?       ?       ?       ?       ?       -       dinero
  TotalMercExonerada            ?       ?       ?       ?       -       -       dinero
  TotalMercNoSujeta             ?       ?       ?       ?       -       -       dinero
  TotalGravado                  ?       ?       ?       ?       ?       -       dinero
  TotalExento                   ?       ?       ?       ?       ?       -       dinero
  TotalExonerado                ?       ?       ?       ?       -       -       dinero
  TotalNoSujeto                 ?       ?       ?       ?       -       -       dinero
  TotalVenta                    1       1       1       1       1       1       dinero
  TotalDescuentos               ?       ?       ?       ?       ?       -       dinero
  TotalVentaNeta                1       1       1       1       1       1       dinero
  TotalDesgloseImpuesto         *1000   *1000   *1000   *1000   *1000   *1000   {TotalDesgloseImpuesto}
    Codigo                      1       1       1       1       1       1       impuesto
    CodigoTarifaIVA             ?       ?       ?       ?       ?       ?       tarifa_iva
    TotalMontoImpuesto          1       1       1       1       1       1       dinero
  TotalImpuesto                 ?       ?       ?       ?       ?       ?       dinero
  TotalImpAsumEmisorFabrica     ?       ?       ?       ?       ?       -       dinero
  TotalIVADevuelto              ?       ?       ?       -       -       -       dinero
  TotalOtrosCargos              ?       ?       ?       ?       ?       -       dinero
  MedioPago                     *4      *4      *4      *4      *4      +4      {MedioPago}
    TipoMedioPago               ?       ?       ?       ?       ?       1       medio_pago
    MedioPagoOtros              ?       ?       ?       ?       ?       ?       texto-3-100
    TotalMedioPago              ?       ?       ?       ?       ?       ?       dinero
  TotalComprobante              1       1       1       1       1       1       dinero
InformacionReferencia           *10     *10     +10     +10     *10     +10     {InformacionReferencia}
  TipoDocIR                     1       1       1       1       1       1       tipo_doc_ir
  TipoDocRefOTRO                ?       ?       ?       ?       ?       ?       texto-5-100
  Numero                        ?       ?       ?       ?       ?       1       texto-0-50
  FechaEmisionIR                1       1       1       1       1       1       fecha
  Codigo                        ?       ?       ?       ?       ?       ?:referencia_rep referencia
  CodigoReferenciaOTRO          ?       ?       ?       ?       ?       ?       texto-5-100
  Razon                         ?       ?       ?       ?       ?       ?       texto-0-180
Otros                           ?       ?       ?       ?       ?       -       {Otros}
  OtroTexto                     *       *       *       *       *       -       <OtroTexto>
  OtroContenido                 *       *       *       *       *       -       <OtroContenido>
"""

_TABLE_4_3 = """
                                FE      TE      NC ND   FEC     FEE
Clave                           1       1       1       1       1       clave
CodigoActividad                 1       1       1       1       1       texto-6-6
NumeroConsecutivo               1       1       1       1       1       consecutivo
FechaEmision                    1       1       1       1       1       fecha
Emisor                          1       1       1       1       1       {Emisor}
  Nombre                        1       1       1       1       1       texto-0-100
  Identificacion                1       1       1       1       1       {Identificacion}
    Tipo                        1       1       1       1       1       tipo_id
    Numero                      1       1       1       1       1       cedula
  NombreComercial               ?       ?       ?       ?       ?       texto-0-80
  Ubicacion                     1       1       1       1       1       {Ubicacion}
    Provincia                   1       1       1       1       1       un_digito
    Canton                      1       1       1       1       1       dos_digitos
    Distrito                    1       1       1       1       1       dos_digitos
    Barrio                      ?       ?       ?       ?       ?       dos_digitos
    OtrasSenas                  1       1       1       1       1       texto-0-250
  Telefono                      ?       ?       ?       ?       ?       {Telefono}
    CodigoPais                  1       1       1       1       1       codigo_pais
    NumTelefono                 1       1       1       1       1       telefono
  Fax                           ?       ?       ?       ?       ?       {Telefono}
    CodigoPais                  1       1       1       1       1       codigo_pais
    NumTelefono                 1       1       1       1       1       telefono
  CorreoElectronico             1       1       1       1       1       texto-0-160
Receptor                        1       ?       ?       1       ?       {Receptor}
  Nombre                        1       1       1       1       1       texto-0-100
  Identificacion                1       ?       ?       1       ?       {Identificacion}
    Tipo                        1       1       1       1       1       tipo_id
    Numero                      1       1       1       1       1       cedula
  IdentificacionExtranjero      ?       ?       ?       ?       ?       texto-0-20
  NombreComercial               ?       ?       ?       ?       ?       texto-0-80
  Ubicacion                     ?       ?       ?       ?       -       {Ubicacion}
    Provincia                   1       1       1       1       1       un_digito
    Canton                      1       1       1       1       1       dos_digitos
    Distrito                    1       1       1       1       1       dos_digitos
    Barrio                      ?       ?       ?       ?       ?       dos_digitos
    OtrasSenas                  1       1       1       1       1       texto-0-250
  OtrasSenasExtranjero          ?       ?       ?       ?       ?       texto-0-300
  Telefono                      ?       ?       ?       ?       ?       {Telefono}
    CodigoPais                  1       1       1       1       1       codigo_pais
    NumTelefono                 1       1       1       1       1       telefono
  Fax                           ?       ?       ?       ?       ?       {Telefono}
    CodigoPais                  1       1       1       1       1       codigo_pais
    NumTelefono                 1       1       1       1       1       telefono
  CorreoElectronico             ?       ?       ?       ?       ?       texto-0-160
CondicionVenta                  1       1       1       1       1       condicion
PlazoCredito                    ?       ?       ?       ?       ?       texto-0-10
MedioPago                       +4      +4      +4      +4      +4      medio_pago
DetalleServicio                 ?       ?       ?       1       1       []
  LineaDetalle                  +1000   +1000   +1000   +1000   +1000   {LineaDetalle}
    NumeroLinea                 1       1       1       1       1       numero_linea
    PartidaArancelaria          -       -       ?       -       ?       texto-15-15
    Codigo                      ?       ?       ?       ?       ?       texto-0-13
    CodigoComercial             *5      *5      *5      *5      *5      {CodigoComercial}
      Tipo                      1       1       1       1       1       tipo_comercial
      Codigo                    ?       1       1       1       1       texto-0-20
    Cantidad                    1       1       1       1       1       d-16-3
    UnidadMedida                1       1       1       1       1       unidad
    UnidadMedidaComercial       ?       ?       ?       ?       ?       texto-0-20
    Detalle                     1       ?       ?       1       1       texto-0-200
    PrecioUnitario              1       1       1       1       1       dinero
    MontoTotal                  1       1       1       1       1       dinero
    Descuento                   *5      *5      *5      *5      *5      {Descuento}
      MontoDescuento            1       1       1       1       1       dinero
      NaturalezaDescuento       1       1       1       1       1       texto-0-80
    SubTotal                    1       1       1       1       1       dinero
    BaseImponible               ?       ?       ?       ?       -       dinero
    Impuesto                    *       *       *       *       *       {Impuesto}
      Codigo                    1       1       1       1       1       impuesto
      CodigoTarifa              ?       ?       ?       ?       ?       tarifa_iva
      Tarifa                    ?       ?       ?       ?       ?       d-4-2
      FactorIVA                 ?       ?       ?       ?       ?       d-5-4
      Monto                     1       1       1       1       1       dinero
      MontoExportacion          -       -       ?       -       ?       dinero
      Exoneracion               ?       ?       ?       ?       -       {Exoneracion}
        TipoDocumento           1       1       1       1       -       exoneracion
        NumeroDocumento         1       1       1       1       -       texto-0-40
        NombreInstitucion       1       1       1       1       -       texto-0-160
        FechaEmision            1       1       1       1       -       fecha
        PorcentajeExoneracion   1       1       1       1       -       porcentaje_exoneracion
        MontoExoneracion        1       1       1       1       -       dinero
    ImpuestoNeto                ?       ?       ?       ?       ?       dinero
    MontoTotalLinea             1       1       1       1       1       dinero
OtrosCargos                     *15     *15     *15     *15     *15     {OtrosCargos}
  TipoDocumento                 1       1       1       1       1       otros_cargos
  NumeroIdentidadTercero        ?       ?       ?       -       -       texto-0-12
  NombreTercero                 ?       ?       ?       -       -       texto-0-100
  Detalle                       1       1       1       1       1       texto-0-160
  Porcentaje                    ?       ?       ?       ?       ?       porcentaje_oc
  MontoCargo                    1       1       1       1       1       dinero
ResumenFactura                  1       1       1       1       1       {ResumenFactura}
  CodigoTipoMoneda              ?       ?       ?       ?       ?       {CodigoTipoMoneda}
    CodigoMoneda                1       1       1       1       1       moneda
    TipoCambio                  1       1       1       1       1       dinero
  TotalServGravados             ?       ?       ?       ?       ?       dinero
  TotalServExentos              ?       ?       ?       ?       ?       dinero
  TotalServExonerado            ?       ?       ?       ?       -       dinero
  TotalMercanciasGravadas       ?       ?       ?       ?       ?       dinero
  TotalMercanciasExentas        ?       ?       ?       ?       ?       dinero
  TotalMercExonerada            ?       ?       ?       ?       -       dinero
  TotalGravado                  ?       ?       ?       ?       ?       dinero
  TotalExento                   ?       ?       ?       ?       ?       dinero
  TotalExonerado                ?       ?       ?       ?       -       dinero
  TotalVenta                    1       1       1       1       1       dinero
  TotalDescuentos               ?       ?       ?       ?       ?       dinero
  TotalVentaNeta                1       1       1       1       1       dinero
  TotalImpuesto                 ?       ?       ?       ?       ?       dinero
  TotalIVADevuelto              ?       ?       ?       -       -       dinero
  TotalOtrosCargos              ?       ?       ?       ?       ?       dinero
  TotalComprobante              1       1       1       1       1       dinero
InformacionReferencia           *10     *10     *10     *10     *10     {InformacionReferencia}
  TipoDoc                       1       1       1       1       1       tipo_doc_ir
  Numero                        1       1       1       1       1       texto-0-50
  FechaEmision                  1       1       1       1       1       fecha
  Codigo                        1       1       1       1       1       referencia
  Razon                         1       1       1       1       1       texto-0-180
Otros                           ?       ?       ?       ?       ?       {Otros}
  OtroTexto                     *       *       *       *       *       <OtroTexto>
  OtroContenido                 *       *       *       *       *       <OtroContenido>
"""

_MESSAGES_4_4 = """
                                MR      MH
Clave                           1       1       clave
NombreEmisor                    -       1       texto-0-100
TipoIdentificacionEmisor        -       1       tipo_id
NumeroCedulaEmisor              1:cedula_emisor_mr 1 texto-0-20
NombreReceptor                  -       ?       texto-0-100
TipoIdentificacionReceptor      -       ?       tipo_id
NumeroCedulaReceptor            -       ?       texto-0-20
FechaEmisionDoc                 1       -       fecha
Mensaje                         1:mensaje_mr 1  mensaje_mh
EstadoMensaje                   -       1       texto-0-9
DetalleMensaje                  ?:texto-0-160 1 texto
MontoTotalImpuesto              ?       ?       d-18-5
CodigoActividad                 ?       -       texto-0-6
CondicionImpuesto               ?       -       condicion_mr
MontoTotalImpuestoAcreditar     ?       -       dinero
MontoTotalDeGastoAplicable      ?       -       dinero
TotalFactura                    1       1       d-18-5
NumeroCedulaReceptor            1       -       cedula_receptor_mr
NumeroConsecutivoReceptor       1       -       consecutivo_mr
"""

_MESSAGES_4_3 = """
                                MR      MH
Clave                           1       1       clave
NombreEmisor                    -       1       texto-0-100
TipoIdentificacionEmisor        -       1       tipo_id
NumeroCedulaEmisor              1       1       cedula
NombreReceptor                  -       ?       texto-0-100
TipoIdentificacionReceptor      -       ?       tipo_id_mh
NumeroCedulaReceptor            -       ?       cedula
FechaEmisionDoc                 1       -       fecha
Mensaje                         1:mensaje_mr 1  mensaje_mh
DetalleMensaje                  ?:texto-0-160 1 texto
MontoTotalImpuesto              ?       ?       d-18-5
CodigoActividad                 ?       -       texto-0-6
CondicionImpuesto               ?       -       condicion_mr
MontoTotalImpuestoAcreditar     ?       -       dinero
MontoTotalDeGastoAplicable      ?       -       dinero
TotalFactura                    1       1       d-18-5
NumeroCedulaReceptor            1       -       cedula
NumeroConsecutivoReceptor       1       -       consecutivo_mr
"""

_COLUMNS: dict[tuple[Version, str], tuple[str, int, int]] = {
    **{
        ("4.4", tipo): (_TABLE_4_4, column, 6)
        for tipo, column in zip(
            ("FE", "TE", "NC", "ND", "FEC", "FEE", "REP"), (0, 1, 2, 2, 3, 4, 5), strict=True
        )
    },
    **{
        ("4.3", tipo): (_TABLE_4_3, column, 5)
        for tipo, column in zip(
            ("FE", "TE", "NC", "ND", "FEC", "FEE"), (0, 1, 2, 2, 3, 4), strict=True
        )
    },
    ("4.4", "MR"): (_MESSAGES_4_4, 0, 2),
    ("4.4", "MH"): (_MESSAGES_4_4, 1, 2),
    ("4.3", "MR"): (_MESSAGES_4_3, 0, 2),
    ("4.3", "MH"): (_MESSAGES_4_3, 1, 2),
}

# Integers of the law that count or order something; all other integers are codes, kept as text.
_INTEGERS = {"numero_linea", "plazo"}


def _facets(name: str, version: Version, generation: Generation) -> Facets:
    """The simple type of this name in this version and generation."""
    first, *sizes = name.split("-")
    if sizes and first == "texto":
        low, high = map(int, sizes)
        return Facets(min_length=low or None, max_length=high)
    if sizes:
        total, fraction = map(int, sizes)
        return _number(total, fraction)
    if version == "4.3" and name in _TYPES_4_3:
        return _TYPES_4_3[name]
    if version == "4.4" and generation == "2025" and name in _TYPES_2025:
        return _TYPES_2025[name]
    return _TYPES[name]


def _attributes(cls: type[Any]) -> dict[str, tuple[str, bool]]:
    """Attribute and whether it is a tuple, by XSD name of a value's class."""
    return {
        f.metadata["xsd"]: (f.name, f.default == ()) for f in fields(cls) if "xsd" in f.metadata
    }


@cache  # bounded: one entry per version, type and generation: 32 at most
def of(tipo: str, *, version: str = "4.4", generation: str = "2026") -> Estructura:
    """The structure of a document type (short name: "FE"), computed once.

    `generation` chooses the schemas of mid 2025 or of the 2026 revision, for version 4.4 only.
    Raises `InvalidError` for a type that the version does not have (REP in 4.3).
    """
    if version not in ("4.3", "4.4") or generation not in ("2025", "2026"):
        raise InvalidError(f"No hay esquemas de la versión {version}, generación {generation}.")
    v: Version = "4.3" if version == "4.3" else "4.4"
    g: Generation = "2025" if generation == "2025" or v == "4.3" else "2026"
    if (v, tipo) not in _COLUMNS:
        raise InvalidError(f"La versión {version} no tiene el comprobante «{tipo}».")
    table, column, width = _COLUMNS[v, tipo]
    root_class = comprobante.TIPOS[tipo]
    rows: list[tuple[int, str, str, str]] = []
    skipped: int | None = None  # depth of an absent parent, whose children are absent too
    for line in table.splitlines()[2:]:
        depth = (len(line) - len(line.lstrip())) // 2
        name, *cells = line.split()
        if skipped is not None and depth > skipped:
            continue
        cell, _, override = cells[column].partition(":")
        skipped = depth if cell == "-" else None
        if cell != "-":
            rows.append((depth, name, cell, override or cells[width]))

    def build(start: int, end: int, depth: int, cls: type[Any]) -> tuple[Element, ...]:
        attributes = _attributes(cls)
        out: list[Element] = []
        index = start
        while index < end:
            _, name, cell, kind = rows[index]
            stop = index + 1
            while stop < end and rows[stop][0] > depth:
                stop += 1
            # the item inside a wrapper has no attribute of its own: the wrapper's holds it
            attribute, repeated = attributes.get(name, ("", True))
            shape, inner = _shape(kind)
            facets, held = Facets(), ""
            children: tuple[Element, ...] = ()
            if shape == "wrapper":
                children = build(index + 1, stop, depth + 1, cls)
            elif shape == "group":
                held = inner
                children = build(index + 1, stop, depth + 1, getattr(comprobante, inner))
            elif shape == "content":
                held = inner
            else:
                facets = _facets(kind, v, g)
                shape = _SHAPES.get(facets.base, "text") if shape == "text" else shape
            out.append(
                Element(
                    name, attribute, *_cardinality(cell), shape, facets, held, children, repeated
                )
            )
            index = stop
        return tuple(out)

    return Estructura(
        tipo=tipo,
        version=v,
        generation=g,
        root=root_class.root,
        namespace=namespace_of(root_class.root, v),
        children=build(0, len(rows), 0, root_class),
        signatures=5 if (v, g) == ("4.4", "2026") else 1,
    )


_SHAPES: dict[str, Kind] = {"decimal": "decimal", "dateTime": "datetime"}


def _shape(kind: str) -> tuple[Kind, str]:
    """The kind that the last column of a row states, and the class it names."""
    if kind == "[]":
        return "wrapper", ""
    if kind[0] == "{":
        return "group", kind[1:-1]
    if kind[0] == "<":
        return "content", kind[1:-1]
    return ("integer" if kind in _INTEGERS else "text"), ""


def _cardinality(cell: str) -> tuple[int, int | None]:
    if cell == "1":
        return 1, 1
    if cell == "?":
        return 0, 1
    return (1 if cell[0] == "+" else 0), (int(cell[1:]) if len(cell) > 1 else None)
