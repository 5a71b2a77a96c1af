"""A list that somebody exported from another program: bytes into rows, whatever the encoding.

UTF-8, UTF-16 or the old code page of Windows; commas, semicolons or tabs; titles wherever they
begin. A quote that nobody closed costs its own row and no other.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from iofacturo.lib import table_text
from iofacturo.lib.folding import fold
from iofacturo.lib.visible import visible

MOST_BYTES = 5 * 2**20
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_LINES_OF_A_ROW = 12
HEADER_WITHIN = 15
DELIMITERS = ";,\t"
UNCLOSED = "La fila tiene unas comillas que no se cierran."
csv.field_size_limit(MOST_BYTES)  # a long cell is a bad row, not the end of the file


class Unreadable(ValueError):
    """The whole file cannot be used; the message says why, in Spanish."""


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, and its cells by column, or why it cannot be read."""

    line: int
    cells: list[str]
    values: dict[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """`columns` says which column each heading is, None for those that nobody knows."""

    headings: list[str]
    columns: list[str | None]
    rows: list[Row]

    @property
    def ignored(self) -> list[str]:
        """Headings that are not used."""
        return [
            heading
            for heading, column in zip(self.headings, self.columns, strict=True)
            if column is None and heading
        ]


class _Unclosed(Exception):
    pass


def read(data: bytes, names: Mapping[str, str], required: tuple[frozenset[str], ...]) -> Table:
    """The table in *data*.

    *names* gives the column of each heading, folded; each set of *required* needs one of its
    columns. Raises `Unreadable`.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("El archivo pesa más de 5 MB. Divídalo en varios.")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable(
            "El archivo es un libro de Excel. Ábralo, use «Guardar como» y escoja «CSV UTF-8»."
        )
    text = _decoded(data)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start, delimiter, headings = _header(lines, names, required)
    columns = _columns(headings, names)
    rows: list[Row] = []
    for line, cells, problem in _cells(lines, start + 1, delimiter):
        if not any(cells):
            continue
        if len(rows) == MOST_ROWS:
            raise Unreadable("El archivo tiene más de 20 000 filas. Divídalo en varios.")
        values = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
        rows.append(Row(line, cells, values, problem or _crowded(cells, headings)))
    if not rows:
        raise Unreadable("El archivo trae los títulos de las columnas y ninguna fila.")
    return Table(headings, columns, rows)


def _decoded(data: bytes) -> str:
    if not data.strip():
        raise Unreadable("El archivo está vacío.")
    # a stray NUL costs its own cell, not the file
    text = table_text.decoded(data) or table_text.decoded(data.replace(b"\x00", b""))
    if text is None:
        raise Unreadable("El archivo no es una tabla de texto. Guárdela como «CSV UTF-8».")
    return text


def _header(
    lines: list[str], names: Mapping[str, str], required: tuple[frozenset[str], ...]
) -> tuple[int, str, list[str]]:
    """Where the titles are, what separates them, and they."""
    for number, line in enumerate(islice(lines, HEADER_WITHIN)):
        for delimiter in DELIMITERS:
            cells = next(csv.reader([line[:20_000]], delimiter=delimiter), [])[:MOST_COLUMNS]
            headings = [visible(cell)[:80] for cell in cells]
            known = set(_columns(headings, names))
            if all(known & one for one in required):
                return number, delimiter, headings
    raise Unreadable(
        "No encontramos los títulos de las columnas en las primeras filas. "
        "Compare su archivo con la plantilla."
    )


def _columns(headings: list[str], names: Mapping[str, str]) -> list[str | None]:
    """The column of each heading; the second heading of a column does not count."""
    seen: set[str] = set()
    found: list[str | None] = []
    for heading in headings:
        column = names.get(plain(heading))
        found.append(None if column in seen else column)
        if column:
            seen.add(column)
    return found


def plain(heading: str) -> str:
    """A heading as it is looked up: folded, without signs.

    >>> plain("  Código_CAByS (13) ")
    'codigo cabys 13'
    """
    folded = fold(heading)
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def _cells(lines: list[str], start: int, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """(line, cells, problem) of each row; a row that never ends counts for its first line only."""
    position = start
    while position < len(lines):
        feed = _Feed(lines, position)
        try:
            for cells in csv.reader(feed, delimiter=delimiter):
                yield position + 1, [tidy(cell) for cell in cells[:MOST_COLUMNS]], ""
                position = feed.taken
                feed.row_began = position
            position = len(lines)
        except (_Unclosed, csv.Error):
            cells = [tidy(cell) for cell in lines[position].split(delimiter)[:MOST_COLUMNS]]
            yield position + 1, cells, UNCLOSED
            position += 1


class _Feed:
    """Lines for the reader, who is told to stop when one row takes too many of them."""

    def __init__(self, lines: list[str], position: int) -> None:
        self.lines = lines
        self.taken = self.row_began = position

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.taken - self.row_began >= MOST_LINES_OF_A_ROW:
            raise _Unclosed
        if self.taken >= len(self.lines):
            if self.taken > self.row_began:  # within quotes
                raise _Unclosed
            raise StopIteration
        line = self.lines[self.taken]
        self.taken += 1
        return line + "\n"


def tidy(cell: str) -> str:
    """A cell on one line, without the apostrophe that keeps spreadsheets from computing it."""
    if not (cell.isascii() and cell.isprintable() and "  " not in cell):
        cell = visible(unicodedata.normalize("NFC", cell))
    cell = cell.strip()
    if cell[:1] == "'" and cell[1:2] in "=+-@":
        return cell[1:]
    return cell


def _crowded(cells: list[str], headings: list[str]) -> str:
    """A problem when a row has more cells than there are columns: something is shifted."""
    if any(cells[len(headings) :]):
        return f"La fila tiene {len(cells)} celdas y las columnas son {len(headings)}."
    return ""
