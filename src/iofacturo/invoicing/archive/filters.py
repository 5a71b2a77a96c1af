"""What a reader asks of the list of documents, from a query string and back."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from urllib.parse import urlencode

from hacienda import clave
from iofacturo.accounts.company import Company
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.lib import formats

ASKED = ("q", "tipo", "estado", "desde", "hasta", "lugar")
LONGEST = 120  # characters of a search
ESTADOS = {
    "aceptado": "Aceptados",
    "proceso": "En proceso",
    "rechazado": "Rechazados",
    "pendiente": "Con pendientes",
}
STATES: dict[str, tuple[str, ...]] = {
    "aceptado": (Comprobante.ACCEPTED,),
    "proceso": (Comprobante.ISSUED, Comprobante.SENT),
    "rechazado": (Comprobante.REJECTED,),
    "pendiente": (Comprobante.ISSUED, Comprobante.REJECTED),
}
SINGULAR = {
    "aceptado": "Aceptado",
    "proceso": "En proceso",
    "rechazado": "Rechazado",
    "pendiente": "Con pendientes",
}


@dataclass(frozen=True)
class Place:
    """Where a document was issued: a sucursal, or one terminal of it. `code` as in consecutivos."""

    code: str

    @property
    def label(self) -> str:
        told = f"Sucursal {int(self.code[:3])}"
        return f"{told}, terminal {int(self.code[3:])}" if len(self.code) > 3 else told


@dataclass(frozen=True)
class Series:
    """The series a company has, read once: they say where and of which types documents can be."""

    places: tuple[tuple[str, str], ...]  # (eight digits of the place, type)

    @cached_property
    def terminals(self) -> tuple[str, ...]:
        return tuple(sorted({place for place, _ in self.places}))

    @cached_property
    def sucursales(self) -> tuple[str, ...]:
        return tuple(sorted({place[:3] for place, _ in self.places}))

    @cached_property
    def tipos(self) -> tuple[str, ...]:
        return tuple(sorted({tipo for _, tipo in self.places}))

    @property
    def choices(self) -> list[Place]:
        """What the filter offers; nothing where there is only one place. Few terminals are told."""
        if len(self.terminals) < 2:
            return []
        told = len(self.terminals) <= 40
        offered: list[Place] = []
        for sucursal in self.sucursales:
            offered.append(Place(sucursal))
            inside = [one for one in self.terminals if one.startswith(sucursal)]
            if told and len(inside) > 1:
                offered += [Place(one) for one in inside]
        return offered


def series_of(company: Company) -> Series:
    rows = company.series.exclude(tipo__in=("05", "06", "07")).values_list(
        "sucursal", "terminal", "tipo"
    )
    return Series(tuple((f"{sucursal:03}{terminal:05}", tipo) for sucursal, terminal, tipo in rows))


@dataclass(frozen=True)
class Filters:
    """What was asked for; whatever makes no sense is left out and told in *problems*."""

    q: str = ""
    tipo: str = ""
    estado: str = ""
    desde: date | None = None
    hasta: date | None = None
    lugar: str = ""
    problems: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.asked)

    @cached_property
    def asked(self) -> dict[str, str]:
        """As a query string has it, only what is set."""
        values = {
            "q": self.q,
            "tipo": self.tipo,
            "estado": self.estado,
            "desde": self.desde.isoformat() if self.desde else "",
            "hasta": self.hasta.isoformat() if self.hasta else "",
            "lugar": self.lugar,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.asked)

    def without(self, *names: str, **more: str) -> str:
        """The query string with *names* left out and *more* put in."""
        kept = {name: value for name, value in self.asked.items() if name not in names}
        return urlencode(kept | more)

    @property
    def states(self) -> tuple[str, ...]:
        return STATES.get(self.estado, ())

    @property
    def period(self) -> str:
        """The days in words; empty when there is no limit."""
        if self.desde and self.hasta:
            if self.desde == self.hasta:
                return formats.dia(self.desde)
            if _whole_month(self.desde, self.hasta):
                return month_name(self.desde)
            return f"{formats.dia(self.desde)} a {formats.dia(self.hasta)}"
        if self.desde:
            return f"Desde {formats.dia(self.desde)}"
        return f"Hasta {formats.dia(self.hasta)}" if self.hasta else ""

    def chips(self) -> Iterator[tuple[str, str]]:
        """Each filter in words, with the query string that takes it away."""
        if self.q:
            yield f"«{shortened(self.q)}»", self.without("q")
        if self.tipo:
            yield clave.TIPOS[self.tipo], self.without("tipo")
        if self.estado:
            yield SINGULAR[self.estado], self.without("estado")
        if self.period:
            yield self.period, self.without("desde", "hasta")
        if self.lugar:
            yield Place(self.lugar).label, self.without("lugar")

    @property
    def told(self) -> str:
        """All of it in one line, for a list of exports."""
        return " · ".join(words for words, _ in self.chips()) or "Todos los documentos"


def filters_from(asked: Mapping[str, str], series: Series) -> Filters:
    """From a query string; see `ASKED`. Nothing in it can raise."""
    problems = []
    tipo = asked.get("tipo", "").strip()
    if tipo and tipo not in dict(Comprobante.TIPOS):
        problems.append("Ese tipo de comprobante no existe.")
        tipo = ""
    estado = asked.get("estado", "").strip()
    if estado and estado not in ESTADOS:
        problems.append("Ese estado no existe.")
        estado = ""
    lugar = asked.get("lugar", "").strip()
    if lugar and lugar not in series.sucursales and lugar not in series.terminals:
        problems.append("Esa sucursal o terminal no es de esta empresa.")
        lugar = ""
    desde, hasta = day(asked.get("desde", "")), day(asked.get("hasta", ""))
    for name, value in (("desde", desde), ("hasta", hasta)):
        if asked.get(name, "").strip() and value is None:
            problems.append(f"La fecha «{name}» no se entiende. Escríbala como 2026-11-22.")
    if desde and hasta and desde > hasta:
        problems.append("La fecha «desde» es posterior a «hasta»: no hay días entre ellas.")
    q = " ".join(asked.get("q", "").split())
    if len(q) > LONGEST:
        problems.append(f"Solo se buscan los primeros {LONGEST} caracteres de lo que escribió.")
        q = q[:LONGEST].strip()
    return Filters(q, tipo, estado, desde, hasta, lugar, tuple(problems))


def day(text: str) -> date | None:
    """A day of a form; None when it is none, or further away than documents can be."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def shortcuts(filters: Filters, today: date) -> list[tuple[str, str, bool]]:
    """Periods one click away: words, query string, whether it is the one asked for."""
    this = today.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    before = (last - timedelta(days=1)).replace(day=1)
    found = [("Hoy", today, today)]
    found += [(month_name(first), first, month_end(first)) for first in (this, last, before)]
    found += [(f"Año {this.year}", date(this.year, 1, 1), date(this.year, 12, 31))]
    return [
        (
            words,
            filters.without(desde=since.isoformat(), hasta=until.isoformat()),
            (filters.desde, filters.hasta) == (since, until),
        )
        for words, since, until in found
    ]


def month_end(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def month_name(first: date) -> str:
    """`Noviembre de 2026`."""
    words = formats.dia_largo(first).split(" de ", 1)[1]
    return words[0].upper() + words[1:]


def _whole_month(since: date, until: date) -> bool:
    return since.day == 1 and until == month_end(since)


def shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
