"""The parts of a set or combo: as lines, under names that end in Surtido (annex, DetalleSurtido)."""

from __future__ import annotations

import re

from hacienda.catalogos.impuesto import CON_TARIFA_IVA, ESPECIFICOS
from hacienda.comprobante import (
    Comprobante,
    DatosImpuestoEspecifico,
    DatosImpuestoEspecificoSurtido,
    ImpuestoSurtido,
    LineaDetalle,
    LineaDetalleSurtido,
)
from hacienda.reglas.findings import Findings
from hacienda.reglas.impuestos import specific, tariff

_CABYS = re.compile(r"[0-9]{13}", re.ASCII)
_SHORTEST_CODE = 3


def check(documento: Comprobante, line: LineaDetalle, path: str, found: Findings) -> None:
    if not any(
        one.tipo == "03" and len(one.codigo or "") >= _SHORTEST_CODE
        for one in line.codigo_comercial
    ):
        found.warning(
            "surtido-sin-codigo",
            f"{path}/CodigoComercial",
            "Un surtido lleva el código del fabricante o importador (tipo 03).",
        )
    for index, part in enumerate(line.detalle_surtido, 1):
        _part(documento, part, f"{path}/DetalleSurtido/LineaDetalleSurtido[{index}]", found)


def _part(documento: Comprobante, part: LineaDetalleSurtido, path: str, found: Findings) -> None:
    code = part.codigo_cabys_surtido
    if code is not None and not _CABYS.fullmatch(code):
        found.error(
            "cabys-mal-formado", f"{path}/CodigoCABYSSurtido", f"«{code[:40]}» no son 13 dígitos."
        )
    if part.cantidad_surtido is not None and part.cantidad_surtido == 0:
        found.error(
            "cantidad-cero", f"{path}/CantidadSurtido", "La cantidad debe ser mayor que cero."
        )
    for index, discount in enumerate(part.descuento_surtido, 1):
        if discount.codigo_descuento_surtido == "99" and not discount.descuento_surtido_otros:
            found.error(
                "falta-descuento-otro",
                f"{path}/DescuentoSurtido[{index}]/DescuentoSurtidoOtros",
                "El descuento es de tipo 99 y falta describirlo.",
            )
    for index, tax in enumerate(part.impuesto_surtido, 1):
        _tax(documento, tax, f"{path}/ImpuestoSurtido[{index}]", found)


def _tax(documento: Comprobante, tax: ImpuestoSurtido, path: str, found: Findings) -> None:
    code = tax.codigo_impuesto_surtido
    if code == "99" and not tax.codigo_impuesto_otro_surtido:
        found.error(
            "falta-impuesto-otro",
            f"{path}/CodigoImpuestoOTROSurtido",
            "El impuesto es de tipo 99 y falta describirlo.",
        )
    if code in CON_TARIFA_IVA:
        tariff(None, tax.codigo_tarifa_iva_surtido, tax.tarifa_surtido, path, found, "Surtido")
    if code in ESPECIFICOS and documento.tipo != "FEE":  # a set that is exported has none
        specific(code or "", _plain(tax.datos_impuesto_especifico_surtido), path, found, "Surtido")


def _plain(data: DatosImpuestoEspecificoSurtido | None) -> DatosImpuestoEspecifico | None:
    """What the rules of a line ask for, under the names of a line."""
    if data is None:
        return None
    return DatosImpuestoEspecifico(
        proporcion=data.proporcion_surtido,
        volumen_unidad_consumo=data.volumen_unidad_consumo_surtido,
    )
