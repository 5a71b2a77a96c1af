"""The editor's page, and the fragment of it that the script asks for while people type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

import hacienda
from hacienda import clave as claves
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from hacienda.errors import Problem
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.editor import (
    cabys_stop,
    cargos,
    cliente,
    condiciones,
    exoneraciones,
    lineas,
    nota,
    place,
    proforma,
    referencias,
    review,
)
from iofacturo.invoicing.editor.acts import Turn
from iofacturo.invoicing.editor.posted import WINDOW
from iofacturo.invoicing.editor.review import Review
from iofacturo.invoicing.editor.sheet import Sheet
from iofacturo.invoicing.setup import steps
from iofacturo.lib import clock

VERBS = {
    "FE": "Emitir factura", "TE": "Emitir tiquete", "NC": "Emitir nota de crédito",
    "ND": "Emitir nota de débito", "FEC": "Emitir factura de compra",
    "FEE": "Emitir factura de exportación", "REP": "Emitir recibo de pago",
}  # fmt: skip
COMMON_UNITS = ("Unid", "Sp", "Kg", "L", "h", "M", "D", "Al", "Alc", "Os", "Otros")


def page(
    request: SeatedRequest,
    row: Draft,
    turn: Turn,
    *,
    refused: Iterable[Problem] = (),
    exhausted: str = "",
    stopped: str = "",
    stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The whole page of the draft as *turn* left it."""
    may = request.membership.may("issue")
    if row.discarded_at is not None:
        return render(request, "invoicing/editor/discarded.html", {"row": row, "may": may})
    seen = review.look(turn.data, row.tipo, row.company, turn.at)
    context = _context(row, turn, seen, refused)
    context |= {
        "may": may,
        "missing": steps.missing(row.company, turn.at),
        "series": _series(row),
        "exhausted": exhausted,
        "stopped": stopped,
        "stale": stale,
        "verb": VERBS[row.tipo],
        "label": claves.TIPOS[hacienda.TIPOS[row.tipo].codigo],
        "units": _units(),
        "offers": row.tipo in proforma.TIPOS,
        "proforma": proforma.of(row) if row.tipo in proforma.TIPOS else None,
        "focus": turn.sent.get("foco", "") if not turn.focus else turn.focus,
    }
    return render(request, "invoicing/editor/draft.html", context, status=status)


def fragment(request: SeatedRequest, row: Draft, turn: Turn) -> HttpResponse:
    """The sums, the problems and the hour of saving; the script puts each into its place."""
    seen = review.look(turn.data, row.tipo, row.company, turn.at)
    context = _context(row, turn, seen, ()) | {"may": True, "verb": VERBS[row.tipo]}
    return render(request, "invoicing/editor/fragment.html", context)


def stale(request: SeatedRequest, row: Draft) -> HttpResponse:
    """409: the draft was changed, issued or thrown away elsewhere; the page keeps what was typed."""
    return render(request, "invoicing/editor/stale.html", {"row": row}, status=409)


def _context(row: Draft, turn: Turn, seen: Review, refused: Iterable[Problem]) -> dict[str, Any]:
    sheet = Sheet(turn.data, row.tipo)
    count = len(place.items(turn.data, place.LINES))
    window = lineas.window(turn.state.desde, count)
    rows = lineas.show(sheet, window, opened=turn.state.linea)
    for one in rows:
        one.amount = seen.line(one.index)
        one.found = turn.codes.get(one.index, [])
        one.searched = one.index in turn.codes
        one.said = turn.said.get(one.id, "")
    context: dict[str, Any] = {
        "row": row,
        "state": turn.state,
        "turn": turn,
        "cliente": cliente.show(
            sheet,
            is_open=turn.state.cliente,
            activities=turn.activities,
            is_known_house=_has_customers(row, turn),
        ),
        "exoneraciones": _exoneraciones(row, turn),
        "products_first": not count and row.tipo != "REP" and row.company.products.exists(),
        "condiciones": condiciones.show(sheet),
        "rows": rows,
        "count": count,
        "pages": _pages(count, window),
        "cargos": cargos.show(sheet),
        "referencias": referencias.show(sheet),
        "nota": nota.show(turn.data) if nota.has_place(row.tipo) else None,
        "review": seen,
    }
    if context["nota"] is not None:
        sheet.texts[nota.NAME] = context["nota"]
    told = _told(sheet, seen, refused, window)
    context |= {"problems": told, "nota_error": sheet.told.get("nota", "")}
    context["warnings"] = sheet.tell(seen.warnings, window) if turn.state.revisar else []
    context["sure"] = turn.state.revisar and _only_codes(seen, refused)
    if not turn.state.revisar:
        codes = [one for one in seen.errors if one.code == cabys_stop.CODE]
        sheet.told.clear()
        sheet.tell(codes, window)
    return context


def _only_codes(seen: Review, refused: Iterable[Problem]) -> bool:
    """Whether nothing but codes that the catalogue lacks stands in the way."""
    errors = [one for one in (*seen.errors, *refused) if one.is_error]
    return bool(errors) and all(one.code == cabys_stop.CODE for one in errors)


def _has_customers(row: Draft, turn: Turn) -> bool:
    """Whether nobody was named yet, and there are customers to choose from: fields can wait."""
    if cliente.side(row.tipo) in turn.data or row.tipo == "FEC":
        return False
    if turn.state.revisar or turn.state.cliente or turn.customers is not None:
        return False
    known: bool = row.company.customers.exists()
    return known


def _exoneraciones(row: Draft, turn: Turn) -> list[exoneraciones.Offered]:
    if not cliente.sheet_has(row.tipo, exoneraciones.PLACE):
        return []
    return exoneraciones.offered(row.company, turn.data, clock.local(turn.at).date())


def _told(sheet: Sheet, seen: Review, refused: Iterable[Problem], window: range) -> list[Any]:
    """Every error once: those of the page, and what only issuing found."""
    known = {problem.path for problem in seen.errors if problem.path}
    more = [one for one in refused if one.is_error and one.path not in known]
    if seen.errors:
        more = [
            one for one in more if one.path
        ]  # a calculation tells what it lacks without a place
    codes = {(one.code, one.message) for one in seen.errors}
    more = [one for one in more if (one.code, one.message) not in codes]
    return sheet.tell([*seen.errors, *more], window)


def _pages(count: int, window: range) -> list[dict[str, Any]]:
    """The pages of lines, when there are several: the first, those around this one, the last."""
    if count <= WINDOW:
        return []
    size = WINDOW
    here, last = (window.start - 1) // size, (count - 1) // size
    near = sorted({0, last, *range(max(here - 2, 0), min(here + 2, last) + 1)})
    return [
        {
            "first": at * size + 1,
            "last": min((at + 1) * size, count),
            "here": at == here,
            "gap": at - 1 not in near and at > 0,
        }
        for at in near
    ]


def _series(row: Draft) -> list[dict[str, Any]]:
    """Where it can be numbered, when there is a choice."""
    codigo = hacienda.TIPOS[row.tipo].codigo
    found = list(
        row.company.series.filter(tipo=codigo)
        .order_by("sucursal", "terminal")
        .values_list("sucursal", "terminal")[:100]
    )
    if len(found) < 2:
        return []
    return [
        {
            "value": f"{sucursal}-{terminal}",
            "label": f"Sucursal {sucursal:03} · terminal {terminal:05}",
            "here": (sucursal, terminal) == (row.sucursal, row.terminal),
        }
        for sucursal, terminal in found
    ]


def _units() -> list[tuple[str, str]]:
    codes = [*COMMON_UNITS, *(code for code in UNIDAD_MEDIDA if code not in COMMON_UNITS)]
    return [(code, UNIDAD_MEDIDA.nombre_de(code)) for code in codes]
