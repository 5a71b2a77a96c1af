"""Rows of cells into a statement, by a profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from iofacturo.lib.amounts import AmountError
from iofacturo.lib.folding import fold
from iofacturo.lib.visible import visible
from iofacturo.renewals.matching import money_column
from iofacturo.renewals.statement.cells import Cell
from iofacturo.renewals.statement.profile import ColumnProfile
from iofacturo.renewals.statement.row import (
    BadRow,
    Statement,
    StatementRow,
    UnusableStatement,
)

HEADER_WITHIN = 40  # rows
CENT = Decimal("0.01")
IBAN = re.compile(r"CR[0-9]{20}(?![0-9])")
LARGEST = Decimal(10) ** 12
LONGEST = {"detail": 200, "reference": 40, "payer": 120}
PATTERNS = {
    "dmy": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y-%m-%d"),
    "ymd": ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"),
    "mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"),
}
CURRENCIES = {"₡": "CRC", "colones": "CRC", "colon": "CRC", "$": "USD", "dolares": "USD"}
Rows = Callable[[], Iterable[tuple[int, list[Cell]]]]


@dataclass(frozen=True)
class Places:
    """Where each column stands."""

    header: int
    date: int
    details: tuple[int, ...]
    amount: int
    debit: int | None
    reference: int | None
    payer: int | None
    currency: int | None


def read(kind: str, rows: Rows, profile: ColumnProfile, currency: str) -> Statement:
    """The statement. *rows* is called twice: amounts of a column are all written in one manner."""
    places = find(rows(), profile)
    mark = profile.decimal_mark or money_column.decimal_mark(
        str(cell)
        for number, cells in rows()
        if number > places.header and isinstance(cell := _at(cells, places.amount), str)
    )
    found = Statement(kind, iban=_account(rows(), places.header))
    for number, cells in rows():
        if number <= places.header or not any(cell not in (None, "") for cell in cells):
            continue
        try:
            row = _row(number, cells, places, profile, mark, currency)
        except ValueError as error:
            text = " · ".join(str(cell) for cell in cells if cell not in (None, ""))
            found.bad.append(BadRow(number, str(error), visible(text)[:160]))
            continue
        if row is None:
            found.outgoing += 1
            out = _out(number, cells, places, profile, mark, currency)
            if out is not None:
                found.out.append(out)
        else:
            found.rows.append(row)
    return found


def _account(rows: Iterable[tuple[int, list[Cell]]], header: int) -> str:
    """The account that the file names above its columns; nothing where it names none or several."""
    named: set[str] = set()
    for number, cells in rows:
        if number >= header:
            break
        for cell in cells:
            if isinstance(cell, str):
                text = "".join(c for c in cell.upper() if c.isascii() and c.isalnum())
                named.update(IBAN.findall(text))
    return named.pop() if len(named) == 1 else ""


def find(rows: Iterable[tuple[int, list[Cell]]], profile: ColumnProfile) -> Places:
    """The header's row and columns. UnusableStatement says which column is missing."""
    wanted = [profile.date, *profile.details(), profile.amount or profile.credit]
    best: list[str] = wanted
    for number, cells in rows:
        if number > HEADER_WITHIN:
            break
        names = [fold(str(cell)) if cell is not None else "" for cell in cells]
        missing = [name for name in wanted if fold(name) not in names]
        if not missing:
            return _places(number, names, profile)
        if len(missing) < len(best):
            best = missing
    listed = ", ".join(f"«{name}»" for name in best)
    raise UnusableStatement(
        f"En las primeras {HEADER_WITHIN} filas no está la columna {listed}. "
        "Revise el perfil del banco."
        if len(best) == 1
        else f"En las primeras {HEADER_WITHIN} filas no están las columnas {listed}. "
        "Revise el perfil del banco."
    )


def _places(header: int, names: list[str], profile: ColumnProfile) -> Places:
    def of(name: str) -> int | None:
        return names.index(fold(name)) if name and fold(name) in names else None

    return Places(
        header=header,
        date=names.index(fold(profile.date)),
        details=tuple(names.index(fold(name)) for name in profile.details()),
        amount=names.index(fold(profile.amount or profile.credit)),
        debit=of(profile.debit),
        reference=of(profile.reference),
        payer=of(profile.payer),
        currency=of(profile.currency),
    )


def _row(
    number: int,
    cells: list[Cell],
    places: Places,
    profile: ColumnProfile,
    mark: str | None,
    currency: str,
) -> StatementRow | None:
    """One row; None for money that went out. ValueError with the reason."""
    amount = _amount(_at(cells, places.amount), mark)
    if amount is None:
        if places.debit is not None and _amount(_at(cells, places.debit), mark):
            return None
        raise ValueError("No trae monto.")
    if amount == 0 and places.debit is not None:
        return None
    if amount < 0:
        return None
    if amount == 0:
        raise ValueError("El monto es cero.")
    return _made(number, cells, places, profile, currency, amount)


def _out(
    number: int,
    cells: list[Cell],
    places: Places,
    profile: ColumnProfile,
    mark: str | None,
    currency: str,
) -> StatementRow | None:
    """Money that went out, as far as it can be read: nothing is refused for it."""
    try:
        amount = _amount(_at(cells, places.amount), mark)
        if not amount and places.debit is not None:
            amount = _amount(_at(cells, places.debit), mark)
        return _made(number, cells, places, profile, currency, abs(amount)) if amount else None
    except ValueError:
        return None


def _made(
    number: int,
    cells: list[Cell],
    places: Places,
    profile: ColumnProfile,
    currency: str,
    amount: Decimal,
) -> StatementRow:
    return StatementRow(
        number=number,
        booked_on=_day(_at(cells, places.date), profile.day_order),
        amount=amount,
        currency=_currency(_at(cells, places.currency), currency),
        detail=_words((_at(cells, place) for place in places.details), "detail"),
        reference=_words([_at(cells, places.reference)], "reference"),
        payer=_words([_at(cells, places.payer)], "payer"),
    )


def _at(cells: list[Cell], place: int | None) -> Cell:
    return cells[place] if place is not None and place < len(cells) else None


def _amount(cell: Cell, mark: str | None) -> Decimal | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, Decimal):
        amount = (
            cell.quantize(CENT, ROUND_HALF_UP) if cell.is_finite() and abs(cell) < LARGEST else None
        )
        if amount is None or abs(amount - cell) > Decimal("0.00001"):
            raise ValueError(f"El monto {cell} tiene más de dos decimales, o es demasiado grande.")
        return amount
    if isinstance(cell, date):
        raise ValueError("En el lugar del monto hay una fecha.")
    if cell.startswith("="):
        raise ValueError("El monto es una fórmula, no un dato.")
    try:
        amount = money_column.parse(cell, mark)
    except AmountError as error:
        raise ValueError(f"Monto «{visible(cell)[:40]}»: {error}") from None
    if amount >= LARGEST:
        raise ValueError("El monto es demasiado grande.")
    return amount


def _day(cell: Cell, order: str) -> date:
    if isinstance(cell, date):
        return cell
    text = str(cell or "").strip()
    for candidate in (text, text.split(" ")[0], text.split("T")[0]):
        for pattern in PATTERNS[order]:
            try:
                return datetime.strptime(candidate, pattern).date()  # noqa: DTZ007 - no zone in a day
            except ValueError:
                continue
    raise ValueError(f"La fecha «{visible(text)[:30]}» no se entiende.")


def _currency(cell: Cell, otherwise: str) -> str:
    text = str(cell or "").strip()
    if not text:
        return otherwise
    code = CURRENCIES.get(fold(text), text.upper())
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise ValueError(f"La moneda «{visible(text)[:20]}» no se conoce.")
    return code


def _words(cells: Iterable[Cell], name: str) -> str:
    texts = (f"{cell:f}" if isinstance(cell, Decimal) else str(cell) for cell in cells if cell)
    return visible(" ".join(text for text in texts if text))[: LONGEST[name]]
