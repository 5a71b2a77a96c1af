"""The numbers of one sucursal and terminal: what each type of document goes on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from hacienda import clave
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing import series
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.errors import SeriesError
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.series import Series

DOCUMENTS = ("01", "04", "03", "02", "08", "09", "10")
MESSAGES = ("05", "06", "07")
AT_MESSAGES = (1, 1)  # where a company's answers to received documents are numbered


@dataclass(frozen=True)
class Line:
    """One type of document at one place. `next_number` is 1 for a series not open yet."""

    sucursal: int
    terminal: int
    tipo: str
    next_number: int
    is_open: bool
    used: bool  # a document has a number of it: from here on it only goes forward

    @property
    def name(self) -> str:
        return clave.TIPOS[self.tipo]

    @property
    def prefix(self) -> str:
        return f"{self.sucursal:03}{self.terminal:05}{self.tipo}"

    @property
    def consecutivo(self) -> str:
        """What the next document will have."""
        return f"{self.prefix}{self.next_number:010}"


def types_at(sucursal: int, terminal: int) -> tuple[str, ...]:
    """The types that are numbered at a place."""
    return DOCUMENTS + (MESSAGES if (sucursal, terminal) == AT_MESSAGES else ())


def lines(company: Company, sucursal: int, terminal: int) -> list[Line]:
    """Every type at one place, open or not; two queries."""
    rows = company.series.filter(sucursal=sucursal, terminal=terminal)
    numbers = dict(rows.values_list("tipo", "next_number"))
    used = _used(company, sucursal, terminal)
    return [
        Line(sucursal, terminal, tipo, numbers.get(tipo, 1), tipo in numbers, used[tipo])
        for tipo in types_at(sucursal, terminal)
    ]


def _used(company: Company, sucursal: int, terminal: int) -> dict[str, bool]:
    """Which types have a document already: one look into the index for each, in one query."""
    found = {}
    for tipo in types_at(sucursal, terminal):
        rows = ReceiverMessage.objects if tipo in MESSAGES else Comprobante.objects
        prefix = f"{sucursal:03}{terminal:05}{tipo}"
        mine = rows.filter(company=OuterRef("pk"), consecutivo__range=series.reach(prefix))
        found[f"t{tipo}"] = Exists(mine)
    row = Company.objects.filter(pk=company.pk).values(**found).get()
    return {name[1:]: bool(value) for name, value in row.items()}


class Unlike(Exception):
    """Numbers that cannot be taken; `problems` by type."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems.values()))


def write(
    company: Company,
    sucursal: int,
    terminal: int,
    numbers: Mapping[str, int],
    *,
    by: User | None,
    at: datetime,
) -> int:
    """Let each type go on with its number, all of them or none; how many changed. Raises Unlike."""
    problems: dict[str, str] = {}
    changed = 0
    with transaction.atomic():
        there: dict[str, Series] = {
            row.tipo: row for row in company.series.filter(sucursal=sucursal, terminal=terminal)
        }
        # several series are locked in the order of their ids
        for tipo in sorted(numbers, key=lambda one: there[one].pk if one in there else 2**63):
            row = there.get(tipo)
            try:
                if row is None:
                    row = series.open_series(
                        company, tipo, sucursal=sucursal, terminal=terminal, start=numbers[tipo],
                        by=by, at=at,
                    )  # fmt: skip
                    changed += 1
                elif row.next_number != numbers[tipo]:
                    changed += 1
                row.start_at(numbers[tipo], by=by, at=at)
            except SeriesError as error:
                problems[tipo] = str(error)
        if problems:
            transaction.set_rollback(True)
    if problems:
        raise Unlike(problems)
    return changed


def number(text: str) -> int:
    """The number somebody typed. Raises ValueError with what is wrong with it, in Spanish."""
    digits = "".join(text.split()).replace(".", "").replace(",", "").replace("-", "")
    if not digits:
        raise ValueError("Escriba el próximo número; si empieza de cero, es el 1.")
    if not digits.isascii() or not digits.isdigit():
        raise ValueError("Escriba solo números.")
    if len(digits) == 20:
        last = int(digits[10:])
        raise ValueError(
            f"Escriba solo el número, sin lo de adelante: si {last} fue el último, es {last + 1}."
        )
    value = int(digits) if len(digits) <= 12 else series.LAST_NUMBER + 1
    if not 1 <= value <= series.LAST_NUMBER:
        raise ValueError("El número va de 1 a 9 999 999 999.")
    return value
