"""The arithmetic of a comprobante: from what a person states to every computed field, and back.

`calculate` fills in a document whose lines state quantity, price, discounts, taxes and
exonerations; `differences` recomputes a finished document and lists what does not add up. Both
run the same formulas, those of the annexes v4.4 (fields of the line and of ResumenFactura).

Amounts are `Decimal`; every computed amount is rounded half-up to 5 decimals as it arises, and
totals are sums of rounded amounts, so that what is printed adds up.

>>> from hacienda.comprobante import *
>>> factura = calculate(FacturaElectronica(detalle_servicio=(LineaDetalle(
...     codigo_cabys="2151100000000", cantidad=Decimal(2), precio_unitario=Decimal(1000),
...     descuento=(Descuento(monto_descuento=Decimal(200), codigo_descuento="07"),),
...     impuesto=(Impuesto(codigo="01", codigo_tarifa_iva="08"),),
... ),)))
>>> print(factura.resumen_factura.total_impuesto, factura.resumen_factura.total_comprobante)
234.00000 2034.00000
>>> differences(factura)
[]

Where the annexes leave a choice, this is taken:

- A gift (discount 01 or 03) of part of a line: the issuer bears the IVA of what is given away, the
  client pays that of the rest. In types without ImpuestoAsumidoEmisorFabrica it has no effect.
- With discount 02 the IVA is that of MontoTotal too, and the client pays it.
- With IVACobradoFabrica 01 the IVA counts as charged at the factory (ImpuestoAsumido…), unless the
  line states another amount there. The stated amount also stands on a line with specific taxes.
- The exonerated share of a line is computed for that line, from the taxes that carry an exoneration.
- A REP adds up as net plus tax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import Final, Protocol, TypeVar

from hacienda.catalogos.cabys import es_servicio
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.catalogos.unidad_medida import SERVICIOS
from hacienda.comprobante import (
    Comprobante,
    DatosImpuestoEspecifico,
    DatosImpuestoEspecificoSurtido,
    Descuento,
    Exoneracion,
    Impuesto,
    LineaDetalle,
    LineaDetalleSurtido,
    MedioPago,
    OtrosCargos,
    ResumenFactura,
    TotalDesgloseImpuesto,
)
from hacienda.errors import InvalidError, Problem, Severity

TOLERANCE: Final = Decimal("0.01")
"""The rounding unit that `differences` forgives: many systems round every amount to 2 decimals,
and Hacienda takes their documents."""

_UNIT: Final = Decimal("0.00001")
_ZERO: Final = Decimal("0.00000")
_HUNDREDTH: Final = Decimal("0.01")
# Wide enough for the product of three numbers of 20 digits without rounding in between.
_CONTEXT: Final = Context(
    prec=100,
    rounding=ROUND_HALF_UP,
    Emin=-9999,
    Emax=9999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
_RATES: Final = {code: entry.tarifa for code, entry in TARIFA_IVA.items()}


C = TypeVar("C", bound=Comprobante)


def quantize(amount: Decimal) -> Decimal:
    """The amount with 5 decimals, half-up: the 6th decimal from 5 on raises.

    >>> quantize(Decimal("0.000005")), quantize(Decimal("2"))
    (Decimal('0.00001'), Decimal('2.00000'))

    Raises `InvalidError` for what is no finite amount.
    """
    try:
        rounded = amount.quantize(_UNIT, ROUND_HALF_UP, _CONTEXT)
        if not rounded.is_finite():
            raise InvalidOperation
        return rounded
    except InvalidOperation:
        raise InvalidError(f"«{str(amount)[:40]}» no es un monto.") from None


def discounts(amount: Decimal, *percentages: Decimal) -> tuple[Decimal, ...]:
    """The amounts of several percentual discounts, each on what the ones before left.

    >>> [str(d) for d in discounts(Decimal(1000), Decimal(10), Decimal(10))]
    ['100.00000', '90.00000']
    """
    out = []
    with localcontext(_CONTEXT):
        for percentage in percentages:
            part = quantize(amount * percentage * _HUNDREDTH)
            out.append(part)
            amount -= part
    return tuple(out)


def without_tax(total: Decimal, tarifa: Decimal) -> Decimal:
    """The amount that with this tariff (percent) comes to `total`, for prices with IVA included.

    >>> without_tax(Decimal(11300), Decimal(13))
    Decimal('10000.00000')
    """
    with localcontext(_CONTEXT):
        return quantize(total * 100 / (100 + tarifa))


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
    kind = _KINDS[comprobante.tipo]
    pick = es_salud if medico_card is True else (medico_card or None)
    try:
        with localcontext(_CONTEXT):
            lines = [
                _line(number, line, kind, _settle_computed)
                for number, line in enumerate(comprobante.detalle_servicio, 1)
            ]
            resumen = comprobante.resumen_factura or ResumenFactura()
            return _rebuilt(comprobante, lines, resumen, kind, pick)
    except ArithmeticError:
        raise InvalidError("Hay un monto fuera de todo rango en el comprobante.") from None


def differences(comprobante: Comprobante, tolerance: Decimal = TOLERANCE) -> list[Problem]:
    """What does not add up in a finished document; [] if everything does.

    Every computed field is recomputed from the other fields as the document states them, so that
    one mistake is reported where it is, not in all that follows from it. `tolerance` is the unit
    that a system may have rounded its amounts to; a total may be off by half of it per addend.
    What systems are known to do differently without being rejected is a warning, as is anything
    in version 4.3. Never raises.
    """
    kind = _KINDS.get(comprobante.tipo)
    if kind is None:
        return []
    comparison = _Comparison(tolerance, lenient=comprobante.version != "4.4")
    with localcontext(_CONTEXT):
        lines = []
        for number, line in enumerate(comprobante.detalle_servicio, 1):
            comparison.prefix = f"DetalleServicio/LineaDetalle[{number}]/"
            try:
                lines.append(_line(number, line, kind, comparison.settle))
            except _UNREADABLE:
                comparison.give_up()
        resumen = comprobante.resumen_factura
        if resumen is not None and len(lines) == len(comprobante.detalle_servicio):
            comparison.prefix = "ResumenFactura/"
            try:
                _compare_summary(comprobante, resumen, lines, kind, comparison)
            except _UNREADABLE:
                comparison.give_up()
    return comparison.problems


# What amounts that are no amounts do to the formulas: missing, not finite, absurdly large, no Decimal.
_UNREADABLE: Final = (ArithmeticError, InvalidError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the arithmetic of a type has."""

    base: bool = True
    asumido: bool = True
    neto: bool = True
    no_sujeto: bool = True
    iva_devuelto: bool = True
    rep: bool = False


_KINDS: Final = {
    "FE": _Kind(),
    "TE": _Kind(),
    "NC": _Kind(),
    "ND": _Kind(),
    "FEC": _Kind(asumido=False, iva_devuelto=False),
    "FEE": _Kind(base=False, asumido=False, neto=False, no_sujeto=False, iva_devuelto=False),
    "REP": _Kind(base=False, asumido=False, no_sujeto=False, iva_devuelto=False, rep=True),
}


class _Settle(Protocol):
    """How the result of a formula is settled.

    Takes what the field is called, what the document states, what the formula gives, how many
    roundings went into that, the formula in words, a second value that is as good, how far off the
    document may be for it to be merely odd, and what it is otherwise. Returns the value to go on
    with.
    """

    def __call__(
        self,
        name: str,
        stated: Decimal | None,
        computed: Decimal,
        roundings: int,
        formula: str,
        *,
        other: Decimal | None = None,
        odd: Decimal = _ZERO,
        severity: Severity = "error",
    ) -> Decimal: ...


def _settle_computed(
    name: str,
    stated: Decimal | None,
    computed: Decimal,
    roundings: int,
    formula: str,
    *,
    other: Decimal | None = None,
    odd: Decimal = _ZERO,
    severity: Severity = "error",
) -> Decimal:
    """When calculating, the formula decides."""
    return computed


@dataclass(slots=True)
class _Linea:
    """A line with its amounts settled."""

    line: LineaDetalle
    number: int
    monto_total: Decimal
    descuentos: list[Decimal]
    sub_total: Decimal
    base: Decimal
    proporciones: list[Decimal | None]
    tarifas: list[Decimal | None]
    montos: list[Decimal]
    exonerados: list[Decimal | None]
    asumidos: list[Decimal]
    asumido: Decimal
    neto: Decimal
    total: Decimal
    partes: list[_Linea]


def _line(number: int, line: LineaDetalle, kind: _Kind, settle: _Settle) -> _Linea:
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
        product = (cantidad * precio).quantize(_UNIT)
        odd = _ZERO
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
                amount = left if discount.codigo_descuento in _GIFTS and left > 0 else _ZERO
            amount = amount.quantize(_UNIT)
            discounted.append(amount)
            left -= amount
        partes = _parts(line, kind, settle) if line.detalle_surtido else []
        computed = _times(cantidad, (part.sub_total for part in partes)) if partes else None
        sub_total = settle(
            "SubTotal",
            line.sub_total,
            left if computed is None else computed,
            2 + len(discounted),
            "MontoTotal − la suma de los descuentos",
        )

    taxes = line.impuesto
    count = len(taxes)
    tarifas = [_tarifa(tax) for tax in taxes]
    proporciones: list[Decimal | None] = [None] * count
    montos = [_ZERO] * count
    specific = _ZERO
    has_iva = False
    for i, tax in enumerate(taxes):
        code = tax.codigo
        if code in _IVA:
            has_iva = True
            continue
        amount, proporciones[i] = _specific(tax, tarifas[i], line, cantidad, sub_total)
        if partes:
            amount = _parts_tax(partes, cantidad, tax)
        montos[i] = settle(
            f"Impuesto[{i + 1}]/Monto",
            tax.monto,
            (tax.monto or _ZERO).quantize(_UNIT) if amount is None else amount,
            2,
            "la fórmula de ese impuesto",
        )
        if code in _IN_BASE:
            specific += montos[i]

    base = sub_total + specific if specific else sub_total
    if kind.base:
        editable = line.iva_cobrado_fabrica == "01" or any(tax.codigo == "07" for tax in taxes)
        if editable and line.base_imponible is not None:
            base = line.base_imponible.quantize(_UNIT)
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
        borne = kind.asumido and bool(codes & _BORNE)
        gift = borne or "02" in codes
    asumidos = [_ZERO] * count
    if has_iva:
        for i, tax in enumerate(taxes):
            if tax.codigo not in _IVA:
                continue
            parts = _parts_tax(partes, cantidad, tax)
            ordinary = _iva(tax, tarifas[i], base, sub_total) if parts is None else parts
            if ordinary is None:
                montos[i] = (tax.monto or _ZERO).quantize(_UNIT)
                continue
            full = ordinary
            if gift and parts is None and tax.codigo != "08":
                full = max(ordinary, _iva(tax, tarifas[i], monto_total, monto_total) or _ZERO)
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
                asumidos[i] = max(montos[i] - ordinary, _ZERO)

    exonerados: list[Decimal | None] = [None] * count
    forgiven = _ZERO
    for i, tax in enumerate(taxes):
        if tax.exoneracion is not None:
            exonerados[i] = amount = _exonerado(i, tax.exoneracion, base, montos[i], settle)
            forgiven += amount

    total_tax = sum(montos, _ZERO)
    asumido = _ZERO
    if kind.asumido:
        asumido = _asumido(line, taxes, montos, exonerados, asumidos, borne, settle)
    neto = max(total_tax - forgiven - asumido, _ZERO)
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
    return _Linea(
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


_IVA: Final = frozenset({"01", "07", "08"})
_IN_BASE: Final = frozenset({"02", "04", "05", "12"})
_GIFTS: Final = frozenset({"01", "02", "03"})
_BORNE: Final = frozenset({"01", "03"})
_IVA_WORDS: Final = {
    False: "Tarifa × BaseImponible (o FactorCalculoIVA × SubTotal)",
    True: "Tarifa × MontoTotal, por ser regalía o bonificación",
}


def _needed(value: Decimal | None, number: int, name: str) -> Decimal:
    if value is None:
        raise InvalidError(f"La línea {number} no indica {name}.")
    return value


def _tarifa(tax: Impuesto) -> Decimal | None:
    """The tariff in percent: the stated one, or that of the code."""
    if tax.tarifa is not None:
        return tax.tarifa
    if tax.codigo == "12":
        return Decimal(5)
    if tax.codigo in ("01", "07"):
        return _RATES.get(tax.codigo_tarifa_iva or "")
    return None


def _iva(
    tax: Impuesto, tarifa: Decimal | None, base: Decimal, sub_total: Decimal
) -> Decimal | None:
    """The IVA before gifts; None if the tax does not say enough."""
    if tax.codigo == "08":
        factor = tax.factor_calculo_iva if tax.factor_calculo_iva is not None else tax.factor_iva
        return None if factor is None else (factor * sub_total).quantize(_UNIT)
    if tarifa is None:
        return None
    return (tarifa * base * _HUNDREDTH).quantize(_UNIT)


def _specific(
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
        return (tarifa * sub_total * _HUNDREDTH).quantize(_UNIT), None
    if data is None or data.impuesto_unidad is None:
        return None, None
    unit, size = data.impuesto_unidad, data.cantidad_unidad_medida
    if code == "04":
        proporcion = _proporcion(data)
        if proporcion is None:
            return None, None
        return (cantidad * proporcion * unit).quantize(_UNIT), proporcion
    if code == "05":
        volume = data.volumen_unidad_consumo
        if volume is None:
            return None, None
        if (line.codigo_cabys or "").startswith(_SOAPS):
            return (cantidad * volume * unit).quantize(_UNIT), None
        if size is None or not volume:
            return None, None
        return (cantidad * size * unit / volume).quantize(_UNIT), None
    if size is None:
        return None, None
    if code == "03":
        return (size * unit).quantize(_UNIT), None
    return (cantidad * size * unit).quantize(_UNIT), None


_SOAPS: Final = "35321"
"""Tax 05 is of drinks and of toilet soaps, each with its own formula; these are the soaps."""


def _proporcion(data: DatosImpuestoEspecifico) -> Decimal | None:
    """Millilitres of absolute alcohol: the stated Proporcion, or size × percent of alcohol."""
    if data.proporcion is not None:
        return data.proporcion
    if data.cantidad_unidad_medida is None or data.porcentaje is None:
        return None
    exact = data.cantidad_unidad_medida * data.porcentaje * _HUNDREDTH
    short = exact.quantize(_HUNDREDTH)  # two decimals are valid in both generations
    return short if short == exact else exact.quantize(_UNIT)


def _parts(line: LineaDetalle, kind: _Kind, settle: _Settle) -> list[_Linea]:
    """The parts of a set, which add up as lines do, under names that end in Surtido."""
    below = _Kind(base=kind.base, asumido=False, neto=False)
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
            odd: Decimal = _ZERO,
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

        out.append(_line(number, _as_line(part), below, settle_part))
    return out


def _as_line(part: LineaDetalleSurtido) -> LineaDetalle:
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


def _times(cantidad: Decimal, amounts: Iterable[Decimal]) -> Decimal:
    """What the parts of one set come to in all of them."""
    return (sum(amounts, _ZERO) * cantidad).quantize(_UNIT)


def _parts_tax(partes: list[_Linea], cantidad: Decimal, tax: Impuesto) -> Decimal | None:
    """Monto of a tax of a set, which has no tariff of its own; None for an ordinary line."""
    if not partes or tax.codigo_tarifa_iva is not None:
        return None
    return _times(
        cantidad,
        (
            monto
            for part in partes
            for item, monto in zip(part.line.impuesto, part.montos, strict=True)
            if item.codigo == tax.codigo
        ),
    )


def _exonerado(
    i: int, exoneracion: Exoneracion, base: Decimal, monto: Decimal, settle: _Settle
) -> Decimal:
    """TarifaExonerada × base, never more than the tax. In 4.3 the percentage is of either."""
    other: Decimal | None = None
    if exoneracion.tarifa_exonerada is not None:
        computed = (exoneracion.tarifa_exonerada * base * _HUNDREDTH).quantize(_UNIT)
    elif exoneracion.porcentaje_exoneracion is not None:
        percentage = Decimal(exoneracion.porcentaje_exoneracion)
        computed = (percentage * base * _HUNDREDTH).quantize(_UNIT)
        other = (percentage * monto * _HUNDREDTH).quantize(_UNIT)
    else:
        return (exoneracion.monto_exoneracion or _ZERO).quantize(_UNIT)
    return settle(
        f"Impuesto[{i + 1}]/Exoneracion/MontoExoneracion",
        exoneracion.monto_exoneracion,
        min(computed, monto),
        2,
        "TarifaExonerada × BaseImponible, sin pasar del Monto",
        other=other,
    )


def _asumido(
    line: LineaDetalle,
    taxes: tuple[Impuesto, ...],
    montos: list[Decimal],
    exonerados: list[Decimal | None],
    asumidos: list[Decimal],
    borne: bool,
    settle: _Settle,
) -> Decimal:
    """The tax that the issuer bears or the factory charged, and its part of each tax."""
    stated = line.impuesto_asumido_emisor_fabrica
    net = [monto - (forgiven or _ZERO) for monto, forgiven in zip(montos, exonerados, strict=True)]
    other: Decimal | None = None
    if borne:
        # A document that counts all the IVA of a partial gift as borne is as good.
        other = sum((n for n, tax in zip(net, taxes, strict=True) if tax.codigo in _IVA), _ZERO)
        asumidos[:] = [min(a, n) for a, n in zip(asumidos, net, strict=True)]
    elif line.iva_cobrado_fabrica or any(tax.codigo in _SPECIFIC for tax in taxes):
        if stated is not None:
            left = min(stated.quantize(_UNIT), sum(net, _ZERO))
        elif line.iva_cobrado_fabrica == "01":
            left = sum((n for n, tax in zip(net, taxes, strict=True) if tax.codigo in _IVA), _ZERO)
        else:
            left = _ZERO
        _distribute(left, taxes, net, asumidos)
    computed = sum(asumidos, _ZERO)
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
    for i in sorted(range(len(taxes)), key=lambda i: taxes[i].codigo not in _IVA):
        asumidos[i] = max(min(net[i], total), _ZERO)
        total -= asumidos[i]


def _rounded_before(cantidad: Decimal, precio: Decimal) -> Decimal:
    """How far MontoTotal may be off, in units, when it was computed before quantity and price were
    rounded: a price with tax included, or a pump that counts colones and prints litres."""
    digits = 2 if precio == precio.quantize(_HUNDREDTH) else 5
    odd = 2 + abs(cantidad).scaleb(2 - digits) / 2
    if cantidad != cantidad.quantize(_HUNDREDTH):
        odd += abs(precio) / 20
    return odd


_SPECIFIC: Final = frozenset({"02", "03", "04", "05", "06", "12"})


def _rebuilt(
    comprobante: C,
    lines: list[_Linea],
    resumen: ResumenFactura,
    kind: _Kind,
    pick: Callable[[LineaDetalle], bool] | None,
) -> C:
    """The document with its computed fields filled in."""
    totals = _totals(lines, kind)
    cargos: tuple[OtrosCargos, ...] = comprobante.otros_cargos
    if cargos:
        cargos = tuple(_cargo(cargo, totals.venta_neta) for cargo in cargos)
    groups = _groups(lines)
    impuesto = sum(groups.values(), _ZERO)
    otros = sum((cargo.monto_cargo or _ZERO for cargo in cargos), _ZERO).quantize(_UNIT)
    devuelto = resumen.total_iva_devuelto
    if kind.iva_devuelto and pick is not None:
        devuelto = _devuelto(lines, resumen.medio_pago, totals.venta_neta, pick)
    total = totals.venta_neta + impuesto + otros - (devuelto or _ZERO)
    rep = kind.rep
    service, goods = totals.service, totals.goods
    subject = kind.no_sujeto and not rep
    new = ResumenFactura(
        codigo_tipo_moneda=resumen.codigo_tipo_moneda,
        total_serv_gravados=None if rep else service[_GRAVADO],
        total_serv_exentos=None if rep else service[_EXENTO],
        total_serv_exonerado=service[_EXONERADO] if subject else None,
        total_serv_no_sujeto=service[_NO_SUJETO] if subject else None,
        total_mercancias_gravadas=None if rep else goods[_GRAVADO],
        total_mercancias_exentas=None if rep else goods[_EXENTO],
        total_merc_exonerada=goods[_EXONERADO] if subject else None,
        total_merc_no_sujeta=goods[_NO_SUJETO] if subject else None,
        total_gravado=None if rep else service[_GRAVADO] + goods[_GRAVADO],
        total_exento=None if rep else service[_EXENTO] + goods[_EXENTO],
        total_exonerado=service[_EXONERADO] + goods[_EXONERADO] if subject else None,
        total_no_sujeto=service[_NO_SUJETO] + goods[_NO_SUJETO] if subject else None,
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


def _filled(settled: _Linea, kind: _Kind) -> LineaDetalle:
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


def _filled_parts(settled: _Linea, kind: _Kind) -> tuple[LineaDetalleSurtido, ...]:
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
        if discount.monto_descuento is None and discount.codigo_descuento in _GIFTS
        else discount
        for discount, amount in zip(stated, amounts, strict=False)
    )


def _filled_tax(tax: Impuesto, settled: _Linea, i: int) -> Impuesto:
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
    return replace(cargo, monto_cargo=(percentage * venta_neta * _HUNDREDTH).quantize(_UNIT))


def _devuelto(
    lines: list[_Linea],
    payments: tuple[MedioPago, ...],
    venta_neta: Decimal,
    pick: Callable[[LineaDetalle], bool],
) -> Decimal:
    """IVA of the health services, as far as they are paid by card."""
    tax = _ZERO
    for settled in lines:
        if pick(settled.line):
            for i, item in enumerate(settled.line.impuesto):
                if item.codigo in _IVA:
                    forgiven = settled.exonerados[i] or _ZERO
                    tax += settled.montos[i] - forgiven - settled.asumidos[i]
    cards = [payment for payment in payments if payment.tipo_medio_pago == "02"]
    if not cards:
        return _ZERO
    if len(cards) == len(payments):
        return tax
    paid = sum((card.total_medio_pago or _ZERO for card in cards), _ZERO)
    if not venta_neta or paid >= venta_neta:
        return tax
    return (paid * tax / venta_neta).quantize(_UNIT)


def _payments(payments: tuple[MedioPago, ...], total: Decimal) -> tuple[MedioPago, ...]:
    """The means of payment, the only one without an amount with what the others leave."""
    missing = [payment for payment in payments if payment.total_medio_pago is None]
    if len(missing) != 1:
        return payments
    rest = total - sum((payment.total_medio_pago or _ZERO for payment in payments), _ZERO)
    if rest <= 0:
        return payments
    return tuple(
        replace(payment, total_medio_pago=rest) if payment is missing[0] else payment
        for payment in payments
    )


# The rows of the summary, for services and for goods.
_GRAVADO, _EXENTO, _EXONERADO, _NO_SUJETO = range(4)


@dataclass(slots=True)
class _Totales:
    service: list[Decimal]
    goods: list[Decimal]
    venta: Decimal
    descuentos: Decimal
    venta_neta: Decimal
    asumido: Decimal


def _totals(lines: list[_Linea], kind: _Kind) -> _Totales:
    """Every line's MontoTotal in its row, and the sums that follow."""
    service = [_ZERO] * 4
    goods = [_ZERO] * 4
    descuentos = asumido = _ZERO
    for settled in lines:
        rows = service if _is_service(settled.line) else goods
        for amount in settled.descuentos:
            descuentos += amount
        asumido += settled.asumido
        row, share = _row(settled, kind)
        if share:
            rows[_EXONERADO] += share
            rows[row] += settled.monto_total - share
        else:
            rows[row] += settled.monto_total
    venta = sum(service, _ZERO) + sum(goods, _ZERO)
    return _Totales(service, goods, venta, descuentos, venta - descuentos, asumido)


def _is_service(line: LineaDetalle) -> bool:
    """By the CAByS code; a line without one by its unit."""
    code = line.codigo_cabys or line.codigo
    return es_servicio(code) if code else line.unidad_medida in SERVICIOS


def _row(settled: _Linea, kind: _Kind) -> tuple[int, Decimal]:
    """The row of the summary a line goes to, and how much of it is exonerated."""
    line = settled.line
    if kind.rep:
        return _GRAVADO, _ZERO
    iva = next((tax for tax in line.impuesto if tax.codigo in _IVA), None)
    if line.iva_cobrado_fabrica == "02":
        return _EXENTO, _ZERO
    if iva is None:
        return (_GRAVADO if any(settled.montos) else _EXENTO), _ZERO
    if iva.codigo != "08":
        tarifa = iva.codigo_tarifa_iva
        if tarifa == "10" or iva.codigo_tarifa == "01":  # in 4.3 the code 01 was "exento"
            return _EXENTO, _ZERO
        if tarifa in ("01", "11"):
            return (_NO_SUJETO if kind.no_sujeto else _EXENTO), _ZERO
    taxed = forgiven = _ZERO
    for monto, amount in zip(settled.montos, settled.exonerados, strict=True):
        if amount is not None:
            taxed += monto
            forgiven += amount
    if not taxed or not forgiven or not kind.no_sujeto:
        return _GRAVADO, _ZERO
    if forgiven >= taxed:
        return _GRAVADO, settled.monto_total
    return _GRAVADO, (settled.monto_total * forgiven / taxed).quantize(_UNIT)


def _groups(lines: list[_Linea]) -> dict[tuple[str | None, str | None], Decimal]:
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
            groups[key] = groups.get(key, _ZERO) + (net if net > 0 else _ZERO)
    return groups


class _Comparison:
    """Collects the differences between what a document states and what its formulas give."""

    __slots__ = ("lenient", "prefix", "problems", "tolerance")

    def __init__(self, tolerance: Decimal, *, lenient: bool) -> None:
        self.tolerance = tolerance
        self.lenient = lenient
        self.prefix = ""
        self.problems: list[Problem] = []

    def settle(
        self,
        name: str,
        stated: Decimal | None,
        computed: Decimal,
        roundings: int,
        formula: str,
        *,
        other: Decimal | None = None,
        odd: Decimal = _ZERO,
        severity: Severity = "error",
    ) -> Decimal:
        """When comparing, the document goes on with what it states."""
        if stated is None:
            return computed
        if stated != computed:
            off = abs(stated - computed)
            slack = self.tolerance * roundings / 2
            if off > slack and (other is None or abs(stated - other) > slack):
                grade = "warning" if off <= odd * self.tolerance else severity
                self.report(name, stated, computed, formula, grade)
        return stated

    def give_up(self) -> None:
        """Say that a part could not be recomputed."""
        self.problems.append(
            Problem(
                "montos-sin-revisar",
                self.prefix.rstrip("/"),
                "warning" if self.lenient else "error",
                "Los montos de esta parte no se pueden recalcular: falta alguno o no es aceptable.",
                "Revise cantidad, precio y montos.",
            )
        )

    def report(
        self,
        name: str,
        stated: Decimal | None,
        computed: Decimal,
        formula: str,
        severity: Severity = "error",
    ) -> None:
        element = name.rsplit("/", 1)[-1].split("[")[0]
        said = "no aparece" if stated is None else f"dice {_shown(stated)}"
        self.problems.append(
            Problem(
                f"{_kebab(element)}-no-coincide",
                self.prefix + name,
                "warning" if self.lenient else severity,
                f"{element} {said} y debería ser {_shown(computed)}: {formula}.",
                "Corrija el monto o los datos de los que sale.",
            )
        )


def _shown(amount: Decimal) -> str:
    """The amount for a message, without zeros that say nothing."""
    if not amount.is_finite() or abs(amount.adjusted()) > 30:
        return str(amount)[:40]
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kebab(name: str) -> str:
    """ "MontoTotalLinea" as "monto-total-linea"; acronyms are one word."""
    out = []
    for i, char in enumerate(name):
        following = name[i + 1 : i + 2]
        if char.isupper() and i and (name[i - 1].islower() or following.islower()):
            out.append("-")
        out.append(char.lower())
    return "".join(out)


def _compare_summary(
    comprobante: Comprobante,
    resumen: ResumenFactura,
    lines: list[_Linea],
    kind: _Kind,
    comparison: _Comparison,
) -> None:
    """The totals against the lines, and against each other."""
    count = len(lines) + 1
    totals = _totals(lines, kind)
    slack = comparison.tolerance * (count + 1) / 2

    def total(name: str, stated: Decimal | None, computed: Decimal, formula: str) -> Decimal:
        """An optional total: absent is zero."""
        value = _ZERO if stated is None else stated
        if abs(value - computed) > slack:
            comparison.report(name, stated, computed, formula)
        return value

    if not kind.rep:
        _compare_rows(resumen, lines, totals, kind, comparison, slack)
        gravado = resumen.total_gravado or _ZERO
        rest = (
            (resumen.total_exento or _ZERO)
            + (resumen.total_exonerado or _ZERO)
            + (resumen.total_no_sujeto or _ZERO)
        )
        summed = gravado + rest
        words = "TotalGravado + TotalExento + TotalExonerado + TotalNoSujeto"
    else:
        summed, words = totals.venta, "la suma de MontoTotal de las líneas"
    venta = comparison.settle(
        "TotalVenta", resumen.total_venta, summed, count + 1 if kind.rep else 5, words
    )
    descuentos = total(
        "TotalDescuentos",
        resumen.total_descuentos,
        totals.descuentos,
        "la suma de los descuentos de las líneas",
    )
    neta = comparison.settle(
        "TotalVentaNeta",
        resumen.total_venta_neta,
        venta - descuentos,
        4,
        "TotalVenta − TotalDescuentos",
    )
    groups = _groups(lines)
    impuesto = sum(groups.values(), _ZERO)
    if resumen.total_desglose_impuesto or comprobante.version == "4.4":
        _compare_groups(resumen, groups, comparison, slack)
    if resumen.total_desglose_impuesto:
        impuesto = sum(
            (group.total_monto_impuesto or _ZERO for group in resumen.total_desglose_impuesto),
            _ZERO,
        )
    impuesto = total(
        "TotalImpuesto", resumen.total_impuesto, impuesto, "la suma de TotalDesgloseImpuesto"
    )
    if kind.asumido:
        total(
            "TotalImpAsumEmisorFabrica",
            resumen.total_imp_asum_emisor_fabrica,
            totals.asumido,
            "la suma de ImpuestoAsumidoEmisorFabrica de las líneas",
        )
    otros = sum((cargo.monto_cargo or _ZERO for cargo in comprobante.otros_cargos), _ZERO)
    if not kind.rep:
        otros = total(
            "TotalOtrosCargos", resumen.total_otros_cargos, otros, "la suma de los MontoCargo"
        )
    comparison.settle(
        "TotalComprobante",
        resumen.total_comprobante,
        neta + impuesto + otros - (resumen.total_iva_devuelto or _ZERO),
        6,
        "TotalVentaNeta + TotalImpuesto + TotalOtrosCargos − TotalIVADevuelto",
        # one sentence of the annex adds up a REP without its tax
        other=neta if kind.rep else None,
    )


def _compare_rows(
    resumen: ResumenFactura,
    lines: list[_Linea],
    totals: _Totales,
    kind: _Kind,
    comparison: _Comparison,
    slack: Decimal,
) -> None:
    """The totals by kind of sale. Where a line belongs is less settled than what it comes to."""
    service, goods = totals.service, totals.goods
    stated_service = (
        resumen.total_serv_gravados,
        resumen.total_serv_exentos,
        resumen.total_serv_exonerado,
        resumen.total_serv_no_sujeto,
    )
    stated_goods = (
        resumen.total_mercancias_gravadas,
        resumen.total_mercancias_exentas,
        resumen.total_merc_exonerada,
        resumen.total_merc_no_sujeta,
    )
    stated_sums = (
        resumen.total_gravado,
        resumen.total_exento,
        resumen.total_exonerado,
        resumen.total_no_sujeto,
    )
    # Shares of exonerated lines may be taken over all lines together, the old zero tariff 05 may
    # count as taxed or as exempt, and the law does not place sets and lines without IVA: then only
    # the sum is sure.
    unsure = bool(service[_EXONERADO] or goods[_EXONERADO]) or any(
        settled.line.detalle_surtido
        or not any(
            tax.codigo in _IVA and tax.codigo_tarifa_iva != "05" for tax in settled.line.impuesto
        )
        for settled in lines
    )
    for row in range(4 if kind.no_sujeto else 2):
        both = (stated_service[row] or _ZERO) + (stated_goods[row] or _ZERO)
        wrong_sum = abs(both - service[row] - goods[row]) > slack
        for names, stated, computed in (
            (_SERVICE_NAMES, stated_service[row], service[row]),
            (_GOODS_NAMES, stated_goods[row], goods[row]),
        ):
            if abs((stated or _ZERO) - computed) > slack:
                comparison.report(
                    names[row],
                    stated,
                    computed,
                    "la suma de MontoTotal de las líneas que le tocan",
                    "error" if wrong_sum and not unsure else "warning",
                )
        if abs((stated_sums[row] or _ZERO) - both) > slack:
            comparison.report(
                _SUM_NAMES[row], stated_sums[row], both, "la suma de servicios y mercancías"
            )


_SERVICE_NAMES: Final = (
    "TotalServGravados",
    "TotalServExentos",
    "TotalServExonerado",
    "TotalServNoSujeto",
)
_GOODS_NAMES: Final = (
    "TotalMercanciasGravadas",
    "TotalMercanciasExentas",
    "TotalMercExonerada",
    "TotalMercNoSujeta",
)
_SUM_NAMES: Final = ("TotalGravado", "TotalExento", "TotalExonerado", "TotalNoSujeto")


def _compare_groups(
    resumen: ResumenFactura,
    groups: dict[tuple[str | None, str | None], Decimal],
    comparison: _Comparison,
    slack: Decimal,
) -> None:
    """TotalDesgloseImpuesto against the taxes of the lines."""
    stated: dict[tuple[str | None, str | None], tuple[int, Decimal]] = {}
    for i, group in enumerate(resumen.total_desglose_impuesto, 1):
        key = (group.codigo, group.codigo_tarifa_iva)
        first, amount = stated.get(key, (i, _ZERO))
        stated[key] = first, amount + (group.total_monto_impuesto or _ZERO)
    for key, (i, amount) in stated.items():
        computed = groups.get(key, _ZERO)
        if abs(amount - computed) > slack:
            comparison.report(
                f"TotalDesgloseImpuesto[{i}]/TotalMontoImpuesto",
                amount,
                computed,
                "el impuesto neto de las líneas con ese código",
            )
    left = {key: amount for key, amount in groups.items() if key not in stated}
    for (code, tarifa), amount in left.items():
        if amount > slack:
            comparison.problems.append(
                Problem(
                    "falta-desglose-impuesto",
                    "ResumenFactura/TotalDesgloseImpuesto",
                    "warning" if comparison.lenient else "error",
                    f"Falta el desglose del impuesto {code or '?'}"
                    + (f" con tarifa {tarifa}" if tarifa else "")
                    + f", que suma {_shown(amount)}.",
                    "Agregue un TotalDesgloseImpuesto con ese código.",
                )
            )
