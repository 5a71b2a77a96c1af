"""Which accepted documents still have to be mailed to their receivers. The row is the queue.

The row is written in the transaction that records the acceptance, so none is forgotten; the claim
that works it off marks it in the transaction that leaves the mails in the outbox, so none is mailed
twice, whoever is killed when.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Q

from iofacturo.invoicing.comprobante import Comprobante


class DueMail(models.Model):
    """An accepted document whose receiver is mailed once."""

    comprobante = models.OneToOneField(
        Comprobante, models.PROTECT, primary_key=True, related_name="due_mail"
    )
    since = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)  # why nothing was mailed, if it was so

    class Meta:
        verbose_name = "correo por enviar"
        verbose_name_plural = "correos por enviar"
        indexes = [
            models.Index(
                fields=["comprobante"], condition=Q(done_at__isnull=True), name="duemail_waiting"
            )
        ]


def write(pks: Iterable[int], at: datetime) -> None:
    """These documents were accepted just now; in the caller's transaction."""
    DueMail.objects.bulk_create(
        [DueMail(comprobante_id=pk, since=at) for pk in pks], ignore_conflicts=True
    )
