"""What the worker does for this part: announce the end of keys, sweep logos that no row names."""

from __future__ import annotations

from datetime import date, datetime

from iofacturo.invoicing.setup import key_watch
from iofacturo.invoicing.setup.letterhead import LOGOS, Letterhead
from iofacturo.lib import clock
from iofacturo.uploads import storage

_swept: dict[str, date] = {}


def run(now: datetime) -> int:
    """Everything that is due at *now*; how many rows were worked on."""
    return key_watch.run(now) + sweep(now)


def sweep(now: datetime) -> int:
    """Delete the logos that were replaced, or whose row was never written; once a day each worker."""
    today = clock.local(now).date()
    if _swept.get("day") == today:
        return 0
    _swept["day"] = today
    named = Letterhead.objects.exclude(logo="").values_list("logo", flat=True)
    return storage.sweep(list(named), folder=LOGOS)
