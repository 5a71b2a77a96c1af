"""An exoneration that a customer holds, kept to be put into the lines of what is sold to them.

valid(company, numero, today)   what may be offered to the customer with this identification
Exoneracion.exoneracion()       it as the XSD's Exoneracion, for a tax of so many points
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q, QuerySet

from hacienda.catalogos.exoneracion import INSTITUCION, TIPO_EXONERACION
from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.product import plain
from iofacturo.lib import clock

SOON = 30  # days before the end from which its end is told


class Exoneracion(models.Model):
    """Names of the XSD. Retired ones stay; documents carry a copy of what was stated then."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="exoneraciones", db_index=False
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="exoneraciones")
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    tipo_documento = models.CharField("documento que exonera", max_length=2)
    tipo_documento_otro = models.CharField(max_length=100, blank=True)
    numero_documento = models.CharField("número", max_length=40, validators=[MinLengthValidator(3)])
    articulo = models.CharField("artículo", max_length=6, blank=True)
    inciso = models.CharField(max_length=6, blank=True)
    nombre_institucion = models.CharField("institución", max_length=2)
    nombre_institucion_otros = models.CharField(max_length=160, blank=True)
    fecha_emision = models.DateField("fecha del documento")
    tarifa_exonerada = models.DecimalField("puntos exonerados", max_digits=4, decimal_places=2)
    vence = models.DateField("último día", null=True, blank=True)
    cabys = models.JSONField("códigos que cubre", default=list, blank=True)  # none told: all
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    watch_at = models.DateTimeField(null=True)  # when its end is to be looked at next

    class Meta:
        verbose_name = "exoneración"
        verbose_name_plural = "exoneraciones"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer", "numero_documento"],
                condition=Q(retired_at__isnull=True),
                name="exoneracion_once",
            ),
            models.CheckConstraint(
                condition=Q(tarifa_exonerada__gt=0, tarifa_exonerada__lte=13),
                name="exoneracion_points",
            ),
        ]
        indexes = [
            models.Index(
                fields=["watch_at"],
                condition=Q(retired_at__isnull=True, watch_at__isnull=False),
                name="exoneracion_watched",
            )
        ]

    def __str__(self) -> str:
        return self.numero_documento

    @property
    def documento(self) -> str:
        """What grants it, in words."""
        return self.tipo_documento_otro or TIPO_EXONERACION.nombre_de(self.tipo_documento)

    @property
    def institucion(self) -> str:
        return self.nombre_institucion_otros or INSTITUCION.nombre_de(self.nombre_institucion)

    def is_over(self, today: date) -> bool:
        return self.vence is not None and today > self.vence

    def ends_soon(self, today: date) -> bool:
        """Within SOON days, and not over yet."""
        return self.vence is not None and today <= self.vence <= today + timedelta(days=SOON)

    def covers(self, codigo: str | None) -> bool:
        """Whether a CAByS code is on the authorisation; one that names none covers all."""
        return not self.cabys or codigo in self.cabys

    def exoneracion(self, tarifa: Decimal) -> dict[str, str]:
        """The XSD's Exoneracion as JSON, for a tax of *tarifa* percent: it forgives no more."""
        data = {
            "TipoDocumentoEX1": self.tipo_documento,
            "TipoDocumentoOTRO": self.tipo_documento_otro,
            "NumeroDocumento": self.numero_documento,
            "Articulo": self.articulo,
            "Inciso": self.inciso,
            "NombreInstitucion": self.nombre_institucion,
            "NombreInstitucionOtros": self.nombre_institucion_otros,
            "FechaEmisionEX": f"{self.fecha_emision.isoformat()}T00:00:00-06:00",
            "TarifaExonerada": plain(min(self.tarifa_exonerada, tarifa)),
        }
        return {name: value for name, value in data.items() if value}

    def retire(self, *, at: datetime) -> bool:
        """Offer it no more. False when it already was so."""
        done = Exoneracion.objects.filter(pk=self.pk, retired_at__isnull=True).update(
            retired_at=at, updated_at=at, watch_at=None
        )
        return bool(done)


def of(customer: Customer) -> QuerySet[Exoneracion]:
    """Those that stand, over or not, the newest document first."""
    return customer.exoneraciones.filter(retired_at__isnull=True).order_by("-fecha_emision", "id")


def known(company: Company, numero: str) -> list[Exoneracion]:
    """Those of the company's customer with this identification, over or not."""
    if not numero:
        return []
    rows = company.exoneraciones.filter(
        customer__identificacion=numero,
        customer__archived_at__isnull=True,
        retired_at__isnull=True,
    )
    return list(rows.order_by("-fecha_emision", "id")[:20])


def stated(found: Any) -> dict[str, Any]:
    """The columns that Hacienda's look-up of an authorisation tells.

    >>> from hacienda.consultas import ExoneracionAutorizada
    >>> found = ExoneracionAutorizada(
    ...     numero="AL-00000001-26", identificacion="3101000001", porcentaje=Decimal(13),
    ...     emision=date(2026, 2, 3), vencimiento=date(2027, 2, 3), cabys=(),
    ...     datos={"tipoDocumento": {"codigo": "04"}, "nombreInstitucion": "Ministerio de Hacienda"})
    >>> stated(found)["tipo_documento"], stated(found)["nombre_institucion"]
    ('04', '01')
    """
    tipo = (found.datos.get("tipoDocumento") or {}).get("codigo")
    named = str(found.datos.get("nombreInstitucion") or "").casefold()
    house = next((one.codigo for one in INSTITUCION.values() if one.nombre.casefold() == named), "")
    points = found.porcentaje
    return {
        "numero_documento": found.numero[:40],
        "tipo_documento": tipo if tipo in TIPO_EXONERACION else "04",
        "nombre_institucion": house or "01",
        "fecha_emision": found.emision,
        "tarifa_exonerada": points if points is not None and 0 < points <= 13 else None,
        "vence": found.vencimiento,
        "cabys": list(found.cabys),
    }


def next_look(vence: date | None, at: datetime) -> datetime | None:
    """The first moment after *at* when there is something to tell about its end; None for nothing."""
    if vence is None:
        return None
    hour = timedelta(hours=8)  # of the day: nobody is told at midnight
    moments = (
        clock.midnight(vence - timedelta(days=SOON)) + hour,
        clock.midnight(vence + timedelta(days=1)) + hour,
    )
    return min((moment for moment in moments if moment > at), default=None)
