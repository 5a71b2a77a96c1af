"""Costa Rica's holidays from the `holidays` package, public and optional ones alike.

The package calls *pago obligatorio* public and *pago no obligatorio* optional; the default
category is public only and would miss 1 December. Some years the law moves a day to Monday and
the list is not sure to follow, which is why staff can edit what comes out of here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from holidays import country_holidays

YEARS_BACK = 8  # the demo and migrated customers have a past
YEARS_AHEAD = 6
LAST_YEAR = 2100  # the package knows no further


@dataclass(frozen=True)
class Feriado:
    day: date
    name: str
    kind: str  # "public" or "optional"


def years(year: int) -> range:
    """The years a calendar made in *year* should know."""
    return range(year - YEARS_BACK, min(year + YEARS_AHEAD, LAST_YEAR) + 1)


def feriados(of: Iterable[int]) -> Iterator[Feriado]:
    """Every holiday of the years *of*, a public one before an optional one of the same day."""
    wanted = list(of)
    seen: set[date] = set()
    for kind in ("public", "optional"):
        found = country_holidays("CR", years=wanted, categories=(kind,), language="es")
        for day, name in sorted(found.items()):
            if day.year in wanted and day not in seen:
                seen.add(day)
                yield Feriado(day, name, kind)
