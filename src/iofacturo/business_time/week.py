"""The opening hours of a week, as they are stored and as people read them.

An interval is a pair of minutes after local midnight, half-open: `(540, 1080)` is open from
9:00:00 and closed again at 18:00:00. 1440 is the midnight that ends the day. A week is seven
tuples of intervals, Monday first.
"""

from collections.abc import Sequence

Interval = tuple[int, int]
Week = tuple[tuple[Interval, ...], ...]

DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MIDNIGHT = 24 * 60
NBSP = "\u00a0"

OFFICE: Week = (((9 * 60, 18 * 60),),) * 5 + ((), ())


class HoursError(ValueError):
    """Hours that cannot be kept; the message is for the person who typed them."""


def minutes(text: str, *, closing: bool = False) -> int:
    """Minutes after midnight of `HH:MM`; as a *closing* hour `00:00` and `24:00` end the day.

    >>> minutes("09:30")
    570
    """
    hour, colon, minute = text.strip().partition(":")
    digits = hour.isdecimal() and minute.isdecimal() and hour.isascii() and minute.isascii()
    if not (colon and digits and len(hour) <= 2 and len(minute) == 2 and int(minute) < 60):
        raise HoursError(f"«{text}» no es una hora. Escríbala como 09:00 o 17:30.")
    value = int(hour) * 60 + int(minute)
    if closing and value == 0:
        return MIDNIGHT
    if value > (MIDNIGHT if closing else MIDNIGHT - 1):
        raise HoursError(f"«{text}» no es una hora. Escríbala como 09:00 o 17:30.")
    return value


def text(value: int) -> str:
    """`540` → `09:00`, as stored and as a time field wants it."""
    return f"{value // 60:02d}:{value % 60:02d}"


def spoken(value: int) -> str:
    """`540` → `9:00 a. m.`, with no-break spaces."""
    hour, minute = divmod(value % MIDNIGHT, 60)
    half = "a." if hour < 12 else "p."
    return f"{(hour - 1) % 12 + 1}:{minute:02d}{NBSP}{half}{NBSP}m."


def validate(week: Sequence[Sequence[Interval]]) -> Week:
    """*week* with its intervals in order; HoursError when it cannot be lived by."""
    if len(week) != 7:
        raise HoursError("El horario tiene siete días.")
    days = tuple(_day(name, intervals) for name, intervals in zip(DAYS, week, strict=True))
    if not any(days):
        raise HoursError("Deje abierto al menos un día: los plazos cuentan solo horas abiertas.")
    return days


def _day(name: str, intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    ordered = tuple(sorted((int(start), int(end)) for start, end in intervals))
    last = 0
    for start, end in ordered:
        if not 0 <= start < end <= MIDNIGHT:
            raise HoursError(f"El {name} cierra antes de abrir: revise las dos horas.")
        if start < last:
            raise HoursError(f"El {name} tiene dos horarios que se traslapan.")
        last = end
    return ordered


def load(stored: Sequence[Sequence[Sequence[str]]]) -> Week:
    """The week in *stored*, the JSON of `dump`."""
    return validate(
        [[(minutes(start), minutes(end, closing=True)) for start, end in day] for day in stored]
    )


def dump(week: Week) -> list[list[list[str]]]:
    """*week* as JSON: seven lists of `["09:00", "18:00"]`."""
    return [[[text(start), text(end)] for start, end in day] for day in week]


def describe(week: Week) -> str:
    """`Lunes a viernes de 9:00 a. m. a 6:00 p. m.`; days with the same hours are told together."""
    parts: list[str] = []
    first = 0
    while first < 7:
        last = first
        while last < 6 and week[last + 1] == week[first]:
            last += 1
        if week[first]:
            parts.append(f"{_days(first, last)} {_hours(week[first])}")
        first = last + 1
    sentence = "; ".join(parts)
    return sentence[:1].upper() + sentence[1:]


def _days(first: int, last: int) -> str:
    if first == last:
        return DAYS[first]
    return f"{DAYS[first]} {'y' if last == first + 1 else 'a'} {DAYS[last]}"


def _hours(intervals: tuple[Interval, ...]) -> str:
    if intervals == ((0, MIDNIGHT),):
        return "todo el día"
    return " y ".join(f"de {spoken(start)} a {spoken(end)}" for start, end in intervals)
