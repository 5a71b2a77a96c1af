"""From a stored document to the draft of another that is about it: JSON as a person would state it.

Who may receive what (annexes v4.4, notes 9 and 10): a credit note goes to a factura, a tiquete, a
factura de exportación or de compra, or a debit note; a debit note to those and to a credit note; a
payment (REP) to a sale with condition 08 or 10. A receipt of payment gets no note: those go to the
sale it pays. A rejected document gets none either, for it does not exist: it is replaced.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

import hacienda
from hacienda import comprobante as ley
from hacienda.comprobante import texto_fecha
from hacienda.estructura import Element, of
from iofacturo.invoicing.comprobante import REJECTED_REFERENCE, Comprobante
from iofacturo.invoicing.documents import limits

Json = dict[str, Any]
ZERO, UNIT = Decimal(0), Decimal("0.00001")

CREDITABLE = frozenset({"01", "02", "04", "08", "09"})
DEBITABLE = frozenset({"01", "03", "04", "08", "09"})
COPYABLE = frozenset({"01", "04", "08", "09"})
PAYABLE = frozenset({"01", "04"})
PAYS = {"08": "09", "10": "11"}
"""Condition of the sale → condition of the receipt that pays it."""

ANNULS, CORRECTS_AMOUNT, REFERS, REPLACES = "01", "02", "04", "07"
KIND_OF_REFERENCE = {
    ("NC", "08"): "17",
    ("ND", "08"): "18",
    ("NC", "09"): "19",
    ("ND", "09"): "19",
}
"""TipoDocIR where it is not the type of the document itself."""

COMPUTED = (
    "MontoTotal", "SubTotal", "BaseImponible", "ImpuestoAsumidoEmisorFabrica", "ImpuestoNeto",
    "MontoTotalLinea",
)  # fmt: skip
STATED_TOTALS = ("CodigoTipoMoneda", "TotalIVADevuelto", "MedioPago")
NOT_A_TAXPAYER = "06"
USED_BEFORE = "Acreditado antes en otras notas"


def credit(row: Comprobante) -> Json:
    """A credit note of what earlier ones left of *row*, to be cut down by a person."""
    return _credit(row, CORRECTS_AMOUNT, "")


def annulment(row: Comprobante, razon: str) -> Json:
    """The credit note that takes back all that is left of *row*, never more, for *razon*."""
    return _within(_credit(row, ANNULS, razon), limits.balance(row).to_credit)


def debit(row: Comprobante) -> Json:
    """A debit note about *row*: its lines without prices, for what is charged is still to be said.

    Of a credit note it takes back the whole of it.
    """
    value = row.document()
    whole = row.tipo == "03"
    data = _note("ND", row, value, ANNULS if whole else CORRECTS_AMOUNT, "")
    if not whole:
        for line in _lines(data):
            line.pop("PrecioUnitario", None)
            line.pop("Descuento", None)
        data.pop("OtrosCargos", None)
        data["ResumenFactura"].pop("TotalIVADevuelto", None)
    return data


def copy(row: Comprobante) -> Json:
    """The same sale once more, about nothing else; another currency's rate is still to be given."""
    data = _stated(row.document())
    data.pop("InformacionReferencia", None)
    money = data.get("ResumenFactura", {}).get("CodigoTipoMoneda", {})
    if money.get("CodigoMoneda", "CRC") != "CRC":
        money.pop("TipoCambio", None)
    return data


def replacement(row: Comprobante) -> Json:
    """What takes the place of the rejected *row*: the same, to be corrected, under a new number.

    The reference to the rejected one stands last, after those the document had of its own.
    """
    data = _stated(row.document())
    own = [
        one
        for one in data.get("InformacionReferencia", [])
        if one.get("TipoDocIR") != REJECTED_REFERENCE
    ]
    data["InformacionReferencia"] = [
        *own,
        _reference(REJECTED_REFERENCE, row, REPLACES, "Sustituye el comprobante rechazado"),
    ]
    return data


def payment(row: Comprobante) -> Json:
    """The receipt (REP) of what is still to be paid of *row*.

    One line for each IVA of the sale, and one for what bears none; in equal shares when a part was
    paid before.
    """
    value = row.document()
    standing = limits.balance(row)
    paid = row.company.comprobantes.filter(referencia=row.clave, tipo="10")
    number = paid.exclude(state=Comprobante.REJECTED).count() + 1
    share = standing.to_pay / row.total if row.total else ZERO
    resumen = hacienda.to_json(value)["ResumenFactura"]
    data = _fitted(
        {
            **_stated(value),
            "CondicionVenta": PAYS.get(value.condicion_venta or "", "09"),
            "DetalleServicio": {
                "LineaDetalle": _payment_lines(value, f"Pago {number} de {row.label}", share)
            },
            "ResumenFactura": {
                "CodigoTipoMoneda": resumen.get("CodigoTipoMoneda", _colones()),
                "MedioPago": [{"TipoMedioPago": _first_means(value)}],
            },
            "InformacionReferencia": [_reference(row.tipo, row, REFERS, f"Pago {number}")],
        },
        "REP",
    )
    return _paid_within(data, standing.to_pay)


# -- the credit note -----------------------------------------------------------------------------


def _credit(row: Comprobante, codigo: str, razon: str) -> Json:
    value = row.document()
    notes = row.company.comprobantes.filter(referencia=row.clave, tipo="03")
    earlier = list(notes.exclude(state=Comprobante.REJECTED).select_related("signed_xml"))
    data = _note("NC", row, value, codigo, razon)
    if earlier:
        _take_out(data, [one.document() for one in earlier])
    return data


def _take_out(data: Json, notes: list[hacienda.Comprobante]) -> None:
    """Leave in *data* what *notes* have not credited: line by line, known by what it sells."""
    used: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    charged: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for note in notes:
        for line in note.detalle_servicio:
            used[_same(_marks(line))] += line.cantidad or ZERO
        for cargo in note.otros_cargos:
            charged[cargo.tipo_documento_oc or "", cargo.detalle or ""] += cargo.monto_cargo or ZERO
    lines = []
    for line in _lines(data):
        left = _left_of(line, used)
        if left is not None:
            lines.append(left)
    _set_lines(data, lines)
    charges = []
    for cargo in data.get("OtrosCargos", []):
        key = (cargo.get("TipoDocumentoOC", ""), cargo.get("Detalle", ""))
        amount = Decimal(cargo.get("MontoCargo", "0"))
        taken = min(amount, charged[key])
        charged[key] -= taken
        if amount > taken:
            charges.append({**cargo, "MontoCargo": _text(amount - taken)})
    data.pop("OtrosCargos", None)
    if charges:
        data["OtrosCargos"] = charges
    data["ResumenFactura"].pop("TotalIVADevuelto", None)
    data["ResumenFactura"]["MedioPago"] = _one_means(data)


def _marks(line: ley.LineaDetalle) -> Json:
    """What tells a line from others, of a value."""
    return {
        "CodigoCABYS": line.codigo_cabys or "",
        "Detalle": line.detalle or "",
        "UnidadMedida": line.unidad_medida or "",
        "PrecioUnitario": str(line.precio_unitario or ZERO),
    }


def _same(line: Json) -> tuple[str, ...]:
    price = Decimal(line.get("PrecioUnitario", "0")).normalize()
    return (
        line.get("CodigoCABYS", ""), line.get("Detalle", ""), line.get("UnidadMedida", ""),
        f"{price:f}",
    )  # fmt: skip


def _left_of(line: Json, used: defaultdict[tuple[str, ...], Decimal]) -> Json | None:
    """The line with the quantity that is left and its share of the discounts; None without any."""
    key = _same(line)
    whole = Decimal(line.get("Cantidad", "0"))
    taken = min(whole, used[key])
    used[key] -= taken
    if taken == whole:
        return None
    if not taken:
        return line
    share = (whole - taken) / whole
    left = {**line, "Cantidad": _text(whole - taken)}
    if "Descuento" in line:
        left["Descuento"] = [
            {**one, "MontoDescuento": _text(_rounded(Decimal(one["MontoDescuento"]) * share))}
            if "MontoDescuento" in one
            else one
            for one in line["Descuento"]
        ]
    return left


def _within(data: Json, most: Decimal) -> Json:
    """*data*, its lines discounted so that it adds up to *most* when it would be more.

    That happens when an earlier note corrected amounts, which belong to no line.
    """
    for _ in range(3):
        value = hacienda.calculate(hacienda.from_json(data))
        total = _total(value)
        if total <= most or not total:
            return data
        share = most / total
        for line, settled in zip(_lines(data), value.detalle_servicio, strict=True):
            base = settled.sub_total or ZERO
            less = (base * (1 - share)).quantize(UNIT, ROUND_UP)
            discounts = line.setdefault("Descuento", [])
            mine = next((d for d in discounts if d.get("NaturalezaDescuento") == USED_BEFORE), None)
            if mine is None and len(discounts) < 5:
                mine = {
                    "MontoDescuento": "0",
                    "CodigoDescuento": "99",
                    "CodigoDescuentoOTRO": USED_BEFORE,
                    "NaturalezaDescuento": USED_BEFORE,
                }
                discounts.append(mine)
            if mine is not None:
                mine["MontoDescuento"] = _text(
                    min(Decimal(mine["MontoDescuento"]) + less, settled.monto_total or ZERO)
                )
        for cargo, charged in zip(data.get("OtrosCargos", []), value.otros_cargos, strict=True):
            amount = charged.monto_cargo or ZERO
            cargo["MontoCargo"] = _text(max((amount * share).quantize(UNIT, ROUND_DOWN), UNIT))
        data["ResumenFactura"].pop("TotalIVADevuelto", None)
        data["ResumenFactura"]["MedioPago"] = _one_means(data)
    return data


# -- the payment ---------------------------------------------------------------------------------


def _payment_lines(value: hacienda.Comprobante, detalle: str, share: Decimal) -> list[Json]:
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
    rest = _total(value) - taxed
    lines = [
        _payment_line(f"{detalle} (IVA {tarifa} %)", base * share, codigo, tarifa)
        for (codigo, tarifa), base in bases.items()
        if base
    ]
    if _rounded(rest * share) > 0:
        lines.append(_payment_line(detalle if not lines else f"{detalle} (sin IVA)", rest * share))
    return [{"NumeroLinea": str(number), **line} for number, line in enumerate(lines, 1)]


def _payment_line(detalle: str, amount: Decimal, codigo: str = "", tarifa: str = "") -> Json:
    line: Json = {
        "Detalle": detalle[:200],
        "MontoTotal": _text(_rounded(amount)),
        "SubTotal": _text(_rounded(amount)),
    }
    if tarifa:
        line["Impuesto"] = [{"Codigo": "01", "CodigoTarifaIVA": codigo, "Tarifa": tarifa}]
    return line


def _paid_within(data: Json, most: Decimal) -> Json:
    """*data*, with what rounding added to it taken off its last line."""
    excess = _total(hacienda.calculate(hacienda.from_json(data))) - most
    lines = _lines(data)
    if excess > 0 and lines:
        amount = _text(max(Decimal(lines[-1]["SubTotal"]) - excess, UNIT))
        lines[-1]["MontoTotal"] = lines[-1]["SubTotal"] = amount
    return data


def _first_means(value: hacienda.Comprobante) -> str:
    means = value.resumen_factura.medio_pago if value.resumen_factura else ()
    stated = [one.tipo_medio_pago for one in means if one.tipo_medio_pago not in (None, "99")]
    return stated[0] or "04" if stated else "04"


# -- what they share -----------------------------------------------------------------------------


def _note(
    tipo: str, row: Comprobante, value: hacienda.Comprobante, codigo: str, razon: str
) -> Json:
    """All of *value* as a note of the type *tipo* about it."""
    stated = _turned(value) if isinstance(value, ley.FacturaElectronicaCompra) else value
    data = _fitted(_stated(stated), tipo)
    kind = KIND_OF_REFERENCE.get((tipo, row.tipo), row.tipo)
    data["InformacionReferencia"] = [_reference(kind, row, codigo, razon)]
    return data


def _turned(value: ley.FacturaElectronicaCompra) -> ley.FacturaElectronicaCompra:
    """A purchase seen from its note: the company issues it, the supplier receives it."""
    seller = value.emisor
    if seller is None:
        return value
    known = seller.identificacion
    if known is not None and known.tipo == NOT_A_TAXPAYER:
        known = None  # a note names no receiver of that kind, it only calls him by name
    receptor = ley.Receptor(
        nombre=seller.nombre,
        identificacion=known,
        nombre_comercial=seller.nombre_comercial,
        ubicacion=seller.ubicacion,
        otras_senas_extranjero=seller.otras_senas_extranjero,
        telefono=seller.telefono,
        correo_electronico=next(iter(seller.correo_electronico), None),
    )
    return replace(
        value,
        emisor=None,
        receptor=receptor,
        codigo_actividad_emisor=value.codigo_actividad_receptor,
        codigo_actividad_receptor=value.codigo_actividad_emisor,
    )


def _stated(value: hacienda.Comprobante) -> Json:
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
        _set_lines(data, [_stated_line(line, kept) for line in _lines(data)])
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
    return _rounded(sold * Decimal(cargo["PorcentajeOC"]) / 100) == Decimal(cargo["MontoCargo"])


def _reference(kind: str, row: Comprobante, codigo: str, razon: str) -> Json:
    stated = {
        "TipoDocIR": kind,
        "Numero": row.clave,
        "FechaEmisionIR": texto_fecha(row.fecha),
        "Codigo": codigo,
    }
    return stated | ({"Razon": razon} if razon else {})


def _fitted(data: Json, tipo: str) -> Json:
    """*data* as a document of the type *tipo*, without what that has no place for."""
    return {"tipo": tipo, **_admitted(data, of(tipo).children)}


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


def _lines(data: Json) -> list[Json]:
    held: list[Json] = data.get("DetalleServicio", {}).get("LineaDetalle", [])
    return held


def _set_lines(data: Json, lines: list[Json]) -> None:
    data.pop("DetalleServicio", None)
    if lines:
        numbered = [{**line, "NumeroLinea": str(n)} for n, line in enumerate(lines, 1)]
        data["DetalleServicio"] = {"LineaDetalle": numbered}


def _one_means(data: Json) -> list[Json]:
    """The first means of payment, for whatever the total will be."""
    means = data["ResumenFactura"].get("MedioPago", [])[:1]
    return [{name: held for name, held in one.items() if name != "TotalMedioPago"} for one in means]


def _colones() -> Json:
    return {"CodigoMoneda": "CRC", "TipoCambio": "1"}


def _total(value: hacienda.Documento) -> Decimal:
    assert isinstance(value, hacienda.Comprobante)  # noqa: S101 - a draft is one of those
    resumen = value.resumen_factura
    return (resumen.total_comprobante if resumen else None) or ZERO


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(UNIT, ROUND_HALF_UP)


def _text(amount: Decimal) -> str:
    """Plain notation, whatever the exponent."""
    return f"{amount:f}"
