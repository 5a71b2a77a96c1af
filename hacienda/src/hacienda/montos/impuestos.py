"""The taxes of a line: their amounts, what of them is forgiven, and what the issuer bears."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hacienda.catalogos.impuesto import IVA
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.comprobante import DatosImpuestoEspecifico, Exoneracion, Impuesto, LineaDetalle
from hacienda.montos.decimales import HUNDREDTH, UNIT, ZERO
from hacienda.montos.tipos import Settle

_RATES: Final = {code: entry.tarifa for code, entry in TARIFA_IVA.items()}


_SPECIFIC: Final = frozenset({"02", "03", "04", "05", "06", "12"})
_SOAPS: Final = "35321"
"""Tax 05 is of drinks and of toilet soaps, each with its own formula; these are the soaps."""


def tarifa_of(tax: Impuesto) -> Decimal | None:
    """The tariff in percent: the stated one, or that of the code."""
    if tax.tarifa is not None:
        return tax.tarifa
    if tax.codigo == "12":
        return Decimal(5)
    if tax.codigo in ("01", "07"):
        return _RATES.get(tax.codigo_tarifa_iva or "")
    return None


def iva_of(
    tax: Impuesto, tarifa: Decimal | None, base: Decimal, sub_total: Decimal
) -> Decimal | None:
    """The IVA before gifts; None if the tax does not say enough."""
    if tax.codigo == "08":
        factor = tax.factor_calculo_iva if tax.factor_calculo_iva is not None else tax.factor_iva
        return None if factor is None else (factor * sub_total).quantize(UNIT)
    if tarifa is None:
        return None
    return (tarifa * base * HUNDREDTH).quantize(UNIT)


def specific_of(
    tax: Impuesto,
    tarifa: Decimal | None,
    line: LineaDetalle,
    cantidad: Decimal,
    sub_total: Decimal,
) -> tuple[Decimal | None, Decimal | None]:
    """Amount of a tax that is not IVA, None if it does not say enough; and the Proporcion of 04."""
    code = tax.codigo
    data = tax.datos_impuesto_especifico
    if code not in ("03", "04", "05", "06"):
        if tarifa is None:
            return None, None
        return (tarifa * sub_total * HUNDREDTH).quantize(UNIT), None
    if data is None or data.impuesto_unidad is None:
        return None, None
    unit, size = data.impuesto_unidad, data.cantidad_unidad_medida
    if code == "04":
        proporcion = _proporcion(data)
        if proporcion is None:
            return None, None
        return (cantidad * proporcion * unit).quantize(UNIT), proporcion
    if code == "05":
        volume = data.volumen_unidad_consumo
        if volume is None:
            return None, None
        if (line.codigo_cabys or "").startswith(_SOAPS):
            return (cantidad * volume * unit).quantize(UNIT), None
        if size is None or not volume:
            return None, None
        return (cantidad * size * unit / volume).quantize(UNIT), None
    if size is None:
        return None, None
    if code == "03":
        return (size * unit).quantize(UNIT), None
    return (cantidad * size * unit).quantize(UNIT), None


def _proporcion(data: DatosImpuestoEspecifico) -> Decimal | None:
    """Millilitres of absolute alcohol: the stated Proporcion, or size × percent of alcohol."""
    if data.proporcion is not None:
        return data.proporcion
    if data.cantidad_unidad_medida is None or data.porcentaje is None:
        return None
    exact = data.cantidad_unidad_medida * data.porcentaje * HUNDREDTH
    short = exact.quantize(HUNDREDTH)  # two decimals are valid in both generations
    return short if short == exact else exact.quantize(UNIT)


def exonerado_of(
    i: int, exoneracion: Exoneracion, base: Decimal, monto: Decimal, settle: Settle
) -> Decimal:
    """TarifaExonerada × base, never more than the tax. In 4.3 the percentage is of either."""
    other: Decimal | None = None
    if exoneracion.tarifa_exonerada is not None:
        computed = (exoneracion.tarifa_exonerada * base * HUNDREDTH).quantize(UNIT)
    elif exoneracion.porcentaje_exoneracion is not None:
        percentage = Decimal(exoneracion.porcentaje_exoneracion)
        computed = (percentage * base * HUNDREDTH).quantize(UNIT)
        other = (percentage * monto * HUNDREDTH).quantize(UNIT)
    else:
        return (exoneracion.monto_exoneracion or ZERO).quantize(UNIT)
    return settle(
        f"Impuesto[{i + 1}]/Exoneracion/MontoExoneracion",
        exoneracion.monto_exoneracion,
        min(computed, monto),
        2,
        "TarifaExonerada × BaseImponible, sin pasar del Monto",
        other=other,
    )


def asumido_of(
    line: LineaDetalle,
    taxes: tuple[Impuesto, ...],
    montos: list[Decimal],
    exonerados: list[Decimal | None],
    asumidos: list[Decimal],
    borne: bool,
    settle: Settle,
) -> Decimal:
    """The tax that the issuer bears or the factory charged, and its part of each tax."""
    stated = line.impuesto_asumido_emisor_fabrica
    net = [monto - (forgiven or ZERO) for monto, forgiven in zip(montos, exonerados, strict=True)]
    other: Decimal | None = None
    if borne:
        # A document that counts all the IVA of a partial gift as borne is as good.
        other = sum((n for n, tax in zip(net, taxes, strict=True) if tax.codigo in IVA), ZERO)
        asumidos[:] = [min(a, n) for a, n in zip(asumidos, net, strict=True)]
    elif line.iva_cobrado_fabrica or any(tax.codigo in _SPECIFIC for tax in taxes):
        if stated is not None:
            left = min(stated.quantize(UNIT), sum(net, ZERO))
        elif line.iva_cobrado_fabrica == "01":
            left = sum((n for n, tax in zip(net, taxes, strict=True) if tax.codigo in IVA), ZERO)
        else:
            left = ZERO
        _distribute(left, taxes, net, asumidos)
    computed = sum(asumidos, ZERO)
    total = settle(
        "ImpuestoAsumidoEmisorFabrica",
        stated,
        computed,
        2,
        "los impuestos que asume el emisor o que se cobraron en fábrica",
        other=other,
    )
    if total != computed:
        _distribute(total, taxes, net, asumidos)
    return total


def _distribute(
    total: Decimal, taxes: tuple[Impuesto, ...], net: list[Decimal], asumidos: list[Decimal]
) -> None:
    """Share what is borne among the taxes, the IVA first: it is what the field is named after."""
    for i in sorted(range(len(taxes)), key=lambda i: taxes[i].codigo not in IVA):
        asumidos[i] = max(min(net[i], total), ZERO)
        total -= asumidos[i]
