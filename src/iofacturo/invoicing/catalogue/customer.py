"""A customer of a company: who receives its documents. One cédula, one customer.

search(company, words)    what somebody types in the editor
Customer.receptor()       it as the XSD's Receptor
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from hacienda import identificacion, ubicacion
from hacienda.catalogos.condicion_venta import CONDICION_VENTA
from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User
from iofacturo.lib import folding

MOST_EMAILS = 4
FOREIGN = "05"


class Customer(models.Model):
    """Archived ones are kept, and their documents with them; they are no longer offered."""

    TIPOS = list(identificacion.TIPOS.items())

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="customers", db_index=False, verbose_name="empresa"
    )
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    tipo_identificacion = models.CharField("tipo de identificación", max_length=2, choices=TIPOS)
    identificacion = models.CharField("número de identificación", max_length=20)
    nombre = models.CharField("nombre o razón social", max_length=100)
    nombre_comercial = models.CharField("nombre comercial", max_length=80, blank=True)
    actividad = models.CharField("actividad económica", max_length=6, blank=True)
    emails = models.JSONField("correos", default=list, blank=True)
    telefono = models.CharField("teléfono", max_length=24, blank=True)
    provincia = models.CharField(max_length=1, blank=True)
    canton = models.CharField("cantón", max_length=2, blank=True)
    distrito = models.CharField(max_length=2, blank=True)
    barrio = models.CharField(max_length=50, blank=True)
    otras_senas = models.CharField("otras señas", max_length=300, blank=True)
    condicion_venta = models.CharField("condición de venta", max_length=2, blank=True)
    plazo = models.PositiveSmallIntegerField("plazo en días", null=True, blank=True)
    folded = models.CharField(max_length=240, editable=False, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    COLUMNS = (
        "tipo_identificacion", "identificacion", "nombre", "nombre_comercial", "actividad",
        "emails", "telefono", "provincia", "canton", "distrito", "barrio", "otras_senas",
        "condicion_venta", "plazo",
    )  # fmt: skip

    class Meta:
        verbose_name = "cliente"
        verbose_name_plural = "clientes"
        constraints = [
            models.UniqueConstraint(fields=["company", "identificacion"], name="customer_once"),
        ]
        indexes = [models.Index(fields=["company", "folded", "id"], name="customer_folded")]

    def __str__(self) -> str:
        return self.nombre

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fold()
        super().save(*args, **kwargs)

    def fold(self) -> None:
        """Fill the column that search and order go by."""
        words = f"{self.nombre} {self.nombre_comercial} {self.identificacion}"
        self.folded = folding.fold(words)[:240]

    @property
    def cedula(self) -> str:
        """The number as people write it."""
        return identificacion.format(self.tipo_identificacion, self.identificacion)

    @property
    def email(self) -> str:
        return next(iter(self.emails), "")

    @property
    def is_foreign(self) -> bool:
        return self.tipo_identificacion == FOREIGN

    @property
    def place(self) -> str:
        """Province, canton and district by name."""
        return ubicacion.describe(self.provincia, self.canton, self.distrito)

    @property
    def condition(self) -> str:
        """The usual condition of sale, in words."""
        return CONDICION_VENTA.nombre_de(self.condicion_venta)

    def receptor(self) -> dict[str, Any]:
        """The XSD's Receptor as JSON, without what is empty."""
        data: dict[str, Any] = {
            "Nombre": self.nombre,
            "Identificacion": {"Tipo": self.tipo_identificacion, "Numero": self.identificacion},
            "NombreComercial": self.nombre_comercial,
            **self._address(),
            "Telefono": phone(self.telefono),
            "CorreoElectronico": self.email,
        }
        return {name: value for name, value in data.items() if value}

    def _address(self) -> dict[str, Any]:
        if self.is_foreign:
            return {"OtrasSenasExtranjero": self.otras_senas}
        if not self.distrito or not self.otras_senas:
            return {}
        place = {
            "Provincia": self.provincia,
            "Canton": self.canton,
            "Distrito": self.distrito,
            "Barrio": self.barrio,
            "OtrasSenas": self.otras_senas[:250],
        }
        return {"Ubicacion": {name: value for name, value in place.items() if value}}

    def archive(self, *, at: datetime) -> bool:
        """Offer it no more. False when it already was so."""
        return self._shelve(at, archived_at__isnull=True)

    def restore(self, *, at: datetime) -> bool:
        """Offer it again. False when it already was so."""
        return self._shelve(None, archived_at__isnull=False)

    def _shelve(self, at: datetime | None, **was: bool) -> bool:
        done = Customer.objects.filter(pk=self.pk, **was).update(archived_at=at)
        self.archived_at = at
        return bool(done)


def phone(text: str) -> dict[str, str]:
    """A telephone as the XSD has it; {} for what is none.

    >>> phone("2222-3344"), phone("+1 305 555 0100")
    ({'CodigoPais': '506', 'NumTelefono': '22223344'}, {'CodigoPais': '1', 'NumTelefono': '3055550100'})
    """
    digits = re.sub(r"\D", "", text)
    if not 8 <= len(digits) <= 15:
        return {}
    country = "506"
    if text.strip().startswith("+"):
        country, digits = _country(digits)
    elif len(digits) > 8 and digits.startswith("506"):
        digits = digits[3:]
    return {"CodigoPais": country, "NumTelefono": digits}


def _country(digits: str) -> tuple[str, str]:
    """The calling code of an international number: one digit for +1 and +7, two or three else."""
    if digits[0] in "17":
        return digits[:1], digits[1:]
    size = 2 if _TWO.match(digits) else 3
    return digits[:size], digits[size:]


# Source: ITU-T E.164, the country codes of two digits.
_TWO = re.compile(r"2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")


def live(company: Company) -> QuerySet[Customer]:
    """Those that are offered, by name."""
    return company.customers.filter(archived_at__isnull=True).order_by("folded", "id")


def matching(rows: QuerySet[Customer], words: str) -> QuerySet[Customer]:
    """Those of *rows* in whose name or number every word of *words* begins a word."""
    for word in folding.fold(words[:100]).split()[:8]:
        bare = re.sub(r"[-.]", "", word)
        asked = bare if bare.isdigit() else word
        rows = rows.filter(Q(folded__startswith=asked) | Q(folded__contains=f" {asked}"))
    return rows


def search(company: Company, words: str, most: int = 8) -> list[Customer]:
    """Customers of *company* for what somebody types; without words, the last ones changed."""
    if not words.strip():
        return list(live(company).order_by("-updated_at", "-id")[:most])
    return list(matching(live(company), words)[:most])
