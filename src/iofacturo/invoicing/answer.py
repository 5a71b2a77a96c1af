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


@dataclass(frozen=True)
class Meaning:
    """What a code means whoever issued the document, and what its issuer does about it.

    The same code comes as a warning of what was accepted and as a reason of a rejection: nothing
    here says what became of the document.
    """

    what: str
    remedy: str


WORDS = {
    "-1": Meaning(
        "El archivo no tiene la forma que pide el esquema de la versión 4.4.",
        "No depende de lo que usted escribió: avísele a soporte.",
    ),
    "-15": Meaning("La clave del comprobante está mal formada.", "Avísele a soporte."),
    "-37": Meaning(
        "La provincia, el cantón o el distrito no son los que Hacienda tiene registrados en el RUT.",
        "Revise la dirección de su empresa, en Empresa, y la del cliente.",
    ),
    "-78": Meaning("El número consecutivo está mal formado.", "Avísele a soporte."),
    "-400": Meaning(
        "Un código CAByS no está en el catálogo vigente.", "Búsquelo de nuevo en el catálogo."
    ),
    "-408": Meaning(
        "La actividad económica no está registrada en Hacienda.",
        "Revise el código de actividad, con su punto, en Empresa, «Preparar facturación», o el del "
        "receptor.",
    ),
    "-487": Meaning("Falta el desglose de impuestos en el resumen.", "Avísele a soporte."),
    "-505": Meaning(
        "El porcentaje de un impuesto no es el de su código de tarifa.",
        "Escoja de nuevo la tarifa de la línea.",
    ),
}


def in_words(detalle: str, *, own: bool = True) -> list[Line]:
    """The rows of a DetalleMensaje; *own* when whoever reads issued it, and can mend it.

    >>> [line.words for line in in_words("codigo, mensaje, fila, columna\\n-78, mal, 0, 0")]
    ['El número consecutivo está mal formado. Avísele a soporte.']
    """
    return [
        Line(row.codigo, row.mensaje, _words(row.codigo, row.mensaje, own))
        for row in respuesta.detalle(detalle).filas
    ]


def _words(code: str, original: str, own: bool) -> str:
    known = WORDS.get(code)
    if known is None:
        return original
    return f"{known.what} {known.remedy}" if own else known.what
