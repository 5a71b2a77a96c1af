"""The company's answer to a purchase, a MensajeReceptor: accepted, in part, rejected.

It is numbered in a series of the company's own, signed and sent like a comprobante, and takes no
folio. What it says never changes; only what became of it moves.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hacienda.catalogos.mensaje import CODIGO_POR_MENSAJE, CONDICION_IMPUESTO
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.signed_xml import digest


class ReceiverMessage(models.Model):
    """One answer about one received document."""

    ACCEPT, PARTLY, REJECT = "1", "2", "3"
    SAID = [(ACCEPT, "Aceptado"), (PARTLY, "Aceptado en parte"), (REJECT, "Rechazado")]
    ISSUED, SENT, ACCEPTED, REJECTED = "issued", "sent", "accepted", "rejected"
    STATES = [
        (ISSUED, "Por enviar"),
        (SENT, "En Hacienda"),
        (ACCEPTED, "Recibido por Hacienda"),
        (REJECTED, "Rechazado por Hacienda"),
    ]

    received = models.ForeignKey(Received, models.PROTECT, related_name="messages", db_index=False)
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="receiver_messages", db_index=False
    )
    mensaje = models.CharField(max_length=1, choices=SAID)
    consecutivo = models.CharField(max_length=20)
    fecha = models.DateTimeField("fecha de la respuesta")
    detalle = models.CharField(max_length=160, blank=True)
    condicion_impuesto = models.CharField(max_length=2, blank=True)
    actividad = models.CharField(max_length=6, blank=True)
    acreditar = models.DecimalField(max_digits=18, decimal_places=5, null=True)
    gasto = models.DecimalField(max_digits=18, decimal_places=5, null=True)
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    # what became of it
    state = models.CharField(max_length=8, choices=STATES, default=ISSUED)
    answered_at = models.DateTimeField(null=True)

    FROZEN = (
        "id", "received_id", "company_id", "mensaje", "consecutivo", "fecha", "detalle",
        "condicion_impuesto", "actividad", "acreditar", "gasto", "issued_by_id",
    )  # fmt: skip

    class Meta:
        verbose_name = "mensaje receptor"
        verbose_name_plural = "mensajes receptor"
        constraints = [
            models.UniqueConstraint(fields=["company", "consecutivo"], name="message_number"),
            models.UniqueConstraint(  # one answer that stands; after a rejection there is another
                fields=["received"], condition=~Q(state="rejected"), name="message_one_stands"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["issued", "sent"], answered_at__isnull=True)
                | Q(state__in=["accepted", "rejected"], answered_at__isnull=False),
                name="message_answered",
            ),
            models.CheckConstraint(
                condition=Q(mensaje="1") | ~Q(detalle=""), name="message_says_why"
            ),
        ]
        indexes = [models.Index(fields=["received", "-id"], name="message_of")]

    def __str__(self) -> str:
        return f"{self.get_mensaje_display()} {self.consecutivo}"

    @property
    def tipo(self) -> str:
        """Type code of its series: 05, 06 or 07."""
        return CODIGO_POR_MENSAJE[self.mensaje]

    @property
    def number(self) -> int:
        return int(self.consecutivo[10:])

    @property
    def rejected(self) -> bool:
        return self.state == self.REJECTED

    @property
    def condition(self) -> str:
        """What the condition of the tax is called."""
        found = CONDICION_IMPUESTO.get(self.condicion_impuesto)
        return found.nombre if found is not None else ""

    @property
    def xml(self) -> bytes:
        """The signed bytes, as they are sent."""
        return bytes(self.body.xml)


class ReceiverMessageXML(models.Model):
    """What was signed and is sent, byte for byte. Append-only."""

    message = models.OneToOneField(
        ReceiverMessage, models.PROTECT, primary_key=True, related_name="body"
    )
    xml = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = "XML de mensaje receptor"
        verbose_name_plural = "XML de mensajes receptor"

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were stored."""
        return digest(self.xml) == self.sha256
