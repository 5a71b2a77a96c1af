"""Who of the provider's people wants the figures of the day by mail."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from iofacturo.accounts import audit
from iofacturo.accounts.user import User


class ReportReader(models.Model):
    """A person who asked for the daily report; without the row nothing is sent."""

    user = models.OneToOneField(User, models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        verbose_name = "lector del informe diario"
        verbose_name_plural = "lectores del informe diario"


def subscribe(user: User, at: datetime) -> None:
    """Send *user* the report from now on; again, nothing changes."""
    _, new = ReportReader.objects.get_or_create(user=user, defaults={"since": at})
    if new:
        audit.record("report.subscribed", by=user, subject=user.email, at=at)


def unsubscribe(user: User, at: datetime) -> None:
    """Send *user* no more reports."""
    gone, _ = ReportReader.objects.filter(user=user).delete()
    if gone:
        audit.record("report.unsubscribed", by=user, subject=user.email, at=at)


def reads(user: User) -> bool:
    return ReportReader.objects.filter(user=user).exists()
