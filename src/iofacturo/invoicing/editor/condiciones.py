"""How it is sold and paid: condition, term, means of payment, currency, the issuer's activity."""

from __future__ import annotations

from typing import Any

from iofacturo.invoicing.editor import place
from iofacturo.invoicing.editor.sheet import Sheet

CURRENCY = "ResumenFactura/CodigoTipoMoneda/CodigoMoneda"
RATE = "ResumenFactura/CodigoTipoMoneda/TipoCambio"
MEANS = "ResumenFactura/MedioPago"
MOST_MEANS = 4
WITH_TERM = ("02", "10")
FOREIGN, NOT_A_TAXPAYER = "05", "06"
USED_GOODS = "13"


def show(sheet: Sheet) -> dict[str, Any]:
    condition = place.get(sheet.data, "CondicionVenta")
    currency = place.get(sheet.data, CURRENCY)
    count = len(place.items(sheet.data, MEANS))
    term = place.get(sheet.data, "PlazoCredito")
    has_term = condition in WITH_TERM or term is not None
    means = [_means(sheet, index, alone=count <= 1) for index in range(1, max(count, 1) + 1)]
    return {
        "condition": sheet.field("CondicionVenta"),
        "other": sheet.field("CondicionVentaOtros") if condition == "99" or place.get(sheet.data, "CondicionVentaOtros") else None,
        "term": sheet.field("PlazoCredito") if has_term else None,
        "currency": sheet.field(CURRENCY),
        "rate": sheet.field(RATE) if currency not in (None, "CRC") else None,
        "in_dollars": currency == "USD",
        "means": means,
        "can_add_means": 1 <= count < MOST_MEANS,
        "returned": sheet.field("ResumenFactura/TotalIVADevuelto") if place.get(sheet.data, "ResumenFactura/TotalIVADevuelto") else None,
    }  # fmt: skip


def _means(sheet: Sheet, index: int, *, alone: bool) -> dict[str, Any]:
    path = f"{MEANS}[{index}]"
    held = place.get(sheet.data, path)
    held = held if isinstance(held, dict) else {}
    is_other = held.get("TipoMedioPago") == "99" or held.get("MedioPagoOtros")
    return {
        "path": path,
        "kind": sheet.field(f"{path}/TipoMedioPago"),
        "other": sheet.field(f"{path}/MedioPagoOtros") if is_other else None,
        "amount": sheet.field(f"{path}/TotalMedioPago") if not alone or held.get("TotalMedioPago") else None,
        "removable": not alone,
    }  # fmt: skip


def settle(data: dict[str, Any], before: dict[str, Any]) -> None:
    """What a change of currency or condition brings with it."""
    currency = place.get(data, CURRENCY)
    if currency != place.get(before, CURRENCY):
        untouched = place.get(data, RATE) == place.get(before, RATE)
        if currency == "CRC":
            place.put(data, RATE, "1")
        elif untouched:  # a rate is of its currency
            place.put(data, RATE, None)
    _of_supplier(data, before)
    condition = place.get(data, "CondicionVenta")
    was = place.get(before, "CondicionVenta")
    term = place.get(before, "PlazoCredito")
    stale = term is not None and place.get(data, "PlazoCredito") == term
    if condition != was and condition not in WITH_TERM and stale:
        place.put(data, "PlazoCredito", None)


def _of_supplier(data: dict[str, Any], before: dict[str, Any]) -> None:
    """Who sells in a factura de compra decides its condition and the kind of its reference."""
    kind = place.get(data, "Emisor/Identificacion/Tipo")
    if kind == place.get(before, "Emisor/Identificacion/Tipo"):
        return
    condition = data.get("CondicionVenta")
    if kind == NOT_A_TAXPAYER and condition == "01":
        data["CondicionVenta"] = USED_GOODS
    elif kind != NOT_A_TAXPAYER and condition == USED_GOODS:
        data["CondicionVenta"] = "01"
    first = place.get(data, "InformacionReferencia[1]")
    if kind == FOREIGN and isinstance(first, dict) and not first.get("TipoDocIR"):
        first |= {"TipoDocIR": "16", "Codigo": "11"}
