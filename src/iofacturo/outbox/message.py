"""A mail on its way. The row is the queue."""

import hashlib
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db import models
from django.db.models import Q


class Message(models.Model):
    """One mail to one address, sent once for its `key`.

    It waits until `due_at`; whoever sends it holds it by a lease (`leased_until`, `lease`) that
    lapses with its holder. In the end it was either sent or given up.
    """

    key = models.CharField(max_length=200, unique=True)
    to = models.CharField("para", max_length=320)
    subject = models.CharField("asunto", max_length=250)
    text = models.TextField()
    html = models.TextField()
    sender = models.CharField("quien lo envía", max_length=100, blank=True)  # before our address
    reply_to = models.CharField("responder a", max_length=320, blank=True)
    unsubscribe = models.CharField("darse de baja", max_length=500, blank=True)  # a page of ours
    attachments = models.JSONField(default=list, blank=True)  # [maker, reference], made on sending
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "mensaje"
        verbose_name_plural = "mensajes"
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(failed_at__isnull=True),
                name="message_sent_or_failed",
            ),
            models.CheckConstraint(
                condition=Q(lease__isnull=True, leased_until__isnull=True)
                | Q(lease__isnull=False, leased_until__isnull=False),
                name="message_lease_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(sent_at__isnull=True, failed_at__isnull=True),
                name="message_waiting",
            ),
            models.Index(
                fields=["sent_at"], condition=Q(sent_at__isnull=False), name="message_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} → {self.to}"

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a mail sent twice is seen as one."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        return f"<{hashlib.sha256(self.key.encode()).hexdigest()[:40]}@{domain}>"

    @classmethod
    def due(cls, now: datetime) -> models.QuerySet["Message"]:
        """What may be taken at *now*, the longest waiting first."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return cls.objects.filter(
            free, sent_at__isnull=True, failed_at__isnull=True, due_at__lte=now
        ).order_by("due_at", "id")
