"""A company: the customer of the provider, and the provider itself."""

import secrets

from django.db import models

from hacienda import identificacion
from iofacturo.lib import clock, folding

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no look-alikes


def public_id() -> str:
    """A name for addresses that says nothing and cannot be guessed: 60 bits of chance."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


class Company(models.Model):
    """One cédula, one company."""

    TIPOS = [
        ("01", "Cédula física"),
        ("02", "Cédula jurídica"),
        ("03", "DIMEX"),
        ("04", "NITE"),
    ]

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    tipo_identificacion = models.CharField("tipo de identificación", max_length=2, choices=TIPOS)
    identificacion = models.CharField("número de identificación", max_length=12, unique=True)
    nombre = models.CharField("nombre o razón social", max_length=100)
    nombre_comercial = models.CharField("nombre comercial", max_length=80, blank=True)
    actividad = models.CharField("actividad económica", max_length=6, blank=True)
    provincia = models.CharField(max_length=1, blank=True)
    canton = models.CharField("cantón", max_length=2, blank=True)
    distrito = models.CharField(max_length=2, blank=True)
    barrio = models.CharField(max_length=50, blank=True)
    otras_senas = models.CharField("otras señas", max_length=250, blank=True)
    telefono = models.CharField("teléfono", max_length=20, blank=True)
    emails = models.JSONField("correos", default=list, blank=True)
    is_provider = models.BooleanField(default=False)
    folded = models.CharField(max_length=220, editable=False, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "empresa"
        verbose_name_plural = "empresas"
        constraints = [
            models.UniqueConstraint(
                fields=["is_provider"],
                condition=models.Q(is_provider=True),
                name="company_one_provider",
            )
        ]
        indexes = [models.Index(fields=["folded", "id"], name="company_folded")]

    def __str__(self) -> str:
        return self.nombre

    def save(self, *args: object, **kwargs: object) -> None:
        words = f"{self.nombre} {self.nombre_comercial} {self.identificacion}"
        self.folded = folding.fold(words)[:220]
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @classmethod
    def locked(cls, pk: int) -> "Company":
        """The company, held until the transaction ends: whoever changes its seats goes one by one.

        Other rooms may still point new rows at it meanwhile.
        """
        return cls.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)

    @property
    def cedula(self) -> str:
        """The id as people write it, `3-101-123456`."""
        return identificacion.format(self.tipo_identificacion, self.identificacion)

    @property
    def initials(self) -> str:
        words = [word for word in self.nombre.split() if word[0].isalpha()]
        return "".join(word[0] for word in words[:2]).upper() or "·"
