"""`/gestion/tablero/`: how the desk answers, in business time, by day and by person."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice import board_span
from iofacturo.backoffice.board_chart import Chart, Column, draw
from iofacturo.backoffice.board_span import Span
from iofacturo.business_time import calendar
from iofacturo.folios.csv_file import stream
from iofacturo.lib import clock, formats
from iofacturo.renewals import board as desk
from iofacturo.renewals import daily_report
from iofacturo.renewals.board import Figures, Group, Standing
from iofacturo.renewals.daily_report import duration, money, name

PERSON_BARS = 8
HEADINGS = (
    "Día", "Persona", "Respuestas", "Mediana (min hábiles)", "Percentil 95 (min hábiles)",
    "Promesas incumplidas", "Aprobadas", "Automáticas", "Correcciones", "Rechazadas",
    "Aprobado en colones",
)  # fmt: skip


class Board:
    """Everything the page shows of one span, each piece read once."""

    def __init__(self, span: Span, request: StaffRequest) -> None:
        self.span, self.now = span, clock.now()
        self.user = request.user

    @cached_property
    def figures(self) -> Figures:
        return desk.figures(self.span.first, self.span.last)

    @cached_property
    def standing(self) -> Standing:
        return desk.standing(self.now)

    @property
    def total(self) -> Group:
        return self.figures.total

    @property
    def tiles(self) -> list[tuple[str, str, str]]:
        """(name, value, what it means)."""
        total = self.total
        kept = f"{_share(total.in_time, total.answers)} a tiempo" if total.answers else ""
        return [
            ("Mediana", duration(total.median), "La mitad se respondió en menos"),
            (
                "95 de cada 100",
                duration(total.p95),
                f"La promesa: {settings.PROMISED_HOURS} h hábiles",
            ),
            ("Promesas incumplidas", formats.numero(total.late), kept),
            ("Respuestas", formats.numero(total.answers), _kinds(total)),
            ("Dinero aprobado", money(total), daily_report.count(total.approved, "plan", "es")),
            (
                "Automáticas",
                _share(total.automatic, total.approved) if total.approved else "—",
                f"{formats.numero(total.automatic)} solas, {formats.numero(total.by_hand)} a mano",
            ),
        ]

    @cached_property
    def parts(self) -> list[tuple[board_span.Part, Group]]:
        """The span cut into bars."""
        days = self.figures.days
        parts = self.span.parts(calendar.current(self.now), set(days))
        spans = [(part.first, part.last) for part in parts]
        return list(zip(parts, desk.merged(days, spans), strict=True))

    @property
    def people(self) -> list[tuple[str, Group]]:
        return [(name(user), group) for user, group in self.figures.people]

    @property
    def charts(self) -> list[Chart]:
        """Times by day and by person, answers in time and late, approvals by hand and not."""
        unit, parts = self.span.unit, self.parts
        return [
            _times(
                "tiempos",
                f"Tiempo de respuesta por {unit}",
                unit.capitalize(),
                [Column(p.short, p.name, g.median, g.p95) for p, g in parts],
            ),
            _counts(
                "cumplimiento",
                f"Respuestas por {unit}",
                unit.capitalize(),
                [Column(p.short, p.name, g.in_time, g.answers) for p, g in parts],
                ("A tiempo", "Tarde"),
                "bar-late",
            ),
            _times(
                "personas",
                "Tiempo de respuesta por persona",
                "Persona",
                [
                    Column(_first(who), who, group.median, group.p95)
                    for who, group in self.people[:PERSON_BARS]
                ],
            ),
            _counts(
                "modo",
                f"Aprobaciones por {unit}",
                unit.capitalize(),
                [Column(p.short, p.name, g.by_hand, g.approved) for p, g in parts],
                ("A mano", "Automáticas"),
                "bar-now",
            ),
        ]

    @cached_property
    def reads_report(self) -> bool:
        return daily_report.reads(self.user)

    @property
    def report_hour(self) -> str:
        return formats.hora(daily_report.hour_of(self.span.today))


def _times(key: str, title: str, heading: str, columns: list[Column]) -> Chart:
    """Medians under their 95th percentiles, with the promise across."""
    hours = settings.PROMISED_HOURS
    return draw(
        key, columns, title=title, note="horas hábiles", heading=heading,
        names=("Mediana", "95 de cada 100"), looks=("bar-now", "bar-past"), shown=_minutes,
        limit=(hours * 60, f"la promesa, {hours} h"),
    )  # fmt: skip


def _counts(
    key: str, title: str, heading: str, columns: list[Column], names: tuple[str, str], look: str
) -> Chart:
    """How many, in two parts."""
    note = f"{names[0].lower()} y {names[1].lower()}"
    return draw(
        key, columns, title=title, note=note, heading=heading, names=names,
        looks=("bar-past", look), shown=_number, second=_number,
    )  # fmt: skip


def _first(who: str) -> str:
    return who.split()[0][:12]


def _minutes(value: float) -> str:
    return duration(int(value))


def _number(value: float) -> str:
    return formats.numero(int(value))


def _share(part: int, whole: int) -> str:
    return formats.porcentaje(round(100 * part / whole)) if whole else ""


def _kinds(total: Group) -> str:
    count = daily_report.count
    return (
        f"{count(total.approved, 'aprobada')}, {formats.numero(total.corrections)} por corregir, "
        f"{count(total.rejected, 'rechazada')}"
    )


@staff("board")
@require_safe
def board(request: StaffRequest) -> HttpResponse:
    """Figures and charts of a span of days; the last thirty unless asked otherwise."""
    span = board_span.read(request.GET, clock.today())
    return render(request, "backoffice/board.html", {"board": Board(span, request), "span": span})


@staff("board")
@require_safe
def board_csv(request: StaffRequest) -> StreamingHttpResponse:
    """The same span for a spreadsheet: a row for each day, then one for each person."""
    span = board_span.read(request.GET, clock.today())
    found = desk.figures(span.first, span.last)
    file = f"tablero-{span.first.isoformat()}-{span.last.isoformat()}.csv"
    return stream(file, HEADINGS, _csv_rows(found))


def _csv_rows(found: Figures) -> Iterator[tuple[object, ...]]:
    for day, group in found.days.items():
        yield (day.isoformat(), "", *_csv_cells(group))
    for user, group in found.people:
        yield ("", name(user), *_csv_cells(group))
    yield ("", "", *_csv_cells(found.total))


def _csv_cells(group: Group) -> tuple[object, ...]:
    return (
        group.answers, group.median, group.p95, group.late, group.approved, group.automatic,
        group.corrections, group.rejected, f"{group.money.get('CRC', 0):.2f}",
    )  # fmt: skip


@staff("board")
@require_POST
def board_report(request: StaffRequest) -> HttpResponse:
    """Ask for the daily report by mail, or stop it."""
    now = clock.now()
    if request.POST.get("recibir") == "1":
        daily_report.subscribe(request.user, now)
        messages.success(request, "Le enviaremos el informe cada día hábil.")
    else:
        daily_report.unsubscribe(request.user, now)
        messages.success(request, "Ya no le enviaremos el informe diario.")
    return redirect("backoffice:board")


urlpatterns = [
    path("tablero/", board, name="board"),
    path("tablero/datos.csv", board_csv, name="board_csv"),
    path("tablero/informe/", board_report, name="board_report"),
]
