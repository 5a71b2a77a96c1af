"""The row of an issued document. It remembers; the frozen value is `hacienda.Comprobante`.

`record` leads in, `Comprobante.document` leads back. What the row says of the document never
changes: the database refuses. Only what became of it moves.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Func, Q

import hacienda
from hacienda import clave as claves
from hacienda import comprobante as ley
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios.entry import FolioEntry
from iofacturo.lib import folding

if TYPE_CHECKING:
    from iofacturo.invoicing.answer import Answer

REJECTED_REFERENCE = "10"
"""TipoDocIR of a document that Hacienda rejected and this one replaces."""


class Place(Func):
    """Sucursal and terminal, the first eight digits of a consecutivo.

    Without parameters, so that the database knows the expression of its index again.
    """

    template = "substr(%(expressions)s, 1, 8)"
    output_field = models.CharField(max_length=8)


class Comprobante(models.Model):
    """One issued document of a company."""

    ISSUED, SENT, ACCEPTED, REJECTED = "issued", "sent", "accepted", "rejected"
    STATES = [
        (ISSUED, "Por enviar"),
        (SENT, "En Hacienda"),
        (ACCEPTED, "Aceptado"),
        (REJECTED, "Rechazado"),
    ]
    TIPOS = [(code, name) for code, name in claves.TIPOS.items() if code not in ("05", "06", "07")]

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="comprobantes", db_index=False, verbose_name="empresa"
    )
    clave = models.CharField(max_length=50, unique=True)
    tipo = models.CharField(max_length=2, choices=TIPOS)
    consecutivo = models.CharField(max_length=20)
    situacion = models.CharField("situación", max_length=1)
    fecha = models.DateTimeField("fecha de emisión")
    receptor_tipo = models.CharField(max_length=2, blank=True)
    receptor_numero = models.CharField("identificación del receptor", max_length=20, blank=True)
    receptor_nombre = models.CharField("receptor", max_length=100, blank=True)
    # In a factura de compra the other side is the supplier, its Emisor.
    folded = models.CharField(max_length=120, blank=True)
    total = models.DecimalField(max_digits=18, decimal_places=5)
    moneda = models.CharField(max_length=3)
    referencia = models.CharField("clave a la que se refiere", max_length=50, blank=True)
    operation = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)  # of what was asked to be issued
    # No constraint in the database: the ledger's rows can neither change nor go away.
    folio_entry = models.OneToOneField(
        FolioEntry, models.PROTECT, related_name="comprobante", db_constraint=False
    )
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    # what became of it
    state = models.CharField("estado", max_length=8, choices=STATES, default=ISSUED)
    answered_at = models.DateTimeField(null=True, editable=False)
    owes_folio = models.BooleanField(default=False, editable=False)  # accepted after a rejection

    FROZEN = (
        "id", "company_id", "clave", "tipo", "consecutivo", "situacion", "fecha", "receptor_tipo",
        "receptor_numero", "receptor_nombre", "folded", "total", "moneda", "referencia",
        "operation", "fingerprint", "folio_entry_id", "issued_by_id",
    )  # fmt: skip

    class Meta:
        verbose_name = "comprobante"
        verbose_name_plural = "comprobantes"
        constraints = [
            models.UniqueConstraint(fields=["company", "consecutivo"], name="comprobante_number"),
            models.UniqueConstraint(fields=["company", "operation"], name="comprobante_once"),
            models.CheckConstraint(
                condition=Q(state__in=["issued", "sent"], answered_at__isnull=True)
                | Q(state__in=["accepted", "rejected"], answered_at__isnull=False),
                name="comprobante_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-fecha", "-id"], name="comprobante_newest"),
            # what the list filters by; every one of them ends in the order of the list
            models.Index(
                fields=["company", "tipo", "state", "-fecha", "-id"], name="comprobante_shelf"
            ),
            models.Index(
                F("company"),
                Place("consecutivo"),
                F("tipo"),
                F("state"),
                F("fecha").desc(),
                F("id").desc(),
                name="comprobante_place",
            ),
            models.Index(
                fields=["company", "receptor_numero", "folded", "-fecha", "-id"],
                name="comprobante_counterpart",
            ),
            models.Index(
                fields=["company", "referencia"],
                condition=~Q(referencia=""),
                name="comprobante_reference",
            ),
            models.Index(
                fields=["company"], condition=Q(owes_folio=True), name="comprobante_owing"
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
    def final(self) -> bool:
        return self.state in (self.ACCEPTED, self.REJECTED)

    @property
    def xml(self) -> bytes:
        """The signed bytes, as they are sent."""
        return bytes(self.signed_xml.xml)

    def document(self) -> hacienda.Comprobante:
        """The value that its XML holds."""
        value = hacienda.read(self.xml)
        assert isinstance(value, hacienda.Comprobante)  # noqa: S101 - we wrote it
        return value

    @property
    def answer(self) -> Answer | None:
        """What Hacienda said last."""
        return self.answers.order_by("-id").first()


def label(tipo: str, numero: int) -> str:
    return f"{claves.TIPOS[tipo]} {numero}"


def short(label: str) -> str:
    """
    >>> short("Factura electrónica de compra 7")
    'Factura de compra 7'
    """
    return label.replace(" electrónica", "").replace(" electrónico", "")


def named(label: str) -> str:
    """A label as it stands within a sentence.

    >>> named("Factura electrónica 4121"), named("Tiquete electrónico 7")
    ('la factura electrónica 4121', 'el tiquete electrónico 7')
    """
    article = "el" if label.startswith(("Tiquete", "Recibo")) else "la"
    return f"{article} {label[:1].lower()}{label[1:]}"


def record(
    document: hacienda.Comprobante,
    *,
    company: Company,
    operation: str,
    fingerprint: str,
    by: User | None,
) -> Comprobante:
    """The row of a finished document, not saved yet; its folio entry is still to be set."""
    other = other_side(document)
    numero = other.identificacion.numero if other and other.identificacion else None
    tipo = other.identificacion.tipo if other and other.identificacion else None
    nombre = (other.nombre if other else None) or ""
    resumen = document.resumen_factura
    moneda = resumen.codigo_tipo_moneda if resumen else None
    assert document.clave is not None  # noqa: S101 - emission numbered and dated it
    assert document.numero_consecutivo is not None  # noqa: S101
    assert document.fecha_emision is not None  # noqa: S101
    assert resumen is not None  # noqa: S101 - and the rules saw that it is whole
    assert resumen.total_comprobante is not None  # noqa: S101
    return Comprobante(
        company=company,
        clave=document.clave,
        tipo=document.codigo,
        consecutivo=document.numero_consecutivo,
        situacion=document.clave[41],
        fecha=document.fecha_emision,
        receptor_tipo=tipo or "",
        receptor_numero=numero or "",
        receptor_nombre=nombre,
        folded=folding.fold(nombre)[:120],
        total=resumen.total_comprobante,
        moneda=(moneda.codigo_moneda if moneda else None) or "CRC",
        referencia=first_reference(document),
        operation=operation,
        fingerprint=fingerprint,
        issued_by=by,
    )


def other_side(document: hacienda.Comprobante) -> hacienda.Receptor | hacienda.Emisor | None:
    """Who stands against the company: the receiver; in a factura de compra the supplier."""
    if isinstance(document, ley.FacturaElectronicaCompra):
        return document.emisor
    return document.receptor


def first_reference(document: hacienda.Comprobante) -> str:
    """The clave of the first document referred to; empty when there is none."""
    for reference in document.informacion_referencia:
        if reference.numero and claves.is_valid(reference.numero):
            return claves.compact(reference.numero)
    return ""


def replaced(document: hacienda.Comprobante) -> str:
    """The clave of the rejected document that this one replaces; empty when there is none."""
    for reference in document.informacion_referencia:
        if reference.tipo_doc_ir == REJECTED_REFERENCE and reference.numero:
            return claves.compact(reference.numero)
    return ""


def settle(pk: int, state: str, at: datetime) -> bool:
    """Move a document to the *state* of Hacienda's answer; False when it was there already."""
    return bool(
        Comprobante.objects.filter(pk=pk).exclude(state=state).update(state=state, answered_at=at)
    )


def sent(pks: list[int]) -> int:
    """Hacienda has these documents, not yet validated."""
    return Comprobante.objects.filter(pk__in=pks, state=Comprobante.ISSUED).update(
        state=Comprobante.SENT
    )
