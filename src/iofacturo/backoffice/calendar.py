"""`/gestion/calendario/`: when we work, by versions; promises are computed again after a change."""

from collections.abc import Callable
from datetime import date, datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts import access
from iofacturo.backoffice.forms_calendar import ClosureForm, HoursForm, ReasonForm
from iofacturo.business_time import calendar, week
from iofacturo.business_time.models import CalendarVersion
from iofacturo.lib import clock
from iofacturo.renewals import due

RECENT = 10
RECOMPUTED_AT_ONCE = 25  # rounds of 200 requests; the worker does the rest


@access.staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Hours, closed days of a year, the last changes; by POST, one more closed day."""
    now = clock.now()
    version = calendar.version_at(now)
    form = ClosureForm(
        request.POST or None, today=clock.local(now).date(), initial={"seen": version.number}
    )
    if request.method == "POST" and form.is_valid():
        day, reason = form.cleaned_data["day"], form.cleaned_data["reason"]

        def close(seen: int) -> CalendarVersion:
            return calendar.add_closure(request.user, now, day, reason, seen=seen)

        if _changed(request, form, close, now):
            return redirect(f"{request.path}?ano={day.year}")
    current = calendar.calendar_of(version)
    year = _year(request, clock.local(now).year)
    rows = [row for day, row in sorted(calendar.closed_days(version).items()) if day.year == year]
    today = clock.local(now).date()
    context = {
        "version": version,
        "calendar": current,
        "is_open": current.is_open(now),
        "opens_at": current.next_opening(now),
        "closed_today": current.closed.get(today, ""),
        "form": form,
        "year": year,
        "years": range(today.year - 1, version.known_until + 1),
        "rows": rows,
        "today": today,
        "history": _history(RECENT),
    }
    return render(request, "backoffice/calendar.html", context)


@access.staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest, day: str) -> HttpResponse:
    """Asks why, then opens a closed day again."""
    now = clock.now()
    version = calendar.version_at(now)
    row = calendar.closed_days(version).get(_day(day))
    if row is None:
        raise Http404
    form = ReasonForm(request.POST or None, initial={"seen": version.number})
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]

        def reopen(seen: int) -> CalendarVersion:
            return calendar.remove_closure(request.user, now, row.day, reason, seen=seen)

        if _changed(request, form, reopen, now):
            return _to_year(row.day.year)
    return render(request, "backoffice/calendar_opening.html", {"form": form, "row": row})


@access.staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """The hours of the week."""
    now = clock.now()
    version = calendar.version_at(now)
    form = HoursForm(
        request.POST or None, hours=week.load(version.hours), initial={"seen": version.number}
    )
    if request.method == "POST" and form.is_valid():
        reason, wanted = form.cleaned_data["reason"], form.cleaned_data["hours"]

        def change(seen: int) -> CalendarVersion:
            return calendar.set_hours(request.user, now, wanted, reason, seen=seen)

        if _changed(request, form, change, now):
            return redirect("backoffice:calendar")
    return render(request, "backoffice/calendar_hours.html", {"form": form, "version": version})


@access.staff("catalogue")
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Every version: who, when, why, what."""
    return render(request, "backoffice/calendar_history.html", {"history": _history(None)})


def _changed(
    request: HttpRequest, form: Form, act: Callable[[int], CalendarVersion], now: datetime
) -> bool:
    """Do *act*; False with the trouble on *form*. A form sent twice is done once."""
    try:
        version = act(form.cleaned_data["seen"])
    except (calendar.CalendarError, week.HoursError) as error:
        if _already_done(request, form):
            return True
        form.add_error(None, ValidationError(str(error)))
        if isinstance(error, calendar.Superseded):  # what stands on the screen now was seen
            newest = CalendarVersion.objects.order_by("-number").first()
            form.data = {**request.POST.dict(), "seen": str(newest.number if newest else "")}
        return False
    moved = _recompute(max(now, version.made_at))
    told = "Guardamos el cambio."
    if moved:
        told += (
            f" Revisamos el plazo de {moved} {'solicitud' if moved == 1 else 'solicitudes'} "
            "en revisión y avisamos donde cambió."
        )
    messages.success(request, told)
    return True


def _already_done(request: HttpRequest, form: Form) -> bool:
    """Whether this very form made the version after the one it was made for."""
    return CalendarVersion.objects.filter(
        number=form.cleaned_data["seen"] + 1,
        made_by_id=request.user.pk,
        reason=" ".join(form.cleaned_data["reason"].split()),
    ).exists()


def _recompute(at: datetime) -> int:
    total = 0
    for _ in range(RECOMPUTED_AT_ONCE):
        done = due.recompute(at)
        total += done
        if not done:
            break
    return total


def _history(count: int | None) -> list[CalendarVersion]:
    rows = CalendarVersion.objects.select_related("made_by").order_by("-number")
    found = list(rows if count is None else rows[:count])
    for version in found:
        version.told = week.describe(week.load(version.hours))  # type: ignore[attr-defined]
    return found


def _year(request: HttpRequest, now: int) -> int:
    text = request.GET.get("ano", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) == 4 else now


def _day(text: str) -> date:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _to_year(year: int) -> HttpResponse:
    response = redirect("backoffice:calendar")
    response["Location"] += f"?ano={year}"
    return response


urlpatterns = [
    path("calendario/", overview, name="calendar"),
    path("calendario/horario/", hours, name="calendar_hours"),
    path("calendario/historial/", history, name="calendar_history"),
    path("calendario/abrir/<str:day>/", opening, name="calendar_opening"),
]
