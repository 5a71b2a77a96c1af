"""`iofacturo import-cabys FILE [--force]`: make FILE the CAByS catalogue in force."""

from __future__ import annotations

import sys
from pathlib import Path

from django.db import DatabaseError

from hacienda.errors import InvalidError
from iofacturo.invoicing.catalogue import cabys_import
from iofacturo.lib import clock

USAGE = """\
iofacturo import-cabys FILE [--force]

FILE is the catalogue of the Banco Central, as a workbook (.xlsx) or as CSV with the columns
codigo, descripcion and impuesto. --force takes it even when many known codes are missing in it."""


def main(words: list[str]) -> int:
    """Exit status 0, or 2 for a file or a call that cannot be used."""
    names = [word for word in words if word != "--force"]
    if len(names) != 1 or names[0].startswith("-"):
        asked = bool({"-h", "--help"} & set(words))
        print(USAGE, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        done = cabys_import.import_file(Path(names[0]), at=clock.now(), force="--force" in words)
    except InvalidError as problem:
        print(f"iofacturo import-cabys: {problem.message}", file=sys.stderr)
        return 2
    except DatabaseError as problem:
        print(f"iofacturo import-cabys: la base de datos no deja: {problem}", file=sys.stderr)
        return 2
    for line in done.lines():
        print(line)
    return 0
