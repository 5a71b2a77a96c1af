"""What stands in a cell of an imported list, as a value. `CellError` says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from hacienda import ubicacion
from hacienda.catalogos.condicion_venta import CONDICION_VENTA
from hacienda.catalogos.moneda import MONEDA
from hacienda.catalogos.tarifa_iva import EXENTA, POR_TARIFA, TARIFA_IVA
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from iofacturo.invoicing.catalogue.product_form import DECIMALS, LARGEST
from iofacturo.lib import amounts
from iofacturo.lib.folding import fold

MOST_EMAILS = 4


class CellError(ValueError):
    """The message is for the person who brought the file."""


def text(cell: str, what: str, least: int, most: int) -> str:
    """*cell* when it is as long as it may be."""
    if len(cell) < least:
        raise CellError(f"{what}: escriba al menos {least} caracteres; aquí hay {len(cell)}.")
    if len(cell) > most:
        raise CellError(f"{what}: caben {most} caracteres; aquí hay {len(cell)}.")
    return cell


def emails(cell: str) -> list[str]:
    """Up to four addresses, separated by commas, semicolons or spaces."""
    found: list[str] = []
    for one in re.split(r"[;,\s]+", cell):
        if not one or one.casefold() in (kept.casefold() for kept in found):
            continue
        try:
            validate_email(one)
        except ValidationError as error:
            raise CellError(f"«{one[:60]}» no es un correo.") from error
        if len(one) > 160:
            raise CellError("Un correo tiene hasta 160 caracteres.")
        found.append(one)
    if len(found) > MOST_EMAILS:
        raise CellError(f"Caben {MOST_EMAILS} correos; aquí hay {len(found)}.")
    return found


def telefono(cell: str) -> str:
    digits = re.sub(r"[\s().+–-]", "", cell)
    if not re.fullmatch(r"[0-9]{8,15}", digits) or len(cell) > 20:
        raise CellError(f"«{cell[:30]}» no es un teléfono: tiene 8 números, como 2222-3344.")
    return cell


def actividad(cell: str) -> str:
    code = cell.replace(" ", "")
    if re.fullmatch(r"[0-9]{5}", code):
        code = f"{code[:4]}.{code[4]}"
    if not re.fullmatch(r"[0-9]{4}\.[0-9]|[0-9]{6}", code):
        raise CellError(f"«{cell[:20]}» no es una actividad económica, como 5610.0.")
    return code


def condicion_venta(cell: str) -> str:
    """A code, or the name of it: «Crédito»."""
    if cell.zfill(2) in CONDICION_VENTA:
        return cell.zfill(2)
    asked = fold(cell)
    found = [c.codigo for c in CONDICION_VENTA.of_tipo("FE") if fold(c.nombre).startswith(asked)]
    if not found:
        raise CellError(f"«{cell[:40]}» no es una condición de venta, como Contado o Crédito.")
    return found[0]


def plazo(cell: str) -> int:
    match = re.fullmatch(r"([0-9]{1,4})(?:[.,]0+)?(?: *d[ií]as?)?", cell, re.IGNORECASE)
    if match is None or not 1 <= int(match[1]) <= 3650:
        raise CellError(f"«{cell[:20]}» no es un plazo en días, como 30.")
    return int(match[1])


@cache
def _districts() -> dict[tuple[str, str, str], ubicacion.Triple]:
    """Every district by its codes and by its names, folded."""
    found = {}
    for p, province in ubicacion.provincias():
        for c, canton in ubicacion.cantones(p):
            for d, district in ubicacion.distritos(p, c):
                found[(p, c, d)] = (p, c, d)
                found[(fold(province), fold(canton), fold(district))] = (p, c, d)
    return found


def distrito(provincia: str, canton: str, name: str) -> ubicacion.Triple:
    """The codes of a district given by codes or by names."""
    by_code = ubicacion.compact(provincia, canton[-2:], name[-2:])
    by_name = (fold(provincia), fold(canton), fold(name))
    found = _districts().get(by_code) or _districts().get(by_name)
    if found is None:
        told = ", ".join(part for part in (provincia, canton, name) if part)
        raise CellError(f"No existe el distrito «{told[:90]}».")
    return found


def cabys(cell: str) -> str:
    code = re.sub(r"\s", "", cell)
    if re.fullmatch(r"[0-9.,]+E\+?[0-9]+", code, re.IGNORECASE):
        raise CellError(
            f"CAByS: la hoja de cálculo recortó el código a «{cell[:20]}». Ponga la columna como "
            "texto."
        )
    if not re.fullmatch(r"[0-9]{12,13}", code):
        raise CellError(f"CAByS: «{cell[:30]}» no es un código de 13 dígitos.")
    return code.zfill(13)  # a sheet that took it for a number lost the zero at its beginning


UNITS = {
    "unidad": "Unid", "unidades": "Unid", "und": "Unid", "un": "Unid", "u": "Unid", "pieza": "Unid",
    "servicio": "Os", "servicios": "Os", "serv": "Os", "servicios profesionales": "Sp",
    "kilo": "Kg", "kilos": "Kg", "litros": "L", "lt": "L", "metros": "M", "gramos": "G",
    "horas": "h", "hr": "h", "dias": "D", "mes": "Os",
}  # fmt: skip


@cache
def _units() -> dict[str, str]:
    """The symbol by its own and its name folded, where that is not ambiguous."""
    found = {fold(code.nombre): code.codigo for code in UNIDAD_MEDIDA.values()}
    by_symbol: dict[str, list[str]] = {}
    for code in UNIDAD_MEDIDA:
        by_symbol.setdefault(fold(code), []).append(code)
    found |= {folded: codes[0] for folded, codes in by_symbol.items() if len(codes) == 1}
    return {**{name: code for name, code in UNITS.items() if code in UNIDAD_MEDIDA}, **found}


def unidad(cell: str) -> str:
    """The symbol of a unit, given by symbol or by name."""
    if cell in UNIDAD_MEDIDA:
        return cell
    found = _units().get(fold(cell))
    if found is None:
        raise CellError(f"«{cell[:30]}» no es una unidad de medida de Hacienda, como Unid o Kg.")
    return found


def moneda(cell: str) -> str:
    code = {"₡": "CRC", "colones": "CRC", "$": "USD", "dolares": "USD", "€": "EUR"}.get(
        fold(cell), cell.upper()
    )
    if code not in MONEDA:
        raise CellError(f"«{cell[:20]}» no es una moneda, como CRC o USD.")
    return code


def tarifa_iva(cell: str) -> str:
    """The code of a tariff, from a percentage («13», «13 %», «0,13»), a word or a code («08»)."""
    word = fold(cell)
    if word.startswith("exent"):
        return EXENTA
    if word in ("sin iva", "no lleva", "ninguna", "no aplica", "n/a"):
        return ""
    if re.fullmatch(r"0[1-9]|1[01]", word):
        known = TARIFA_IVA[word]
        if not known.allowed_in("FE"):
            raise CellError(f"La tarifa «{known.nombre}» ya no se usa en facturas.")
        return word
    match = re.search(r"([0-9]{1,3}(?:[.,][0-9]{1,3})?) ?(%?)", word)
    if match is None:
        raise CellError(f"«{cell[:30]}» no es una tarifa de IVA, como 13 o Exento.")
    value = Decimal(match[1].replace(",", "."))
    if not match[2] and Decimal(0) < value < Decimal("0.5"):
        value *= 100  # a sheet keeps percentages as fractions
    if not value:
        return EXENTA
    code = POR_TARIFA.get(value.normalize()) or next(
        (code for rate, code in POR_TARIFA.items() if rate == value), None
    )
    if code is None:
        raise CellError(f"No hay una tarifa de IVA de {match[1]} %.")
    return code


def decimal_mark(cells: Iterable[str]) -> str:
    """ "," or "." when the amounts of a column leave no doubt which one marks decimals, else ""."""
    seen: set[str] = set()
    for cell in cells:
        match = re.search(r"([.,])([0-9]+)\D*$", cell)
        if match is None:
            continue
        both = "." in cell and "," in cell
        if both or len(match[2]) != 3:
            seen.add(match[1])
        elif cell.count(match[1]) > 1:  # 1.234.567
            seen.add("," if match[1] == "." else ".")
    return seen.pop() if len(seen) == 1 else ""


def precio(cell: str, mark: str = "") -> Decimal:
    """An amount; *mark* decides what could be read in two ways (see `decimal_mark`)."""
    if cell.lstrip(" ₡¢$").startswith(("-", "(")):
        raise CellError(f"El precio «{cell[:30]}» es negativo.")
    try:
        found = amounts.parse(cell, DECIMALS)
    except amounts.AmountError as error:
        other = {",": ".", ".": ","}.get(mark, "")
        if not other or not re.fullmatch(r"[₡¢$ ]*[0-9]{1,3}[.,][0-9]{3}", cell):
            raise CellError(f"El precio «{cell[:30]}» no se entiende. {error}") from error
        # 1.234 among amounts whose decimals have a comma is one thousand
        clean = re.sub(r"[₡¢$ ]", "", cell)
        found = Decimal(clean.replace(other, "").replace(",", "."))
    if found >= LARGEST:
        raise CellError("Ese precio no cabe en una factura.")
    return found
