"""The signed bytes of a document, beside its row so that lists do not carry them. Never changed."""

from __future__ import annotations

import hashlib

from django.db import models

from iofacturo.invoicing.comprobante import Comprobante


class SignedXML(models.Model):
    """What was signed and is sent, byte for byte. Append-only."""

    comprobante = models.OneToOneField(
        Comprobante, models.PROTECT, primary_key=True, related_name="signed_xml"
    )
    xml = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = "XML firmado"
        verbose_name_plural = "XML firmados"

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were stored."""
        return digest(self.xml) == self.sha256


def digest(xml: bytes | memoryview) -> str:
    return hashlib.sha256(xml).hexdigest()
