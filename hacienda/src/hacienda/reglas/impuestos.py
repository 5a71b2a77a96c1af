"""The taxes of a line and their exonerations (annex, notes 8, 8.1, 10.1 and 23)."""

from __future__ import annotations

from decimal import Decimal

from hacienda.catalogos.exoneracion import CON_ARTICULO, TIPO_EXONERACION
from hacienda.catalogos.impuesto import CON_TARIFA_IVA, ESPECIFICOS, IMPUESTO, IVA
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.comprobante import (
    Comprobante,
    DatosImpuestoEspecifico,
    Exoneracion,
    Impuesto,
    LineaDetalle,
    dia,
)
from hacienda.reglas.findings import Findings

ROUNDING = Decimal("0.01")
"""What a system that rounds one of two amounts to two decimals may be off by."""
_WITH_SPECIFIC = ("FE", "TE", "NC", "ND")


def check(documento: Comprobante, line: LineaDetalle, path: str, found: Findings) -> None:
    seen: set[tuple[str, str | None]] = set()
    for index, tax in enumerate(line.impuesto, 1):
        here = f"{path}/Impuesto[{index}]"
        if tax.codigo in IVA:
            if seen:
                _repeated(tax, seen, here, found)
            seen.add((tax.codigo, tax.codigo_tarifa_iva))
        _tax(documento, line, tax, here, found)
        if tax.exoneracion is not None:
            _exoneration(documento, tax, tax.exoneracion, f"{here}/Exoneracion", found)


def _repeated(tax: Impuesto, seen: set[tuple[str, str | None]], path: str, found: Findings) -> None:
    """The same IVA twice is a mistake; two different ones the law does not foresee."""
    same = (tax.codigo or "", tax.codigo_tarifa_iva) in seen
    report = found.error if same else found.warning
    report("iva-repetido", f"{path}/Codigo", "La línea lleva el IVA más de una vez.")


def _tax(
    documento: Comprobante, line: LineaDetalle, tax: Impuesto, path: str, found: Findings
) -> None:
    code = tax.codigo
    if code in CON_TARIFA_IVA:
        if line.detalle_surtido:
            _of_a_set(tax, path, found)
        else:
            tariff(documento, tax.codigo_tarifa_iva, tax.tarifa, path, found)
    else:
        _without_tariff(documento, tax, path, found)
    if tax.factor_calculo_iva is None:
        if code == "08":
            found.error(
                "falta-factor",
                f"{path}/FactorCalculoIVA",
                "El IVA de bienes usados necesita su factor de cálculo.",
            )
    elif code not in (None, "08"):
        found.warning(
            "sobra-factor", f"{path}/FactorCalculoIVA", "El factor solo va con el impuesto 08."
        )
    if tax.codigo_impuesto_otro and code not in (None, "99"):
        found.spare(f"{path}/", "CodigoImpuestoOTRO", code or "")
    if documento.tipo == "FEE" and tax.monto:
        found.warning(
            "exportacion-con-impuesto",
            f"{path}/Monto",
            "Las exportaciones son exentas y la línea lleva impuesto.",
        )


def _without_tariff(documento: Comprobante, tax: Impuesto, path: str, found: Findings) -> None:
    """Taxes that are no IVA by tariff."""
    code = tax.codigo
    if code == "99" and not tax.codigo_impuesto_otro:
        found.error(
            "falta-impuesto-otro",
            f"{path}/CodigoImpuestoOTRO",
            "El impuesto es de tipo 99 y falta describirlo.",
        )
    elif code == "02" and tax.tarifa is None:
        found.error("falta-tarifa", f"{path}/Tarifa", "El impuesto necesita su tarifa.")
    elif code == "12" and tax.tarifa is not None and tax.tarifa != IMPUESTO["12"].tarifa:
        found.error(
            "tarifa-no-coincide", f"{path}/Tarifa", "La tarifa del impuesto al cemento es de 5 %."
        )
    if tax.codigo_tarifa_iva is not None and code is not None:
        found.warning(
            "sobra-codigo-tarifa",
            f"{path}/CodigoTarifaIVA",
            f"El impuesto {code} no lleva código de tarifa del IVA.",
        )
    if code in ESPECIFICOS and documento.tipo in _WITH_SPECIFIC:
        specific(code or "", tax.datos_impuesto_especifico, path, found)


def _of_a_set(tax: Impuesto, path: str, found: Findings) -> None:
    if tax.codigo_tarifa_iva is not None or tax.tarifa is not None:
        found.warning(
            "surtido-con-tarifa",
            f"{path}/CodigoTarifaIVA",
            "La línea de un surtido no lleva tarifa: la llevan sus partes.",
        )


def specific(
    code: str,
    data: DatosImpuestoEspecifico | None,
    path: str,
    found: Findings,
    suffix: str = "",
) -> None:
    """What the taxes 03 to 06 are computed from. `suffix` is that of the names in a set."""
    group = f"{path}/DatosImpuestoEspecifico{suffix}"
    if data is None:
        found.error(
            "faltan-datos-del-impuesto",
            group,
            "El impuesto específico necesita cantidad y monto por unidad.",
        )
        return
    if code == "04" and data.proporcion is None:
        found.error(
            "falta-proporcion",
            f"{group}/Proporcion{suffix}",
            "El impuesto a las bebidas alcohólicas necesita la proporción de alcohol.",
        )
    if code == "05" and not data.volumen_unidad_consumo:
        found.error(
            "falta-volumen",
            f"{group}/VolumenUnidadConsumo{suffix}",
            "El impuesto a bebidas sin alcohol y jabones necesita el volumen por unidad de consumo.",
        )


def tariff(
    documento: Comprobante | None,
    code: str | None,
    rate: Decimal | None,
    path: str,
    found: Findings,
    suffix: str = "",
) -> None:
    """The code of an IVA tariff and its percentage. `suffix` is that of the names in a set."""
    if code is None:
        found.error(
            "falta-codigo-tarifa",
            f"{path}/CodigoTarifaIVA{suffix}",
            "El IVA necesita el código de su tarifa.",
        )
        return
    known = TARIFA_IVA.get(code)
    if known is None:
        return  # the schema's own list already says so
    if rate is None:
        # where nothing is charged, systems leave the zero out
        report = found.error if known.tarifa else found.warning
        report("falta-tarifa", f"{path}/Tarifa{suffix}", "El impuesto necesita su tarifa.")
    elif known.tarifa is not None and rate != known.tarifa:
        found.error(
            "tarifa-no-coincide",
            f"{path}/Tarifa{suffix}",
            f"El código de tarifa {code} es de {known.tarifa:f} % y la línea dice {rate:f} %.",
        )
    if documento is not None and not known.allowed_in(documento.tipo):
        found.error(
            "tarifa-transitoria",
            f"{path}/CodigoTarifaIVA{suffix}",
            f"La tarifa {code} ({known.nombre}) solo se usa en notas de crédito y débito.",
        )


def _exoneration(
    documento: Comprobante, tax: Impuesto, held: Exoneracion, path: str, found: Findings
) -> None:
    _document(documento, held, path, found)
    points, rate = held.tarifa_exonerada, tax.tarifa
    if points is not None and rate is not None and points > rate:
        found.error(
            "exoneracion-mayor-que-tarifa",
            f"{path}/TarifaExonerada",
            f"Se exoneran {points:f} puntos y la tarifa es de {rate:f} %.",
            "TarifaExonerada son los puntos que se perdonan, como 13.",
        )
    forgiven, amount = held.monto_exoneracion, tax.monto
    if forgiven is not None and amount is not None and forgiven > amount + ROUNDING:
        found.error(
            "exoneracion-mayor-que-impuesto",
            f"{path}/MontoExoneracion",
            "El monto exonerado es mayor que el impuesto.",
        )
    if (
        held.tipo_documento_ex1 == "11"
        and documento.tipo == "FE"
        and not documento.informacion_referencia
    ):
        found.error(
            "exoneracion-sin-referencia",
            "InformacionReferencia",
            "Una factura con exoneración de tipo 11 lleva una referencia.",
        )
    granted, issued = held.fecha_emision_ex, documento.fecha_emision
    if granted is None or issued is None or documento.tipo in ("NC", "ND"):
        return
    if dia(granted) > dia(issued):
        found.warning(
            "exoneracion-posterior",
            f"{path}/FechaEmisionEX",
            "La exoneración es de fecha posterior a este comprobante.",
        )


def _document(documento: Comprobante, held: Exoneracion, path: str, found: Findings) -> None:
    """The paper that grants the exoneration."""
    kind = held.tipo_documento_ex1
    known = TIPO_EXONERACION.get(kind or "")
    if known is not None and not known.allowed_in(documento.tipo):
        found.error(
            "exoneracion-anterior",
            f"{path}/TipoDocumentoEX1",
            f"La exoneración {kind} ({known.nombre}) solo se usa en notas de crédito y débito.",
        )
    for needed, name, value in (
        (kind == "99", "TipoDocumentoOTRO", held.tipo_documento_otro),
        (kind in CON_ARTICULO, "Articulo", held.articulo),
        (held.nombre_institucion == "99", "NombreInstitucionOtros", held.nombre_institucion_otros),
    ):
        if needed and not value:
            found.error(
                "exoneracion-incompleta",
                f"{path}/{name}",
                f"La exoneración de este tipo necesita {name}.",
            )
    if held.tipo_documento_otro and kind not in (None, "99"):
        found.spare(f"{path}/", "TipoDocumentoOTRO", kind or "")
    if held.nombre_institucion_otros and held.nombre_institucion not in (None, "99"):
        found.spare(f"{path}/", "NombreInstitucionOtros", held.nombre_institucion or "")
