"""A document that a supplier issued to the company: its row, its bytes, its IVA by tariff.

What the row says of the document never changes: the database refuses. Only what Hacienda says of
it, and how the company answered, move.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

import hacienda
from hacienda import identificacion
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User
from iofacturo.invoicing.comprobante import label, named, short
from iofacturo.invoicing.signed_xml import digest
from iofacturo.lib import clock

if TYPE_CHECKING:
    from iofacturo.invoicing.reception.message import ReceiverMessage

TICKET, CREDIT_NOTE = "04", "03"


class Received(models.Model):
    """One file of a document that names the company as its receiver.

    For each clave one file stands. Others of the same clave, and files that cannot be believed,
    are kept `apart`, with the reason; they are looked at, never answered.
    """

    ASKING, ACCEPTED, REJECTED, UNKNOWN = "asking", "accepted", "rejected", "unknown"
    VERDICTS = [
        (ASKING, "Preguntando a Hacienda"),
        (ACCEPTED, "Aceptado por Hacienda"),
        (REJECTED, "Rechazado por Hacienda"),
        (UNKNOWN, "Hacienda no lo conoce"),
    ]
    SIGNATURE, SIGNER, TRUST, CLAVE, COPY = "signature", "signer", "trust", "clave", "copy"
    APART = [
        (SIGNATURE, "La firma no vale"),
        (SIGNER, "No lo firmó quien dice emitirlo"),
        (TRUST, "La firma no viene de una autoridad conocida"),
        (CLAVE, "La clave no es la de su contenido"),
        (COPY, "Otro archivo con la misma clave"),
    ]
    REPLIES = [
        ("", "Por responder"),
        ("1", "Aceptado"),
        ("2", "Aceptado en parte"),
        ("3", "Rechazado"),
    ]

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="received", db_index=False, verbose_name="empresa"
    )
    clave = models.CharField(max_length=50)
    tipo = models.CharField(max_length=2)
    version = models.CharField(max_length=3)
    consecutivo = models.CharField(max_length=20)
    fecha = models.DateTimeField("fecha de emisión")
    emisor_tipo = models.CharField(max_length=2)
    emisor_numero = models.CharField("identificación del emisor", max_length=20)
    emisor_nombre = models.CharField("emisor", max_length=100, blank=True)
    folded = models.CharField(max_length=220)
    actividad = models.CharField(max_length=6, blank=True)  # the receiver's, if the document says
    moneda = models.CharField(max_length=3)
    tipo_cambio = models.DecimalField(max_digits=18, decimal_places=5)
    total = models.DecimalField(max_digits=18, decimal_places=5)
    impuesto = models.DecimalField(max_digits=18, decimal_places=5)  # TotalImpuesto
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    trust = models.CharField(max_length=9)  # as hacienda.verify says
    signer = models.CharField(max_length=120, blank=True)
    apart = models.CharField(max_length=9, choices=APART, blank=True)
    findings = models.JSONField(default=list)  # [{"code", "path", "severity", "message"}]
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    # what became of it
    verdict = models.CharField(max_length=8, choices=VERDICTS, default=ASKING)
    verdict_at = models.DateTimeField(null=True)  # when Hacienda last said something
    reply = models.CharField(max_length=1, choices=REPLIES, blank=True)

    FROZEN = (
        "id", "public_id", "company_id", "clave", "tipo", "version", "consecutivo", "fecha",
        "emisor_tipo", "emisor_numero", "emisor_nombre", "folded", "actividad", "moneda",
        "tipo_cambio", "total", "impuesto", "file_name", "sha256", "trust", "signer", "apart",
        "findings", "received_at", "received_by_id",
    )  # fmt: skip

    class Meta:
        verbose_name = "documento recibido"
        verbose_name_plural = "documentos recibidos"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "clave"], condition=Q(apart=""), name="received_clave"
            ),
            models.UniqueConstraint(fields=["company", "sha256"], name="received_once"),
            models.CheckConstraint(
                condition=Q(apart="") | Q(reply=""), name="received_apart_unanswered"
            ),
            models.CheckConstraint(
                condition=Q(reply__in=["", "1", "2", "3"]), name="received_reply"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-fecha", "-id"], name="received_newest"),
            models.Index(
                fields=["company", "-fecha", "-id"],
                condition=Q(reply="", apart=""),
                name="received_open",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What people call it, `Factura electrónica 4121`."""
        return label(self.tipo, int(self.consecutivo[10:]))

    @property
    def named(self) -> str:
        """The same within a sentence, `la factura electrónica 4121`."""
        return named(self.label)

    @property
    def short(self) -> str:
        """In a list, where every document is electronic: `Factura 4121`."""
        return short(self.label)

    @property
    def emisor_cedula(self) -> str:
        return identificacion.format(self.emisor_tipo, self.emisor_numero)

    @property
    def xml(self) -> bytes:
        """The bytes as they were handed in."""
        return bytes(self.body.xml)

    def document(self) -> hacienda.Comprobante:
        """The value that its XML holds."""
        value = hacienda.read(self.xml)
        assert isinstance(value, hacienda.Comprobante)  # noqa: S101 - looked at on the way in
        return value

    @property
    def message(self) -> ReceiverMessage | None:
        """The answer of the company that stands, else the last one that Hacienda rejected."""
        return self.messages.select_related("issued_by").order_by("-id").first()

    @property
    def errors(self) -> list[dict[str, str]]:
        return [one for one in self.findings if one["severity"] == "error"]

    @property
    def doubts(self) -> list[dict[str, str]]:
        return [one for one in self.findings if one["severity"] != "error"]

    @property
    def month(self) -> date:
        """The first day of its month, in Costa Rica."""
        return clock.local(self.fecha).date().replace(day=1)

    @property
    def iva(self) -> Decimal:
        """All its IVA, in its own currency."""
        return sum((tax.iva for tax in self.taxes.all()), Decimal(0))


class ReceivedXML(models.Model):
    """What was handed in, byte for byte, beside its row. Append-only."""

    received = models.OneToOneField(Received, models.PROTECT, primary_key=True, related_name="body")
    xml = models.BinaryField()

    class Meta:
        verbose_name = "XML recibido"
        verbose_name_plural = "XML recibidos"

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were handed in."""
        return digest(self.xml) == self.received.sha256


class ReceivedTax(models.Model):
    """The IVA of a document at one tariff. Append-only."""

    received = models.ForeignKey(Received, models.PROTECT, related_name="taxes", db_index=False)
    tarifa = models.CharField(max_length=2)  # CodigoTarifaIVA of 4.4; empty when it has none
    porcentaje = models.DecimalField(max_digits=7, decimal_places=4)
    iva = models.DecimalField(max_digits=18, decimal_places=5)  # in the document's currency

    class Meta:
        verbose_name = "IVA recibido"
        verbose_name_plural = "IVA recibido"
        constraints = [
            models.UniqueConstraint(
                fields=["received", "tarifa", "porcentaje"], name="received_tax_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.iva}"

    @property
    def name(self) -> str:
        """What people call the tariff."""
        known = TARIFA_IVA.get(self.tarifa)
        return known.nombre if known is not None else f"Tarifa {self.porcentaje.normalize():f} %"
