"""Folios used per lot and local day: what charts and forecasts read instead of the ledger.

One row per lot and day, not per company: whoever holds the lot's row holds this one too, so it
adds no lock of its own.
"""

from django.db import models

from iofacturo.accounts.company import Company
from iofacturo.folios.lot import FolioLot


class DailyUse(models.Model):
    """Kept by the database when entries are added (see `posting`)."""

    lot = models.ForeignKey(
        FolioLot, models.PROTECT, related_name="days", db_index=False, db_constraint=False
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="folio_days", db_index=False, db_constraint=False
    )
    day = models.DateField()
    used = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    noticed = models.IntegerField(default=0)  # `used` when the thresholds were last looked at

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "day"], name="dailyuse_once")]
        indexes = [
            models.Index(fields=["company", "day"], name="dailyuse_company"),
            models.Index(fields=["day"], name="dailyuse_day"),
        ]
