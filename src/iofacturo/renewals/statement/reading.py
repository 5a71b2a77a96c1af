"""One door for every kind of statement: what it is shows in its first bytes."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import islice

from iofacturo.lib.visible import visible
from iofacturo.renewals.statement import by_columns, camt, cells
from iofacturo.renewals.statement.profile import ColumnProfile
from iofacturo.renewals.statement.row import Statement, UnusableStatement

LARGEST = 25 * 1024 * 1024
FIRST_ROWS, FIRST_CELLS = 12, 12
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read(data: bytes, profile: ColumnProfile, *, currency: str = "CRC") -> Statement:
    """The statement in *data*; *profile* and *currency* say what a file of columns leaves open.

    UnusableStatement, with the reason in Spanish.
    """
    if not data.strip():
        raise UnusableStatement("El archivo está vacío.")
    if len(data) > LARGEST:
        raise UnusableStatement(f"El archivo pasa de {LARGEST // 2**20} MB: pártalo por fechas.")
    if data.startswith(OLD_EXCEL):
        raise UnusableStatement("Es un Excel antiguo (XLS): guárdelo como XLSX o CSV.")
    if data.startswith(b"PK"):
        found = by_columns.read("XLSX", partial(cells.of_xlsx, data), profile, currency)
    elif data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        found = camt.read(data)
    else:
        found = by_columns.read("CSV", partial(cells.of_csv, data), profile, currency)
    if not (found.rows or found.bad or found.outgoing):
        raise UnusableStatement("El archivo no trae ningún movimiento.")
    return found


def glance(data: bytes) -> list[list[str]]:
    """The first rows of a file of columns as they stand in it, to find its header; else nothing."""
    if data.startswith(OLD_EXCEL) or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return []
    rows = cells.of_xlsx(data) if data.startswith(b"PK") else cells.of_csv(data)
    seen: list[list[str]] = []
    with suppress(UnusableStatement):
        for _, row in islice(rows, FIRST_ROWS):
            texts = [visible(str(cell))[:40] if cell is not None else "" for cell in row]
            seen.append(texts[:FIRST_CELLS])
    return seen
