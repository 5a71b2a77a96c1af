"""A notice: one thing told to one person. The record of what was told, whatever mail did."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.notifications import kinds


class Notice(models.Model):
    """`key` is the key of its mail in the outbox, too. `url` is a path of this portal."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    key = models.CharField(max_length=200, unique=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="notices")
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="notices")
    kind = models.CharField(max_length=40)
    title = models.CharField("título", max_length=250)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # its person wants none of this kind on screen; the row still says that it was told once
    hidden = models.BooleanField(default=False)

    class Meta:
        verbose_name = "aviso"
        verbose_name_plural = "avisos"
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_user"),
            models.Index(
                fields=["user", "company"],
                condition=Q(read_at__isnull=True),
                name="notice_unread",
            ),
        ]

    @property
    def shown(self) -> kinds.Kind:
        """How its kind is shown; one that left the table is shown plainly."""
        return kinds.KINDS.get(self.kind) or kinds.Kind("Aviso", "bell")

    @property
    def paragraphs(self) -> list[str]:
        return [part.strip() for part in self.body.split("\n\n") if part.strip()]

    @classmethod
    def of(cls, user: Any) -> models.QuerySet["Notice"]:
        """What *user* may read: a company's notices only as long as they have a seat there."""
        if not getattr(user, "is_authenticated", False):
            return cls.objects.none()
        seat = Membership.objects.filter(
            user=user, company=OuterRef("company"), removed_at__isnull=True
        )
        return cls.objects.filter(Q(company__isnull=True) | Exists(seat), user=user, hidden=False)

    @classmethod
    def unread(cls, user: Any) -> int:
        return cls.of(user).filter(read_at__isnull=True).count()

    def read(self, at: datetime) -> None:
        """Mark it as read; the first time counts."""
        Notice.objects.filter(pk=self.pk, read_at__isnull=True).update(read_at=at)
