"""What Hacienda said of a received document, or of our answer to it: kept as it came."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

import hacienda
from hacienda.errors import HaciendaError
from hacienda.respuesta import Respuesta
from iofacturo.invoicing.answer import Line, in_words
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.signed_xml import digest
from iofacturo.lib.visible import visible

NO_XML = digest(b"")


class HaciendaWord(models.Model):
    """One MensajeHacienda. Append-only; the same one is kept once.

    Hacienda itself was asked, or the supplier `attached` it: that is a hint, anybody can write one.
    """

    ACCEPTED, REJECTED = "aceptado", "rechazado"
    TRUSTED, UNKNOWN, UNTRUSTED, BROKEN = "trusted", "unknown", "untrusted", "broken"
    FIRMAS = [
        (TRUSTED, "Su firma vale y viene de una autoridad que este sistema conoce"),
        (
            UNKNOWN,
            "Su firma vale; no sabemos de qué autoridad viene, porque este sistema no tiene los "
            "certificados de las autoridades",
        ),
        (UNTRUSTED, "Su firma no viene de una autoridad que este sistema conozca"),
        (BROKEN, "Su firma no vale, o no trae ninguna"),
    ]

    received = models.ForeignKey(Received, models.PROTECT, related_name="words", db_index=False)
    message = models.ForeignKey(
        ReceiverMessage, models.PROTECT, null=True, related_name="words", db_index=False
    )
    attached = models.BooleanField(default=False)
    estado = models.CharField(
        max_length=9, choices=[(ACCEPTED, "Aceptado"), (REJECTED, "Rechazado")]
    )
    xml = models.BinaryField()  # empty when Hacienda gave the state alone
    sha256 = models.CharField(max_length=64)
    detalle = models.TextField("lo que dice Hacienda", blank=True)
    # what its signature is worth: whole, and whose by what authority; "" before it was looked at
    firma = models.CharField(max_length=9, choices=FIRMAS, blank=True, default="")
    firmante = models.CharField(max_length=120, blank=True, default="")
    differences = models.JSONField(default=list)  # sentences: what it says otherwise than the file
    at = models.DateTimeField()

    class Meta:
        verbose_name = "palabra de Hacienda"
        verbose_name_plural = "palabras de Hacienda"
        constraints = [
            models.UniqueConstraint(
                fields=["received", "attached", "estado", "sha256"],
                condition=Q(message__isnull=True),
                name="word_on_document_once",
            ),
            models.UniqueConstraint(
                fields=["message", "estado", "sha256"],
                condition=Q(message__isnull=False),
                name="word_on_message_once",
            ),
            models.CheckConstraint(
                condition=Q(attached=False) | Q(message__isnull=True), name="word_attached"
            ),
        ]
        indexes = [models.Index(fields=["received", "-id"], name="word_of")]

    def __str__(self) -> str:
        return self.get_estado_display()

    @property
    def accepted(self) -> bool:
        return self.estado == self.ACCEPTED

    @property
    def has_xml(self) -> bool:
        """Whether there is a MensajeHacienda, told without reading it."""
        return self.sha256 != NO_XML

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody should rely on its signature."""
        return self.firma in (self.UNTRUSTED, self.BROKEN)

    @property
    def lines(self) -> list[Line]:
        """Its rows, each with our words beside Hacienda's; none when it only says yes."""
        return in_words(self.detalle, own=self.message_id is not None)


def keep(
    respuesta: Respuesta,
    received: Received,
    *,
    at: datetime,
    message: ReceiverMessage | None = None,
    attached: bool = False,
    differences: list[str] | None = None,
) -> HaciendaWord:
    """Write down a final answer; the row is not always the stored one, for it may be known."""
    xml = respuesta.xml or b""
    row = HaciendaWord(
        received=received,
        message=message,
        attached=attached,
        estado=HaciendaWord.ACCEPTED if respuesta.accepted else HaciendaWord.REJECTED,
        xml=xml,
        sha256=digest(xml),
        detalle=respuesta.detalle.texto,
        **_signature(xml),
        differences=differences or [],
        at=at,
    )
    HaciendaWord.objects.bulk_create([row], ignore_conflicts=True)
    return row


def _signature(xml: bytes) -> dict[str, str]:
    """The columns that tell what the signature of *xml* is worth."""
    if not xml:
        return {}
    try:
        found = hacienda.verify(xml)
    except HaciendaError:
        return {"firma": HaciendaWord.BROKEN}
    if not found.integrity:
        return {"firma": HaciendaWord.BROKEN}
    who = visible(found.signer_name or found.signer or "")[:120]
    return {"firma": found.trust, "firmante": who}
