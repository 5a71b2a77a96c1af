"""Every act has an actor and a row, and the row is never changed."""

from datetime import datetime
from typing import Any

from django.db import models

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib import clock


class AuditEvent(models.Model):
    """What somebody did. Append-only: the database refuses updates and deletes."""

    at = models.DateTimeField(default=clock.now, editable=False)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # None: the clock
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="audit_events")
    action = models.CharField(max_length=64)  # noun.verb, such as "membership.removed"
    subject = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="audit_company")]


def record(
    action: str,
    *,
    by: User | None,
    company: Company | None = None,
    subject: object = "",
    at: datetime | None = None,
    **detail: Any,
) -> AuditEvent:
    """Write down *action* in the transaction it happens in. *detail* must be JSON and no secret."""
    return AuditEvent.objects.create(
        action=action,
        actor=by,
        company=company,
        subject=str(subject)[:120],
        detail=detail,
        at=at or clock.now(),
    )
