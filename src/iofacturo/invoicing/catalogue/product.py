"""What a company sells, as it stands in a line of its documents.

search(company, words)    what somebody types in the editor
Product.linea()           it as the XSD's LineaDetalle
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User
from iofacturo.lib import folding

IVA = "01"
CENT = Decimal("0.01")


class Product(models.Model):
    """A good or service; its own code, when it has one, is unique in the company."""

    FINE, GONE, RATE, UNKNOWN = "", "gone", "rate", "unknown"
    WARNINGS = [
        (GONE, "Su código CAByS ya no está en el catálogo"),
        (RATE, "El catálogo sugiere otra tarifa de IVA"),
        (UNKNOWN, "Su código CAByS no está en el catálogo"),
    ]

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="products", db_index=False, verbose_name="empresa"
    )
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    codigo = models.CharField("código propio", max_length=20, blank=True)
    detalle = models.CharField(max_length=200)
    cabys = models.CharField("código CAByS", max_length=13)
    unidad = models.CharField("unidad de medida", max_length=15)
    precio = models.DecimalField("precio sin IVA", max_digits=18, decimal_places=5)
    moneda = models.CharField(max_length=3, default="CRC")
    tarifa_iva = models.CharField("tarifa de IVA", max_length=2, blank=True)  # "" no tax at all
    folded = models.CharField(max_length=240, editable=False, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    # what the catalogue says against it, and whether somebody said that it is right all the same
    cabys_warning = models.CharField("aviso", max_length=7, blank=True, choices=WARNINGS)

    COLUMNS = ("codigo", "detalle", "cabys", "unidad", "precio", "moneda", "tarifa_iva")

    class Meta:
        verbose_name = "producto"
        verbose_name_plural = "productos"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "codigo"], condition=~Q(codigo=""), name="product_once"
            ),
            models.CheckConstraint(condition=Q(precio__gte=0), name="product_price"),
        ]
        indexes = [
            models.Index(fields=["company", "folded", "id"], name="product_folded"),
            models.Index(
                fields=["company", "folded", "id"],
                condition=~Q(cabys_warning=""),
                name="product_warned",
            ),
            models.Index(fields=["cabys"], name="product_cabys"),  # for an import of the catalogue
        ]

    def __str__(self) -> str:
        return self.detalle

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fold()
        super().save(*args, **kwargs)

    def fold(self) -> None:
        """Fill the column that search and order go by."""
        self.folded = folding.fold(f"{self.detalle} {self.codigo}")[:240]

    @property
    def porcentaje(self) -> Decimal:
        """The IVA it carries, 0 when it carries none."""
        known = TARIFA_IVA.get(self.tarifa_iva)
        return (known.tarifa if known else None) or Decimal(0)

    @property
    def precio_con_iva(self) -> Decimal:
        """What the customer pays for one, to the cent."""
        return (self.precio * (100 + self.porcentaje) / 100).quantize(CENT, ROUND_HALF_UP)

    @property
    def unit(self) -> str:
        """The unit in words."""
        return UNIDAD_MEDIDA.nombre_de(self.unidad)

    @property
    def tax(self) -> str:
        """The tariff in words."""
        return TARIFA_IVA.nombre_de(self.tarifa_iva) if self.tarifa_iva else "Sin IVA"

    def linea(self) -> dict[str, Any]:
        """One of it as the XSD's LineaDetalle, in JSON; the number of the line is not in it."""
        data: dict[str, Any] = {
            "CodigoCABYS": self.cabys,
            "CodigoComercial": [{"Tipo": "01", "Codigo": self.codigo}] if self.codigo else [],
            "Cantidad": "1",
            "UnidadMedida": self.unidad,
            "Detalle": self.detalle,
            "PrecioUnitario": plain(self.precio),
            "Impuesto": self._impuesto(),
        }
        return {name: value for name, value in data.items() if value}

    def _impuesto(self) -> list[dict[str, str]]:
        if not self.tarifa_iva:
            return []
        return [
            {"Codigo": IVA, "CodigoTarifaIVA": self.tarifa_iva, "Tarifa": plain(self.porcentaje)}
        ]

    def archive(self, *, at: datetime) -> bool:
        """Offer it no more. False when it already was so."""
        return self._shelve(at, archived_at__isnull=True)

    def restore(self, *, at: datetime) -> bool:
        """Offer it again. False when it already was so."""
        return self._shelve(None, archived_at__isnull=False)

    def _shelve(self, at: datetime | None, **was: bool) -> bool:
        done = Product.objects.filter(pk=self.pk, **was).update(archived_at=at)
        self.archived_at = at
        return bool(done)


def plain(number: Decimal) -> str:
    """*number* without zeros at its end, as it goes into JSON.

    >>> plain(Decimal("1500.00000")), plain(Decimal("0.50"))
    ('1500', '0.5')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def live(company: Company) -> QuerySet[Product]:
    """Those that are offered, by name."""
    return company.products.filter(archived_at__isnull=True).order_by("folded", "id")


def matching(rows: QuerySet[Product], words: str) -> QuerySet[Product]:
    """Those of *rows* where every word of *words* begins one of the detail, the own code or CAByS."""
    for word in folding.fold(words[:100]).split()[:8]:
        begins = Q(folded__startswith=word) | Q(folded__contains=f" {word}")
        if word.isdigit():
            begins |= Q(cabys__startswith=word)
        rows = rows.filter(begins)
    return rows


def search(company: Company, words: str, most: int = 8) -> list[Product]:
    """Products of *company* for what somebody types; without words, the last ones changed.

    An own code typed whole comes first: that is how a counter sells.
    """
    words = words.strip()
    if not words:
        return list(live(company).order_by("-updated_at", "-id")[:most])
    found = list(matching(live(company), words)[:most])
    exact = live(company).filter(codigo__iexact=words[:20]).first()
    if exact is None:
        return found
    return [exact, *(row for row in found if row.pk != exact.pk)][:most]
