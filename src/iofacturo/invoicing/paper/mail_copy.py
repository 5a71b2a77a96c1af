"""A copy of a document on its way to one address: who asked for it, and the mail that carries it."""

from __future__ import annotations

from django.db import models

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.outbox.models import Message


class MailCopy(models.Model):
    """One mail of one document to one address. Append-only; its fate is that of its message."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="mail_copies", db_index=False)
    comprobante = models.ForeignKey(Comprobante, models.PROTECT, related_name="mail_copies")
    message = models.OneToOneField(Message, models.PROTECT, related_name="+")
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )  # nobody: by itself
    at = models.DateTimeField()

    class Meta:
        verbose_name = "copia por correo"
        verbose_name_plural = "copias por correo"
        indexes = [models.Index(fields=["company", "at"], name="mailcopy_company")]
