"""How many of a day's documents Hacienda rejected, and the alarm when they are too many.

A few rejections are everyday life. More than a fifth of a day's documents means that something is
wrong with the company's data or with this program: its people and the provider's are told, once
for each day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse

from iofacturo import notifications
from iofacturo.accounts.company import Company
from iofacturo.accounts.staff import Staff
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice

LEAST = 5  # documents of a day: of fewer nothing follows
PERCENT = 20  # of them, above which people are told


@dataclass(frozen=True)
class Day:
    """The documents that a company issued on one day in Costa Rica."""

    day: date
    issued: int
    rejected: int

    @property
    def percent(self) -> int:
        return round(100 * self.rejected / self.issued) if self.issued else 0

    @property
    def is_alarming(self) -> bool:
        return self.issued >= LEAST and 100 * self.rejected > PERCENT * self.issued


def of(company: Company, day: date) -> Day:
    """How *day* went; one query."""
    found = _issued(company, day, day).aggregate(**COUNTS)
    return Day(day, found["issued"], found["rejected"])


def worst(company: Company, today: date, days: int = 7) -> Day | None:
    """The last alarming one of the *days* that end with *today*; None when there is none."""
    rows = _issued(company, today - timedelta(days=days - 1), today)
    local = TruncDate("fecha", tzinfo=clock.COSTA_RICA)
    found = rows.annotate(day=local).order_by("-day").values("day").annotate(**COUNTS)
    seen = (Day(*one) for one in found.values_list("day", "issued", "rejected"))
    return next((one for one in seen if one.is_alarming), None)


COUNTS = {"issued": Count("id"), "rejected": Count("id", filter=Q(state=Comprobante.REJECTED))}


def _issued(company: Company, first: date, last: date) -> QuerySet[Comprobante]:
    after = clock.midnight(last + timedelta(days=1))
    found: QuerySet[Comprobante] = company.comprobantes.filter(
        fecha__gte=clock.midnight(first), fecha__lt=after
    )
    return found


def watch(document: Comprobante, now: datetime) -> int:
    """A document was rejected just now: tell people if its day became alarming; how many."""
    day = clock.local(document.fecha).date()
    key = f"rejections:{document.company_id}:{day}"
    if Notice.objects.filter(key__startswith=f"{key}:").exists():
        return 0
    seen = of(document.company, day)
    if not seen.is_alarming:
        return 0
    params = {
        "name": document.company.nombre, "day": day, "rejected": seen.rejected,
        "issued": seen.issued, "percent": f"{seen.percent} %",
    }  # fmt: skip
    told = notifications.notify(
        "rejections.many",
        company=document.company,
        params=params,
        url=reverse("invoicing:documents") + "?estado=rechazado",
        key=key,
        at=now,
    )
    seats = Staff.objects.filter(removed_at__isnull=True).select_related("user").order_by("id")
    for may_open in (True, False):  # the page of a company is not everybody's
        told += notifications.notify(
            "rejections.many_of",
            users=[
                seat.user
                for seat in seats
                if seat.user.is_active and seat.may("see") and seat.may("companies") is may_open
            ],
            params=params,
            url=reverse("backoffice:company", args=[document.company.public_id])
            if may_open
            else "",
            key=key,
            at=now,
        )
    return told
