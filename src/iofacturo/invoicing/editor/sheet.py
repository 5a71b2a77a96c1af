"""What the page shows of a draft: its fields with their texts, and each problem beside its field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from hacienda.errors import Problem
from iofacturo.invoicing.editor import place, spot, unread
from iofacturo.invoicing.editor.field import Choice, Field, of_place

Json = dict[str, Any]


@dataclass
class Shown:
    """One field on the page; `name` is its id as well."""

    sheet: Sheet
    name: str
    field: Field
    text: str
    label: str
    choices: list[Choice] = attribute(default_factory=list)
    own_error: str = ""

    @property
    def kind(self) -> str:
        return self.field.kind

    @property
    def hint(self) -> str:
        return self.field.hint

    @property
    def error(self) -> str:
        return self.own_error or self.sheet.told.get(self.name, "")

    @property
    def described(self) -> str:
        """Ids of what explains the field."""
        parts = [f"{self.name}:h"] if self.hint else []
        return " ".join([*parts, f"{self.name}:e"] if self.error else parts)

    @property
    def input_type(self) -> str:
        return {"day": "date", "moment": "datetime-local"}.get(self.kind, "text")


@dataclass
class Told:
    """One row of the summary of problems."""

    name: str  # the field's id, or where the page has something about it
    label: str
    message: str
    url: str = ""


class Sheet:
    """The fields of one draft as they are asked for, so that problems know which are on the page."""

    def __init__(self, data: Json, tipo: str) -> None:
        self.data = data
        self.tipo = tipo
        self.texts: dict[str, str] = {}  # what each field on the page holds, by its name
        self.told: dict[str, str] = {}

    def field(self, name: str, label: str = "", **more: Any) -> Shown | None:
        """The field of a place, None where this type of document has none."""
        known = of_place(self.tipo, name)
        if known is None:
            return None
        held = place.get(self.data, name)
        return self.shown(
            name, known, known.show(held), label, own_error=_fault(known, held), **more
        )

    def shown(self, name: str, known: Field, text: str, label: str = "", **more: Any) -> Shown:
        self.texts[name] = text
        choices = list(known.choices)
        if choices and text and text not in {code for code, _ in choices}:
            choices.append((text, text))
        return Shown(self, name, known, text, label or known.label, choices, **more)

    def fields(self, owner: str, names: Iterable[str]) -> list[Shown]:
        """Those of *names* that this type has below *owner*."""
        found = (self.field(f"{owner}/{name}" if owner else name) for name in names)
        return [one for one in found if one is not None]

    def has(self, path: str) -> bool:
        return of_place(self.tipo, path) is not None

    def tell(self, problems: Iterable[Problem], window: range) -> list[Told]:
        """Put each problem beside its field; the rows of the summary, in the page's order."""
        rows = []
        for problem in problems:
            name = spot.of(problem.path, self.texts, window)
            message = spot.message(problem)
            if name in self.texts and problem.is_error:
                self.told.setdefault(name, message)
            rows.append(
                Told(name, spot.label(problem.path, self.tipo), message, spot.url(name, window))
            )
        return rows


def _fault(known: Field, held: Any) -> str:
    return known.fault(held) if unread.is_unread(held) else ""
