"""Comparing a finished document with what its own formulas give."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Final

from hacienda.catalogos.impuesto import IVA
from hacienda.comprobante import Comprobante, ResumenFactura
from hacienda.errors import InvalidError, Problem, Severity
from hacienda.montos.decimales import CONTEXT, ZERO
from hacienda.montos.linea import settled_line
from hacienda.montos.resumen import EXONERADO, Totales, groups_of, totals_of
from hacienda.montos.tipos import KINDS, Kind, Linea

TOLERANCE: Final = Decimal("0.01")
"""The rounding unit that `differences` forgives: many systems round every amount to 2 decimals,
and Hacienda takes their documents."""


# What amounts that are no amounts do to the formulas: missing, not finite, absurdly large, no Decimal.
_UNREADABLE: Final = (ArithmeticError, InvalidError, TypeError, ValueError, AttributeError)


def differences(comprobante: Comprobante, tolerance: Decimal = TOLERANCE) -> list[Problem]:
    """What does not add up in a finished document; [] if everything does.

    Every computed field is recomputed from the other fields as the document states them, so that
    one mistake is reported where it is, not in all that follows from it. `tolerance` is the unit
    that a system may have rounded its amounts to; a total may be off by half of it per addend.
    What systems are known to do differently without being rejected is a warning, as is anything
    in version 4.3. Never raises.
    """
    kind = KINDS.get(comprobante.tipo)
    if kind is None:
        return []
    comparison = _Comparison(tolerance, lenient=comprobante.version != "4.4")
    with localcontext(CONTEXT):
        lines = []
        for number, line in enumerate(comprobante.detalle_servicio, 1):
            comparison.prefix = f"DetalleServicio/LineaDetalle[{number}]/"
            try:
                lines.append(settled_line(number, line, kind, comparison.settle))
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
        odd: Decimal = ZERO,
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
    lines: list[Linea],
    kind: Kind,
    comparison: _Comparison,
) -> None:
    """The totals against the lines, and against each other."""
    count = len(lines) + 1
    totals = totals_of(lines, kind)
    slack = comparison.tolerance * (count + 1) / 2

    def total(name: str, stated: Decimal | None, computed: Decimal, formula: str) -> Decimal:
        """An optional total: absent is zero."""
        value = ZERO if stated is None else stated
        if abs(value - computed) > slack:
            comparison.report(name, stated, computed, formula)
        return value

    if not kind.rep:
        unsure = _compare_rows(resumen, lines, totals, kind, comparison, slack)
        gravado = resumen.total_gravado or ZERO
        rest = (
            (resumen.total_exento or ZERO)
            + (resumen.total_exonerado or ZERO)
            + (resumen.total_no_sujeto or ZERO)
        )
        summed = gravado + rest
        words = "TotalGravado + TotalExento + TotalExonerado + TotalNoSujeto"
        if unsure and abs(summed - totals.venta) > slack + 4 * comparison.tolerance:
            summed, words = totals.venta, "la suma de MontoTotal de las líneas"
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
    groups = groups_of(lines)
    impuesto = sum(groups.values(), ZERO)
    if resumen.total_desglose_impuesto or comprobante.version == "4.4":
        _compare_groups(resumen, groups, comparison, slack)
    if resumen.total_desglose_impuesto:
        impuesto = sum(
            (group.total_monto_impuesto or ZERO for group in resumen.total_desglose_impuesto),
            ZERO,
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
    otros = sum((cargo.monto_cargo or ZERO for cargo in comprobante.otros_cargos), ZERO)
    if not kind.rep:
        otros = total(
            "TotalOtrosCargos", resumen.total_otros_cargos, otros, "la suma de los MontoCargo"
        )
    comparison.settle(
        "TotalComprobante",
        resumen.total_comprobante,
        neta + impuesto + otros - (resumen.total_iva_devuelto or ZERO),
        6,
        "TotalVentaNeta + TotalImpuesto + TotalOtrosCargos − TotalIVADevuelto",
        # one sentence of the annex adds up a REP without its tax
        other=neta if kind.rep else None,
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


def _compare_rows(
    resumen: ResumenFactura,
    lines: list[Linea],
    totals: Totales,
    kind: Kind,
    comparison: _Comparison,
    slack: Decimal,
) -> bool:
    """The totals by kind of sale. Where a line belongs is less settled than what it comes to.

    Says whether it was so unsettled that only the sum of all rows can be held to the lines.
    """
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
    exonerated = any(tax.exoneracion is not None for one in lines for tax in one.line.impuesto)
    unsure = exonerated or any(
        settled.line.detalle_surtido
        or not any(
            tax.codigo in IVA and tax.codigo_tarifa_iva != "05" for tax in settled.line.impuesto
        )
        for settled in lines
    )
    for row in range(4 if kind.no_sujeto else 2):
        both = (stated_service[row] or ZERO) + (stated_goods[row] or ZERO)
        wrong_sum = abs(both - service[row] - goods[row]) > slack
        for names, stated, computed in (
            (_SERVICE_NAMES, stated_service[row], service[row]),
            (_GOODS_NAMES, stated_goods[row], goods[row]),
        ):
            if abs((stated or ZERO) - computed) > slack:
                comparison.report(
                    names[row],
                    stated,
                    computed,
                    "la suma de MontoTotal de las líneas que le tocan",
                    "error"
                    if wrong_sum and (not unsure or (row == EXONERADO and not exonerated))
                    else "warning",
                )
        if abs((stated_sums[row] or ZERO) - both) > slack:
            comparison.report(
                _SUM_NAMES[row], stated_sums[row], both, "la suma de servicios y mercancías"
            )
    return unsure


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
        first, amount = stated.get(key, (i, ZERO))
        stated[key] = first, amount + (group.total_monto_impuesto or ZERO)
    for key, (i, amount) in stated.items():
        computed = groups.get(key, ZERO)
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
