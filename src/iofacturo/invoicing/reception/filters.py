"""What a reader asks of the list of received documents, and the page of rows it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from hacienda import clave as claves
from iofacturo.accounts.company import Company
from iofacturo.invoicing.reception import credit
from iofacturo.invoicing.reception.received import Received
from iofacturo.lib import folding

PAGE = 50
LONGEST = 120  # characters of a search
STATES = {
    "por-responder": "Por responder",
    "aceptados": "Aceptados",
    "en-parte": "Aceptados en parte",
    "rechazados": "Rechazados",
    "sin-hacienda": "Sin visto bueno de Hacienda",
    "aparte": "Apartados",
}
CONDITIONS = {
    "por-responder": Q(reply="", apart="") & ~Q(verdict=Received.REJECTED),
    "aceptados": Q(reply="1"),
    "en-parte": Q(reply="2"),
    "rechazados": Q(reply="3"),
    "sin-hacienda": Q(apart="") & ~Q(verdict=Received.ACCEPTED),
    "aparte": ~Q(apart=""),
}


@dataclass(frozen=True)
class Filters:
    """What was asked for; what makes no sense is left out and told in *problems*."""

    q: str = ""
    estado: str = ""
    mes: date | None = None
    problems: tuple[str, ...] = ()

    @property
    def asked(self) -> dict[str, str]:
        """As a query string has it, only what is set."""
        values = {
            "q": self.q,
            "estado": self.estado,
            "mes": f"{self.mes:%Y-%m}" if self.mes else "",
        }
        return {name: value for name, value in values.items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.asked)


def from_query(asked: Mapping[str, str]) -> Filters:
    problems = []
    text = asked.get("mes", "").strip()
    mes = _month(text)
    if text and mes is None:
        problems.append("El mes no se entiende. Escríbalo como 2026-11.")
    estado = asked.get("estado", "")
    return Filters(
        q=" ".join(asked.get("q", "").split())[:LONGEST],
        estado=estado if estado in STATES else "",
        mes=mes,
        problems=tuple(problems),
    )


def _month(text: str) -> date | None:
    try:
        found = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def rows(company: Company, filters: Filters) -> QuerySet[Received]:
    """The documents asked for, the newest first."""
    found = company.received.order_by("-fecha", "-id")
    if filters.estado:
        found = found.filter(CONDITIONS[filters.estado])
    if filters.mes:
        since, until = credit.bounds(filters.mes)
        found = found.filter(fecha__gte=since, fecha__lt=until)
    if filters.q:
        found = found.filter(_words(filters.q))
    return found


def _words(text: str) -> Q:
    """A clave whole, or every word at the beginning of one: of the name, the cédula, the number."""
    if claves.is_valid(text):
        return Q(clave=claves.compact(text))
    wanted = Q()
    for word in folding.fold(text).split():
        here = Q()
        for spelt in {word, word.replace("-", "")} - {""}:  # a cédula has dashes, a name may
            here |= Q(folded__startswith=spelt) | Q(folded__contains=f" {spelt}")
        wanted &= here
    return wanted


@dataclass(frozen=True)
class Page:
    rows: list[Received]
    older: str  # the key of the next page, empty on the last one


def page(company: Company, filters: Filters, key: str) -> Page:
    """Fifty documents after *key* (empty: from the newest)."""
    found = rows(company, filters)
    after = _key(key)
    if after is not None:
        when, number = after
        found = found.filter(Q(fecha__lt=when) | Q(fecha=when, id__lt=number), fecha__lte=when)
    there = list(found[: PAGE + 1])
    older = ""
    if len(there) > PAGE:
        there = there[:PAGE]
        older = f"{there[-1].fecha.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{there[-1].pk}"
    return Page(there, older)


def _key(text: str) -> tuple[datetime, int] | None:
    when, _, number = text.partition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    try:
        return datetime.strptime(when, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(number)
    except ValueError:
        return None
