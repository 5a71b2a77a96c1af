"""The file that an operator brings as the CAByS catalogue: a CSV, or the workbook itself.

A workbook (.xlsx) is read sheet by sheet as a stream of rows and handed to the same reader as a
CSV, so that both may have titles above the header and any of the names of columns it knows.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from hacienda.catalogos.cabys import MAX_BYTES, Cabys
from hacienda.errors import InvalidError

MOST_UNPACKED = 256 * 2**20
"""Bytes; the parts of the workbook of 2026 unpack to a quarter of that."""
MOST_COLUMNS = 60
ZIP = b"PK\x03\x04"


def read_bytes(path: Path) -> bytes:
    """The file's bytes. InvalidError when it cannot be opened, or is larger than any catalogue."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidError(f"No se puede abrir {path.name}: {reason}.") from error
    if len(data) > MAX_BYTES:
        raise InvalidError("El archivo es demasiado grande para ser el catálogo CAByS.")
    return data


def read(data: bytes) -> Cabys:
    """The catalogue in *data*. InvalidError when it is none."""
    if not data.startswith(ZIP):
        return Cabys.from_csv(data)
    for sheet in _sheets(data):
        try:
            return Cabys.from_csv(sheet)
        except InvalidError:
            continue
    raise InvalidError("Ninguna hoja del libro trae códigos CAByS de 13 dígitos.")


def _sheets(data: bytes) -> list[bytes]:
    """Every sheet as a CSV, the one with most rows first."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise InvalidError("El archivo parece un libro de Excel, pero no se puede leer.") from error
    if unpacked > MOST_UNPACKED:
        raise InvalidError("El libro es demasiado grande para ser el catálogo CAByS.")
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise InvalidError("El archivo parece un libro de Excel, pero no se puede leer.") from error
    try:
        return sorted((_as_csv(sheet) for sheet in book.worksheets), key=len, reverse=True)
    finally:
        book.close()


def _as_csv(sheet: openpyxl.worksheet.worksheet.Worksheet) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    size = 0
    for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
        cells = [_text(cell) for cell in row]
        if any(cells):
            size += writer.writerow(cells)
        if size > MAX_BYTES:
            raise InvalidError("El libro es demasiado grande para ser el catálogo CAByS.")
    return out.getvalue().encode()


def _text(cell: object) -> str:
    """A cell as text; a code that is a number in the sheet gets no decimals."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
