"""What earlier notes left of a document, and how a note is kept within it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

import hacienda
from hacienda import comprobante as ley
from iofacturo.invoicing.documents import stated
from iofacturo.invoicing.documents.stated import UNIT, ZERO, Json

USED_BEFORE = "Acreditado antes en otras notas"
MOST_DISCOUNTS = 5
Marks = tuple[str, ...]


@dataclass
class Used:
    """What notes have credited of one thing that was sold."""

    cantidad: Decimal = ZERO
    discount: Decimal = ZERO

    def take(self, most: Decimal) -> Used:
        """Up to *most* of it, with the discount that went with that; it is not there any more."""
        taken = min(most, self.cantidad)
        discount = self.discount * taken / self.cantidad if self.cantidad else ZERO
        self.cantidad -= taken
        self.discount -= discount
        return Used(taken, discount)


def take_out(
    data: Json, original: hacienda.Comprobante, notes: Iterable[hacienda.Comprobante]
) -> None:
    """Leave in *data*, which credits *original*, what *notes* have not: line by line, by what it sells."""
    used: defaultdict[Marks, Used] = defaultdict(Used)
    charged: defaultdict[Marks, Decimal] = defaultdict(Decimal)
    for note in notes:
        for line in note.detalle_servicio:
            mine = used[_marks_of(line)]
            mine.cantidad += line.cantidad or ZERO
            mine.discount += sum((one.monto_descuento or ZERO for one in line.descuento), ZERO)
        for cargo in note.otros_cargos:
            charged[_marks_of_charge(cargo)] += cargo.monto_cargo or ZERO
    rest = [_left_of(line, used[_marks_in(line)]) for line in stated.lines(data)]
    stated.set_lines(data, [line for line in rest if line is not None])
    charges = zip(data.pop("OtrosCargos", []), original.otros_cargos, strict=True)
    left = [_charge_left(cargo, charge, charged) for cargo, charge in charges]
    if any(left):
        data["OtrosCargos"] = [cargo for cargo in left if cargo]
    _forget_payments(data)


def _marks_of(line: ley.LineaDetalle) -> Marks:
    """What tells a line from others: what it sells, in which unit, at which price."""
    price = (line.precio_unitario or ZERO).normalize()
    return line.codigo_cabys or "", line.detalle or "", line.unidad_medida or "", f"{price:f}"


def _marks_in(line: Json) -> Marks:
    price = Decimal(line.get("PrecioUnitario", "0")).normalize()
    named = tuple(line.get(name, "") for name in ("CodigoCABYS", "Detalle", "UnidadMedida"))
    return (*named, f"{price:f}")


def _marks_of_charge(charge: ley.OtrosCargos) -> Marks:
    return charge.tipo_documento_oc or "", charge.detalle or ""


def _charge_left(
    cargo: Json, charge: ley.OtrosCargos, charged: defaultdict[Marks, Decimal]
) -> Json:
    """The charge as the amount that is left of it, or nothing; its percentage was of the whole."""
    key, amount = _marks_of_charge(charge), charge.monto_cargo or ZERO
    taken = min(amount, charged[key])
    charged[key] -= taken
    if amount == taken:
        return {}
    told = {name: held for name, held in cargo.items() if name != "PorcentajeOC"}
    return told | {"MontoCargo": stated.text(amount - taken)}


def _forget_payments(data: Json) -> None:
    """How the whole was paid says nothing of a part."""
    data["ResumenFactura"].pop("TotalIVADevuelto", None)
    data["ResumenFactura"]["MedioPago"] = stated.one_means(data)


def _left_of(line: Json, used: Used) -> Json | None:
    """The line with the quantity and the discounts that are left; None without any quantity."""
    whole = Decimal(line.get("Cantidad", "0"))
    taken = used.take(whole)
    if taken.cantidad == whole:
        return None
    if not taken.cantidad:
        return line
    left = {**line, "Cantidad": stated.text(whole - taken.cantidad)}
    amounts = [Decimal(one.get("MontoDescuento", "0")) for one in line.get("Descuento", [])]
    discount = sum(amounts, ZERO)
    if discount:
        share = max(discount - taken.discount, ZERO) / discount
        discounts = [
            one | {"MontoDescuento": stated.text(stated.rounded(amount * share))}
            for one, amount in zip(line["Descuento"], amounts, strict=True)
        ]
        left["Descuento"] = [one for one in discounts if Decimal(one["MontoDescuento"])]
        if not left["Descuento"]:
            del left["Descuento"]
    return left


def within(data: Json, most: Decimal) -> Json:
    """*data*, its lines discounted so that it adds up to *most* when it would be more.

    That happens when an earlier note corrected amounts, which belong to no line.
    """
    for _ in range(3):
        value = stated.calculated(data)
        total = stated.total(value)
        if total <= most or not total:
            return data
        share = most / total
        for line, settled in zip(stated.lines(data), value.detalle_servicio, strict=True):
            less = ((settled.sub_total or ZERO) * (1 - share)).quantize(UNIT, ROUND_UP)
            if less:
                _discount(line, less)
        for cargo, charged in zip(data.get("OtrosCargos", []), value.otros_cargos, strict=True):
            amount = (charged.monto_cargo or ZERO) * share
            cargo["MontoCargo"] = stated.text(max(amount.quantize(UNIT, ROUND_DOWN), UNIT))
        _forget_payments(data)
    return data


def _discount(line: Json, less: Decimal) -> None:
    """Take *less* off a line, in the discount that says why; a sixth one there cannot be."""
    discounts: list[Json] = line.setdefault("Descuento", [])
    for one in discounts:
        if one.get("NaturalezaDescuento") == USED_BEFORE:
            one["MontoDescuento"] = stated.text(Decimal(one["MontoDescuento"]) + less)
            return
    if len(discounts) < MOST_DISCOUNTS:
        discounts.append(
            {
                "MontoDescuento": stated.text(less),
                "CodigoDescuento": "99",
                "CodigoDescuentoOTRO": USED_BEFORE,
                "NaturalezaDescuento": USED_BEFORE,
            }
        )
