"""The end of a key, announced 30, 7 and 1 days before and when it comes.

The row of the key is the queue: `watch_at` says when it is looked at next, and each announcement
has a key of its own, so that it is made once whoever works and however often. A key that was
replaced is not looked at any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from iofacturo import notifications
from iofacturo.accounts.company import Company
from iofacturo.invoicing.key import Key
from iofacturo.lib import clock, formats

DAYS = {"30_days": 30, "7_days": 7, "1_day": 1}
HOUR = timedelta(hours=8)  # of the day: nobody is told at midnight
LIMIT = 100  # keys in one round


@dataclass(frozen=True)
class Warning:
    """What a page says of the key in use; `tone` and `icon` as banners have them."""

    tone: str
    icon: str
    title: str
    text: str
    url: str


def days_left(not_after: datetime, at: datetime) -> int:
    """Midnights in Costa Rica between *at* and the end of a key; negative once it is over."""
    return (clock.local(not_after).date() - clock.local(at).date()).days


def kind_at(not_after: datetime, at: datetime) -> str:
    """What is to be announced at *at*: "30_days", "7_days", "1_day", "expired", or "" for nothing."""
    if at > not_after:
        return "expired"
    days = days_left(not_after, at)
    return next((kind for kind, most in sorted(DAYS.items(), key=_most) if days <= most), "")


def _most(item: tuple[str, int]) -> int:
    return item[1]


def next_look(not_after: datetime, at: datetime) -> datetime | None:
    """The first moment after *at* when there is something new to announce; None when all was said."""
    day = clock.local(not_after).date()
    moments = [clock.midnight(day - timedelta(days=days)) + HOUR for days in DAYS.values()]
    moments = [moment for moment in moments if moment < not_after]
    moments.append(not_after + timedelta(seconds=1))
    return min((moment for moment in moments if moment > at), default=None)


def run(now: datetime) -> int:
    """Announce what is due at *now*; how many keys were looked at."""
    due = Key.objects.filter(retired_at__isnull=True, watch_at__lte=now)
    rows = due.order_by("watch_at", "id").values_list("pk", "watch_at")[:LIMIT]
    return sum(_look(pk, seen, now) for pk, seen in list(rows))


def _look(pk: int, seen: datetime | None, now: datetime) -> bool:
    """One key, unless it was replaced or another worker took it meanwhile."""
    with transaction.atomic():
        row = Key.objects.select_related("company").get(pk=pk)
        taken = Key.objects.filter(pk=pk, watch_at=seen, retired_at__isnull=True).update(
            watch_at=next_look(row.not_after, now)
        )
        if not taken:
            return False
        kind = kind_at(row.not_after, now)
        if kind:
            _announce(row, kind, now)
    return True


def _announce(row: Key, kind: str, now: datetime) -> None:
    late: dict[str, str] = {}
    if DAYS.get(kind, 0) != days_left(row.not_after, now) and kind != "expired":
        late = {"subject": f"Su llave criptográfica vence el {formats.dia_largo(row.not_after)}"}
    notifications.notify(
        f"key.{kind}",
        company=row.company,
        params={"day": clock.local(row.not_after).date(), "name": row.company.nombre},
        url=reverse("invoicing:setup_key"),
        key=f"key:{row.pk}:{kind}",
        at=now,
        **late,
    )


def warning(company: Company, at: datetime) -> Warning | None:
    """The banner for pages of *company* when its key is about to end, or has; one query."""
    row = company.keys.filter(retired_at__isnull=True).values_list("not_after").first()
    return None if row is None else told(row[0], at)


def told(not_after: datetime, at: datetime) -> Warning | None:
    """The words for a key that ends at *not_after*; None while that is more than 30 days away."""
    kind = kind_at(not_after, at)
    if not kind:
        return None
    day = formats.dia_largo(clock.local(not_after))
    url = reverse("invoicing:setup_key")
    if kind == "expired":
        return Warning(
            "bad", "stop", f"Su llave criptográfica venció el {day}",
            "No se puede emitir hasta que suba la nueva.", url,
        )  # fmt: skip
    days = days_left(not_after, at)
    when = "hoy" if days == 0 else "mañana" if days == 1 else f"en {days} días, el {day}"
    tone = "bad" if days <= 1 else "warn"
    return Warning(
        tone, "alert", f"Su llave criptográfica vence {when}",
        "Genere una nueva en la oficina virtual de Hacienda y súbala: sin llave no se puede emitir.",
        url,
    )  # fmt: skip
