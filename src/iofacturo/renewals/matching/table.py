"""A CSV file from outside as rows: encoding and delimiter found out, headers matched by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from iofacturo.lib import table_text
from iofacturo.lib.folding import fold

LONGEST_FILE = 200 * 1024 * 1024
LONGEST_CELL = 2_000


class UnusableFile(ValueError):
    """The file as a whole cannot be used; the message says why, in Spanish."""


def rows(
    path: Path, columns: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by the names of *columns*, whose values are accepted headers.

    The first accepted header of each column must be there unless "" is among the accepted ones.
    Cells that are missing in a row are empty. UnusableFile.
    """
    text = _text(path)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [fold(cell) for cell in next(reader, [])]
        places = _places(header, columns)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield (
                    reader.line_num,
                    {
                        name: cells[place].strip()[:LONGEST_CELL]
                        if place is not None and place < len(cells)
                        else ""
                        for name, place in places.items()
                    },
                )
    except csv.Error as error:
        raise UnusableFile(f"La línea {reader.line_num} no se puede leer como CSV.") from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LONGEST_FILE:
            raise UnusableFile(f"El archivo {path.name} pasa de {LONGEST_FILE // 2**20} MB.")
        data = path.read_bytes()
    except OSError as error:
        raise UnusableFile(f"No se puede abrir {path}.") from error
    text = table_text.decoded(data)
    if text is None:
        raise UnusableFile(f"{path.name} no es un archivo de texto.")
    return text


def _places(header: list[str], columns: Mapping[str, tuple[str, ...]]) -> dict[str, int | None]:
    places: dict[str, int | None] = {}
    for name, accepted in columns.items():
        there = [header.index(word) for word in accepted if word and word in header]
        if not there and "" not in accepted:
            raise UnusableFile(
                f"Falta la columna «{accepted[0]}» (también puede llamarse "
                f"{', '.join(accepted[1:])})."
            )
        places[name] = there[0] if there else None
    return places
