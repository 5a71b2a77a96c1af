"""Warnings: few folios left, none left, a plan about to end. Each is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from iofacturo import notifications
from iofacturo.accounts.company import Company
from iofacturo.folios.daily_use import DailyUse
from iofacturo.folios.deadline import WARNINGS
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock, formats

LEVELS = (0, 10, 20)  # percent of the folios of all valid plans
RENEW = "/mi-plan/#renovacion"
MI_PLAN = "/mi-plan/"


def used_lately(now: datetime, limit: int) -> list[int]:
    """Companies that used folios since their warnings were last looked at."""
    since = clock.local(now).date() - timedelta(days=1)
    changed = DailyUse.objects.filter(day__gte=since).exclude(noticed=F("used"))
    return list(
        changed.order_by("company_id").values_list("company_id", flat=True).distinct()[:limit]
    )


def look(company: Company, now: datetime) -> int:
    """Tell *company* if it fell to 20, 10 or 0 percent; answers how many people were told.

    The lowest level that was reached is told, and only once until another lot comes.
    """
    seen = list(
        company.folio_days.filter(day__gte=clock.local(now).date() - timedelta(days=1))
        .exclude(noticed=F("used"))
        .values_list("pk", "used")
    )
    told = _tell_level(company, now)
    # After telling, so that a worker killed in between looks again; the notice's key is told once.
    for pk, used in seen:
        DailyUse.objects.filter(pk=pk).update(noticed=used)
    return told


def _tell_level(company: Company, now: datetime) -> int:
    lots = list(company.lots.valid(now).filter(only_for=""))
    grace = next((lot for lot in lots if lot.is_grace), None)
    lots = [lot for lot in lots if not lot.is_grace]
    if grace is not None and not any(lot.remaining for lot in lots):
        return _tell_grace(grace, now)
    total, left = sum(lot.total for lot in lots), sum(lot.remaining for lot in lots)
    level = next((level for level in LEVELS if left * 100 <= total * level), None)
    if not lots or level is None:
        return 0
    newest = max(lot.pk for lot in lots)
    return notifications.notify(
        f"folios.{level}",
        company=company,
        params={"left": left},
        url=RENEW,
        key=f"folios:{company.pk}:{newest}:{level}",
        at=now,
    )


def _tell_grace(lot: FolioLot, now: datetime) -> int:
    """That only folios of grace are left; and later, that they are gone as well."""
    kind = "folios.grace" if lot.remaining else "folios.grace_0"
    return notifications.notify(
        kind,
        company=lot.company,
        params={"left": lot.remaining},
        url=MI_PLAN,
        key=f"{kind}:{lot.pk}",
        at=now,
    )


def warn_of_end(lot: FolioLot, kind: str, now: datetime) -> int:
    """Tell that *lot* is about to end; nothing when it is empty, annulled, or the day has passed."""
    days = (lot.last_day - clock.local(now).date()).days
    if not lot.remaining or lot.voided_at is not None or days < 1:
        return 0
    late = (
        {} if days == WARNINGS[kind] else {"subject": _late_subject(lot), "body": _late_body(days)}
    )
    return notifications.notify(
        f"folios.{kind}",
        company=lot.company,
        params={"plan": lot.name, "day": lot.last_day, "left": lot.remaining},
        url=RENEW,
        key=f"folios:end:{lot.pk}:{kind}",
        at=now,
        **late,
    )


def _late_subject(lot: FolioLot) -> str:
    return "Su {plan} vence el {day}: aún tiene {left}".format(
        plan=lot.name,
        day=formats.dia_largo(lot.last_day),
        left=f"{formats.numero(lot.remaining)} {'folio' if lot.remaining == 1 else 'folios'}",
    )


def _late_body(days: int) -> str:
    """For a warning that goes out later than it should: the days that are really left."""
    return (
        f"{'Falta 1 día' if days == 1 else f'Faltan {days} días'}. Los que queden ese día no se "
        "podrán usar después. Puede renovar desde ya: los folios que le quedan conservan su fecha."
    )
