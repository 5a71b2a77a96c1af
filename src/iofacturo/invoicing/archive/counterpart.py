"""Who stood against a company in its documents: the names by which they are searched.

A company bills the same few people again and again. Their names and numbers are kept once, word by
word, so that a search finds the people first and then reads their documents in the order of an
index, however many there are. Emission adds who is new; nothing here is ever changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

from iofacturo.accounts.company import Company
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.lib import folding, statement

MOST_WORDS, LONGEST = 16, 40
MANY = 2_000  # people with a word, above which the word alone chooses nobody
STREAMS = 60  # people whose documents are read side by side
LAST = "\U0010ffff"  # sorts after every character that a word can have
WORD = re.compile(r"[^\W_]+")
NUMBER = "#"  # a word that is an identification begins with it

Pair = tuple[str, str]
"""Number and folded name, as the rows of documents have them."""


class Counterpart(models.Model):
    """One number and name that documents of a company carry."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="counterparts", db_index=False, verbose_name="empresa"
    )
    numero = models.CharField(max_length=20, blank=True)
    folded = models.CharField(max_length=120, blank=True)
    words = models.CharField(max_length=320)  # each with a space before it

    class Meta:
        verbose_name = "contraparte"
        verbose_name_plural = "contrapartes"
        constraints = [
            models.UniqueConstraint(fields=["company", "numero", "folded"], name="counterpart_once")
        ]

    def __str__(self) -> str:
        return f"{self.numero} {self.folded}".strip()


class CounterpartWord(models.Model):
    """A word by which a counterpart is found."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", db_index=False)
    word = models.CharField(max_length=LONGEST + 1)
    counterpart = models.ForeignKey(Counterpart, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        verbose_name = "palabra de una contraparte"
        verbose_name_plural = "palabras de contrapartes"
        indexes = [
            # byte by byte, so that a prefix is a range of it in every language of the database
            models.Index(
                fields=["company", "word", "counterpart"],
                opclasses=["int8_ops", "varchar_pattern_ops", "int8_ops"],
                name="counterpart_word",
            )
        ]

    def __str__(self) -> str:
        return self.word


def words_of(text: str) -> list[str]:
    """The words of a name as they are searched.

    >>> words_of("Café & Peña-Mora S.A.")
    ['cafe', 'pena', 'mora', 's', 'a']
    """
    found = dict.fromkeys(word[:LONGEST] for word in WORD.findall(folding.fold(text)))
    return list(found)[:MOST_WORDS]


def number_word(numero: str) -> str:
    """An identification as a word; empty when there is none.

    >>> number_word("3-101-654321")
    '#3101654321'
    """
    compact = "".join(WORD.findall(folding.fold(numero)))
    return NUMBER + compact[:LONGEST] if compact else ""


def searched(numero: str, nombre: str) -> list[str]:
    """All words of a counterpart, its number's first; one with letters is a word like any other."""
    named = words_of(nombre)
    number = number_word(numero)
    if not number:
        return named
    plain = [] if number[1:].isdigit() else [number[1:]]
    return [number, *plain, *named]


def stored_words(numero: str, folded: str) -> str:
    """All words of a counterpart as its row has them, each after a space; empty for nobody."""
    return "".join(f" {word}" for word in searched(numero, folded))[:320]


# -- writing -----------------------------------------------------------------------------------

ADD = """
INSERT INTO invoicing_counterpart (company_id, numero, folded, words) VALUES {places}
ON CONFLICT DO NOTHING RETURNING id, company_id, words
"""
ADD_WORDS = "INSERT INTO invoicing_counterpartword (company_id, word, counterpart_id) VALUES "


def remember(rows: Iterable[Comprobante]) -> None:
    """Note whoever is new among the receivers of *rows*, in the transaction that issues them."""
    add((row.company_id, row.receptor_numero, row.folded) for row in rows)


def add(people: Iterable[tuple[int, str, str]]) -> int:
    """Note those of *people* (company, number, folded name) who are not there; how many were new."""
    wanted = sorted({one for one in people if one[1] or one[2]})
    values: list[int | str] = []
    for company_id, numero, folded in wanted:
        values += [company_id, numero, folded, stored_words(numero, folded)]
    if not values:
        return 0
    new = statement.rows(ADD.format(places=_places(len(wanted), 4)), values)
    entries = [(company_id, word, pk) for pk, company_id, words in new for word in words.split()]
    if entries:
        flat: list[int | str] = [value for entry in entries for value in entry]
        with connection.cursor() as cursor:
            cursor.execute(ADD_WORDS + _places(len(entries), 3), flat)
    return len(new)


def _places(rows: int, columns: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * rows)


# -- searching ---------------------------------------------------------------------------------


def found(company: Company, words: Sequence[str]) -> list[Pair] | None:
    """Who has a word beginning with each of *words*; None when they are too many to follow.

    One statement: the rarest word chooses people, the others are looked up in what these are
    called. Nothing is counted further than needed.
    """
    if not words:
        return None
    counts, branches, params, more = [], [], [], []
    for place, word in enumerate(words):
        ranged, values = _range(company, word)
        few = f"FROM invoicing_counterpartword WHERE {ranged}"
        counts.append(f"(SELECT COUNT(*) FROM (SELECT 1 {few} LIMIT {MANY + 1}) AS x) AS n{place}")  # noqa: S608
        branches.append(
            f"SELECT * FROM (SELECT counterpart_id {few} "  # noqa: S608
            f"AND (SELECT pick FROM chosen) = {place} LIMIT {MANY}) AS b{place}"
        )
        params += values
        more += values
    names = [f"n{place}" for place in range(len(words))]
    picks = " ".join(
        f"WHEN {' AND '.join(f'{name} <= {other}' for other in names)} THEN {place}"
        for place, name in enumerate(names)
    )
    sql = (
        f"WITH counted AS (SELECT {', '.join(counts)}), "  # noqa: S608 - fixed text
        f"picked AS (SELECT *, CASE {picks} END AS pick FROM counted), "
        f"chosen AS (SELECT pick, CASE pick "
        f"{' '.join(f'WHEN {place} THEN {name}' for place, name in enumerate(names))} END AS many "
        "FROM picked) "
        "SELECT chosen.many, f.numero, f.folded FROM chosen LEFT JOIN ("
        "SELECT DISTINCT p.id, p.numero, p.folded "
        f"FROM ({' UNION ALL '.join(branches)}) AS w "
        "JOIN invoicing_counterpart p ON p.id = w.counterpart_id "
        f"WHERE {' AND '.join(['p.words LIKE %s'] * len(words))} LIMIT {STREAMS + 1}"
        ") AS f ON 1 = 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *more, *(like(word) for word in words)])
        rows = cursor.fetchall()
    if rows[0][0] > MANY:
        return None
    pairs = [(numero, folded) for _, numero, folded in rows if numero is not None]
    return pairs if len(pairs) <= STREAMS else None


def like(word: str) -> str:
    """The pattern that finds *word* at the beginning of one of a counterpart's words.

    Words hold letters and digits only, so there is nothing to escape.
    """
    return f"% {word}%"


def _range(company: Company, word: str) -> tuple[str, list[Any]]:
    """The condition for words of *company* that begin with *word*, byte by byte."""
    if connection.vendor == "postgresql":
        text = "company_id = %s AND word ~>=~ %s AND word ~<~ %s"
    else:
        text = "company_id = %s AND word >= %s AND word < %s"
    return text, [company.pk, word, word + LAST]
