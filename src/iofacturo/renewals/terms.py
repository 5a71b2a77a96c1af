"""The terms of service, version by version. A published version never changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import models, transaction

from iofacturo.accounts import audit
from iofacturo.accounts.user import User
from iofacturo.lib import clock


def text_hash(text: str) -> str:
    """SHA-256 of the text as it is stored, in hex: what an acceptance remembers."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Block:
    text: str
    heading: bool


class TermsVersion(models.Model):
    """A text people accept. Append-only; in force from `effective_at` until the next one is."""

    number = models.PositiveIntegerField("versión", unique=True)
    text = models.TextField("texto")
    sha256 = models.CharField(max_length=64)
    effective_at = models.DateTimeField("rige desde")
    published_at = models.DateTimeField(default=clock.now)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "términos"
        verbose_name_plural = "términos"
        ordering = ["-effective_at", "-number"]

    @property
    def effective_on(self) -> date:
        return clock.local(self.effective_at).date()

    @property
    def blocks(self) -> list[Block]:
        """The text's paragraphs, for a page; one that begins with `# ` is a heading."""
        texts = (block.strip() for block in self.text.split("\n\n"))
        return [Block(t.removeprefix("# "), t.startswith("# ")) for t in texts if t]


def current(at: datetime) -> TermsVersion | None:
    """The version in force at *at*; None before the first one."""
    return TermsVersion.objects.filter(effective_at__lte=at).first()


def publish(text: str, *, effective_at: datetime, by: User | None, at: datetime) -> TermsVersion:
    """A new version, in force from *effective_at* on (not in the past). ValueError if it is empty."""
    normal = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not normal:
        raise ValueError("Escriba el texto de los términos.")
    if effective_at < at:
        raise ValueError("La fecha en que rigen no puede estar en el pasado.")
    with transaction.atomic():
        last = TermsVersion.objects.order_by("-number").first()
        version = TermsVersion.objects.create(
            number=last.number + 1 if last else 1,
            text=normal,
            sha256=text_hash(normal),
            effective_at=effective_at,
            published_at=at,
            published_by=by,
        )
        audit.record("terms.published", by=by, subject=version.number, sha256=version.sha256)
    return version


class TermsAcceptance(models.Model):
    """Who accepted which text, when and from where. Append-only."""

    request = models.ForeignKey("RenewalRequest", models.PROTECT, related_name="acceptances")
    terms = models.ForeignKey(TermsVersion, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
