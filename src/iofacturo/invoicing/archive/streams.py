"""Documents in the order of the list, read where an index has them in that order already.

A filter is cut into streams: one for each type and state, for each place, for each person found. An
index that leads with the company holds every stream newest first, and the database merges them, so
that a page reads about as many rows as it shows. What no index knows is tested on the rows that
come out, on no more than `WINDOW` of them; then the reader is told how far the search has come and
may go on. A page costs the same with a thousand documents and with a million.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from django.db import connection

from iofacturo.accounts.company import Company
from iofacturo.invoicing.archive import counterpart
from iofacturo.invoicing.archive.filters import Filters, Series
from iofacturo.invoicing.archive.search import Found
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.lib import clock

WINDOW = 2_000  # rows tested for one page
MOST = counterpart.STREAMS
STATES = tuple(state for state, _ in Comprobante.STATES)
COLUMNS = ", ".join(
    f"c.{name}" for name in (
        "id", "company_id", "clave", "tipo", "consecutivo", "fecha", "receptor_tipo",
        "receptor_numero", "receptor_nombre", "folded", "total", "moneda", "referencia", "state",
        "answered_at",
    )
)  # fmt: skip

Condition = tuple[str, list[Any]]
"""SQL about the row `c`, and its parameters."""


@dataclass(frozen=True)
class Key:
    """A place in the order of the list."""

    fecha: datetime
    pk: int

    @property
    def text(self) -> str:
        """As it stands in addresses: microseconds and id."""
        micros = (self.fecha - EPOCH) // timedelta(microseconds=1)
        return f"{micros}-{self.pk}"


EPOCH = datetime(1970, 1, 1, tzinfo=clock.COSTA_RICA)


def key_from(text: str) -> Key | None:
    """The place that *text* names; None when it names none."""
    micros, _, pk = text.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (micros, pk)):
        return None
    try:
        return Key(EPOCH + timedelta(microseconds=int(micros)), int(pk))
    except OverflowError:
        return None


@dataclass(frozen=True)
class Reading:
    """Streams that together hold what was asked for, and what is still to be tested on them."""

    streams: tuple[Condition, ...]
    test: Condition | None


def reading(company: Company, filters: Filters, found: Found | None, series: Series) -> Reading:
    """How to read what *filters* ask for; *found* is what its search text means."""
    days = _days(filters)
    if found is not None and not found.words:
        exact = [_both(one, days) for one in _people(company, found)]
        return Reading(tuple(exact), _all(list(_facets(filters))))
    streams = _shelves(filters, series)
    tests = []
    if len(streams) > MOST:
        streams, tests = [], list(_facets(filters))
    elif filters.estado == "pendiente":
        tests.append(PENDING)
    if found is not None:
        tests.append(_named(found))
    own: Condition = ("c.company_id = %s", [company.pk])
    return Reading(
        tuple(_both(_both(own, one), days) for one in streams or [("", [])]), _all(tests)
    )


# -- streams -----------------------------------------------------------------------------------


def _shelves(filters: Filters, series: Series) -> list[Condition]:
    """A stream for each type and state asked for, at each place asked for; none when none is."""
    if not (filters.tipo or filters.states or filters.lugar):
        return []
    states = filters.states or STATES
    if not filters.lugar:
        tipos = (filters.tipo,) if filters.tipo else series.tipos
        return [
            ("c.tipo = %s AND c.state = %s", [tipo, state])
            for tipo, state in product(tipos, states)
        ]
    here = [
        (place, tipo)
        for place, tipo in series.places
        if place.startswith(filters.lugar) and filters.tipo in ("", tipo)
    ]
    return [
        ("substr(c.consecutivo, 1, 8) = %s AND c.tipo = %s AND c.state = %s", [place, tipo, state])
        for (place, tipo), state in product(here, states)
    ]


def _people(company: Company, found: Found) -> Iterator[Condition]:
    """A stream for each person found, and one for the documents whose number was given."""
    if found.clave:
        yield "c.clave = %s AND c.company_id = %s", [found.clave, company.pk]
    numbers = list(found.consecutivos)
    if numbers:
        yield f"c.company_id = %s AND c.consecutivo IN ({_marks(numbers)})", [company.pk, *numbers]
    other = f" AND c.consecutivo NOT IN ({_marks(numbers)})" if numbers else ""
    for numero, folded in found.pairs:
        yield (
            f"c.company_id = %s AND c.receptor_numero = %s AND c.folded = %s{other}",
            [company.pk, numero, folded, *numbers],
        )


def _marks(values: list[str]) -> str:
    return ", ".join(["%s"] * len(values))


def _days(filters: Filters) -> Condition:
    parts, params = [], []
    if filters.desde:
        parts.append("c.fecha >= %s")
        params.append(_moment(clock.midnight(filters.desde)))
    if filters.hasta:
        parts.append("c.fecha < %s")
        params.append(_moment(clock.midnight(filters.hasta + timedelta(days=1))))
    return " AND ".join(parts), params


# -- tests -------------------------------------------------------------------------------------

PENDING: Condition = (
    "(c.state = 'issued' AND EXISTS (SELECT 1 FROM invoicing_submission s "
    "WHERE s.comprobante_id = c.id AND s.state = 'stopped') "
    "OR c.state = 'rejected' AND NOT EXISTS (SELECT 1 FROM invoicing_comprobante r "
    "WHERE r.company_id = c.company_id AND r.referencia = c.clave AND NOT (r.referencia = '')))",
    [],
)
"""Somebody has something to do: sending stopped, or what was rejected has no successor.

The last condition is word for word that of the index `comprobante_reference`: SQLite wants it so.
"""


def _facets(filters: Filters) -> Iterator[Condition]:
    if filters.tipo:
        yield "c.tipo = %s", [filters.tipo]
    if filters.states:
        yield f"c.state IN ({_marks(list(filters.states))})", list(filters.states)
    if filters.lugar:
        length = len(filters.lugar)
        yield f"substr(c.consecutivo, 1, {length}) = %s", [filters.lugar]
    if filters.estado == "pendiente":
        yield PENDING


def _named(found: Found) -> Condition:
    """That the receiver has a word beginning with each of the words, or the number was given."""
    likes = " AND ".join(["p.words LIKE %s"] * len(found.words))
    text = (
        "EXISTS (SELECT 1 FROM invoicing_counterpart p WHERE p.company_id = c.company_id "  # noqa: S608
        f"AND p.numero = c.receptor_numero AND p.folded = c.folded AND {likes})"
    )
    params = [counterpart.like(word) for word in found.words]
    if found.consecutivos:
        text = f"({text} OR c.consecutivo IN ({_marks(list(found.consecutivos))}))"
        params += found.consecutivos
    return text, params


def _both(one: Condition, other: Condition) -> Condition:
    return " AND ".join(text for text in (one[0], other[0]) if text), [*one[1], *other[1]]


def _all(tests: list[Condition]) -> Condition | None:
    if not tests:
        return None
    return " AND ".join(text for text, _ in tests), [value for _, more in tests for value in more]


# -- reading -----------------------------------------------------------------------------------


def rows(
    asked: Reading, most: int, *, after: Key | None = None, newer: bool = False,
    window: int = WINDOW,
) -> list[Comprobante]:  # fmt: skip
    """Up to *most* documents from *after* on, in the order read: newest first, or oldest first."""
    if not asked.streams:
        return []
    sql, params = _merged(asked, COLUMNS, after, newer, window if asked.test else most)
    if asked.test:
        test, more = asked.test
        sql = f"SELECT c.* FROM ({sql}) AS c WHERE {test} {_order(newer)} LIMIT {most}"  # noqa: S608
        params += more
    return list(Comprobante.objects.raw(sql, params))


def horizon(
    asked: Reading, *, after: Key | None, newer: bool = False, window: int = WINDOW
) -> Key | None:
    """How far a page with tests has looked; None when it has seen everything."""
    if asked.test is None or not asked.streams:
        return None
    # all columns, though two would do: for two of them SQLite prefers a narrower index and sorts
    sql, params = _merged(asked, COLUMNS, after, newer, window, skip=window - 1)
    last = next(iter(Comprobante.objects.raw(sql, params)), None)
    return None if last is None else Key(last.fecha, last.pk)


def count(asked: Reading, last_id: int) -> int:
    """How many there are, up to the id *last_id*. Reads all of them: not for a page."""
    if not asked.streams:
        return 0
    text, params = asked.test or ("1 = 1", [])
    parts = [f"SELECT c.* FROM invoicing_comprobante c WHERE {one}" for one, _ in asked.streams]  # noqa: S608
    values = [value for _, more in asked.streams for value in more]
    sql = (
        f"SELECT COUNT(*) FROM ({' UNION ALL '.join(parts)}) AS c "  # noqa: S608
        f"WHERE {text} AND c.id <= %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *params, last_id])
        return int(cursor.fetchone()[0])


def _merged(
    asked: Reading, columns: str, after: Key | None, newer: bool, most: int, skip: int = 0
) -> tuple[str, list[Any]]:
    """The streams side by side, the first *most* rows of them all without *skip* of them."""
    order = _order(newer, "c.")
    # PostgreSQL sees that a stream is sorted only where it is a query of its own; SQLite merges
    # plain ones, and would read those with a limit to their end.
    own = f" {order} LIMIT {most}" if connection.vendor == "postgresql" else ""
    alone = len(asked.streams) == 1
    parts, params = [], []
    for text, values in asked.streams:
        past, more = _past(after, newer)
        part = f"SELECT {columns} FROM invoicing_comprobante c WHERE {text}{past}"  # noqa: S608
        parts.append(part if alone or not own else f"({part}{own})")
        params += [*values, *more]
    end = f"{order if alone else _order(newer)} LIMIT {most - skip} OFFSET {skip}"
    return f"{' UNION ALL '.join(parts)} {end}", params


def _past(after: Key | None, newer: bool) -> Condition:
    if after is None:
        return "", []
    side = ">" if newer else "<"
    return f" AND (c.fecha, c.id) {side} (%s, %s)", [_moment(after.fecha), after.pk]


def _order(newer: bool, of: str = "") -> str:
    way = "ASC" if newer else "DESC"
    return f"ORDER BY {of}fecha {way}, {of}id {way}"


def _moment(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
