"""What colleagues write down about a request for each other. The customer never reads it."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction

from iofacturo.accounts.user import User
from iofacturo.renewals import guard
from iofacturo.renewals.errors import Invalid
from iofacturo.renewals.request import RenewalRequest

LONGEST = 1000


class InternalNote(models.Model):
    """One note. Append-only; `token` is that of the form, so that a double click writes one."""

    request = models.ForeignKey(RenewalRequest, models.PROTECT, related_name="internal_notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(max_length=LONGEST)
    token = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = "nota interna"
        verbose_name_plural = "notas internas"


def write(request: RenewalRequest, text: str, *, by: User, at: datetime, token: str) -> None:
    """Add a note, in any state of the request. NotAllowed, or Invalid without words or token."""
    guard.permit(by, "review", request)
    text = text.strip()
    if not text or len(text) > LONGEST or not 0 < len(token) <= 64:
        raise Invalid({"text": f"Escriba la nota, de {LONGEST} letras a lo sumo."})
    with transaction.atomic():
        # ON CONFLICT DO NOTHING: the second of a double click changes nothing
        row = InternalNote(request=request, author=by, at=at, text=text, token=token)
        InternalNote.objects.bulk_create([row], ignore_conflicts=True)


def of(request: RenewalRequest) -> list[InternalNote]:
    """The notes of *request*, oldest first."""
    return list(
        InternalNote.objects.filter(request=request).select_related("author").order_by("id")
    )
