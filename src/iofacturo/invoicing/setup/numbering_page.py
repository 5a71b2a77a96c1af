"""`/facturar/preparar/numeracion/`: sucursales, terminales, and the next number of every series."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company_forms import Line as TextLine
from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.series import LAST_SUCURSAL, LAST_TERMINAL
from iofacturo.invoicing.setup import numbering, sucursal
from iofacturo.invoicing.setup.numbering import Line
from iofacturo.lib import clock

MOST_PLACES = 200  # on one page


@dataclass
class Place:
    """One terminal of the list, with what its first documents will be numbered."""

    sucursal: int
    terminal: int
    name: str
    next_numbers: dict[str, int] = field(default_factory=dict)

    @property
    def invoices(self) -> str:
        number = self.next_numbers.get("01", 1)
        return f"{self.sucursal:03}{self.terminal:05}01{number:010}"


class AnotherForm(Furnished, forms.Form):
    sucursal = forms.IntegerField(
        label="Sucursal", min_value=1, max_value=LAST_SUCURSAL, help_text="De 1 a 999."
    )
    terminal = forms.IntegerField(
        label="Terminal o caja", min_value=1, max_value=LAST_TERMINAL, help_text="De 1 a 99999."
    )


class SucursalForm(Furnished, forms.Form):
    name = TextLine(
        label="Nombre de la sucursal", help_text="Como «San Pedro».", max_length=60, required=False
    )
    address = TextLine(
        label="Dirección que sale impresa",
        help_text="Si es otra que la de la empresa.",
        max_length=250,
        required=False,
    )


@member("configure")
@require_safe
def series(request: SeatedRequest) -> HttpResponse:
    """The list of places; with none, the first one is where one begins."""
    places = _places(request)
    asked = "sucursal" in request.GET
    if not places and not asked:
        return redirect("invoicing:setup_place", 1, 1)
    form = AnotherForm(request.GET if asked else None, initial=_free(places))
    if asked and form.is_valid():
        data = form.cleaned_data
        return redirect("invoicing:setup_place", data["sucursal"], data["terminal"])
    context = {
        "places": places[:MOST_PLACES], "form": form, "left_out": max(0, len(places) - MOST_PLACES),
    }  # fmt: skip
    return render(request, "invoicing/setup/series.html", context)


def _places(request: SeatedRequest) -> list[Place]:
    names = dict(request.company.sucursales.values_list("number", "name"))
    found: dict[tuple[int, int], Place] = {}
    rows = request.company.series.order_by("sucursal", "terminal", "tipo")
    for one, terminal, tipo, number in rows.values_list(
        "sucursal", "terminal", "tipo", "next_number"
    ):
        place = found.setdefault((one, terminal), Place(one, terminal, names.get(one, "")))
        place.next_numbers[tipo] = number
    return list(found.values())


def _free(places: list[Place]) -> dict[str, int]:
    """The next terminal of the last sucursal: what is added most often."""
    terminals: dict[int, int] = defaultdict(int)
    for place in places:
        terminals[place.sucursal] = max(terminals[place.sucursal], place.terminal)
    last = max(terminals, default=1)
    return {"sucursal": last, "terminal": min(terminals.get(last, 0) + 1, LAST_TERMINAL)}


@dataclass(frozen=True)
class Row:
    """A line of the page: the series, what was typed, and what is wrong with it."""

    line: Line
    typed: str
    error: str = ""

    @property
    def shown(self) -> str:
        """The consecutivo that would come out with what was typed."""
        good = self.typed.isascii() and self.typed.isdigit() and 0 < int(self.typed) < 10**10
        return f"{self.line.prefix}{int(self.typed):010}" if good else "—"

    @property
    def jump(self) -> str:
        """The numbers that would never be used: "12 a 4120"."""
        first, last = self.line.next_number, int(self.typed) - 1
        return str(first) if first == last else f"{first} a {last}"


@member("configure")
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: SeatedRequest, one: int, terminal: int) -> HttpResponse:
    """The numbers of one terminal; from a number that a document has, only forward."""
    if not (1 <= one <= LAST_SUCURSAL and 1 <= terminal <= LAST_TERMINAL):
        raise Http404
    lines = numbering.lines(request.company, one, terminal)
    row = sucursal.of(request.company, one)
    first = {"name": row.name, "address": row.address} if row else {}
    if request.method != "POST":
        rows = [Row(line, str(line.next_number)) for line in lines]
        return _page(request, one, terminal, rows, SucursalForm(initial=first))
    form = SucursalForm(request.POST)
    rows, numbers = _read(request, lines)
    if not form.is_valid() or any(row.error for row in rows):
        return _page(request, one, terminal, rows, form)
    jumps = [row for row in rows if row.line.used and numbers[row.line.tipo] > row.line.next_number]
    if jumps and request.POST.get("accion") != "saltar":
        return _page(request, one, terminal, rows, form, jumps)
    try:
        changed = _write(request, one, terminal, numbers, form)
    except numbering.Unlike as refusal:
        rows = [Row(row.line, row.typed, refusal.problems.get(row.line.tipo, "")) for row in rows]
        return _page(request, one, terminal, rows, form)
    if changed:
        messages.success(request, f"Guardamos la sucursal {one:03}, terminal {terminal:05}.")
    return redirect("invoicing:setup_series")


def _read(request: SeatedRequest, lines: list[Line]) -> tuple[list[Row], dict[str, int]]:
    rows, numbers = [], {}
    for line in lines:
        typed = request.POST.get(f"n{line.tipo}", "")[:30]
        try:
            numbers[line.tipo] = numbering.number(typed)
        except ValueError as error:
            rows.append(Row(line, typed, str(error)))
            continue
        if line.used and numbers[line.tipo] < line.next_number:
            back = f"Esta serie ya va por el {line.next_number}: no puede volver atrás."
            rows.append(Row(line, typed, back))
        else:
            rows.append(Row(line, str(numbers[line.tipo])))
    return rows, numbers


def _write(
    request: SeatedRequest, one: int, terminal: int, numbers: dict[str, int], form: SucursalForm
) -> int:
    now, data = clock.now(), form.cleaned_data
    with transaction.atomic():
        named = sucursal.tell(
            request.company, one, name=data["name"], address=data["address"],
            by=request.user, at=now,
        )  # fmt: skip
        changed = numbering.write(request.company, one, terminal, numbers, by=request.user, at=now)
    return changed + named


def _page(
    request: SeatedRequest,
    one: int,
    terminal: int,
    rows: list[Row],
    form: SucursalForm,
    jumps: list[Row] | None = None,
) -> HttpResponse:
    context = {
        "sucursal": one,
        "terminal": terminal,
        "documents": [row for row in rows if row.line.tipo in numbering.DOCUMENTS],
        "messages_rows": [row for row in rows if row.line.tipo in numbering.MESSAGES],
        "wrong": [row for row in rows if row.error],
        "form": form,
        "jumps": jumps or [],
        "is_new": not any(row.line.is_open for row in rows),
    }
    return render(request, "invoicing/setup/place.html", context)
