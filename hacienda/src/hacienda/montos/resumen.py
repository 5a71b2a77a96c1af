"""The rows of ResumenFactura: where each line goes, and what the taxes come to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hacienda.catalogos.cabys import es_servicio
from hacienda.catalogos.impuesto import IVA
from hacienda.catalogos.unidad_medida import SERVICIOS
from hacienda.comprobante import LineaDetalle
from hacienda.montos.decimales import UNIT, ZERO
from hacienda.montos.tipos import Kind, Linea

# The rows of the summary, for services and for goods.
GRAVADO, EXENTO, EXONERADO, NO_SUJETO = range(4)


@dataclass(slots=True)
class Totales:
    service: list[Decimal]
    goods: list[Decimal]
    venta: Decimal
    descuentos: Decimal
    venta_neta: Decimal
    asumido: Decimal


def totals_of(lines: list[Linea], kind: Kind) -> Totales:
    """Every line's MontoTotal in its row, and the sums that follow."""
    service = [ZERO] * 4
    goods = [ZERO] * 4
    descuentos = asumido = ZERO
    for settled in lines:
        rows = service if _is_service(settled.line) else goods
        for amount in settled.descuentos:
            descuentos += amount
        asumido += settled.asumido
        row, share = _row(settled, kind)
        if share:
            rows[EXONERADO] += share
            rows[row] += settled.monto_total - share
        else:
            rows[row] += settled.monto_total
    venta = sum(service, ZERO) + sum(goods, ZERO)
    return Totales(service, goods, venta, descuentos, venta - descuentos, asumido)


def _is_service(line: LineaDetalle) -> bool:
    """By the CAByS code; a line without one by its unit."""
    code = line.codigo_cabys or line.codigo
    return es_servicio(code) if code else line.unidad_medida in SERVICIOS


def _row(settled: Linea, kind: Kind) -> tuple[int, Decimal]:
    """The row of the summary a line goes to, and how much of it is exonerated."""
    line = settled.line
    if kind.rep:
        return GRAVADO, ZERO
    iva = next((tax for tax in line.impuesto if tax.codigo in IVA), None)
    if line.iva_cobrado_fabrica == "02":
        return EXENTO, ZERO
    if iva is None:
        return (GRAVADO if any(settled.montos) else EXENTO), ZERO
    if iva.codigo != "08":
        tarifa = iva.codigo_tarifa_iva
        if tarifa == "10" or iva.codigo_tarifa == "01":  # in 4.3 the code 01 was "exento"
            return EXENTO, ZERO
        if tarifa in ("01", "11"):
            return (NO_SUJETO if kind.no_sujeto else EXENTO), ZERO
    taxed = forgiven = ZERO
    for monto, amount in zip(settled.montos, settled.exonerados, strict=True):
        if amount is not None:
            taxed += monto
            forgiven += amount
    if not taxed or not forgiven or not kind.no_sujeto:
        return GRAVADO, ZERO
    if forgiven >= taxed:
        return GRAVADO, settled.monto_total
    return GRAVADO, (settled.monto_total * forgiven / taxed).quantize(UNIT)


def groups_of(lines: list[Linea]) -> dict[tuple[str | None, str | None], Decimal]:
    """Tax to be paid by code and tariff, in the order in which they first appear."""
    groups: dict[tuple[str | None, str | None], Decimal] = {}
    for settled in lines:
        exonerados, asumidos = settled.exonerados, settled.asumidos
        for i, tax in enumerate(settled.line.impuesto):
            net = settled.montos[i] - asumidos[i]
            forgiven = exonerados[i]
            if forgiven is not None:
                net -= forgiven
            key = (tax.codigo, tax.codigo_tarifa_iva)
            groups[key] = groups.get(key, ZERO) + (net if net > 0 else ZERO)
    return groups
