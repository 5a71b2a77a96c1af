"""The door of business time: which calendar holds, and how it is changed.

A change makes a new version and answers it, so that whoever keeps due times (the renewals) can
compute them again: `version = calendar.add_closure(...)`, then `renewals.due.recompute(...)`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction

from iofacturo.business_time import seed, week
from iofacturo.business_time.opening import Calendar
from iofacturo.business_time.version import CalendarDay, CalendarVersion, digest
from iofacturo.lib.clock import local

__all__ = [
    "Calendar", "CalendarError", "Superseded", "add_closure", "calendar_of", "closed_days",
    "current", "extend", "remove_closure", "set_hours", "version_at",
]  # fmt: skip


class CalendarError(ValueError):
    """The change makes no sense; the message is for the person who asked for it."""


class Superseded(CalendarError):
    """Somebody else changed the calendar in the meantime."""


# -- reading -------------------------------------------------------------------------------------


def current(at: datetime) -> Calendar:
    """The calendar in force at *at*, as a frozen value."""
    return calendar_of(version_at(at))


def version_at(at: datetime) -> CalendarVersion:
    """The version in force at *at*: the last one made until then, or the first one ever.

    The first call on an empty database makes version 1 from the `holidays` package.
    """
    found = CalendarVersion.objects.filter(made_at__lte=at).order_by("-number").first()
    return found or CalendarVersion.objects.order_by("number").first() or _first(at)


def calendar_of(version: CalendarVersion) -> Calendar:
    """The calendar that *version* amounts to. Versions never change, so it is read once."""
    return _calendar(version.pk, version.number, version.digest)


@lru_cache(maxsize=64)
def _calendar(pk: int, number: int, content: str) -> Calendar:
    # the digest is in the key because a rolled-back number may come again with other content
    version = CalendarVersion.objects.get(pk=pk)
    closed = {day: row.name for day, row in closed_days(version).items()}
    return Calendar(week.load(version.hours), closed, version_id=pk, number=number)


def closed_days(version: CalendarVersion) -> dict[date, CalendarDay]:
    """The closed days under *version*, each with the row that closed it."""
    rows = CalendarDay.objects.filter(version__number__lte=version.number)
    state: dict[date, CalendarDay] = {}
    for row in rows.order_by("version__number"):
        state[row.day] = row
    return {day: row for day, row in state.items() if row.is_closed}


# -- changing ------------------------------------------------------------------------------------


def add_closure(
    by: Any, at: datetime, day: date, reason: str, *, seen: int | None = None
) -> CalendarVersion:
    """Close *day*; answers the new version.

    *by* is the person who decides, *reason* is what customers and colleagues will read. With
    *seen* (the number on the screen) a change made in between raises Superseded.
    """
    reason = _reason(reason)
    with transaction.atomic():
        last = _lock(at, seen)
        closed = closed_days(last)
        if day in closed:
            raise CalendarError(f"Ese día ya está cerrado: {closed[day].name}.")
        row = CalendarDay(day=day, kind="closure", name=reason[:120])
        return _write(last, by=by, at=at, reason=reason, days=[row])


def remove_closure(
    by: Any, at: datetime, day: date, reason: str, *, seen: int | None = None
) -> CalendarVersion:
    """Open *day* again, a holiday included; answers the new version."""
    reason = _reason(reason)
    with transaction.atomic():
        last = _lock(at, seen)
        if day not in closed_days(last):
            raise CalendarError("Ese día no está en la lista de días cerrados.")
        row = CalendarDay(day=day, kind="opened", name=reason[:120])
        return _write(last, by=by, at=at, reason=reason, days=[row])


def set_hours(
    by: Any, at: datetime, hours: week.Week, reason: str, *, seen: int | None = None
) -> CalendarVersion:
    """Give the week other *hours*; answers the new version."""
    reason, hours = _reason(reason), week.validate(hours)
    with transaction.atomic():
        last = _lock(at, seen)
        if week.load(last.hours) == hours:
            raise CalendarError("El horario quedó igual: no hay nada que guardar.")
        return _write(last, by=by, at=at, reason=reason, hours=hours)


def extend(at: datetime) -> CalendarVersion | None:
    """Add the holidays of coming years once they come into sight; None when all are there."""
    wanted = seed.years(local(at).year).stop - 1
    newest = CalendarVersion.objects.order_by("-number").first()
    if newest is None or newest.known_until >= wanted:
        return None
    with transaction.atomic():
        last = _lock(at, None)
        if last.known_until >= wanted:
            return None
        years = range(last.known_until + 1, wanted + 1)
        closed = closed_days(last)
        days = [row for row in _rows(years) if row.day not in closed]
        which = f"de {years[0]}" if len(years) == 1 else f"de {years[0]} a {years[-1]}"
        return _write(
            last, by=None, at=at, reason=f"Feriados {which}", days=days, known_until=wanted
        )


def _first(at: datetime) -> CalendarVersion:
    """Version 1: office hours and the holidays of the years around *at*."""
    years = seed.years(local(at).year)
    rows = _rows(years)
    closed = {row.day: row.name for row in rows}
    hours = week.dump(week.OFFICE)
    try:
        with transaction.atomic():
            version = CalendarVersion.objects.create(
                number=1,
                hours=hours,
                reason="Calendario inicial: lunes a viernes y los feriados de Costa Rica",
                made_at=at,
                made_by=None,
                known_until=years.stop - 1,
                digest=digest(hours, closed),
            )
            _attach(version, rows)
            return version
    except IntegrityError:  # another process was quicker; both would have written the same
        return CalendarVersion.objects.get(number=1)


def _lock(at: datetime, seen: int | None) -> CalendarVersion:
    """The newest version, while this transaction holds the right to add the next one."""
    version_at(at)
    # Always the same row: whoever waited for it reads the newest version afterwards.
    CalendarVersion.objects.select_for_update(of=("self",)).get(number=1)
    last = CalendarVersion.objects.order_by("-number").first()
    assert last is not None  # noqa: S101 - version_at has made one
    if seen is not None and seen != last.number:
        raise Superseded(
            "Otra persona cambió el calendario mientras usted lo miraba. "
            "Revise cómo quedó y vuelva a hacer su cambio."
        )
    return last


def _write(
    last: CalendarVersion,
    *,
    by: Any,
    at: datetime,
    reason: str,
    hours: week.Week | None = None,
    days: Iterable[CalendarDay] = (),
    known_until: int | None = None,
) -> CalendarVersion:
    rows = list(days)
    closed = {day: row.name for day, row in closed_days(last).items()}
    for row in rows:
        if row.is_closed:
            closed[row.day] = row.name
        else:
            closed.pop(row.day, None)
    stored = last.hours if hours is None else week.dump(hours)
    version = CalendarVersion.objects.create(
        number=last.number + 1,
        hours=stored,
        reason=reason,
        made_at=max(at, last.made_at),  # in order even if two machines' clocks differ
        made_by=by,
        known_until=last.known_until if known_until is None else known_until,
        digest=digest(stored, closed),
    )
    _attach(version, rows)
    return version


def _attach(version: CalendarVersion, rows: list[CalendarDay]) -> None:
    for row in rows:
        row.version = version
    CalendarDay.objects.bulk_create(rows)


def _rows(years: Iterable[int]) -> list[CalendarDay]:
    return [CalendarDay(day=f.day, kind=f.kind, name=f.name) for f in seed.feriados(years)]


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise CalendarError("Escriba el motivo: queda en el historial del calendario.")
    if len(plain) > 120:
        raise CalendarError("Escriba un motivo más corto: caben 120 letras.")
    return plain
