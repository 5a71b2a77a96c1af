"""`iofacturo read-proof FILE [--json]`: what a proof of payment says, without a database.

The file goes the way of every upload: cleaned in a bounded process first, then read in another.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from iofacturo.renewals.proof_reading import reader
from iofacturo.renewals.proof_reading.bounded import Child, Seen, Sheet, Unreadable
from iofacturo.renewals.proof_reading.reading import VERSION, Reading


def main(argv: list[str]) -> int:
    """Exit status 0, 1 when nothing could be read, 2 when the file cannot be used."""
    parser = argparse.ArgumentParser(
        prog="iofacturo read-proof",
        description="Tell what a proof of payment (PDF, PNG or JPG) says.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    options = parser.parse_args(argv)
    try:
        data = options.file.read_bytes()
    except OSError as error:
        return _unusable(f"{options.file}: {error.strerror}")
    return _read(data, options.file.name, as_json=options.json)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where the locks of the two processes are: this command waits for no other."""
    return tempfile.TemporaryDirectory(prefix="iofacturo-")


def _read(data: bytes, name: str, *, as_json: bool) -> int:
    from django.conf import settings

    folder = Path(_folder().name)
    if not settings.configured:
        settings.configure(DATA=folder)
    from iofacturo.uploads import cleaning

    started = time.monotonic()
    try:
        cleaned = cleaning.clean(data, name)
    except cleaning.Refused as refused:
        return _unusable(refused.message)
    worker = Child(folder / "lectura.lock")
    try:
        seen = worker.look(
            [Sheet(*one) for one in zip(cleaned.pages, cleaned.words, strict=True)]
        )  # fmt: skip
    except Unreadable as error:
        print(f"iofacturo read-proof: no se pudo leer ({error})", file=sys.stderr)
        return 1
    finally:
        worker.close()
    found = reader.read([page.words for page in seen])
    seconds = time.monotonic() - started
    if as_json:
        print(json.dumps(answer(name, cleaned.page_count, seen, found, seconds),
                         ensure_ascii=False))  # fmt: skip
    else:
        for line in lines(found):
            print(line)
    return 1 if found.is_empty else 0


def _unusable(why: str) -> int:
    print(f"iofacturo read-proof: {why}", file=sys.stderr)
    return 2


def answer(
    name: str, page_count: int, seen: list[Seen], found: Reading, seconds: float
) -> dict[str, Any]:
    """What the command prints; docs/read-proof.md documents it."""
    return {
        "file": name,
        "pages": page_count,
        "read": [{"page": n, "source": page.source, "words": len(page.words)}
                 for n, page in enumerate(seen, 1)],
        "seconds": round(seconds, 2),
        "version": VERSION,
        **found.as_json(),
    }  # fmt: skip


def lines(found: Reading) -> list[str]:
    """The reading for a person at a terminal."""
    facts: list[tuple[str, Any]] = []
    if found.amount:
        facts.append(("Monto", f"{found.amount.value} {found.amount.currency}".strip()))
    if found.day:
        facts.append(("Fecha", found.day.value.isoformat()))
    facts += [("Referencia", f"{one.value} ({one.kind})") for one in found.references]
    facts += [("Cuenta", f"{one.shown} {one.role}".strip()) for one in found.accounts]
    facts += [(what, one.value) for what, one in
              (("Beneficiario", found.payee), ("Banco", found.bank)) if one]  # fmt: skip
    if found.sinpe_movil:
        facts.append(("SINPE Móvil", "sí"))
    return [f"{name:<13} {value}" for name, value in facts] or ["No se pudo leer nada."]
