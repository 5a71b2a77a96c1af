"""What Hacienda answered about a document: stored as it came, told in plain words.

Hacienda publishes no catalogue of its codes; the sentences here are ours, for the codes that people
report. What is not known is shown as Hacienda wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Q

from hacienda import respuesta
from hacienda.respuesta import Respuesta
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.signed_xml import digest


class Answer(models.Model):
    """One answer of Hacienda, MensajeHacienda and all. Append-only; the same one is kept once."""

    ACCEPTED, REJECTED = "aceptado", "rechazado"

    comprobante = models.ForeignKey(
        Comprobante, models.PROTECT, related_name="answers", db_index=False
    )
    estado = models.CharField(
        max_length=9, choices=[(ACCEPTED, "Aceptado"), (REJECTED, "Rechazado")]
    )
    xml = models.BinaryField()  # empty when Hacienda gave the state alone
    sha256 = models.CharField(max_length=64)
    detalle = models.TextField("lo que dice Hacienda", blank=True)
    warnings = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = "respuesta de Hacienda"
        verbose_name_plural = "respuestas de Hacienda"
        constraints = [
            models.UniqueConstraint(fields=["comprobante", "estado", "sha256"], name="answer_once"),
            models.CheckConstraint(
                condition=Q(estado__in=["aceptado", "rechazado"]), name="answer_final"
            ),
        ]

    def __str__(self) -> str:
        return self.get_estado_display()

    @property
    def accepted(self) -> bool:
        return self.estado == self.ACCEPTED

    @property
    def lines(self) -> list[Line]:
        """Its rows, each with our words beside Hacienda's; none when it only says yes."""
        return in_words(self.detalle)


def of(comprobante_id: int, answer: Respuesta, at: datetime) -> Answer:
    """The row of a final answer, not saved yet."""
    xml = answer.xml or b""
    return Answer(
        comprobante_id=comprobante_id,
        estado=Answer.ACCEPTED if answer.accepted else Answer.REJECTED,
        xml=xml,
        sha256=digest(xml),
        detalle=answer.detalle.texto,
        warnings=min(len(answer.warnings), 32_000),
        received_at=at,
    )


@dataclass(frozen=True)
class Line:
    """One thing Hacienda says: its code, its own text, and what that means."""

    code: str
    original: str
    words: str

    @property
    def known(self) -> bool:
        return self.words != self.original


WORDS = {
    "-1": "El archivo no tiene la forma que pide el esquema de la versión 4.4. "
    "No es culpa de sus datos: avísele a soporte.",
    "-15": "La clave del comprobante está mal formada. Avísele a soporte.",
    "-37": "La provincia, el cantón o el distrito no son los que Hacienda tiene registrados en "
    "el RUT. El comprobante vale igual; actualice la dirección de la empresa.",
    "-78": "El número consecutivo está mal formado. Avísele a soporte.",
    "-400": "Un código CAByS no está en el catálogo vigente. Búsquelo de nuevo en el catálogo.",
    "-408": "La actividad económica no está registrada en Hacienda. "
    "Revise el código de actividad, con su punto, en Empresa, «Preparar facturación», o el del receptor.",
    "-487": "Falta el desglose de impuestos en el resumen. Avísele a soporte.",
    "-505": "El porcentaje de un impuesto no es el de su código de tarifa. "
    "Escoja de nuevo la tarifa de la línea.",
}


def in_words(detalle: str) -> list[Line]:
    """The rows of a DetalleMensaje.

    >>> [line.code for line in in_words("codigo, mensaje, fila, columna\\n-37, RUT, 0, 0")]
    ['-37']
    """
    return [
        Line(row.codigo, row.mensaje, WORDS.get(row.codigo, row.mensaje))
        for row in respuesta.detalle(detalle).filas
    ]
