"""The child that opens a bank's file. It runs alone, poor, and not for long.

    python -I -m iofacturo.renewals.statement.child < question > answer

The question is one line of JSON (profile and currency) and the file behind it; the answer is JSON:
the statement, its first rows of cells, or the reason why the file cannot be used.
"""

import json
import resource
import signal
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iofacturo.renewals.statement.row import StatementRow

MEMORY = 900 * 1024 * 1024  # of addresses, the libraries' own included
CPU_SECONDS = 40
WALL_SECONDS = 60
OPEN_FILES = 48


def impoverish() -> None:
    """Limits that cannot be lifted again."""
    signal.alarm(WALL_SECONDS)  # should the parent be gone
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (bound, bound))


def answer(question: dict[str, Any], data: bytes) -> dict[str, Any]:
    """The statement as JSON; `{"unusable": why, "cells": [...]}` when there is none."""
    from iofacturo.renewals.statement.profile import ColumnProfile
    from iofacturo.renewals.statement.reading import glance, read
    from iofacturo.renewals.statement.row import UnusableStatement

    profile = ColumnProfile.from_json(question["profile"])
    try:
        found = read(data, profile, currency=question["currency"])
    except UnusableStatement as error:
        return {"unusable": str(error), "cells": glance(data)}
    return {
        "kind": found.kind,
        "iban": found.iban,
        "outgoing": found.outgoing,
        "rows": [_cells(row) for row in found.rows],
        "out": [_cells(row) for row in found.out],
        "bad": [asdict(row) for row in found.bad],
    }


def _cells(row: "StatementRow") -> list[Any]:
    return [row.number, row.booked_on.isoformat(), str(row.amount), row.currency, row.detail,
            row.reference, row.payer]  # fmt: skip


def main() -> int:
    impoverish()
    question = json.loads(sys.stdin.buffer.readline())
    told = answer(question, sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
