"""Rows of cells of a CSV or XLSX file, within bounds; the first sheet, formulas as their text."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from iofacturo.lib import table_text
from iofacturo.renewals.statement.row import UnusableStatement

MOST_ROWS = 200_000
MOST_CELLS = 60  # of a row; what stands further right is not ours
LONGEST_CELL = 1_000
LARGEST_PART = 150 * 1024 * 1024  # of an XLSX, unpacked
LARGEST_STRINGS = 60 * 1024 * 1024
MOST_PARTS = 200
PROLOG = 4_096
Cell = str | Decimal | date | None


def of_csv(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """Line numbers and cells. UnusableStatement when it is no text."""
    text = table_text.decoded(data)
    if text is None:
        raise UnusableStatement("No es un archivo de texto, ni una hoja de Excel (XLSX).")
    sample = text[:20_000]
    delimiter = max(";,\t|", key=sample.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if reader.line_num > MOST_ROWS:
                raise UnusableStatement(f"El archivo tiene más de {MOST_ROWS} filas: pártalo.")
            yield reader.line_num, [cell.strip()[:LONGEST_CELL] for cell in cells[:MOST_CELLS]]
    except csv.Error as error:
        raise UnusableStatement(f"La fila {reader.line_num} no se puede leer.") from error


def of_xlsx(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """The same of the first sheet. Nothing is unpacked before its size is known."""
    _measure(data)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of itself is not believed
            for number, cells in enumerate(
                sheet.iter_rows(max_col=MOST_CELLS, values_only=True), 1
            ):
                if number > MOST_ROWS:
                    raise UnusableStatement(f"La hoja tiene más de {MOST_ROWS} filas: pártala.")
                yield number, [_plain(cell) for cell in cells]
        finally:
            book.close()
    except UnusableStatement:
        raise
    except Exception as error:  # of many kinds, all of them the file's
        raise UnusableStatement(
            "La hoja de Excel está dañada: ábrala y guárdela otra vez."
        ) from error


def _plain(cell: Any) -> Cell:
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, int | float):
        return Decimal(str(cell))
    return str(cell).strip()[:LONGEST_CELL]


def _measure(data: bytes) -> None:
    """Refuse what would unpack to too much, or brings its own entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS:
                raise UnusableStatement("La hoja de Excel trae demasiadas partes.")
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise UnusableStatement("Es un ZIP, pero no una hoja de Excel (XLSX).")
            for part in parts:
                bound = LARGEST_STRINGS if "sharedStrings" in part.filename else LARGEST_PART
                if part.file_size > bound or part.flag_bits & 1:
                    raise UnusableStatement("La hoja de Excel es demasiado grande o tiene clave.")
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as opened:
                        beginning = opened.read(PROLOG)
                    if b"<!DOCTYPE" in beginning or b"<!ENTITY" in beginning:
                        raise UnusableStatement("La hoja de Excel no es de las que hace un banco.")
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        raise UnusableStatement("La hoja de Excel está dañada.") from error
