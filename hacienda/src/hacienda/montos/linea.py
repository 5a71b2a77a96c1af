"""The amounts of one line, in the order in which they follow from each other."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hacienda.catalogos.descuento import ASUME_EMISOR, SOBRE_MONTO_TOTAL
from hacienda.catalogos.impuesto import EN_BASE, IVA
from hacienda.comprobante import LineaDetalle
from hacienda.errors import InvalidError, Severity
from hacienda.montos.decimales import HUNDREDTH, UNIT, ZERO
from hacienda.montos.impuestos import (
    asumido_of,
    exonerado_of,
    iva_of,
    specific_of,
    tarifa_of,
)
from hacienda.montos.surtido import as_line, parts_tax, times
from hacienda.montos.tipos import Kind, Linea, Settle

_IVA_WORDS: Final = {
    False: "Tarifa × BaseImponible (o FactorCalculoIVA × SubTotal)",
    True: "Tarifa × MontoTotal, por ser regalía o bonificación",
}


def settled_line(number: int, line: LineaDetalle, kind: Kind, settle: Settle) -> Linea:
    """The amounts of one line, in the order in which they follow from each other."""
    if kind.rep:
        monto_total = _needed(line.monto_total, number, "MontoTotal")
        discounted: list[Decimal] = []
        # A REP may compute the tax on another amount than the payment.
        sub_total = monto_total if line.sub_total is None else line.sub_total
        cantidad = Decimal(1)
        partes = []
    else:
        cantidad = _needed(line.cantidad, number, "Cantidad")
        precio = _needed(line.precio_unitario, number, "PrecioUnitario")
        product = (cantidad * precio).quantize(UNIT)
        odd = ZERO
        if line.monto_total is not None and line.monto_total != product:
            odd = _rounded_before(cantidad, precio)
        monto_total = settle(
            "MontoTotal", line.monto_total, product, 2, "Cantidad × PrecioUnitario", odd=odd
        )
        discounted = []
        left = monto_total
        for discount in line.descuento:
            amount = discount.monto_descuento
            if amount is None:
                amount = (
                    left if discount.codigo_descuento in SOBRE_MONTO_TOTAL and left > 0 else ZERO
                )
            amount = amount.quantize(UNIT)
            discounted.append(amount)
            left -= amount
        partes = _parts(line, kind, settle) if line.detalle_surtido else []
        computed = times(cantidad, (part.sub_total for part in partes)) if partes else None
        sub_total = settle(
            "SubTotal",
            line.sub_total,
            left if computed is None else computed,
            2 + len(discounted),
            "MontoTotal − la suma de los descuentos",
        )

    taxes = line.impuesto
    count = len(taxes)
    tarifas = [tarifa_of(tax) for tax in taxes]
    proporciones: list[Decimal | None] = [None] * count
    montos = [ZERO] * count
    specific = ZERO
    has_iva = False
    for i, tax in enumerate(taxes):
        code = tax.codigo
        if code in IVA:
            has_iva = True
            continue
        amount, proporciones[i] = specific_of(tax, tarifas[i], line, cantidad, sub_total)
        if partes:
            amount = parts_tax(partes, cantidad, tax)
        montos[i] = settle(
            f"Impuesto[{i + 1}]/Monto",
            tax.monto,
            (tax.monto or ZERO).quantize(UNIT) if amount is None else amount,
            2,
            "la fórmula de ese impuesto",
        )
        if code in EN_BASE:
            specific += montos[i]

    base = sub_total + specific if specific else sub_total
    if kind.base:
        editable = line.iva_cobrado_fabrica == "01" or any(tax.codigo == "07" for tax in taxes)
        if editable and line.base_imponible is not None:
            base = line.base_imponible.quantize(UNIT)
        else:
            base = settle(
                "BaseImponible",
                line.base_imponible,
                base,
                2,
                "SubTotal + los impuestos 02, 04, 05 y 12",
                # nothing depends on the base of a line without tax
                severity="error" if any(tarifas) else "warning",
            )

    # What of the line is given away with its IVA borne by the issuer, or charged to the client.
    gift = borne = False
    if line.descuento:
        codes = {discount.codigo_descuento for discount in line.descuento}
        borne = kind.asumido and bool(codes & ASUME_EMISOR)
        gift = borne or "02" in codes
    asumidos = [ZERO] * count
    if has_iva:
        for i, tax in enumerate(taxes):
            if tax.codigo not in IVA:
                continue
            parts = parts_tax(partes, cantidad, tax)
            ordinary = iva_of(tax, tarifas[i], base, sub_total) if parts is None else parts
            if ordinary is None:
                montos[i] = (tax.monto or ZERO).quantize(UNIT)
                continue
            full = ordinary
            if gift and parts is None and tax.codigo != "08":
                full = max(ordinary, iva_of(tax, tarifas[i], monto_total, monto_total) or ZERO)
            montos[i] = settle(
                f"Impuesto[{i + 1}]/Monto",
                tax.monto,
                full,
                2,
                _IVA_WORDS[gift],
                # the law gives no formula for discount 02
                other=ordinary if gift and not borne else None,
            )
            if borne:
                asumidos[i] = max(montos[i] - ordinary, ZERO)

    exonerados: list[Decimal | None] = [None] * count
    forgiven = ZERO
    for i, tax in enumerate(taxes):
        if tax.exoneracion is not None:
            exonerados[i] = amount = exonerado_of(i, tax.exoneracion, base, montos[i], settle)
            forgiven += amount

    total_tax = sum(montos, ZERO)
    asumido = ZERO
    if kind.asumido:
        asumido = asumido_of(line, taxes, montos, exonerados, asumidos, borne, settle)
    neto = max(total_tax - forgiven - asumido, ZERO)
    if kind.neto:
        neto = settle(
            "ImpuestoNeto",
            line.impuesto_neto,
            neto,
            1 + 2 * count,
            "Monto de los impuestos − MontoExoneracion − ImpuestoAsumidoEmisorFabrica",
        )
    total = settle(
        "MontoTotalLinea",
        line.monto_total_linea,
        sub_total + neto,
        3,
        "SubTotal + ImpuestoNeto",
    )
    return Linea(
        line,
        number,
        monto_total,
        discounted,
        sub_total,
        base,
        proporciones,
        tarifas,
        montos,
        exonerados,
        asumidos,
        asumido,
        neto,
        total,
        partes,
    )


def _parts(line: LineaDetalle, kind: Kind, settle: Settle) -> list[Linea]:
    """The parts of a set, which add up as lines do, under names that end in Surtido."""
    below = Kind(base=kind.base, asumido=False, neto=False)
    out = []
    for number, part in enumerate(line.detalle_surtido, 1):
        prefix = f"DetalleSurtido/LineaDetalleSurtido[{number}]/"

        def settle_part(
            name: str,
            stated: Decimal | None,
            computed: Decimal,
            roundings: int,
            formula: str,
            *,
            other: Decimal | None = None,
            odd: Decimal = ZERO,
            severity: Severity = "error",
            prefix: str = prefix,
        ) -> Decimal:
            name = prefix + name.replace("]/Monto", "]/MontoImpuesto") + "Surtido"
            name = name.replace("/Impuesto[", "/ImpuestoSurtido[")
            return settle(
                name,
                stated,
                computed,
                roundings,
                formula,
                other=other,
                odd=odd,
                severity=severity,
            )

        out.append(settled_line(number, as_line(part), below, settle_part))
    return out


def _needed(value: Decimal | None, number: int, name: str) -> Decimal:
    if value is None:
        raise InvalidError(f"La línea {number} no indica {name}.")
    return value


def _rounded_before(cantidad: Decimal, precio: Decimal) -> Decimal:
    """How far MontoTotal may be off, in units, when it was computed before quantity and price were
    rounded: a price with tax included, or a pump that counts colones and prints litres."""
    digits = 2 if precio == precio.quantize(HUNDREDTH) else 5
    odd = 2 + abs(cantidad).scaleb(2 - digits) / 2
    if cantidad != cantidad.quantize(HUNDREDTH):
        odd += abs(precio) / 20
    return odd
