"""What Hacienda calls an economic activity, as its look-up told it of some taxpayer.

Hacienda publishes no list of the activities with their codes of today; whatever it answers when a
taxpayer is looked up is remembered here, for every page and paper that shows a code.

    remember(found)    name(codigo)    shown(codigo)    names(codigos)
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from hacienda.consultas import Contribuyente
from iofacturo.lib.visible import visible

LONGEST = 300


class Actividad(models.Model):
    """One code and the last description that was told of it."""

    codigo = models.CharField("código", max_length=6, unique=True)
    descripcion = models.CharField("descripción", max_length=LONGEST)

    class Meta:
        verbose_name = "actividad económica"
        verbose_name_plural = "actividades económicas"

    def __str__(self) -> str:
        return f"{self.codigo} {self.descripcion}"


_held: dict[str, str] = {}
"""What this process knows; descriptions hardly ever change."""


def remember(found: Contribuyente) -> None:
    """Keep what a look-up called the activities of a taxpayer."""
    told = {visible(one.codigo): visible(one.descripcion)[:LONGEST] for one in found.actividades}
    told = {code: words for code, words in told.items() if 0 < len(code) <= 6 and words}
    known = names(told)
    new = {code: words for code, words in told.items() if known.get(code) != words}
    if not new:
        return
    Actividad.objects.bulk_create(
        [Actividad(codigo=code, descripcion=words) for code, words in sorted(new.items())],
        update_conflicts=True,
        unique_fields=["codigo"],
        update_fields=["descripcion"],
    )
    for code in new:
        _held.pop(code, None)  # read again once it is there for certain


def names(codigos: Iterable[str | None]) -> dict[str, str]:
    """Descriptions by code, of those that are known; one query at most."""
    wanted = {code for code in codigos if code}
    missing = wanted - _held.keys()
    if missing:
        rows = Actividad.objects.filter(codigo__in=missing).values_list("codigo", "descripcion")
        _held.update(rows)
    return {code: _held[code] for code in wanted if code in _held}


def name(codigo: str | None) -> str:
    """The description of a code, "" while nobody told it."""
    return names([codigo]).get(codigo or "", "")


def shown(codigo: str) -> str:
    """`561001 · Restaurantes`, or the code alone."""
    words = name(codigo)
    return f"{codigo} · {words}" if words else codigo
