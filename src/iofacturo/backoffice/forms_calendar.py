"""What staff type to change the calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms

from iofacturo.accounts.furniture import Furnished
from iofacturo.business_time import week

PAST = timedelta(days=31)  # a closure may be written down some days later
FUTURE = timedelta(days=5 * 366)
INTERVALS = 2  # a day has at most one break


class ReasonForm(Furnished, forms.Form):
    """Why; and the version that was on the screen, so that nobody overwrites another's change."""

    reason = forms.CharField(
        label="Motivo",
        max_length=120,
        help_text="Queda en el historial y lo lee todo el equipo.",
        error_messages={"required": "Escriba por qué."},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ClosureForm(ReasonForm):
    day = forms.DateField(
        label="Día",
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": "Elija el día.",
            "invalid": "Escriba el día como 24/12/2026.",
        },
    )
    field_order = ["day", "reason", "seen"]

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not self.today - PAST <= day <= self.today + FUTURE:
            raise forms.ValidationError(
                "Elija un día desde hace un mes hasta dentro de cinco años."
            )
        return day


class HoursForm(ReasonForm):
    """Two intervals for each day of the week; an empty pair is no interval."""

    def __init__(self, *args: Any, hours: week.Week, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day, name in enumerate(week.DAYS):
            for n in range(INTERVALS):
                span = hours[day][n] if n < len(hours[day]) else None
                for end, verb in enumerate(("abre", "cierra")):
                    again = " otra vez" if n else ""
                    self.fields[f"d{day}_{n}_{end}"] = forms.CharField(
                        label=f"{name.capitalize()}, {verb}{again}",
                        required=False,
                        max_length=5,
                        initial=week.text(span[end] % week.MIDNIGHT) if span else "",
                        widget=forms.TextInput(attrs={"type": "time", "class": "input"}),
                    )

    @property
    def rows(self) -> Iterator[tuple[str, list[Any]]]:
        """Each day with its four fields."""
        for day, name in enumerate(week.DAYS):
            names = [f"d{day}_{n}_{end}" for n in range(INTERVALS) for end in (0, 1)]
            yield name.capitalize(), [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days = []
        for day in range(7):
            spans = [self._span(f"d{day}_{n}", cleaned) for n in range(INTERVALS)]
            days.append([span for span in spans if span])
        if not self.errors:
            try:
                cleaned["hours"] = week.validate(days)
            except week.HoursError as error:
                self.add_error(None, str(error))
        return cleaned

    def _span(self, name: str, cleaned: dict[str, Any]) -> week.Interval | None:
        opens, closes = cleaned.get(f"{name}_0", ""), cleaned.get(f"{name}_1", "")
        if not opens and not closes:
            return None
        missing = f"{name}_0" if not opens else f"{name}_1" if not closes else ""
        if missing:
            self.add_error(missing, "Falta esta hora: escriba las dos o borre la otra.")
            return None
        found = []
        for end, text in enumerate((opens, closes)):
            try:
                found.append(week.minutes(text, closing=bool(end)))
            except week.HoursError as error:
                self.add_error(f"{name}_{end}", str(error))
        return (found[0], found[1]) if len(found) == 2 else None
