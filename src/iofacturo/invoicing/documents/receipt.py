"""The receipt of a payment (REP): what is paid of a sale, by the IVA it bears."""

from __future__ import annotations

from decimal import Decimal

import hacienda
from iofacturo.invoicing.documents import stated
from iofacturo.invoicing.documents.stated import UNIT, ZERO, Json


def lines(value: hacienda.Comprobante, detalle: str, share: Decimal) -> list[Json]:
    """What is paid, by the IVA it bears; its total is *share* of the sale's."""
    bases: dict[tuple[str, str], Decimal] = {}
    taxed = ZERO
    for line in value.detalle_servicio:
        for tax in line.impuesto:
            if tax.codigo == "01" and tax.tarifa:
                due = line.impuesto_neto or ZERO
                key = (tax.codigo_tarifa_iva or "", f"{tax.tarifa:f}")
                base = due * 100 / tax.tarifa
                bases[key] = bases.get(key, ZERO) + base
                taxed += base + due
    rest = stated.total(value) - taxed
    told = [
        _line(f"{detalle} (IVA {tarifa} %)", base * share, codigo, tarifa)
        for (codigo, tarifa), base in bases.items()
        if base
    ]
    if stated.rounded(rest * share) > 0:
        told.append(_line(f"{detalle} (sin IVA)" if told else detalle, rest * share))
    return [{"NumeroLinea": str(number), **line} for number, line in enumerate(told, 1)]


def _line(detalle: str, amount: Decimal, codigo: str = "", tarifa: str = "") -> Json:
    line: Json = {
        "Detalle": detalle[:200],
        "MontoTotal": stated.text(stated.rounded(amount)),
        "SubTotal": stated.text(stated.rounded(amount)),
    }
    if tarifa:
        line["Impuesto"] = [{"Codigo": "01", "CodigoTarifaIVA": codigo, "Tarifa": tarifa}]
    return line


def within(data: Json, most: Decimal) -> Json:
    """*data*, with what rounding added to it taken off its last line."""
    excess = stated.total(stated.calculated(data)) - most
    told = stated.lines(data)
    if excess > 0 and told:
        amount = stated.text(max(Decimal(told[-1]["SubTotal"]) - excess, UNIT))
        told[-1]["MontoTotal"] = told[-1]["SubTotal"] = amount
    return data


def first_means(value: hacienda.Comprobante) -> str:
    means = value.resumen_factura.medio_pago if value.resumen_factura else ()
    stated = [one.tipo_medio_pago for one in means if one.tipo_medio_pago not in (None, "99")]
    return stated[0] or "04" if stated else "04"
