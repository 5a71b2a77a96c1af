"""The end of a customer's exoneration, told a month before and when it has come.

The row is the queue: `watch_at` says when it is looked at next.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from iofacturo import notifications
from iofacturo.invoicing.catalogue.exoneracion import Exoneracion, next_look
from iofacturo.lib import clock

LIMIT = 100  # rows in one round


def run(now: datetime) -> int:
    """Tell what is due at *now*; how many were looked at."""
    due = Exoneracion.objects.filter(retired_at__isnull=True, watch_at__lte=now)
    return sum(_look(pk, seen, now) for pk, seen in list(due.values_list("pk", "watch_at")[:LIMIT]))


def _look(pk: int, seen: datetime | None, now: datetime) -> bool:
    with transaction.atomic():
        row = Exoneracion.objects.select_related("company", "customer").get(pk=pk)
        taken = Exoneracion.objects.filter(pk=pk, watch_at=seen, retired_at__isnull=True).update(
            watch_at=next_look(row.vence, now)
        )
        if taken:
            _tell(row, now)
    return bool(taken)


def _tell(row: Exoneracion, now: datetime) -> None:
    today = clock.local(now).date()
    if row.vence is None or not (row.is_over(today) or row.ends_soon(today)):
        return
    kind = "exoneracion.expired" if row.is_over(today) else "exoneracion.ending"
    notifications.notify(
        kind,
        company=row.company,
        params={"customer": row.customer.nombre, "number": str(row), "day": row.vence},
        url=reverse("invoicing:customer", args=[row.customer.public_id]),
        key=f"{kind}:{row.pk}:{row.vence}",
        at=now,
    )
