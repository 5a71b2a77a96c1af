"""One field of the form: an element of the document as a person reads and types it.

`show` gives the text of what the JSON holds and `parse` the JSON of what was typed; what cannot be
read comes back behind the mark of `unread`. Which fields a type of document has, how long they may
be and which codes they take is asked of `hacienda.estructura`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from hacienda.comprobante import COSTA_RICA, FechaHora, texto_fecha
from hacienda.errors import InvalidError
from hacienda.estructura import of
from iofacturo.invoicing.editor import place, unread, words
from iofacturo.lib import amounts, formats
from iofacturo.lib.amounts import AmountError
from iofacturo.lib.visible import visible

Choice = tuple[str, str]
NBSP = "\u00a0"
AREA = 120  # characters from which a text gets more than one row
CENTS = 2


@dataclass(frozen=True)
class Field:
    """An element that people fill in. `kind`: text, area, list, amount, whole, day, moment, code,
    unit, number (of an identification: people type it with dashes)."""

    name: str
    label: str
    kind: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    longest: int | None = None
    decimals: int = 5
    least: int = 0
    required: bool = False

    def show(self, held: Any) -> str:
        """The text in the field for what the JSON holds."""
        if self.kind == "list":
            return (
                "\n".join(one for one in held if isinstance(one, str))
                if isinstance(held, list)
                else ""
            )
        if isinstance(held, int) and not isinstance(held, bool):
            held = str(held)
        if not isinstance(held, str):
            return ""
        if unread.is_unread(held):
            return unread.typed(held)
        if self.kind == "amount":
            return amount(held, self.least)
        if self.kind in ("day", "moment"):
            return _moment(held, self.kind)
        return held

    def parse(self, text: str) -> Any:
        """The JSON of what was typed; None for nothing. Never raises."""
        if self.kind == "list":
            return [one for one in map(visible, text.splitlines()) if one] or None
        text = text.strip() if self.kind == "area" else visible(text)
        if not text:
            return None
        if self.kind == "amount":
            try:
                return plain(amounts.parse(text.removesuffix("%"), self.decimals))
            except AmountError:
                return unread.mark(text)
        if self.kind == "whole":
            digits = re.sub(r"[\s\u00a0]", "", text)
            return digits if digits.isascii() and digits.isdigit() else unread.mark(text)
        if self.kind in ("day", "moment"):
            return _instant(text)
        if self.kind == "unit":
            return _unit(text)
        if self.kind == "number":
            return re.sub(r"[\s.-]", "", text).upper() or text
        return text

    def fault(self, held: Any) -> str:
        """Why what was typed cannot be read; empty when it can."""
        if not unread.is_unread(held):
            return ""
        text = unread.typed(held)
        if self.kind == "amount":
            try:
                amounts.parse(text.removesuffix("%"), self.decimals)
            except AmountError as error:
                return str(error)
        if self.kind in ("day", "moment"):
            return "Escriba la fecha como 2026-11-23 o elíjala en el calendario."
        if self.kind == "whole":
            return "Escriba un número entero, sin letras."
        return f"«{text[:40]}» no se puede leer. Escríbalo de nuevo."


def same(one: str, other: str) -> bool:
    """Whether two texts of a field are the same for a browser, which changes ends of lines."""
    return one.split() == other.split()


def plain(number: Decimal) -> str:
    """*number* as it goes into JSON, without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(held: str, least: int = CENTS) -> str:
    """A number of the JSON as people write it, with *least* decimals or as many as it has.

    Three decimals get a zero more, so that nobody takes them for thousands.
    """
    try:
        number = Decimal(held.strip())
    except InvalidOperation:
        return held
    if not number.is_finite() or abs(number.adjusted()) > 20:
        return held
    text = plain(number)
    decimals = max(len(text.partition(".")[2]), least)
    if decimals == 3:
        decimals = 4
    return formats.numero(number, decimals)


def _moment(held: str, kind: str) -> str:
    try:
        at = FechaHora(held).astimezone(COSTA_RICA)
    except InvalidError:
        return held
    if kind == "day":
        return at.date().isoformat()
    return at.strftime("%Y-%m-%dT%H:%M:%S") if at.year > 999 else held


def _instant(text: str) -> str:
    """An xs:dateTime of Costa Rica for a day, or a day and hour, in any usual way."""
    found = re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(.*)", text)
    if found:
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}{found[4]}"
    try:
        if len(text) <= 10:
            day = date.fromisoformat(text)
            return f"{day.isoformat()}T00:00:00-06:00"
        at = datetime.fromisoformat(text.replace(" ", "T", 1))
        return texto_fecha(at.replace(microsecond=0))
    except (ValueError, OverflowError):
        return unread.mark(text)


@lru_cache(maxsize=1)
def _units() -> dict[str, str]:
    """Symbols by what people type for them: without regard to case where that is one unit only."""
    names: dict[str, set[str]] = {}
    for code, unit in UNIDAD_MEDIDA.items():
        for written in (code, unit.nombre):
            names.setdefault(written.casefold(), set()).add(code)
    return {written: codes.pop() for written, codes in names.items() if len(codes) == 1}


def _unit(text: str) -> str:
    if text in UNIDAD_MEDIDA:
        return text
    return _units().get(text.casefold(), text)


@lru_cache(maxsize=2048)
def at(tipo: str, path: str) -> Field | None:
    """The field of a place in a document of this type (`plain` path); None where it has none."""
    element = of(tipo).find(path)
    if element is None or element.kind in ("group", "wrapper"):
        return None
    steps = path.split("/")
    facets = element.facets
    label = words.called(words.LABELS, steps, steps[-1])
    hint = words.called(words.HINTS, steps)
    choices: tuple[Choice, ...] = ()
    if steps[-1] == "UnidadMedida":
        kind = "unit"
    elif steps[-2:] in (["Identificacion", "Numero"], ["IdentificacionTercero", "Numero"]):
        kind = "number"
    elif element.kind == "decimal":
        kind = "amount"
    elif element.kind == "datetime":
        kind = "day" if steps[-1] == "FechaEmisionEX" else "moment"
    elif element.kind == "content":
        kind = "area"
    elif steps[-1] in ("NumeroVINoSerie",):
        kind = "list"
    elif element.kind == "integer" or facets.base in ("integer", "positiveInteger"):
        kind = "whole"
    elif catalogue := words.called_codes(steps):
        kind = "code"
        choices = _choices(tipo, steps, catalogue, facets.enumeration)
    else:
        is_long = (facets.max_length or 0) > AREA and steps[-1] != "CorreoElectronico"
        kind = "area" if is_long else "text"
    return Field(
        name=steps[-1],
        label=label,
        kind=kind,
        hint=hint,
        choices=choices,
        longest=500 if element.kind == "content" else facets.max_length,
        decimals=facets.fraction_digits or 0 if element.kind == "decimal" else 0,
        least=CENTS if (facets.total_digits or 0) >= 18 else 0,
        required=element.minimum > 0,
    )


def _choices(
    tipo: str, steps: list[str], catalogue: Any, lawful: tuple[str, ...]
) -> tuple[Choice, ...]:
    """The codes of a list that this type of document may carry, the usual ones first."""
    common = words.called_common(tipo, steps)
    codes = [code for code in catalogue.of_tipo(tipo) if not lawful or code.codigo in lawful]
    codes.sort(key=lambda one: common.index(one.codigo) if one.codigo in common else len(common))
    return tuple((one.codigo, one.nombre) for one in codes)


def of_place(tipo: str, name: str) -> Field | None:
    """The field called *name* on the page (short, with positions)."""
    return at(tipo, place.plain(name))
