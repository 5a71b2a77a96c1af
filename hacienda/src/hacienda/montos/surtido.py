"""Sets and combos: parts that add up as lines do, and what they come to in the line."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hacienda.comprobante import (
    DatosImpuestoEspecifico,
    DatosImpuestoEspecificoSurtido,
    Descuento,
    Impuesto,
    LineaDetalle,
    LineaDetalleSurtido,
)
from hacienda.montos.decimales import UNIT, ZERO
from hacienda.montos.tipos import Linea


def as_line(part: LineaDetalleSurtido) -> LineaDetalle:
    """A part of a set under the names of a line."""
    return LineaDetalle(
        codigo_cabys=part.codigo_cabys_surtido,
        cantidad=part.cantidad_surtido,
        precio_unitario=part.precio_unitario_surtido,
        monto_total=part.monto_total_surtido,
        descuento=tuple(
            Descuento(
                monto_descuento=discount.monto_descuento_surtido,
                codigo_descuento=discount.codigo_descuento_surtido,
            )
            for discount in part.descuento_surtido
        ),
        sub_total=part.sub_total_surtido,
        iva_cobrado_fabrica=part.iva_cobrado_fabrica_surtido,
        base_imponible=part.base_imponible_surtido,
        impuesto=tuple(
            Impuesto(
                codigo=tax.codigo_impuesto_surtido,
                codigo_tarifa_iva=tax.codigo_tarifa_iva_surtido,
                tarifa=tax.tarifa_surtido,
                datos_impuesto_especifico=_as_data(tax.datos_impuesto_especifico_surtido),
                monto=tax.monto_impuesto_surtido,
            )
            for tax in part.impuesto_surtido
        ),
    )


def _as_data(data: DatosImpuestoEspecificoSurtido | None) -> DatosImpuestoEspecifico | None:
    if data is None:
        return None
    return DatosImpuestoEspecifico(
        cantidad_unidad_medida=data.cantidad_unidad_medida_surtido,
        porcentaje=data.porcentaje_surtido,
        proporcion=data.proporcion_surtido,
        volumen_unidad_consumo=data.volumen_unidad_consumo_surtido,
        impuesto_unidad=data.impuesto_unidad_surtido,
    )


def times(cantidad: Decimal, amounts: Iterable[Decimal]) -> Decimal:
    """What the parts of one set come to in all of them."""
    return (sum(amounts, ZERO) * cantidad).quantize(UNIT)


def parts_tax(partes: list[Linea], cantidad: Decimal, tax: Impuesto) -> Decimal | None:
    """Monto of a tax of a set, which has no tariff of its own; None for an ordinary line."""
    if not partes or tax.codigo_tarifa_iva is not None:
        return None
    return times(
        cantidad,
        (
            monto
            for part in partes
            for item, monto in zip(part.line.impuesto, part.montos, strict=True)
            if item.codigo == tax.codigo
        ),
    )
