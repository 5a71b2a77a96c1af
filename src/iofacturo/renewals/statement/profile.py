"""Which column of a bank's file holds what."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

DAY_ORDERS = {"dmy": "día, mes, año", "ymd": "año, mes, día", "mdy": "mes, día, año"}
DECIMAL_MARKS = {"": "según el archivo", ",": "coma", ".": "punto"}


@dataclass(frozen=True)
class ColumnProfile:
    """Headers as the bank writes them; accents and case do not matter. "" where there is none.

    Either `amount` holds what came in, or amounts with a sign; or `credit` does and `debit` what
    went out. `detail` may be several headers, parted by a comma. The header is looked for in the
    first rows of the file.
    """

    date: str
    detail: str
    amount: str = ""
    credit: str = ""
    debit: str = ""
    reference: str = ""
    payer: str = ""
    currency: str = ""
    day_order: str = "dmy"
    decimal_mark: str = ""

    def problems(self) -> dict[str, str]:
        """What is wrong with the profile itself, by field."""
        found: dict[str, str] = {}
        if not self.date:
            found["date"] = "Diga qué columna trae la fecha."
        if not self.detail:
            found["detail"] = "Diga qué columna trae el detalle."
        if not self.amount and not self.credit:
            found["amount"] = "Diga qué columna trae el monto, o los créditos."
        if self.amount and self.credit:
            found["credit"] = "Escoja una: la columna del monto o la de los créditos."
        if self.day_order not in DAY_ORDERS:
            found["day_order"] = "Escoja el orden de la fecha."
        if self.decimal_mark not in DECIMAL_MARKS:
            found["decimal_mark"] = "Escoja coma o punto."
        return found

    def details(self) -> list[str]:
        return [part.strip() for part in self.detail.split(",") if part.strip()]

    def as_json(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ColumnProfile:
        names = {field.name for field in fields(cls)}
        return cls(**{name: str(value) for name, value in data.items() if name in names})


BAC = ColumnProfile(
    date="Fecha",
    reference="Referencia",
    detail="Descripción",
    credit="Créditos",
    debit="Débitos",
)
"""A start for BAC Credomatic. What it really exports was not seen: staff try it on their file."""
