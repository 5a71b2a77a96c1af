"""Numbers, money, days and hours as people in Costa Rica read them (CLDR es-CR).

Group and decimal separators come from Babel; rounding is half-up and done here, because Babel
rounds half to even. Spaces inside an amount are no-break (U+00A0).
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from iofacturo.lib.clock import local

LOCALE = "es_CR"
NBSP = "\u00a0"
MARKS = str.maketrans({",": NBSP, ".": ","})
SYMBOLS = {"CRC": "₡", "USD": "USD" + NBSP, "EUR": "EUR" + NBSP}


def numero(value: Decimal | int | float, decimals: int | None = None) -> str:
    """`1234.5` → `1 234,5`; with *decimals* exactly that many.

    >>> numero(1234567).replace(NBSP, " ")
    '1 234 567'
    """
    number = Decimal(str(value))
    if decimals is not None:
        number = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        # what babel answers, which reads its pattern anew each time; a page has hundreds of these
        return f"{number:,.{decimals}f}".translate(MARKS)
    return format_decimal(number, format="#,##0.#####", locale=LOCALE)


def dinero(value: Decimal | int, currency: str = "CRC") -> str:
    """An amount with its currency and two decimals.

    >>> dinero(Decimal("-45000.5")).replace(NBSP, " ")
    '-₡45 000,50'
    """
    amount = Decimal(value)
    text = numero(abs(amount), 2)
    sign = "-" if amount < 0 and text.strip("0,") else ""
    return f"{sign}{SYMBOLS.get(currency, currency + NBSP)}{text}"


def porcentaje(value: Decimal | int | float) -> str:
    """`13` → `13 %` with a no-break space."""
    return f"{numero(Decimal(str(value)).normalize())}{NBSP}%"


def _day(value: date | datetime) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def dia(value: date | datetime) -> str:
    """`14 ene 2027`, for tables."""
    return (
        format_date(_day(value), "d MMM y", locale=LOCALE).replace(".", "").replace("sept", "set")
    )


def dia_largo(value: date | datetime) -> str:
    """`14 de enero de 2027`."""
    return format_date(_day(value), "d 'de' MMMM 'de' y", locale=LOCALE)


def fecha_completa(value: date | datetime) -> str:
    """`miércoles 2 de diciembre de 2026`."""
    return format_date(_day(value), "EEEE d 'de' MMMM 'de' y", locale=LOCALE)


def hora(value: datetime) -> str:
    """`11:30 a. m.`, on a wall in Costa Rica."""
    at = local(value)
    half = "a." if at.hour < 12 else "p."
    return f"{(at.hour - 1) % 12 + 1}:{at.minute:02d}{NBSP}{half}{NBSP}m."


def momento(value: datetime) -> str:
    """`miércoles 2 de diciembre de 2026, 11:30 a. m.`"""
    return f"{fecha_completa(value)}, {hora(value)}"


def momento_corto(value: datetime) -> str:
    """`14 ene 2027, 11:30 a. m.`"""
    return f"{dia(value)}, {hora(value)}"


def duracion(minutes: int) -> str:
    """`2 h 05 min`, `40 min`."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


def iban(value: str) -> str:
    """In groups of four, as on paper.

    >>> iban("CR05015202001026284066")
    'CR05 0152 0200 1026 2840 66'
    """
    compact = "".join(value.split())
    return " ".join(compact[i : i + 4] for i in range(0, len(compact), 4))
