"""The CAByS catalogue of goods and services, read from a file that the operator supplies.

The Banco Central publishes it as a workbook; a CSV of it is what `read` takes, either with the
columns `codigo, descripcion, impuesto` (and `cat1, cat1_desc`…), or the workbook itself as exported,
with its titles above the header and the columns of the nine categories.

A code has 13 digits. Its first digit says what it is: 0 to 4 goods, 5 to 9 services. That, and not
the unit, decides in which totals a line goes.
"""

from __future__ import annotations

import csv
import heapq
import io
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from hacienda.catalogos.palabras import fold
from hacienda.errors import InvalidError

Clase = Literal["bienes", "servicios"]

MAX_BYTES = 64 * 2**20
"""A file larger than this is no catalogue (the workbook of 2026 exports to some 15 MB)."""

# Little words are not asked for when there are others: "leche de vaca" finds "Leche, vaca".
_LITTLE = frozenset(
    {"a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "los", "o", "para", "por"}
    | {"que", "su", "un", "una", "u", "y"}
)
_WORD = re.compile(r"[a-z0-9]+")


def es_servicio(codigo: str) -> bool:
    """Whether a code is of a service.

    >>> es_servicio("8314100000000"), es_servicio("2151100000000")
    (True, False)
    """
    return codigo[:1] in "56789" and codigo != ""


@dataclass(frozen=True, slots=True)
class Producto:
    """One entry: `impuesto` is the suggested IVA in percent ("13", "0.5"), "exento", or ""."""

    codigo: str
    descripcion: str
    impuesto: str
    categoria: str = ""

    @property
    def es_servicio(self) -> bool:
        return es_servicio(self.codigo)

    @property
    def tarifa(self) -> Decimal | None:
        """The suggested percentage: 0 if exempt, None if the catalogue states none."""
        if self.impuesto == "exento":
            return Decimal(0)
        return Decimal(self.impuesto) if self.impuesto else None


class Cabys(Mapping[str, Producto]):
    """The catalogue: a mapping by code that can be searched.

    >>> cabys = Cabys([
    ...     Producto("2211000000100", "Leche fluida entera de vaca", "1"),
    ...     Producto("2229200000000", "Crema de leche", "13"),
    ...     Producto("8314100000000", "Servicios de diseño y desarrollo", "13"),
    ... ])
    >>> [p.codigo for p in cabys.search("vaca LECH")]
    ['2211000000100']
    >>> [p.descripcion for p in cabys.search("83")]
    ['Servicios de diseño y desarrollo']
    """

    def __init__(self, productos: Iterable[Producto]) -> None:
        by_code = {p.codigo: p for p in productos}
        # Short descriptions are the plain things; in this order the first found are the best.
        self._items = sorted(by_code.values(), key=lambda p: (len(p.descripcion), p.codigo))
        self._by_code = by_code
        self._codes = sorted(by_code)
        self._texts: list[str] = []
        postings: dict[str, array[int]] = {}
        for number, item in enumerate(self._items):
            words = _WORD.findall(fold(item.descripcion))
            self._texts.append(" " + " ".join(words))
            for word in set(words):
                postings.setdefault(word, array("H" if len(by_code) < 2**16 else "L")).append(
                    number
                )
        services = frozenset(n for n, p in enumerate(self._items) if p.es_servicio)
        goods = frozenset(range(len(self._items))) - services
        self._classes: dict[str, frozenset[int]] = {"bienes": goods, "servicios": services}
        self._words = sorted(postings)
        self._postings = [postings[word] for word in self._words]

    def __getitem__(self, codigo: str) -> Producto:
        return self._by_code[codigo]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __contains__(self, codigo: object) -> bool:
        return codigo in self._by_code

    @classmethod
    def read(cls, path: str | Path) -> Cabys:
        """The catalogue in a CSV file. Raises `InvalidError` if it is none."""
        try:
            with Path(path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise InvalidError(f"No se puede abrir el catálogo CAByS: {error}.") from error
        return cls.from_csv(data)

    @classmethod
    def from_csv(cls, data: bytes) -> Cabys:
        """The catalogue in the bytes of a CSV. Raises `InvalidError` if it is none."""
        if len(data) > MAX_BYTES:
            raise InvalidError("El archivo es demasiado grande para ser el catálogo CAByS.")
        items = list(_rows(data))
        if not items:
            raise InvalidError("El archivo no trae códigos CAByS de 13 dígitos.")
        return cls(items)

    def search(self, text: str, *, clase: Clase | None = None, limit: int = 20) -> list[Producto]:
        """Entries for what somebody types: words in any order, accents and case aside, each the
        beginning of a word of the description; or the first digits of a code.

        `clase` keeps goods or services only. Whole words come before beginnings, short
        descriptions before long ones; last come those that match when plurals lose their s.
        """
        if limit < 1:
            return []
        words = _WORD.findall(fold(text))
        if not words:
            return []
        if len(words) == 1 and words[0].isdigit():
            return self._with_prefix(words[0], clase, limit)
        asked = [word for word in words if word not in _LITTLE] or words
        found = self._with_words(asked, clase, limit)
        singular = [_singular(word) for word in asked]
        if len(found) < limit and singular != asked:
            more = self._with_words(singular, clase, limit)
            found += [item for item in more if item not in found]
        return found[:limit]

    def _with_prefix(self, prefix: str, clase: Clase | None, limit: int) -> list[Producto]:
        found: list[Producto] = []
        for position in range(bisect_left(self._codes, prefix), len(self._codes)):
            code = self._codes[position]
            if not code.startswith(prefix) or len(found) == limit:
                break
            if clase is None or es_servicio(code) is (clase == "servicios"):
                found.append(self._by_code[code])
        return found

    def _span(self, word: str) -> tuple[int, int]:
        """Where the words that begin so are in the list of words."""
        start = bisect_left(self._words, word)
        return start, bisect_left(self._words, word + "\uffff", start)

    def _with_words(self, words: list[str], clase: Clase | None, limit: int) -> list[Producto]:
        spans = {word: self._span(word) for word in set(words)}
        weights = {
            word: sum(len(self._postings[i]) for i in range(*span)) for word, span in spans.items()
        }
        rarest, *others = sorted(weights, key=weights.__getitem__)
        found: set[int] = set()
        for i in range(*spans[rarest]):
            found.update(self._postings[i])
        if clase is not None:
            found &= self._classes[clase]
        for word in others:
            if not found:
                return []
            texts, beginning = self._texts, " " + word
            found = {n for n in found if beginning in texts[n]}
        exact = set(found)
        for word, (start, end) in spans.items():
            if start < end and self._words[start] == word:
                exact.intersection_update(self._postings[start])
            else:
                exact.clear()
        best = heapq.nsmallest(limit, exact)
        if len(best) < limit:
            best += heapq.nsmallest(limit - len(best), found - exact)
        return [self._items[n] for n in best]


def _singular(word: str) -> str:
    """The beginning that a plural shares with its singular."""
    if len(word) > 4 and word.endswith("es"):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _rows(data: bytes) -> Iterator[Producto]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    sample = text[:20000]
    delimiter = max(",;\t", key=sample.count)
    columns: dict[str, int] | None = None
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if columns is None:
                columns = _header(row)
                continue
            if max(columns["codigo"], columns["descripcion"]) >= len(row):
                continue
            code = row[columns["codigo"]].strip().strip("'")
            if not re.fullmatch(r"[0-9]{12,13}", code):
                continue
            tax = row[columns["impuesto"]] if 0 <= columns["impuesto"] < len(row) else ""
            group = row[columns["categoria"]] if 0 <= columns["categoria"] < len(row) else ""
            # a spreadsheet that took the code for a number lost its first zero
            description = " ".join(row[columns["descripcion"]].split())
            yield Producto(code.zfill(13), description, _tax(tax), " ".join(group.split()))
    except csv.Error as error:
        raise InvalidError(f"El archivo no es un CSV legible: {error}.") from error


def _header(row: list[str]) -> dict[str, int] | None:
    """The columns that a header row names, None if the row is not the header."""
    names = [" ".join(_WORD.findall(fold(cell))) for cell in row]

    def column(*candidates: str) -> int:
        return next((names.index(name) for name in candidates if name in names), -1)

    code = column("codigo", "codigo cabys", "cabys", "categoria 9", "codigo del bien o servicio")
    description = column(
        "descripcion", "descripcion categoria 9", "descripcion del bien o servicio", "nombre"
    )
    if code < 0 or description < 0:
        return None
    return {
        "codigo": code,
        "descripcion": description,
        "impuesto": column("impuesto", "iva", "tarifa", "impuesto iva", "tarifa iva"),
        "categoria": column("cat1 desc", "descripcion categoria 1", "categoria"),
    }


def _tax(text: str) -> str:
    """ "13%", "0.13" or "Exento" as percent, "exento" or ""."""
    word = text.strip().lower()
    if word.startswith("exent"):
        return "exento"
    match = re.fullmatch(r"([0-9]{1,3}(?:[.,][0-9]+)?)\s*(%?)", word)
    if match is None:
        return ""
    value = Decimal(match[1].replace(",", "."))
    if not match[2] and Decimal(0) < value < Decimal("0.5"):
        value *= 100  # a spreadsheet's percentage is a fraction
    plain = f"{value.normalize():f}"
    return plain if plain != "0" else "exento"
