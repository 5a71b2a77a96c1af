"""What the worker does for exports: make those that are due, take away what has expired."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from pathlib import Path

from django.core.files.storage import default_storage

from iofacturo.invoicing.archive import exporting
from iofacturo.invoicing.archive.export import FOLDER, Export
from iofacturo.lib import clock
from iofacturo.uploads import storage

BATCH = 50
FORGOTTEN = timedelta(days=2)  # a work file nobody wrote to for so long
_swept: dict[str, date] = {}


def run(now: datetime) -> int:
    """Everything that is due at *now*; how many rows were worked on."""
    done = expire(now)
    sweep(now)
    return done + exporting.run(now)


def expire(now: datetime) -> int:
    """Files older than a week: first the row says that there is none, then it goes."""
    rows = Export.objects.filter(state=Export.READY, expires_at__lte=now).order_by("expires_at")
    done = 0
    for pk, name in list(rows.values_list("pk", "file")[:BATCH]):
        if Export.objects.filter(pk=pk, state=Export.READY).update(state=Export.EXPIRED, file=""):
            default_storage.delete(name)
            done += 1
    return done


def sweep(now: datetime) -> int:
    """Once a day: files that no row names, work files that nobody goes on with."""
    today = clock.local(now).date()
    if _swept.get("day") == today:
        return 0
    _swept["day"] = today
    kept = Export.objects.filter(state=Export.READY).values_list("file", flat=True)
    return storage.sweep(list(kept), folder=FOLDER) + _forgotten(exporting.workplace())


def _forgotten(folder: Path) -> int:
    before = time.time() - FORGOTTEN.total_seconds()
    old = [path for path in folder.glob("*.*") if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
