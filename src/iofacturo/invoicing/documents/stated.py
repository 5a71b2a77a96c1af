"""What a person states of a document, as the JSON of a draft: nothing calculated, nothing numbered."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import hacienda
from hacienda import comprobante as ley
from hacienda.estructura import Element
from hacienda.estructura import of as structure_of

Json = dict[str, Any]
ZERO, UNIT = Decimal(0), Decimal("0.00001")
COMPUTED = (
    "MontoTotal", "SubTotal", "BaseImponible", "ImpuestoAsumidoEmisorFabrica", "ImpuestoNeto",
    "MontoTotalLinea",
)  # fmt: skip
STATED_TOTALS = ("CodigoTipoMoneda", "TotalIVADevuelto", "MedioPago")


def of(value: hacienda.Comprobante) -> Json:
    """What a person states of *value*: nothing calculated, nothing that only emission knows."""
    data = hacienda.to_json(value)
    for name in ("Clave", "ProveedorSistemas", "NumeroConsecutivo", "FechaEmision"):
        data.pop(name, None)
    if isinstance(value, ley.FacturaElectronicaCompra) and value.emisor is not None:
        data.pop("Receptor", None)
    else:
        licence = data.pop("Emisor", {}).get("Registrofiscal8707")
        if licence:
            data["Emisor"] = {"Registrofiscal8707": licence}
    if "DetalleServicio" in data:
        kept = COMPUTED if value.tipo != "REP" else ("ImpuestoNeto", "MontoTotalLinea")
        set_lines(data, [_stated_line(line, kept) for line in lines(data)])
    for cargo in data.get("OtrosCargos", []):
        if _is_percentage(cargo, value):
            del cargo["MontoCargo"]
    resumen = data.get("ResumenFactura", {})
    data["ResumenFactura"] = {name: resumen[name] for name in STATED_TOTALS if name in resumen}
    means = data["ResumenFactura"].get("MedioPago", [])
    if len(means) == 1:
        means[0].pop("TotalMedioPago", None)
    return data


def _stated_line(line: Json, computed: tuple[str, ...]) -> Json:
    taxes = line.get("Impuesto", [])
    kept: set[str] = set()
    if line.get("IVACobradoFabrica") == "01":
        kept = {"BaseImponible", "ImpuestoAsumidoEmisorFabrica"}
    if any(tax.get("Codigo") == "07" for tax in taxes):
        kept.add("BaseImponible")
    stated = {name: held for name, held in line.items() if name not in computed or name in kept}
    if taxes:
        stated["Impuesto"] = [_stated_tax(tax) for tax in taxes]
    return stated


def _stated_tax(tax: Json) -> Json:
    basis = ("Tarifa", "FactorCalculoIVA", "DatosImpuestoEspecifico")
    drop = {"Monto"} if any(name in tax for name in basis) else set()
    stated = {name: held for name, held in tax.items() if name not in drop}
    if "Exoneracion" in tax:
        stated["Exoneracion"] = {
            name: held for name, held in tax["Exoneracion"].items() if name != "MontoExoneracion"
        }
    return stated


def _is_percentage(cargo: Json, value: hacienda.Comprobante) -> bool:
    """Whether the amount of a charge is what its percentage gives."""
    resumen = value.resumen_factura
    sold = resumen.total_venta_neta if resumen else None
    if sold is None or "PorcentajeOC" not in cargo or "MontoCargo" not in cargo:
        return False
    return rounded(sold * Decimal(cargo["PorcentajeOC"]) / 100) == Decimal(cargo["MontoCargo"])


def fitted(data: Json, tipo: str) -> Json:
    """*data* as a document of the type *tipo*, without what that has no place for."""
    return {"tipo": tipo, **_admitted(data, structure_of(tipo).children)}


def _admitted(data: Json, elements: tuple[Element, ...]) -> Json:
    kept: Json = {}
    for element in elements:
        held = data.get(element.name)
        if held is None:
            continue
        if not element.children:
            kept[element.name] = held
        elif isinstance(held, list):
            kept[element.name] = [_admitted(one, element.children) for one in held]
        else:
            kept[element.name] = _admitted(held, element.children)
    return kept


def lines(data: Json) -> list[Json]:
    held: list[Json] = data.get("DetalleServicio", {}).get("LineaDetalle", [])
    return held


def set_lines(data: Json, lines: list[Json]) -> None:
    data.pop("DetalleServicio", None)
    if lines:
        numbered = [{**line, "NumeroLinea": str(n)} for n, line in enumerate(lines, 1)]
        data["DetalleServicio"] = {"LineaDetalle": numbered}


def one_means(data: Json) -> list[Json]:
    """The first means of payment, for whatever the total will be."""
    means = data["ResumenFactura"].get("MedioPago", [])[:1]
    return [{name: held for name, held in one.items() if name != "TotalMedioPago"} for one in means]


def calculated(data: Json) -> hacienda.Comprobante:
    """The document that *data* states, with every amount."""
    value = hacienda.from_json(data)
    assert isinstance(value, hacienda.Comprobante)  # noqa: S101 - a draft is one of those
    return hacienda.calculate(value)


def total(value: hacienda.Comprobante) -> Decimal:
    resumen = value.resumen_factura
    return (resumen.total_comprobante if resumen else None) or ZERO


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(UNIT, ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    """Plain notation, whatever the exponent."""
    return f"{amount:f}"
