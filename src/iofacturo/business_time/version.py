"""The calendar on record: versions that are only added, each with who, when and why."""

import hashlib
import json
from datetime import date

from django.conf import settings
from django.db import models


class CalendarVersion(models.Model):
    """One state of the calendar. Append-only: a change is a new version.

    `hours` holds the whole week; closed days are told as changes (`CalendarDay`), so that the
    closed days of a version are those of all versions up to it. `digest` covers both.
    """

    number = models.PositiveIntegerField(unique=True)
    hours = models.JSONField()
    reason = models.CharField("motivo", max_length=200)
    made_at = models.DateTimeField(editable=False)
    made_by = models.ForeignKey(  # none: the clock, when it adds a year
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    known_until = models.PositiveSmallIntegerField()  # last year whose holidays were listed
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "versión del calendario"
        verbose_name_plural = "versiones del calendario"
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=models.Q(number__gte=1), name="calendar_numbered")
        ]

    def __str__(self) -> str:
        return f"versión {self.number}"


class CalendarDay(models.Model):
    """A day that a version closed, or opened again. Append-only."""

    KINDS = [
        ("public", "Feriado de pago obligatorio"),
        ("optional", "Feriado de pago no obligatorio"),
        ("closure", "Cierre del proveedor"),
        ("opened", "Se trabaja"),
    ]

    version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="days")
    day = models.DateField("día")
    kind = models.CharField(max_length=8, choices=KINDS)
    name = models.CharField("nombre", max_length=120)

    class Meta:
        verbose_name = "día del calendario"
        verbose_name_plural = "días del calendario"
        constraints = [
            models.UniqueConstraint(fields=["version", "day"], name="calendar_day_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["public", "optional", "closure", "opened"]),
                name="calendar_day_kind",
            ),
        ]

    @property
    def is_closed(self) -> bool:
        return self.kind != "opened"


def digest(hours: object, closed: dict[date, str]) -> str:
    """What a version amounts to, as a sha256 in hex."""
    content = [hours, sorted((day.isoformat(), name) for day, name in closed.items())]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()
