"""What the text in the search box means: a clave, a number, an identification, words of a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hacienda import clave
from iofacturo.accounts.company import Company
from iofacturo.invoicing.archive import counterpart
from iofacturo.invoicing.archive.counterpart import Pair, words_of
from iofacturo.invoicing.archive.filters import Series

CLAVE, CONSECUTIVO, NUMBER, LEAST_ID = 50, 20, 10, 9  # digits
DIGITS = re.compile(r"[\d\s.\-–]+", re.ASCII)
NAMED = {tipo: words_of(name) for tipo, name in clave.TIPOS.items()}
SHORT = {"fe": "01", "nd": "02", "nc": "03", "te": "04", "fec": "08", "fee": "09", "rep": "10"}


@dataclass(frozen=True)
class Found:
    """Where to look. Without *pairs* the *words* have to be compared document by document."""

    clave: str = ""
    consecutivos: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    words: tuple[str, ...] = ()


def meaning(text: str, company: Company, series: Series) -> Found:
    """Of *text*, which is not empty, for the documents of *company*.

    What looks like a number is one: of a document, of a person, and a word of a name as well.
    What is of words only is a name, or a document as people call it.
    """
    if DIGITS.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        if len(digits) == CLAVE:
            return Found(clave=digits)
        if len(digits) == CONSECUTIVO:
            return Found(consecutivos=(digits,))
        return _number(digits, company, series)
    numbered = _called(text)
    if numbered is not None:
        tipos, digits = numbered
        # somebody may be called like that as well
        return _with(_consecutivos(digits, series, tipos), words_of(text), company)
    words = words_of(text)
    if not words:
        return Found()
    return _with((), words, company)


def _with(consecutivos: tuple[str, ...], words: list[str], company: Company) -> Found:
    """Documents of these numbers, and of whoever has these words."""
    pairs = counterpart.found(company, words)
    if pairs is None:
        return Found(consecutivos=consecutivos, words=tuple(words))
    return Found(consecutivos=consecutivos, pairs=tuple(pairs))


def _number(digits: str, company: Company, series: Series) -> Found:
    """A number of up to ten digits, an identification of nine and more, a name that is a number."""
    consecutivos = _consecutivos(digits, series) if 0 < len(digits) <= NUMBER else ()
    if not digits:
        return Found()
    word = f"{counterpart.NUMBER}{digits}" if len(digits) >= LEAST_ID else digits
    return _with(consecutivos, [word[: counterpart.LONGEST]], company)


def _called(text: str) -> tuple[set[str], str] | None:
    """A document as people call it: `Factura 4121`, `NC 12`. Its types and the number's digits."""
    *said, digits = words_of(text) or [""]
    if not said or not (digits.isascii() and digits.isdigit() and len(digits) <= NUMBER):
        return None
    if len(said) == 1 and said[0] in SHORT:
        return {SHORT[said[0]]}, digits
    tipos = {
        tipo
        for tipo, name in NAMED.items()
        if all(any(word == part for part in name) for word in said)
    }
    return (tipos, digits) if tipos else None


def _consecutivos(digits: str, series: Series, tipos: set[str] | None = None) -> tuple[str, ...]:
    """Every consecutivo that a number can have in the company's series."""
    number = digits.lstrip("0").zfill(NUMBER)
    return tuple(
        f"{place}{tipo}{number}" for place, tipo in series.places if tipos is None or tipo in tipos
    )
