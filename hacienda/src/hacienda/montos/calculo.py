"""Filling in a document: its lines, its charges, its totals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal, localcontext
from typing import TypeVar

from hacienda.catalogos.descuento import SOBRE_MONTO_TOTAL
from hacienda.catalogos.impuesto import IVA
from hacienda.comprobante import (
    Comprobante,
    Descuento,
    Impuesto,
    LineaDetalle,
    LineaDetalleSurtido,
    MedioPago,
    OtrosCargos,
    ResumenFactura,
    TotalDesgloseImpuesto,
)
from hacienda.errors import InvalidError, Severity
from hacienda.montos.decimales import CONTEXT, HUNDREDTH, UNIT, ZERO
from hacienda.montos.linea import settled_line
from hacienda.montos.resumen import EXENTO, EXONERADO, GRAVADO, NO_SUJETO, groups_of, totals_of
from hacienda.montos.tipos import KINDS, Kind, Linea

C = TypeVar("C", bound=Comprobante)


def es_salud(linea: LineaDetalle) -> bool:
    """Whether a line sells a human health service (CAByS 931…), whose IVA may be given back."""
    return (linea.codigo_cabys or linea.codigo or "").startswith("931")


def calculate(
    comprobante: C,
    *,
    medico_card: bool | Callable[[LineaDetalle], bool] = False,
) -> C:
    """The document with every computed field of its lines and its ResumenFactura.

    Stated by the caller: Cantidad, PrecioUnitario, MontoDescuento, the taxes with their codes
    (Tarifa is filled in from the code), TarifaExonerada, OtrosCargos (MontoCargo from
    PorcentajeOC of TotalVentaNeta if there is none), currency and MedioPago. These stand if they
    are stated: BaseImponible where the law lets it be edited (tax 07, IVACobradoFabrica 01),
    SubTotal in a REP, Monto of a tax that lacks what it is computed from, MontoExportacion. A
    gift without MontoDescuento is of all that is left. NumeroLinea is given where it is missing.
    If one means of payment has no amount, it gets what the others leave.

    `medico_card` True gives back the IVA of health services paid by card (`es_salud`; or pass a
    function that picks the lines). Otherwise a stated TotalIVADevuelto stands.

    Raises `InvalidError` for a line without quantity or price, and for amounts out of any range.
    """
    kind = KINDS[comprobante.tipo]
    pick = es_salud if medico_card is True else (medico_card or None)
    try:
        with localcontext(CONTEXT):
            lines = [
                settled_line(number, line, kind, _settle_computed)
                for number, line in enumerate(comprobante.detalle_servicio, 1)
            ]
            resumen = comprobante.resumen_factura or ResumenFactura()
            return _rebuilt(comprobante, lines, resumen, kind, pick)
    except ArithmeticError:
        raise InvalidError("Hay un monto fuera de todo rango en el comprobante.") from None


def leaves_sums_open(comprobante: Comprobante) -> bool:
    """Whether lines of the plainest kind state nothing that `calculate` computes.

    What it makes of them adds up by construction: `differences` would find nothing.
    """
    resumen = comprobante.resumen_factura
    return (
        not comprobante.otros_cargos
        and not KINDS[comprobante.tipo].rep
        and (resumen is None or all(getattr(resumen, name) is None for name in _TOTALS))
        and (resumen is None or not resumen.total_desglose_impuesto)
        and all(map(_is_plain, comprobante.detalle_servicio))
    )


_TOTALS = tuple(
    field.name
    for field in fields(ResumenFactura)
    if field.name.startswith("total_") and field.default is None
)


def _is_plain(line: LineaDetalle) -> bool:
    return (
        line.monto_total is None
        and line.sub_total is None
        and line.base_imponible is None
        and line.impuesto_neto is None
        and line.monto_total_linea is None
        and line.iva_cobrado_fabrica is None
        and line.impuesto_asumido_emisor_fabrica is None
        and line.cantidad is not None
        and line.precio_unitario is not None
        and not line.detalle_surtido
        and all(
            one.monto_descuento is not None and one.codigo_descuento not in SOBRE_MONTO_TOTAL
            for one in line.descuento
        )
        and all(map(_is_plain_iva, line.impuesto))
    )


def _is_plain_iva(tax: Impuesto) -> bool:
    return (
        tax.codigo == "01"
        and tax.monto is None
        and tax.monto_exportacion is None
        and tax.exoneracion is None
        and tax.factor_calculo_iva is None
        and tax.datos_impuesto_especifico is None
    )


def _settle_computed(
    name: str,
    stated: Decimal | None,
    computed: Decimal,
    roundings: int,
    formula: str,
    *,
    other: Decimal | None = None,
    odd: Decimal = ZERO,
    severity: Severity = "error",
) -> Decimal:
    """When calculating, the formula decides."""
    return computed


def _rebuilt(
    comprobante: C,
    lines: list[Linea],
    resumen: ResumenFactura,
    kind: Kind,
    pick: Callable[[LineaDetalle], bool] | None,
) -> C:
    """The document with its computed fields filled in."""
    totals = totals_of(lines, kind)
    cargos: tuple[OtrosCargos, ...] = comprobante.otros_cargos
    if cargos:
        cargos = tuple(_cargo(cargo, totals.venta_neta) for cargo in cargos)
    groups = groups_of(lines)
    impuesto = sum(groups.values(), ZERO)
    otros = sum((cargo.monto_cargo or ZERO for cargo in cargos), ZERO).quantize(UNIT)
    devuelto = resumen.total_iva_devuelto
    if kind.iva_devuelto and pick is not None:
        devuelto = _devuelto(lines, resumen.medio_pago, totals.venta_neta, pick)
    total = totals.venta_neta + impuesto + otros - (devuelto or ZERO)
    rep = kind.rep
    service, goods = totals.service, totals.goods
    subject = kind.no_sujeto and not rep
    new = ResumenFactura(
        codigo_tipo_moneda=resumen.codigo_tipo_moneda,
        total_serv_gravados=None if rep else service[GRAVADO],
        total_serv_exentos=None if rep else service[EXENTO],
        total_serv_exonerado=service[EXONERADO] if subject else None,
        total_serv_no_sujeto=service[NO_SUJETO] if subject else None,
        total_mercancias_gravadas=None if rep else goods[GRAVADO],
        total_mercancias_exentas=None if rep else goods[EXENTO],
        total_merc_exonerada=goods[EXONERADO] if subject else None,
        total_merc_no_sujeta=goods[NO_SUJETO] if subject else None,
        total_gravado=None if rep else service[GRAVADO] + goods[GRAVADO],
        total_exento=None if rep else service[EXENTO] + goods[EXENTO],
        total_exonerado=service[EXONERADO] + goods[EXONERADO] if subject else None,
        total_no_sujeto=service[NO_SUJETO] + goods[NO_SUJETO] if subject else None,
        total_venta=totals.venta,
        total_descuentos=None if rep else totals.descuentos,
        total_venta_neta=totals.venta_neta,
        total_desglose_impuesto=tuple(
            TotalDesgloseImpuesto(
                codigo=code, codigo_tarifa_iva=tarifa, total_monto_impuesto=amount
            )
            for (code, tarifa), amount in groups.items()
        ),
        total_impuesto=impuesto,
        total_imp_asum_emisor_fabrica=totals.asumido if kind.asumido else None,
        total_iva_devuelto=devuelto,
        total_otros_cargos=None if rep else otros,
        medio_pago=_payments(resumen.medio_pago, total),
        total_comprobante=total,
        extra=resumen.extra,
    )
    return replace(
        comprobante,
        detalle_servicio=tuple(_filled(line, kind) for line in lines),
        otros_cargos=cargos,
        resumen_factura=new,
    )


def _filled(settled: Linea, kind: Kind) -> LineaDetalle:
    """The line with its computed fields. (Written out: `replace` costs twice as much.)"""
    line = settled.line
    return LineaDetalle(
        numero_linea=settled.number if line.numero_linea is None else line.numero_linea,
        partida_arancelaria=line.partida_arancelaria,
        codigo_cabys=line.codigo_cabys,
        codigo=line.codigo,
        codigo_comercial=line.codigo_comercial,
        cantidad=line.cantidad,
        unidad_medida=line.unidad_medida,
        tipo_transaccion=line.tipo_transaccion,
        unidad_medida_comercial=line.unidad_medida_comercial,
        detalle=line.detalle,
        numero_vin_o_serie=line.numero_vin_o_serie,
        registro_medicamento=line.registro_medicamento,
        forma_farmaceutica=line.forma_farmaceutica,
        detalle_surtido=_filled_parts(settled, kind),
        precio_unitario=line.precio_unitario,
        monto_total=settled.monto_total,
        descuento=_filled_discounts(line.descuento, settled.descuentos),
        sub_total=settled.sub_total,
        iva_cobrado_fabrica=line.iva_cobrado_fabrica,
        base_imponible=settled.base if kind.base else None,
        impuesto=tuple(_filled_tax(tax, settled, i) for i, tax in enumerate(line.impuesto)),
        impuesto_asumido_emisor_fabrica=settled.asumido if kind.asumido else None,
        impuesto_neto=settled.neto if kind.neto else None,
        monto_total_linea=settled.total,
        extra=line.extra,
    )


def _filled_parts(settled: Linea, kind: Kind) -> tuple[LineaDetalleSurtido, ...]:
    stated = settled.line.detalle_surtido
    if not settled.partes:
        return stated
    return tuple(
        replace(
            part,
            monto_total_surtido=new.monto_total,
            descuento_surtido=tuple(
                replace(discount, monto_descuento_surtido=amount)
                if discount.monto_descuento_surtido is None
                else discount
                for discount, amount in zip(part.descuento_surtido, new.descuentos, strict=True)
            ),
            sub_total_surtido=new.sub_total,
            base_imponible_surtido=new.base if kind.base else None,
            impuesto_surtido=tuple(
                replace(tax, tarifa_surtido=tarifa, monto_impuesto_surtido=monto)
                for tax, tarifa, monto in zip(
                    part.impuesto_surtido, new.tarifas, new.montos, strict=True
                )
            ),
        )
        for part, new in zip(stated, settled.partes, strict=True)
    )


def _filled_discounts(
    stated: tuple[Descuento, ...], amounts: list[Decimal]
) -> tuple[Descuento, ...]:
    if all(discount.monto_descuento is not None for discount in stated):
        return stated
    return tuple(
        replace(discount, monto_descuento=amount)
        if discount.monto_descuento is None and discount.codigo_descuento in SOBRE_MONTO_TOTAL
        else discount
        for discount, amount in zip(stated, amounts, strict=False)
    )


def _filled_tax(tax: Impuesto, settled: Linea, i: int) -> Impuesto:
    data = tax.datos_impuesto_especifico
    if data is not None and data.proporcion is None and settled.proporciones[i] is not None:
        data = replace(data, proporcion=settled.proporciones[i])
    exoneracion = tax.exoneracion
    if exoneracion is not None:
        exoneracion = replace(exoneracion, monto_exoneracion=settled.exonerados[i])
    return Impuesto(
        codigo=tax.codigo,
        codigo_impuesto_otro=tax.codigo_impuesto_otro,
        codigo_tarifa_iva=tax.codigo_tarifa_iva,
        codigo_tarifa=tax.codigo_tarifa,
        tarifa=settled.tarifas[i],
        factor_calculo_iva=tax.factor_calculo_iva,
        factor_iva=tax.factor_iva,
        datos_impuesto_especifico=data,
        monto=settled.montos[i],
        monto_exportacion=tax.monto_exportacion,
        exoneracion=exoneracion,
        extra=tax.extra,
    )


def _cargo(cargo: OtrosCargos, venta_neta: Decimal) -> OtrosCargos:
    """The charge, its amount computed from the percentage if it has none."""
    percentage = cargo.porcentaje_oc if cargo.porcentaje_oc is not None else cargo.porcentaje
    if cargo.monto_cargo is not None or percentage is None:
        return cargo
    return replace(cargo, monto_cargo=(percentage * venta_neta * HUNDREDTH).quantize(UNIT))


def _devuelto(
    lines: list[Linea],
    payments: tuple[MedioPago, ...],
    venta_neta: Decimal,
    pick: Callable[[LineaDetalle], bool],
) -> Decimal:
    """IVA of the health services, as far as they are paid by card."""
    tax = ZERO
    for settled in lines:
        if pick(settled.line):
            for i, item in enumerate(settled.line.impuesto):
                if item.codigo in IVA:
                    forgiven = settled.exonerados[i] or ZERO
                    tax += settled.montos[i] - forgiven - settled.asumidos[i]
    cards = [payment for payment in payments if payment.tipo_medio_pago == "02"]
    if not cards:
        return ZERO
    if len(cards) == len(payments):
        return tax
    paid = sum((card.total_medio_pago or ZERO for card in cards), ZERO)
    if not venta_neta or paid >= venta_neta:
        return tax
    return (paid * tax / venta_neta).quantize(UNIT)


def _payments(payments: tuple[MedioPago, ...], total: Decimal) -> tuple[MedioPago, ...]:
    """The means of payment, the only one without an amount with what the others leave."""
    missing = [payment for payment in payments if payment.total_medio_pago is None]
    if len(missing) != 1:
        return payments
    rest = total - sum((payment.total_medio_pago or ZERO for payment in payments), ZERO)
    if rest <= 0:
        return payments
    return tuple(
        replace(payment, total_medio_pago=rest) if payment is missing[0] else payment
        for payment in payments
    )
