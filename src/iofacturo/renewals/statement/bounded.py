"""Reading a bank's file in a child process that cannot take the memory or the time of this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import Any

from iofacturo.renewals.statement.profile import ColumnProfile
from iofacturo.renewals.statement.reading import LARGEST
from iofacturo.renewals.statement.row import BadRow, Statement, StatementRow, UnusableStatement

COMMAND = (sys.executable, "-I", "-m", "iofacturo.renewals.statement.child")
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": os.defpath, "MALLOC_ARENA_MAX": "1"}
SECONDS = 45


class Unreadable(UnusableStatement):
    """A file whose columns are not those of its profile; `cells` are its first rows."""

    def __init__(self, why: str, cells: list[list[str]]) -> None:
        self.cells = cells
        super().__init__(why)


def read(data: bytes, profile: ColumnProfile, *, currency: str = "CRC") -> Statement:
    """The statement in *data*. UnusableStatement, also when the child died or hung."""
    if len(data) > LARGEST:
        raise UnusableStatement(f"El archivo pasa de {LARGEST // 2**20} MB: pártalo por fechas.")
    question = json.dumps({"profile": profile.as_json(), "currency": currency}).encode() + b"\n"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            COMMAND,
            input=question + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnusableStatement(
            "El archivo tarda demasiado en leerse: pártalo por fechas."
        ) from None
    if done.returncode != 0:
        raise UnusableStatement("El archivo no se puede leer: pártalo por fechas o use CSV.")
    told = json.loads(done.stdout)
    if "unusable" in told:
        raise Unreadable(told["unusable"], told["cells"])
    return Statement(
        kind=told["kind"],
        iban=told["iban"],
        rows=_rows(told["rows"]),
        out=_rows(told["out"]),
        bad=[BadRow(**row) for row in told["bad"]],
        outgoing=told["outgoing"],
    )


def _rows(told: list[list[Any]]) -> list[StatementRow]:
    return [
        StatementRow(number, date.fromisoformat(day), Decimal(amount), *texts)
        for number, day, amount, *texts in told
    ]
