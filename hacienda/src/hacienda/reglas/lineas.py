"""Lines, discounts, taxes, exonerations and other charges: what must come together.

Amounts are recomputed in `hacienda.montos`; here stand the codes (annex, notes 8, 8.1, 10.1, 16,
20, 21, 23).
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from decimal import Decimal
from typing import Any

from hacienda.catalogos.exoneracion import CON_ARTICULO, TIPO_EXONERACION
from hacienda.catalogos.impuesto import CON_TARIFA_IVA, ESPECIFICOS, IVA
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.comprobante import Comprobante, Exoneracion, Impuesto, LineaDetalle, OtrosCargos
from hacienda.reglas.findings import Findings

_CABYS = re.compile(r"[0-9]{13}", re.ASCII)
ONLY_CHARGES = frozenset({"04", "08", "09", "10"})
"""A document may have no lines only when all its charges are of these kinds."""


def check(documento: Comprobante, found: Findings, cabys: Container[str] | None) -> None:
    if not documento.detalle_servicio and documento.tipo in ("FE", "TE", "NC", "ND"):
        kinds = {charge.tipo_documento_oc for charge in documento.otros_cargos}
        if not kinds or not kinds <= ONLY_CHARGES:
            found.error(
                "sin-lineas",
                "DetalleServicio",
                "El comprobante no tiene líneas.",
                "Agregue al menos una, salvo que sea solo un cobro de tipo 04, 08, 09 o 10.",
            )
    _numbers(documento, found)
    for index, line in enumerate(documento.detalle_servicio, 1):
        path = f"DetalleServicio/LineaDetalle[{index}]"
        if documento.tipo != "REP":
            _line(documento, line, path, found, cabys)
        _discounts(line, path, found)
        _taxes(documento, line, path, found)
    for index, charge in enumerate(documento.otros_cargos, 1):
        _charge(charge, f"OtrosCargos[{index}]", found)


def _numbers(documento: Comprobante, found: Findings) -> None:
    before = 0
    for index, line in enumerate(documento.detalle_servicio, 1):
        number = line.numero_linea
        if not isinstance(number, int):
            continue
        path = f"DetalleServicio/LineaDetalle[{index}]/NumeroLinea"
        if number <= before:
            found.error(
                "lineas-desordenadas",
                path,
                f"La línea {number} viene después de la {before}: el número se repite o no sigue.",
            )
        elif number != before + 1:
            found.warning(
                "lineas-con-saltos", path, f"Después de la línea {before} sigue la {number}."
            )
        before = number


def _line(
    documento: Comprobante,
    line: LineaDetalle,
    path: str,
    found: Findings,
    cabys: Container[str] | None,
) -> None:
    if line.cantidad is not None and line.cantidad == 0:
        found.error("cantidad-cero", f"{path}/Cantidad", "La cantidad debe ser mayor que cero.")
    if line.precio_unitario is not None and line.precio_unitario == 0:
        found.warning(
            "precio-cero",
            f"{path}/PrecioUnitario",
            "El precio es cero.",
            "Si es un regalo, ponga el precio y un descuento de tipo regalía.",
        )
    _cabys(documento, line, path, found, cabys)
    goods = bool(line.codigo_cabys) and str(line.codigo_cabys)[0] in "01234"
    if documento.tipo == "FEE" and goods and not line.partida_arancelaria:
        found.warning(
            "falta-partida",
            f"{path}/PartidaArancelaria",
            "La exportación de mercancías lleva la partida arancelaria.",
        )
    if line.iva_cobrado_fabrica == "02" and any(
        tax.codigo in IVA and tax.tarifa for tax in line.impuesto
    ):
        found.warning(
            "iva-de-fabrica-con-tarifa",
            f"{path}/IVACobradoFabrica",
            "Si el bien ya soportó el IVA en fábrica, la venta es exenta: use la tarifa 10.",
        )


def _cabys(
    documento: Comprobante,
    line: LineaDetalle,
    path: str,
    found: Findings,
    cabys: Container[str] | None,
) -> None:
    code = line.codigo_cabys
    if code is None:
        if documento.tipo in ("NC", "ND"):
            found.warning(
                "falta-cabys",
                f"{path}/CodigoCABYS",
                "La línea no tiene código CAByS: hace falta si el documento original lo tenía.",
            )
        return
    if len(code) == 13 and not _CABYS.fullmatch(code):
        found.error("cabys-mal-formado", f"{path}/CodigoCABYS", f"«{code}» no son 13 dígitos.")
    elif cabys is not None and _CABYS.fullmatch(code):
        _catalogue(line, code, path, found, cabys)


def _catalogue(
    line: LineaDetalle, code: str, path: str, found: Findings, cabys: Container[str]
) -> None:
    """Against the operator's file, which may be older than Hacienda's: warnings only."""
    if code not in cabys:
        found.warning(
            "cabys-desconocido",
            f"{path}/CodigoCABYS",
            f"El código {code} no está en el catálogo CAByS.",
            "Búsquelo de nuevo: Hacienda rechaza los códigos que ya no existen.",
        )
        return
    usual = _usual_rate(cabys, code)
    for index, tax in enumerate(line.impuesto, 1):
        if tax.codigo != "01" or tax.tarifa is None or usual is None or tax.tarifa == usual:
            continue
        if tax.codigo_tarifa_iva in ("01", "11"):
            continue  # depends on who buys
        found.warning(
            "tarifa-distinta-del-cabys",
            f"{path}/Impuesto[{index}]/Tarifa",
            f"El catálogo CAByS da {usual:f} % a este código.",
        )


def _usual_rate(cabys: Container[str], code: str) -> Decimal | None:
    """The catalogue's percentage of a code: 0 when exempt, None when it gives none."""
    if not isinstance(cabys, Mapping):
        return None
    rate: Any = getattr(cabys[code], "tarifa", None)
    return rate if isinstance(rate, Decimal) else None


def _discounts(line: LineaDetalle, path: str, found: Findings) -> None:
    total = Decimal(0)
    for index, discount in enumerate(line.descuento, 1):
        here = f"{path}/Descuento[{index}]"
        total += discount.monto_descuento or 0
        if discount.codigo_descuento == "99":
            for name, value in (
                ("CodigoDescuentoOTRO", discount.codigo_descuento_otro),
                ("NaturalezaDescuento", discount.naturaleza_descuento),
            ):
                if not value:
                    found.error(
                        "falta-descuento-otro",
                        f"{here}/{name}",
                        f"El descuento es de tipo 99 y falta {name}.",
                    )
    if line.monto_total is not None and total > line.monto_total:
        found.error(
            "descuento-mayor-que-monto",
            f"{path}/Descuento[1]/MontoDescuento",
            "Los descuentos suman más que el monto de la línea.",
        )


def _taxes(documento: Comprobante, line: LineaDetalle, path: str, found: Findings) -> None:
    ivas = 0
    for index, tax in enumerate(line.impuesto, 1):
        here = f"{path}/Impuesto[{index}]"
        ivas += tax.codigo in IVA
        if ivas > 1 and tax.codigo in IVA:
            found.error("iva-repetido", f"{here}/Codigo", "La línea lleva el IVA más de una vez.")
        _tax(documento, line, tax, here, found)
        if tax.exoneracion is not None:
            _exoneration(documento, tax, tax.exoneracion, f"{here}/Exoneracion", found)


def _tax(
    documento: Comprobante, line: LineaDetalle, tax: Impuesto, path: str, found: Findings
) -> None:
    code = tax.codigo
    if code == "99" and not tax.codigo_impuesto_otro:
        found.error(
            "falta-impuesto-otro",
            f"{path}/CodigoImpuestoOTRO",
            "El impuesto es de tipo 99 y falta describirlo.",
        )
    if code in CON_TARIFA_IVA and not line.detalle_surtido:
        _tariff(documento, tax, path, found)
    elif code == "02" and tax.tarifa is None:
        found.error("falta-tarifa", f"{path}/Tarifa", "El impuesto necesita su tarifa.")
    if code == "08" and tax.factor_calculo_iva is None:
        found.error(
            "falta-factor",
            f"{path}/FactorCalculoIVA",
            "El IVA de bienes usados necesita su factor de cálculo.",
        )
    if code in ESPECIFICOS and documento.tipo in ("FE", "TE", "NC", "ND"):
        _specific(tax, path, found)


def _specific(tax: Impuesto, path: str, found: Findings) -> None:
    data = tax.datos_impuesto_especifico
    if data is None:
        found.error(
            "faltan-datos-del-impuesto",
            f"{path}/DatosImpuestoEspecifico",
            "El impuesto específico necesita cantidad y monto por unidad.",
        )
        return
    if tax.codigo == "04" and data.proporcion is None:
        found.error(
            "falta-proporcion",
            f"{path}/DatosImpuestoEspecifico/Proporcion",
            "El impuesto a las bebidas alcohólicas necesita la proporción de alcohol.",
        )
    if tax.codigo == "05" and not data.volumen_unidad_consumo:
        found.error(
            "falta-volumen",
            f"{path}/DatosImpuestoEspecifico/VolumenUnidadConsumo",
            "El impuesto a bebidas sin alcohol y jabones necesita el volumen por unidad de consumo.",
        )


def _tariff(documento: Comprobante, tax: Impuesto, path: str, found: Findings) -> None:
    code, rate = tax.codigo_tarifa_iva, tax.tarifa
    if code is None:
        found.error(
            "falta-codigo-tarifa",
            f"{path}/CodigoTarifaIVA",
            "El IVA necesita el código de su tarifa.",
        )
        return
    known = TARIFA_IVA.get(code)
    if known is None:
        return  # the schema's own list already says so
    if rate is None:
        found.error("falta-tarifa", f"{path}/Tarifa", "El impuesto necesita su tarifa.")
    elif known.tarifa is not None and rate != known.tarifa:
        found.error(
            "tarifa-no-coincide",
            f"{path}/Tarifa",
            f"El código de tarifa {code} es de {known.tarifa:f} % y la línea dice {rate:f} %.",
        )
    if not known.allowed_in(documento.tipo):
        found.error(
            "tarifa-transitoria",
            f"{path}/CodigoTarifaIVA",
            f"La tarifa {code} ({known.nombre}) solo se usa en notas de crédito y débito.",
        )


def _exoneration(
    documento: Comprobante, tax: Impuesto, held: Exoneracion, path: str, found: Findings
) -> None:
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
    points, rate = held.tarifa_exonerada, tax.tarifa
    if points is not None and rate is not None and points > rate:
        found.error(
            "exoneracion-mayor-que-tarifa",
            f"{path}/TarifaExonerada",
            f"Se exoneran {points:f} puntos y la tarifa es de {rate:f} %.",
            "TarifaExonerada son los puntos que se perdonan, como 13.",
        )
    forgiven, amount = held.monto_exoneracion, tax.monto
    if forgiven is not None and amount is not None and forgiven > amount:
        found.error(
            "exoneracion-mayor-que-impuesto",
            f"{path}/MontoExoneracion",
            "El monto exonerado es mayor que el impuesto.",
        )
    if kind == "11" and documento.tipo == "FE" and not documento.informacion_referencia:
        found.error(
            "exoneracion-sin-referencia",
            "InformacionReferencia",
            "Una factura con exoneración de tipo 11 lleva una referencia.",
        )


def _charge(charge: OtrosCargos, path: str, found: Findings) -> None:
    kind = charge.tipo_documento_oc
    if kind == "99" and not charge.tipo_documento_otros:
        found.error(
            "falta-cargo-otro",
            f"{path}/TipoDocumentoOTROS",
            "El cargo es de tipo 99 y falta describirlo.",
        )
    if kind == "04":
        for name, value in (
            ("IdentificacionTercero", charge.identificacion_tercero),
            ("NombreTercero", charge.nombre_tercero),
        ):
            if not value:
                found.error(
                    "falta-tercero",
                    f"{path}/{name}",
                    f"El cobro de un tercero necesita {name}.",
                )
    if charge.monto_cargo is not None and charge.monto_cargo == 0:
        found.error("cargo-cero", f"{path}/MontoCargo", "El cargo debe ser mayor que cero.")
