"""Currency, means of payment and sums (annex, notes 6 and 13; §10 of the arithmetic)."""

from __future__ import annotations

from decimal import Decimal

from hacienda import montos
from hacienda.catalogos.condicion_venta import SIN_MEDIO_PAGO
from hacienda.comprobante import CodigoTipoMoneda, Comprobante, ResumenFactura
from hacienda.reglas.findings import Findings

CENTS = Decimal("0.05")
"""What rounding every payment to two decimals may add up to."""


def check(documento: Comprobante, found: Findings) -> None:
    found.extend(montos.differences(documento))
    held = documento.resumen_factura
    if held is None:
        return
    _moneda(held.codigo_tipo_moneda, found)
    _medios(documento, held, found)


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


def _medios(documento: Comprobante, held: ResumenFactura, found: Findings) -> None:
    total = held.total_comprobante
    means = held.medio_pago
    path = "ResumenFactura/MedioPago"
    if not means:
        if documento.condicion_venta not in SIN_MEDIO_PAGO and total and documento.tipo != "REP":
            report = found.warning if documento.tipo in ("NC", "ND") else found.error
            report("falta-medio-pago", path, "Falta el medio de pago.")
        return
    stated = Decimal(0)
    complete = True
    kinds = [one.tipo_medio_pago for one in means]
    for index, one in enumerate(means, 1):
        here = f"{path}[{index}]"
        if one.tipo_medio_pago is None and documento.tipo != "REP":
            found.warning("falta-tipo-medio", f"{here}/TipoMedioPago", "Falta el medio de pago.")
        if one.tipo_medio_pago == "99" and not one.medio_pago_otros:
            found.error(
                "falta-medio-otro",
                f"{here}/MedioPagoOtros",
                "El medio de pago es 99 y falta describirlo.",
            )
        if one.tipo_medio_pago is not None and one.tipo_medio_pago in kinds[: index - 1]:
            found.warning(
                "medio-repetido", f"{here}/TipoMedioPago", "El medio de pago está repetido."
            )
        if one.total_medio_pago is None:
            complete = False
        elif one.total_medio_pago == 0 and total:
            found.error(
                "medio-en-cero",
                f"{here}/TotalMedioPago",
                "El monto pagado debe ser mayor que cero.",
            )
        stated += one.total_medio_pago or 0
    if len(means) > 1 and not complete:
        found.error(
            "medios-sin-monto",
            path,
            "Con varios medios de pago cada uno lleva su monto.",
        )
    elif complete and total is not None and abs(stated - total) > CENTS:
        report = found.error if len(means) > 1 else found.warning
        report(
            "medios-no-suman",
            path,
            f"Los medios de pago suman {stated:f} y el total es {total:f}.",
        )
