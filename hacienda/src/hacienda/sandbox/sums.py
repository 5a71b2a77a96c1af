"""The arithmetic of a document, worked out again without the library's own calculator.

Only relations between printed numbers, with room for systems that round to two decimals: what this
finds is surely wrong, and what it lets pass may still be.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hacienda.comprobante import (
    Comprobante,
    FacturaElectronicaExportacion,
    Impuesto,
    LineaDetalle,
    ReciboElectronicoPago,
    ResumenFactura,
)

ZERO = Decimal(0)
# What rounding to two decimals may take from one number.
TOLERANCE = Decimal("0.02")

IVA = frozenset({"01", "07"})
GIFTS = frozenset({"01", "03"})
# Gifts whose tax the annexes give no formula for.
UNCLEAR = frozenset({"02"})


def problems(comprobante: Comprobante) -> Iterator[str]:
    """What does not add up, in words."""
    for number, line in enumerate(comprobante.detalle_servicio, 1):
        for message in _line(comprobante, line):
            yield f"Línea {number}: {message}"
    if comprobante.resumen_factura is not None:
        yield from _summary(comprobante, comprobante.resumen_factura)


def _line(comprobante: Comprobante, line: LineaDetalle) -> Iterator[str]:
    discounts = sum((d.monto_descuento or ZERO for d in line.descuento), ZERO)
    taxes = sum((t.monto or ZERO for t in line.impuesto), ZERO)
    total, sub_total = line.monto_total or ZERO, line.sub_total or ZERO
    if isinstance(comprobante, ReciboElectronicoPago):
        if _differ(line.monto_total_linea, sub_total + (line.impuesto_neto or ZERO)):
            yield "MontoTotalLinea no es SubTotal más ImpuestoNeto."
        return
    if line.cantidad is not None and line.precio_unitario is not None:
        # A rounded price times a large quantity is no more exact than the price.
        room = TOLERANCE + line.cantidad * Decimal("0.000005")
        if _differ(line.monto_total, line.cantidad * line.precio_unitario, room):
            yield "MontoTotal no es Cantidad por PrecioUnitario."
    if _differ(line.sub_total, total - discounts):
        yield "SubTotal no es MontoTotal menos los descuentos."
    if not line.detalle_surtido:
        for tax in line.impuesto:
            yield from _iva(comprobante, line, tax)
    if isinstance(comprobante, FacturaElectronicaExportacion):
        if _differ(line.monto_total_linea, sub_total + taxes):
            yield "MontoTotalLinea no es SubTotal más los impuestos."
        return
    forgiven = sum(
        (t.exoneracion.monto_exoneracion or ZERO for t in line.impuesto if t.exoneracion), ZERO
    )
    assumed = line.impuesto_asumido_emisor_fabrica or ZERO
    if _differ(line.impuesto_neto, taxes - forgiven - assumed):
        yield "ImpuestoNeto no es la suma de los impuestos menos lo exonerado y lo asumido."
    if _differ(line.monto_total_linea, sub_total + (line.impuesto_neto or ZERO)):
        yield "MontoTotalLinea no es SubTotal más ImpuestoNeto."


def _iva(comprobante: Comprobante, line: LineaDetalle, tax: Impuesto) -> Iterator[str]:
    kinds = {d.codigo_descuento for d in line.descuento}
    if tax.codigo not in IVA or tax.tarifa is None or line.iva_cobrado_fabrica or kinds & UNCLEAR:
        return
    if kinds & GIFTS:
        base = line.monto_total
    elif isinstance(comprobante, FacturaElectronicaExportacion):
        base = line.sub_total
    else:
        base = line.base_imponible
    if base is not None and _differ(tax.monto, base * tax.tarifa / 100):
        yield "el monto del IVA no es la tarifa por la base imponible."


def _summary(comprobante: Comprobante, summary: ResumenFactura) -> Iterator[str]:
    lines = comprobante.detalle_servicio
    room = TOLERANCE * (len(lines) + len(comprobante.otros_cargos) + 2)

    def wrong(printed: Decimal | None, *parts: Decimal | None) -> bool:
        return _differ(printed, sum((p or ZERO for p in parts), ZERO), room)

    if not isinstance(comprobante, ReciboElectronicoPago):
        for name, printed, service, goods in (
            ("TotalGravado", summary.total_gravado, *_pair(summary, "gravados")),
            ("TotalExento", summary.total_exento, *_pair(summary, "exentos")),
            ("TotalExonerado", summary.total_exonerado, *_pair(summary, "exonerado")),
            ("TotalNoSujeto", summary.total_no_sujeto, *_pair(summary, "no sujeto")),
        ):
            if wrong(printed or ZERO, service, goods):
                yield f"{name} no es la suma de servicios y mercancías."
        if wrong(
            summary.total_venta,
            summary.total_gravado,
            summary.total_exento,
            summary.total_exonerado,
            summary.total_no_sujeto,
        ):
            yield "TotalVenta no es la suma de lo gravado, exento, exonerado y no sujeto."
        discounts = [d.monto_descuento for line in lines for d in line.descuento]
        if wrong(summary.total_descuentos or ZERO, *discounts):
            yield "TotalDescuentos no es la suma de los descuentos."
    if wrong(summary.total_venta, *(line.monto_total for line in lines)):
        yield "TotalVenta no es la suma de las líneas."
    if wrong(summary.total_venta_neta, summary.total_venta, _minus(summary.total_descuentos)):
        yield "TotalVentaNeta no es TotalVenta menos TotalDescuentos."
    yield from _taxes(comprobante, summary, room)
    if wrong(
        summary.total_otros_cargos or ZERO, *(c.monto_cargo for c in comprobante.otros_cargos)
    ):
        yield "TotalOtrosCargos no es la suma de los otros cargos."
    if wrong(
        summary.total_comprobante,
        summary.total_venta_neta,
        summary.total_impuesto,
        summary.total_otros_cargos,
        _minus(summary.total_iva_devuelto),
    ):
        yield "TotalComprobante no es la suma de sus partes."
    paid = [m.total_medio_pago for m in summary.medio_pago]
    if len(paid) > 1 and wrong(summary.total_comprobante, *paid):
        yield "Los medios de pago no suman el TotalComprobante."


def _taxes(comprobante: Comprobante, summary: ResumenFactura, room: Decimal) -> Iterator[str]:
    lines = comprobante.detalle_servicio
    groups = [g.total_monto_impuesto or ZERO for g in summary.total_desglose_impuesto]
    total = summary.total_impuesto or ZERO
    if groups and _differ(total, sum(groups, ZERO), room):
        yield "TotalImpuesto no es la suma del desglose."
    if isinstance(comprobante, FacturaElectronicaExportacion):
        nets = [t.monto or ZERO for line in lines for t in line.impuesto]
    else:
        nets = [line.impuesto_neto or ZERO for line in lines]
    if _differ(total, sum(nets, ZERO), room):
        yield "TotalImpuesto no es la suma del impuesto de las líneas."


def _pair(summary: ResumenFactura, kind: str) -> tuple[Decimal | None, Decimal | None]:
    return {
        "gravados": (summary.total_serv_gravados, summary.total_mercancias_gravadas),
        "exentos": (summary.total_serv_exentos, summary.total_mercancias_exentas),
        "exonerado": (summary.total_serv_exonerado, summary.total_merc_exonerada),
        "no sujeto": (summary.total_serv_no_sujeto, summary.total_merc_no_sujeta),
    }[kind]


def _minus(amount: Decimal | None) -> Decimal:
    return -(amount or ZERO)


def _differ(printed: Decimal | None, expected: Decimal, room: Decimal = TOLERANCE) -> bool:
    """Whether a number that is there is not what it should be."""
    return printed is not None and abs(printed - expected) > room
