"""What a company puts around its documents: its logo, the words of its mails, where answers go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models, transaction

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.uploads import storage

LOGOS = "logos"
LONGEST_MAIL_TEXT = 1000


class Letterhead(models.Model):
    """One per company, made when something of it is first told. `logo` names a file of storage."""

    company = models.OneToOneField(
        Company, models.PROTECT, related_name="letterhead", verbose_name="empresa"
    )
    logo = models.CharField(max_length=120, blank=True)
    mail_text = models.TextField("texto del correo", max_length=LONGEST_MAIL_TEXT, blank=True)
    reply_to = models.EmailField("correo para respuestas", max_length=160, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "membrete"
        verbose_name_plural = "membretes"

    def __str__(self) -> str:
        return f"membrete de {self.company}"

    def logo_png(self) -> bytes | None:
        """The logo as PNG, at most `logo.WIDEST` by `logo.TALLEST` pixels; None without one.

        None too when its file is gone: a document is printed all the same, and verify tells.
        """
        if not self.logo:
            return None
        try:
            return storage.read(self.logo)
        except FileNotFoundError:
            return None


def of(company: Company) -> Letterhead:
    """The letterhead of *company*; an empty one, not saved, when it has none."""
    return Letterhead.objects.filter(company=company).first() or Letterhead(company=company)


def change(company: Company, *, by: User | None, at: datetime, **values: str) -> list[str]:
    """Set `mail_text`, `reply_to` or `logo`; the names of what really changed.

    A logo's file is written before this is called, and the one it replaces is swept later.
    """
    with transaction.atomic():
        Company.locked(company.pk)
        row = of(company)
        changed = [name for name in values if getattr(row, name) != values[name]]
        if not changed:
            return []
        for name in changed:
            setattr(row, name, values[name])
        row.changed_at, row.changed_by = at, by
        row.save()
        audit.record(
            "letterhead.changed", by=by, company=company, subject=_told(changed), at=at,
            **_detail(row, changed),
        )  # fmt: skip
    return changed


WORDS = {"logo": "el logotipo", "mail_text": "el texto del correo", "reply_to": "las respuestas"}


def _told(changed: list[str]) -> str:
    return ", ".join(WORDS[name] for name in changed)


def _detail(row: Letterhead, changed: list[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in changed}
