"""`iofacturo bank-match LINES.csv REQUESTS.csv [--json]`: the same engine on files from outside.

Columns, by any of their names, in any order, accents and case aside (docs/bank-match.md):
LINES     id? · fecha · monto · moneda? · detalle · referencia? · ordenante?
REQUESTS  solicitud · referencia · empresa · total · moneda? · fecha? · pagadores? · transferencias?
          · marcada?
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from iofacturo.lib.amounts import AmountError
from iofacturo.renewals import reference
from iofacturo.renewals.matching import money_column
from iofacturo.renewals.matching.engine import match
from iofacturo.renewals.matching.facts import Line, Match, Wanted
from iofacturo.renewals.matching.table import UnusableFile, rows

LINES = {
    "id": ("id", "linea", "line", "line_id", ""),
    "booked_on": ("fecha", "date", "booked_on", "fecha valor", "value_date"),
    "amount": ("monto", "amount", "credito", "credit", "importe"),
    "currency": ("moneda", "currency", ""),
    "detail": ("detalle", "detail", "descripcion", "description", "concepto", "memo"),
    "reference": ("referencia", "reference", "documento", "bank_reference", "numero", ""),
    "payer": ("ordenante", "payer", "pagador", "origen", "nombre", "cliente", ""),
}
REQUESTS = {
    "number": ("solicitud", "number", "request", "numero", "id", "request_id"),
    "reference": ("referencia", "reference", "payment_reference"),
    "company": ("empresa", "company", "cliente", "company_id", "customer"),
    "due": ("total", "due", "amount", "monto", "pendiente"),
    "currency": ("moneda", "currency", ""),
    "since": ("fecha", "date", "since", "enviada", "submitted", "submitted_at", "created", ""),
    "payers": ("pagadores", "payers", "payer", "ordenantes", "known_payers", ""),
    "transfers": ("transferencias", "transfers", "bank_reference", "transfer", ""),
    "flagged": ("marcada", "flagged", ""),
}
YES = {"1", "si", "sí", "true", "yes", "x"}
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y%m%d", "%d.%m.%Y")
LEAST_CODE = 5
T = TypeVar("T")


def main(argv: list[str]) -> int:
    """Exit status 0, 1 when rows had to be left out, 2 when a file cannot be used."""
    parser = argparse.ArgumentParser(
        prog="iofacturo bank-match",
        description="Tell which movement of the bank pays which request.",
    )
    parser.add_argument("lines", type=Path, metavar="LINES.csv")
    parser.add_argument("requests", type=Path, metavar="REQUESTS.csv")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    parser.add_argument(
        "--automatic-up-to", type=Decimal, metavar="AMOUNT",
        help="never automatic from this amount on",
    )  # fmt: skip
    options = parser.parse_args(argv)
    left_out: list[dict[str, Any]] = []
    try:
        wanted = _read(options.requests, REQUESTS, "due", _wanted, lambda one: one.number, left_out)
        lines = _read(options.lines, LINES, "amount", _line, lambda one: one.id, left_out)
    except UnusableFile as error:
        print(f"iofacturo bank-match: {error}", file=sys.stderr)
        return 2
    found = match(lines, wanted, automatic_up_to=options.automatic_up_to)
    if options.json:
        _print_json(found, left_out)
    else:
        for one in found:
            to = ", ".join(one.requests) or "—"
            print(f"{one.tier}  {', '.join(one.lines)} → {to}  {' '.join(one.evidence)}")
        for row in left_out:
            print(f"{row['file']}:{row['row']}  {row['reason']}", file=sys.stderr)
    return 1 if left_out else 0


def _print_json(found: list[Match], left_out: list[dict[str, Any]]) -> None:
    """One object, a match a line: a month of a large account is not held twice."""
    print('{"matches": [')
    for n, one in enumerate(found, 1):
        print(json.dumps(as_json(one), ensure_ascii=False) + ("," if n < len(found) else ""))
    print(f'], "left_out": {json.dumps(left_out, ensure_ascii=False)}}}')


def as_json(one: Match) -> dict[str, Any]:
    """A match as the command prints it; amounts are strings."""
    return {
        "tier": one.tier,
        "lines": list(one.lines),
        "requests": list(one.requests),
        "paid": str(one.paid),
        "due": str(one.due),
        "difference": str(one.difference),
        "automatic": one.automatic,
        "evidence": list(one.evidence),
    }


def _read(
    path: Path,
    columns: dict[str, tuple[str, ...]],
    money: str,
    make: Callable[[dict[str, str], int, str | None], T],
    name: Callable[[T], str],
    left_out: list[dict[str, Any]],
) -> list[T]:
    """The good rows; the others go to *left_out* with their reason."""
    mark = money_column.decimal_mark(cells[money] for _, cells in rows(path, columns))
    good: dict[str, T] = {}
    for number, cells in rows(path, columns):
        try:
            one = make(cells, number, mark)
            if name(one) in good:
                raise ValueError(f"«{name(one)}» está repetido.")
            good[name(one)] = one
        except ValueError as error:
            left_out.append({"file": path.name, "row": number, "reason": str(error)})
    return list(good.values())


def _line(cells: dict[str, str], number: int, mark: str | None) -> Line:
    amount = _amount(cells["amount"], mark)
    return Line(
        id=cells["id"] or str(number),
        booked_on=day(cells["booked_on"]),
        amount=amount,
        currency=_currency(cells["currency"]),
        detail=cells["detail"],
        reference=cells["reference"],
        payer=cells["payer"],
    )


def _wanted(cells: dict[str, str], number: int, mark: str | None) -> Wanted:
    if not cells["number"]:
        raise ValueError("Falta el número de la solicitud.")
    return Wanted(
        number=cells["number"],
        reference=_reference(cells["reference"]),
        company=cells["company"],
        due=_amount(cells["due"], mark),
        currency=_currency(cells["currency"]),
        since=day(cells["since"][:10]) if cells["since"] else None,
        payers=_list(cells["payers"]),
        transfers=_list(cells["transfers"]),
        flagged=cells["flagged"].strip().casefold() in YES,
    )


def _reference(text: str) -> str:
    """As we compare it. One from outside need not have our check character, only be long enough."""
    code = reference.compact(text)
    if len(code) < len(reference.PREFIX) + LEAST_CODE:
        raise ValueError(f"La referencia «{text[:40]}» es muy corta para reconocerla.")
    return code


def _amount(text: str, mark: str | None) -> Decimal:
    try:
        amount = money_column.parse(text, mark)
    except AmountError as error:
        raise ValueError(f"Monto «{text[:40]}»: {error}") from None
    if amount <= 0:
        raise ValueError(f"El monto «{text[:40]}» no es dinero que entra.")
    return amount


def _currency(text: str) -> str:
    code = text.strip().upper() or "CRC"
    known = {"₡": "CRC", "COLONES": "CRC", "COLON": "CRC", "$": "USD", "DOLARES": "USD"}
    code = known.get(code, code)
    if len(code) != 3 or not code.isalpha():
        raise ValueError(f"La moneda «{text[:20]}» no se conoce.")
    return code


def day(text: str) -> date:
    """The day in *text*, as banks write it: 2026-11-23, 23/11/2026, 20261123. ValueError."""
    for pattern in DAYS:
        try:
            return datetime.strptime(text.strip(), pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError(f"La fecha «{text[:20]}» no se entiende.")


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())
