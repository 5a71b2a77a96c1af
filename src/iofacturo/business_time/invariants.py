"""What must hold in the calendar's tables."""

from collections.abc import Iterator

from iofacturo.business_time import week
from iofacturo.business_time.version import CalendarDay, CalendarVersion, digest


def broken() -> Iterator[str]:
    """One line in Spanish for each offender."""
    closed: dict = {}
    last_made = None
    for expected, version in enumerate(CalendarVersion.objects.order_by("number"), start=1):
        name = f"calendario, versión {version.number} (id {version.pk})"
        if version.number != expected:
            yield f"{name}: falta la versión {expected}"
            return
        if last_made and version.made_at < last_made:
            yield f"{name}: es anterior a la versión que reemplaza"
        last_made = version.made_at
        try:
            week.load(version.hours)
        except (ValueError, TypeError) as error:
            yield f"{name}: horario imposible ({error})"
        for row in CalendarDay.objects.filter(version=version):
            if row.is_closed:
                closed[row.day] = row.name
            else:
                closed.pop(row.day, None)
        if digest(version.hours, closed) != version.digest:
            yield f"{name}: su contenido no es el que se guardó (huella distinta)"
