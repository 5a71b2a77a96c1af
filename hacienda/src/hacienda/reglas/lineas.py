"""Lines and their discounts: what must come together (annex, notes 12, 19, 20, 21 and 22).

Amounts are recomputed in `hacienda.montos`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from decimal import Decimal
from typing import Any

from hacienda.catalogos.cabys import es_servicio
from hacienda.catalogos.forma_farmaceutica import FORMA_FARMACEUTICA
from hacienda.catalogos.impuesto import IVA
from hacienda.catalogos.unidad_medida import SERVICIOS
from hacienda.comprobante import Comprobante, Descuento, LineaDetalle
from hacienda.reglas import impuestos, surtidos
from hacienda.reglas.findings import Findings

_CABYS = re.compile(r"[0-9]{13}", re.ASCII)
TRANSACCIONES_EXENTAS = frozenset({"02", "04", "07", "11", "12"})
"""Kinds of transaction that are exempt by their name."""
ROUNDING = Decimal("0.01")
"""What systems that round to two decimals may be off by."""


def check(documento: Comprobante, found: Findings, cabys: Container[str] | None) -> None:
    _numbers(documento, found)
    for index, line in enumerate(documento.detalle_servicio, 1):
        path = f"DetalleServicio/LineaDetalle[{index}]"
        if documento.tipo != "REP":
            _line(documento, line, path, found, cabys)
        if line.descuento:
            _discounts(line, path, found)
        impuestos.check(documento, line, path, found)
        if line.detalle_surtido:
            surtidos.check(documento, line, path, found)


def _numbers(documento: Comprobante, found: Findings) -> None:
    before = 0
    for index, line in enumerate(documento.detalle_servicio, 1):
        number = line.numero_linea
        if number is None:
            continue
        if number <= before:
            found.error(
                "lineas-desordenadas",
                f"DetalleServicio/LineaDetalle[{index}]/NumeroLinea",
                f"La línea {number} viene después de la {before}: el número se repite o no sigue.",
            )
        elif number != before + 1:
            found.warning(
                "lineas-con-saltos",
                f"DetalleServicio/LineaDetalle[{index}]/NumeroLinea",
                f"Después de la línea {before} sigue la {number}."
                if before
                else f"La primera línea tiene el número {number}.",
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
    code = line.codigo_cabys
    if code is None:
        if documento.tipo in ("NC", "ND"):
            found.warning(
                "falta-cabys",
                f"{path}/CodigoCABYS",
                "La línea no tiene código CAByS: hace falta si el documento original lo tenía.",
            )
    elif _CABYS.fullmatch(code):
        _goods_or_service(documento, line, code, path, found)
        if cabys is not None:
            _catalogue(line, code, path, found, cabys)
    else:
        found.error("cabys-mal-formado", f"{path}/CodigoCABYS", f"«{code[:40]}» no son 13 dígitos.")
    form = line.forma_farmaceutica
    if form and form not in FORMA_FARMACEUTICA:
        found.warning(
            "forma-farmaceutica-desconocida",
            f"{path}/FormaFarmaceutica",
            f"«{form[:9]}» no está en la lista de formas farmacéuticas.",
        )
    if line.iva_cobrado_fabrica is not None:
        _factory(line, path, found)
    if line.tipo_transaccion in TRANSACCIONES_EXENTAS and any(tax.monto for tax in line.impuesto):
        found.warning(
            "transaccion-exenta-con-impuesto",
            f"{path}/TipoTransaccion",
            f"La transacción {line.tipo_transaccion} es exenta y la línea lleva impuesto.",
        )


def _goods_or_service(
    documento: Comprobante, line: LineaDetalle, code: str, path: str, found: Findings
) -> None:
    if es_servicio(code):
        return
    if line.unidad_medida in SERVICIOS:
        found.warning(
            "unidad-de-servicio",
            f"{path}/UnidadMedida",
            f"El código CAByS es de un bien y la unidad {line.unidad_medida} es de servicios.",
        )
    if documento.tipo == "FEE" and not line.partida_arancelaria:
        found.warning(
            "falta-partida",
            f"{path}/PartidaArancelaria",
            "La exportación de mercancías lleva la partida arancelaria.",
        )


def _factory(line: LineaDetalle, path: str, found: Findings) -> None:
    """IVA charged at the factory: 01 on a base of its own, 02 already borne."""
    if line.iva_cobrado_fabrica == "01" and line.base_imponible == 0:
        found.error(
            "base-de-fabrica-en-cero",
            f"{path}/BaseImponible",
            "Con el IVA cobrado a nivel de fábrica la base imponible es mayor que cero.",
        )
    if line.iva_cobrado_fabrica == "02" and any(
        tax.codigo in IVA and tax.tarifa for tax in line.impuesto
    ):
        found.warning(
            "iva-de-fabrica-con-tarifa",
            f"{path}/IVACobradoFabrica",
            "Si el bien ya soportó el IVA en fábrica, la venta es exenta: use la tarifa 10.",
        )


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
        total += discount.monto_descuento or 0
        _discount(discount, f"{path}/Descuento[{index}]", found)
    if line.monto_total is not None and total > line.monto_total + ROUNDING:
        found.error(
            "descuento-mayor-que-monto",
            f"{path}/Descuento[1]/MontoDescuento",
            "Los descuentos suman más que el monto de la línea.",
        )


def _discount(discount: Descuento, path: str, found: Findings) -> None:
    if discount.codigo_descuento == "99":
        for name, value in (
            ("CodigoDescuentoOTRO", discount.codigo_descuento_otro),
            ("NaturalezaDescuento", discount.naturaleza_descuento),
        ):
            if not value:
                found.error(
                    "falta-descuento-otro",
                    f"{path}/{name}",
                    f"El descuento es de tipo 99 y falta {name}.",
                )
    elif discount.codigo_descuento_otro and discount.codigo_descuento:
        found.spare(f"{path}/", "CodigoDescuentoOTRO", discount.codigo_descuento)
