"""Currency, means of payment and sums (annex, notes 6 and 13; §10 of the arithmetic)."""

from __future__ import annotations

from decimal import Decimal

from hacienda import montos
from hacienda.catalogos.condicion_venta import SIN_MEDIO_PAGO
from hacienda.comprobante import CodigoTipoMoneda, Comprobante, MedioPago, ResumenFactura
from hacienda.reglas.findings import Findings

CENTS = Decimal("0.05")
"""What rounding every payment to two decimals may add up to."""


def check(documento: Comprobante, found: Findings, *, adds_up: bool = False) -> None:
    if not adds_up:
        found.extend(montos.differences(documento))
    held = documento.resumen_factura
    if held is None:
        return
    _moneda(held.codigo_tipo_moneda, found)
    _groups(documento, held, found)
    _medios(documento, held, found)
    if held.total_iva_devuelto:
        _devuelto(documento, held, found)


def _moneda(held: CodigoTipoMoneda | None, found: Findings) -> None:
    if held is None or held.tipo_cambio is None:
        return
    path = "ResumenFactura/CodigoTipoMoneda/TipoCambio"
    if held.codigo_moneda == "CRC":
        if held.tipo_cambio != 1:
            found.error(
                "tipo-cambio-en-colones", path, "En colones el tipo de cambio es exactamente 1."
            )
    elif held.tipo_cambio == 0:
        found.error("tipo-cambio-cero", path, "Falta el tipo de cambio a colones.")
    elif held.tipo_cambio == 1:
        found.warning(
            "tipo-cambio-uno",
            path,
            f"El tipo de cambio de {held.codigo_moneda} a colones es 1.",
            "Use el tipo de cambio de venta del Banco Central.",
        )


def _groups(documento: Comprobante, held: ResumenFactura, found: Findings) -> None:
    """Every tax of the lines has its group; those that add something up are told by the sums."""
    wanted = {
        (tax.codigo, tax.codigo_tarifa_iva)
        for line in documento.detalle_servicio
        for tax in line.impuesto
    }
    stated = {(group.codigo, group.codigo_tarifa_iva) for group in held.total_desglose_impuesto}
    for code, tarifa in sorted(wanted - stated, key=str):
        found.warning(
            "falta-desglose-en-cero",
            "ResumenFactura/TotalDesgloseImpuesto",
            f"Falta el desglose del impuesto {code}"
            + (f" con tarifa {tarifa}." if tarifa else "."),
            "Agregue un TotalDesgloseImpuesto para cada impuesto de las líneas, también en cero.",
        )
    if len(stated) < len(held.total_desglose_impuesto):
        found.warning(
            "desglose-repetido",
            "ResumenFactura/TotalDesgloseImpuesto",
            "El desglose de un impuesto está repetido.",
            "Sume en uno solo los de igual código y tarifa.",
        )


def _medios(documento: Comprobante, held: ResumenFactura, found: Findings) -> None:
    total = held.total_comprobante
    means = held.medio_pago
    path = "ResumenFactura/MedioPago"
    if not means:
        if documento.condicion_venta not in SIN_MEDIO_PAGO and total and documento.tipo != "REP":
            report = found.warning if documento.tipo in ("NC", "ND") else found.error
            report("falta-medio-pago", path, "Falta el medio de pago.")
        return
    seen: set[str] = set()
    for index, one in enumerate(means, 1):
        _medio(documento, one, total, f"{path}[{index}]", found)
        kind = one.tipo_medio_pago
        if kind in seen and kind != "99":
            found.warning(
                "medio-repetido",
                f"{path}[{index}]/TipoMedioPago",
                "El medio de pago está repetido.",
            )
        seen.add(kind or "")
    amounts = [one.total_medio_pago for one in means]
    if None in amounts:
        if len(means) > 1:
            found.error(
                "medios-sin-monto", path, "Con varios medios de pago cada uno lleva su monto."
            )
        return
    stated = sum((amount for amount in amounts if amount is not None), Decimal(0))
    if total is not None and abs(stated - total) > CENTS:
        report = found.error if len(means) > 1 else found.warning
        report(
            "medios-no-suman",
            path,
            f"Los medios de pago suman {stated:f} y el total es {total:f}.",
        )


def _medio(
    documento: Comprobante, one: MedioPago, total: Decimal | None, path: str, found: Findings
) -> None:
    kind = one.tipo_medio_pago
    if kind is None:
        if documento.tipo != "REP":  # there the schema says so
            found.warning("falta-tipo-medio", f"{path}/TipoMedioPago", "Falta el medio de pago.")
    elif kind == "99":
        if not one.medio_pago_otros:
            found.error(
                "falta-medio-otro",
                f"{path}/MedioPagoOtros",
                "El medio de pago es 99 y falta describirlo.",
            )
    elif one.medio_pago_otros:
        found.spare(f"{path}/", "MedioPagoOtros", kind)
    if one.total_medio_pago is not None and one.total_medio_pago == 0 and total:
        found.error(
            "medio-en-cero",
            f"{path}/TotalMedioPago",
            "El monto pagado debe ser mayor que cero.",
        )


def _devuelto(documento: Comprobante, held: ResumenFactura, found: Findings) -> None:
    """The IVA of health services is given back when they are paid by card."""
    path = "ResumenFactura/TotalIVADevuelto"
    if not any(one.tipo_medio_pago == "02" for one in held.medio_pago):
        report = found.warning if documento.tipo in ("NC", "ND") else found.error
        report(
            "iva-devuelto-sin-tarjeta",
            path,
            "El IVA se devuelve solo en lo que se paga con tarjeta.",
        )
    elif not any(montos.es_salud(line) for line in documento.detalle_servicio):
        found.warning(
            "iva-devuelto-sin-salud", path, "El IVA se devuelve solo en servicios de salud."
        )
    if (held.total_iva_devuelto or 0) > (held.total_impuesto or 0) + CENTS:
        found.error(
            "iva-devuelto-mayor-que-impuesto", path, "El IVA devuelto es mayor que el impuesto."
        )
