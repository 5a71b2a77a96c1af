"""How a draft stands while it is written: what it comes to, and everything that it still lacks.

Unlike issuing, this goes on after the first thing that cannot be read: it is put aside and told, and
the rest is calculated, so that one half-typed amount does not hide the total of all other lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

import hacienda
from hacienda import reglas
from hacienda.errors import InvalidError, Problem, XMLError
from iofacturo.accounts.company import Company
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing import readiness
from iofacturo.invoicing.catalogue import cabys
from iofacturo.invoicing.documents import detail, limits
from iofacturo.invoicing.documents.detail import Amount
from iofacturo.invoicing.editor import cabys_stop, field, linea, place, unread
from iofacturo.invoicing.errors import NotReady

Json = dict[str, Any]
MOST_UNREADABLE = 50
OURS = ("Clave", "NumeroConsecutivo", "FechaEmision", "ProveedorSistemas")


@dataclass(frozen=True)
class Review:
    """The calculated document, None when nothing can be calculated, and its problems by place."""

    document: hacienda.Comprobante | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.is_error]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.is_error]

    @property
    def totals(self) -> list[Amount]:
        return detail.totals(self.document) if self.document is not None else []

    @property
    def currency(self) -> str:
        resumen = self.document.resumen_factura if self.document is not None else None
        money = resumen.codigo_tipo_moneda if resumen else None
        return (money.codigo_moneda if money else None) or "CRC"

    @property
    def total(self) -> Decimal:
        return self.totals[-1].amount if self.totals else Decimal(0)

    def line(self, index: int) -> Decimal | None:
        """What line *index* (from 1) comes to before taxes."""
        if self.document is None or index > len(self.document.detalle_servicio):
            return None
        return self.document.detalle_servicio[index - 1].sub_total


def look(data: Json, tipo: str, company: Company, at: datetime) -> Review:
    """How *data* stands as a document of *company* at *at*. Never raises for what was typed."""
    data = _without_last_blanks(deepcopy(data), tipo)
    problems = [*_unread(data, tipo)]
    stated = _readable(data | {"tipo": tipo}, tipo, problems)
    if stated is None:
        return Review(None, tuple(problems))
    try:
        document = readiness.finish(stated, _standing(company, at), 1, 1)
    except InvalidError as error:
        problems.append(Problem("valor-imposible", "", "error", error.message))
        return Review(None, tuple(problems))
    problems += cabys_stop.problems(data, tipo)
    problems += reglas.check(document, today=at, cabys=cabys.in_force())
    if tipo in limits.LIMITED:
        problems += limits.problems(company, document)
    return Review(document, tuple(_once(problems)))


def _without_last_blanks(data: Json, tipo: str) -> Json:
    held = place.items(data, place.LINES)
    while held and linea.is_blank(held[-1], tipo):
        held.pop()
    if not held:
        data.pop("DetalleServicio", None)
    return data


def _unread(data: Json, tipo: str) -> Iterator[Problem]:
    """What was typed and cannot be read is told, and taken out of *data*."""
    for path in list(_marked(data, "")):
        known = field.of_place(tipo, path)
        held = place.get(data, path)
        message = known.fault(held) if known else "No se puede leer."
        if path.endswith("/MontoDescuento"):
            line = place.get(data, path.split("/Descuento")[0])
            message = linea.discount_fault(line) or message
        yield Problem("dato-sin-leer", path, "error", message)
        place.put(data, path, None)


def _marked(held: Any, path: str) -> Iterator[str]:
    if isinstance(held, dict):
        for name, one in held.items():
            yield from _marked(one, f"{path}/{name}" if path else str(name))
    elif isinstance(held, list):
        for index, one in enumerate(held, 1):
            yield from _marked(one, f"{path}[{index}]")
    elif unread.is_unread(held):
        yield path


def _readable(data: Json, tipo: str, problems: list[Problem]) -> hacienda.Comprobante | None:
    """The value of *data*, without what is no text of its place."""
    _needed(data, tipo, problems)
    for _ in range(MOST_UNREADABLE):
        try:
            return drafts.read(data)
        except NotReady as refusal:
            (problem,) = refusal.problems
            problems.append(_plainer(problem, tipo))
            if not isinstance(refusal.__cause__, XMLError) or not _drop(data, problem.path):
                return None
    return None


def _drop(data: Json, path: str) -> bool:
    """Take out what cannot be read; False when it cannot be found."""
    if not path or place.get(data, path) is None:
        return False
    place.put(data, path, None)
    if place.get(data, path) not in (None, {}, ""):
        return False
    if path.startswith(place.LINES):
        _needed(data, str(data.get("tipo")), [])
    return True


def _plainer(problem: Problem, tipo: str) -> Problem:
    known = field.of_place(tipo, problem.path) if problem.path else None
    if known is None or known.kind != "amount":
        return problem
    return Problem(problem.code, problem.path, "error", "Escriba el número, por ejemplo 63 750,00.")


def _needed(data: Json, tipo: str, problems: list[Problem]) -> None:
    """A line without quantity or price is told, and counts as one at zero meanwhile."""
    needed = (
        (("MontoTotal", "0", "Falta el monto."),)
        if tipo == "REP"
        else (("Cantidad", "1", "Falta la cantidad."), ("PrecioUnitario", "0", "Falta el precio."))
    )
    for index, line in enumerate(place.items(data, place.LINES), 1):
        if not isinstance(line, dict):
            continue
        for name, standing, message in needed:
            if not line.get(name):
                line[name] = standing
                path = f"{place.LINES}[{index}]/{name}"
                if path not in {problem.path for problem in problems}:
                    problems.append(Problem("falta-elemento", path, "error", message))


def _once(problems: list[Problem]) -> Iterator[Problem]:
    """One error for each place, the first tells it best; nothing about what emission puts in."""
    faulty: set[str] = set()
    for problem in problems:
        if problem.path in OURS or (problem.path and problem.path in faulty):
            continue
        if problem.is_error:
            faulty.add(problem.path)
        yield problem


def _standing(company: Company, at: datetime) -> readiness.Standing:
    """As much of the company's standing as arithmetic and rules need: no key, no series."""
    provider = Company.objects.filter(Q(is_provider=True)).values_list("identificacion", flat=True)
    return readiness.Standing(
        company=company,
        proveedor=provider.first() or company.identificacion,
        llave=None,  # type: ignore[arg-type]  # nothing is signed here
        series={},
        at=at,
    )
