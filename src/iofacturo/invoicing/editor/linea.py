"""The short way to state a line: its discount as a percentage, its IVA as one choice.

The document holds an amount per discount and a list of taxes. What the short fields cannot say is
left as it is as long as nobody changes them.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from hacienda.catalogos.descuento import SOBRE_MONTO_TOTAL
from hacienda.catalogos.impuesto import IMPUESTO, IVA
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from iofacturo.invoicing.editor import unread
from iofacturo.invoicing.editor.field import Choice, amount, plain, same
from iofacturo.lib import amounts, formats
from iofacturo.lib.amounts import AmountError

Json = dict[str, Any]
UNIT = Decimal("0.00001")
HUNDRED = Decimal(100)
COMERCIAL = "07"
SIGNS = ("₡", "¢", "$")
EXENTA = "10"  # what is exported bears no IVA (LIVA, art. 8)
NO_AMOUNT = "Complete primero la cantidad y el precio."
SHORT_IVA = {
    "08": "13 %", "04": "4 %", "03": "2 %", "02": "1 %", "09": "0,5 %", "10": "Exento",
    "01": "0 % art. 32", "11": "0 % sin crédito", "05": "Transitorio 0 %", "06": "Transitorio 4 %",
    "07": "Transitorio 8 %",
}  # fmt: skip


def blank(tipo: str) -> Json:
    """What a new line begins with."""
    if tipo == "REP":
        return {}
    line: Json = {"Cantidad": "1", "UnidadMedida": "Unid"}
    if tipo == "FEE":
        write_iva(line, EXENTA)
    return line


def is_blank(linea: Any, tipo: str) -> bool:
    """Whether nobody stated anything in it."""
    if not isinstance(linea, dict):
        return not linea
    stated = {name: held for name, held in linea.items() if name != "NumeroLinea"}
    return stated in ({}, blank(tipo))


def number(linea: Json, name: str) -> Decimal | None:
    """A number of a line, when it can be read and is one."""
    held = linea.get(name)
    try:
        value = Decimal(held) if isinstance(held, str) else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() and value.adjusted() < 20 else None


def total(linea: Json) -> Decimal | None:
    """Cantidad × PrecioUnitario, when both are there."""
    cantidad, precio = number(linea, "Cantidad"), number(linea, "PrecioUnitario")
    if cantidad is None or precio is None:
        return None
    return (cantidad * precio).quantize(UNIT, ROUND_HALF_UP)


def _rows(linea: Json, name: str) -> list[Json]:
    held = linea.get(name)
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def show_discount(linea: Json) -> str:
    """`5` for five percent, `₡333,33` for what is no round percentage."""
    rows = _rows(linea, "Descuento")
    if not rows:
        return ""
    held = [row.get("MontoDescuento") for row in rows]
    if len(held) == 1 and isinstance(held[0], str) and unread.is_unread(held[0]):
        return unread.typed(held[0])
    values = [number(row, "MontoDescuento") for row in rows]
    if len(rows) == 1 and held[0] is None and rows[0].get("CodigoDescuento") in SOBRE_MONTO_TOTAL:
        return "100"
    given = sum((value for value in values if value is not None), Decimal(0))
    whole = total(linea)
    if len(rows) == 1 and whole:
        percent = (given * HUNDRED / whole).quantize(Decimal("0.01"))
        if _part(percent, whole) == given:
            return formats.numero(percent)
    return "₡" + amount(plain(given))


def _part(percent: Decimal, whole: Decimal) -> Decimal:
    return (percent * whole / HUNDRED).quantize(UNIT, ROUND_HALF_UP)


def write_discount(linea: Json, text: str, before: Json) -> None:
    """Put the discount as typed into *linea*; *before* is the line as the page showed it."""
    shown = show_discount(before)
    rows = _rows(linea, "Descuento")
    waits = any(unread.is_unread(row.get("MontoDescuento")) for row in rows)
    is_money = text.strip().startswith(SIGNS)
    moved = not is_money and total(linea) != total(before)
    gift = text.strip() == "100" and len(rows) == 1 and rows[0].get("MontoDescuento") is None
    if same(text, shown) and (not text.strip() or gift or not (moved or waits)):
        return
    text = " ".join(text.split())
    if text in ("", "0", "0 %", "0%"):
        linea.pop("Descuento", None)
        return
    row = rows[0] if rows else {"CodigoDescuento": COMERCIAL}
    row["MontoDescuento"] = _discount(text, linea, money=is_money)
    linea["Descuento"] = [row]


def _discount(text: str, linea: Json, *, money: bool) -> str:
    whole = total(linea)
    try:
        given = amounts.parse(text.removesuffix("%"), 5)
    except AmountError:
        return unread.mark(text)
    if money:
        return plain(given)
    if whole is None or given > HUNDRED:
        return unread.mark(text)
    return plain(_part(given, whole))


def discount_fault(linea: Json) -> str:
    """Why the discount as typed cannot be read."""
    for row in _rows(linea, "Descuento"):
        held = row.get("MontoDescuento")
        if not unread.is_unread(held):
            continue
        try:
            given = amounts.parse(unread.typed(str(held)).removesuffix("%"), 5)
        except AmountError as error:
            return str(error)
        if given > HUNDRED:
            return "El descuento es un porcentaje: 100 como máximo. Para un monto escriba ₡ antes."
        return NO_AMOUNT
    return ""


def iva_of(linea: Json) -> Json | None:
    """The tax of a line that is IVA."""
    return next((tax for tax in _rows(linea, "Impuesto") if tax.get("Codigo") in IVA), None)


def show_iva(linea: Json) -> str:
    """The code of the tariff; `07:08` and `08:` for the special kinds of IVA."""
    tax = iva_of(linea)
    if tax is None:
        return ""
    tarifa = tax.get("CodigoTarifaIVA")
    tarifa = tarifa if isinstance(tarifa, str) else ""
    return tarifa if tax.get("Codigo") == "01" else f"{tax.get('Codigo')}:{tarifa}"


def write_iva(linea: Json, chosen: str) -> None:
    """Put the chosen tariff into *linea*."""
    if chosen == show_iva(linea):
        return
    tax = iva_of(linea)
    if not chosen:
        linea["Impuesto"] = [one for one in _rows(linea, "Impuesto") if one is not tax]
        if not linea["Impuesto"]:
            del linea["Impuesto"]
        return
    if ":" in chosen:
        return
    if tax is None:
        tax = {}
        linea["Impuesto"] = [*_rows(linea, "Impuesto"), tax]
    known = TARIFA_IVA.get(chosen)
    tax["Codigo"] = "01"
    tax["CodigoTarifaIVA"] = chosen
    for stale in ("Monto", "FactorCalculoIVA", "Tarifa"):
        tax.pop(stale, None)
    if known is not None and known.tarifa is not None:
        tax["Tarifa"] = plain(known.tarifa)


def iva_choices(tipo: str, chosen: str) -> list[Choice]:
    """The tariffs of this type of document, the general one first, and what is chosen now."""
    lawful = {one.codigo for one in TARIFA_IVA.of_tipo(tipo)}
    choices = [("", "Elija")]
    choices += [(code, name) for code, name in SHORT_IVA.items() if code in lawful]
    if chosen and chosen not in {code for code, _ in choices}:
        code, _, tarifa = chosen.partition(":")
        name = IMPUESTO.nombre_de(code) if ":" in chosen else TARIFA_IVA.nombre_de(chosen)
        choices.append((chosen, f"{name} {SHORT_IVA.get(tarifa, '')}".strip()))
    return choices
