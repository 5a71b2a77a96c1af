"""Documents as a table for whoever keeps the books: one row each, amounts by tariff of the IVA.

Amounts are the document's own, in its currency, after discounts; those of credit notes are
negative, so that a column adds up. Bases, what is exempt, not subject and exonerated, taxes and
charges add up to the total.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import hacienda
from hacienda import clave
from hacienda.catalogos.tarifa_iva import EXENTA, NO_SUJETAS, TARIFA_IVA
from hacienda.comprobante import Impuesto, LineaDetalle
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.lib import clock

RATES = tuple(Decimal(rate) for rate in ("13", "8", "4", "2", "1", "0.5"))
OTHER = Decimal(-1)
IVA = ("01", "07")  # general, and on goods made of other ones
CREDIT = "03"
CENT = Decimal("0.00001")
NOTHING = Decimal(0)
HEADINGS = (
    "Clave", "Consecutivo", "Tipo", "Fecha", "Hora", "Identificación", "Cliente", "Moneda",
    "Tipo de cambio",
    *(heading for rate in RATES
      for heading in (f"Base gravada {rate} %".replace(".", ","), f"IVA {rate} %".replace(".", ","))),
    "Base de otra tarifa", "IVA de otra tarifa", "Exento", "No sujeto", "Exonerado",
    "Otros impuestos", "Otros cargos", "IVA devuelto", "Total", "Descuentos", "Estado",
    "Referencia",
)  # fmt: skip

Amounts = dict[Decimal | str, Decimal]
Cell = str | Decimal


def cells(row: Comprobante, document: hacienda.Comprobante | None) -> list[Cell]:
    """The row of a document; without its value only what the database knows is filled in."""
    local = clock.local(row.fecha)
    sign = -1 if row.tipo == CREDIT else 1
    resumen = document.resumen_factura if document else None
    moneda = resumen.codigo_tipo_moneda if resumen else None
    known: list[Cell] = [
        row.clave, row.consecutivo, clave.TIPOS[row.tipo], local.date().isoformat(),
        f"{local:%H:%M:%S}", row.receptor_numero, row.receptor_nombre, row.moneda,
        (moneda.tipo_cambio if moneda else None) or "",
    ]  # fmt: skip
    end: list[Cell] = [row.get_state_display(), row.referencia]
    if document is None or resumen is None:
        empty: list[Cell] = [""] * (len(HEADINGS) - len(known) - len(end) - 2)
        return [*known, *empty, sign * row.total, "", *end]
    bases, taxes = by_rate(document.detalle_servicio)
    iva = sum(taxes.values(), NOTHING)
    amounts = [amount for rate in (*RATES, OTHER) for amount in (bases[rate], taxes[rate])]
    amounts += [
        bases["exento"], bases["no sujeto"], bases["exonerado"],
        _of(resumen.total_impuesto) - iva, _of(resumen.total_otros_cargos),
        -_of(resumen.total_iva_devuelto), row.total, _of(resumen.total_descuentos),
    ]  # fmt: skip
    return [*known, *(plain(sign * amount) for amount in amounts), *end]


def by_rate(lines: tuple[LineaDetalle, ...]) -> tuple[Amounts, Amounts]:
    """What the lines come to: bases by tariff, with what is exempt, not subject and exonerated; IVA."""
    bases: Amounts = defaultdict(lambda: NOTHING)
    taxes: Amounts = defaultdict(lambda: NOTHING)
    for line in lines:
        base = _of(line.sub_total)
        tax = next((one for one in line.impuesto if one.codigo in IVA), None)
        if tax is None:
            bases["no sujeto"] += base
        elif tax.codigo_tarifa_iva == EXENTA:
            bases["exento"] += base
        elif tax.codigo_tarifa_iva in NO_SUJETAS:
            bases["no sujeto"] += base
        else:
            _taxed(base, tax, bases, taxes)
    return bases, taxes


def _taxed(base: Decimal, tax: Impuesto, bases: Amounts, taxes: Amounts) -> None:
    rate = _rate(tax)
    column = rate if rate in RATES else OTHER
    free = NOTHING
    amount = _of(tax.monto)
    if tax.exoneracion is not None and rate > 0:
        share = min(_of(tax.exoneracion.tarifa_exonerada) / rate, Decimal(1))
        free = (base * share).quantize(CENT, ROUND_HALF_UP)
        amount -= _of(tax.exoneracion.monto_exoneracion)
    bases[column] += base - free
    bases["exonerado"] += free
    taxes[column] += amount


def _rate(tax: Impuesto) -> Decimal:
    if tax.tarifa is not None:
        return tax.tarifa
    known = TARIFA_IVA.get(tax.codigo_tarifa_iva or "")
    return known.tarifa if known is not None and known.tarifa is not None else NOTHING


def _of(amount: Decimal | None) -> Decimal:
    return NOTHING if amount is None else amount


def plain(amount: Decimal) -> Decimal:
    """Without the zeros behind; two decimals at least.

    >>> [str(plain(Decimal(n))) for n in ("1500.00000", "0.12345", "-0")]
    ['1500.00', '0.12345', '0.00']
    """
    short = amount.normalize()
    exponent = short.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -2:
        short = amount.quantize(Decimal("0.01"))
    return abs(short) if short == 0 else short
