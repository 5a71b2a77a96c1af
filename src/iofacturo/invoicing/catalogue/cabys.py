"""The CAByS catalogue in force: every good and service, with the IVA it suggests.

`iofacturo import-cabys FILE` brings it, edition after edition. Searching is done in memory, by
`hacienda.catalogos.cabys`, so that it is the same on every database; each process reads the
catalogue once per edition (a quarter of a second for its 20 000 codes).

    search(words)    what somebody types, best first      find(codigo)    one code
    in_force()       the whole catalogue, or None while nothing has been imported
    unknown(codes)   those of them that the catalogue lacks
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from hacienda.catalogos import cabys as ley
from hacienda.catalogos.palabras import fold
from hacienda.catalogos.tarifa_iva import EXENTA, POR_TARIFA
from iofacturo.invoicing.catalogue import seller_words

CANDIDATES = 60  # entries that are put in order for the one who sells
SAMPLE = "muestra.csv"
"""Name of an edition that is no whole catalogue: that a code is not in it says nothing."""
RECENT = 10.0  # seconds for which a process does not ask again whether there is a newer edition


class CabysEdition(models.Model):
    """One import of the catalogue, and how much it changed."""

    imported_at = models.DateTimeField()
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    name = models.CharField(max_length=120)
    total = models.PositiveIntegerField()
    new = models.PositiveIntegerField()
    gone = models.PositiveIntegerField()
    rates = models.PositiveIntegerField()

    class Meta:
        verbose_name = "edición del CAByS"
        verbose_name_plural = "ediciones del CAByS"

    def __str__(self) -> str:
        return f"CAByS {self.pk}, {self.total} códigos"


class CabysItem(models.Model):
    """One code. What an edition no longer has stays here, marked as gone."""

    codigo = models.CharField("código", max_length=13, unique=True)
    descripcion = models.CharField("descripción", max_length=1000)
    impuesto = models.CharField(max_length=8, blank=True)  # "13", "0.5", "exento" or ""
    categoria = models.CharField("categoría", max_length=300, blank=True)
    gone_in = models.ForeignKey(
        CabysEdition, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = "código CAByS"
        verbose_name_plural = "códigos CAByS"
        constraints = [
            models.CheckConstraint(condition=~Q(codigo=""), name="cabys_has_code"),
        ]

    def __str__(self) -> str:
        return f"{self.codigo} {self.descripcion}"

    @property
    def porcentaje(self) -> Decimal | None:
        """The suggested IVA: 0 when exempt, None when the catalogue states none."""
        return percentage(self.impuesto)

    @property
    def tarifa(self) -> str:
        """The CodigoTarifaIVA of it, "" when the catalogue states none."""
        return rate_code(self.impuesto)

    @property
    def es_servicio(self) -> bool:
        return ley.es_servicio(self.codigo)


class CabysChange(models.Model):
    """What an edition did to a code that was known before. `before` and `after` are rates."""

    GONE, RATE, BACK = "gone", "rate", "back"
    KINDS = [(GONE, "Ya no está"), (RATE, "Cambió de tarifa"), (BACK, "Volvió")]

    edition = models.ForeignKey(CabysEdition, models.PROTECT, related_name="changes")
    codigo = models.CharField("código", max_length=13, db_index=True)
    kind = models.CharField(max_length=4, choices=KINDS)
    before = models.CharField(max_length=8, blank=True)
    after = models.CharField(max_length=8, blank=True)

    class Meta:
        verbose_name = "cambio del CAByS"
        verbose_name_plural = "cambios del CAByS"

    def __str__(self) -> str:
        return f"{self.codigo}: {self.get_kind_display()}"


def percentage(impuesto: str) -> Decimal | None:
    """The percentage that the catalogue's word means."""
    return Decimal(0) if impuesto == "exento" else Decimal(impuesto) if impuesto else None


def rate_code(impuesto: str) -> str:
    """The CodigoTarifaIVA that the catalogue's word means, "" for none.

    >>> rate_code("13"), rate_code("exento"), rate_code("")
    ('08', '10', '')
    """
    value = percentage(impuesto)
    if value is None:
        return ""
    return POR_TARIFA.get(value, "") if value else EXENTA


_lock = threading.Lock()
_held: tuple[tuple[Any, ...], ley.Cabys] | None = None
_asked: tuple[float, ley.Cabys | None] | None = None


def in_force() -> ley.Cabys | None:
    """The catalogue of the newest edition; None while there is none."""
    return _catalogue(_edition())


def unknown(codes: Iterable[str | None]) -> set[str]:
    """The well-formed ones of *codes* that the catalogue lacks; none while nothing was imported.

    Nothing is asked of the database as long as the edition of a moment ago has them all.
    """
    asked = {code for code in codes if code and len(code) == 13 and code.isdecimal()}
    held = _lately() if asked else None
    if held is None or all(code in held for code in asked):
        return set()
    edition = _edition()
    held = None if edition is None or edition[-1] == SAMPLE else _catalogue(edition)
    return set() if held is None else {code for code in asked if code not in held}


def forget() -> None:
    """Another edition came in: ask for it at once."""
    global _asked
    _asked = None


def _lately() -> ley.Cabys | None:
    """As `in_force`, asking whether there is a newer edition once in RECENT seconds."""
    global _asked
    now = time.monotonic()
    if _asked is None or now - _asked[0] > RECENT:
        _asked = (now, in_force())
    return _asked[1]


def _edition() -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = (
        CabysEdition.objects.order_by("-id")
        .values_list("id", "digest", "imported_at", "name")
        .first()
    )
    return found


def _catalogue(edition: tuple[Any, ...] | None) -> ley.Cabys | None:
    global _held
    if edition is None:
        return None
    held = _held
    if held is not None and held[0] == edition:
        return held[1]
    with _lock:
        if _held is None or _held[0] != edition:
            _held = (edition, ley.Cabys(_read()))
        return _held[1]


def _read() -> Iterable[ley.Producto]:
    rows = CabysItem.objects.filter(gone_in__isnull=True).values_list(
        "codigo", "descripcion", "impuesto"
    )
    return (ley.Producto(*row) for row in rows.iterator(chunk_size=2000))


def find(codigo: str) -> CabysItem | None:
    """The entry of a code, one that is gone too; None for a code that was never there."""
    return CabysItem.objects.filter(codigo=codigo[:13]).first()


def search(words: str, most: int = 10) -> list[CabysItem]:
    """Entries for what a seller types, best first: words by prefix, or the first digits of a code.

    Accents and case do not count. What the catalogue calls otherwise than people do is found by
    both names («zapatos», «calzado»); when no entry has all the words, those with most of them.
    """
    held = in_force()
    return [] if held is None else [_item(found) for found in ranked(held, words[:100], most)]


def ranked(held: ley.Cabys, words: str, most: int) -> list[ley.Producto]:
    """The best *most* entries of *held* for *words*."""
    if fold(words).strip().isdigit():
        return held.search(words.strip(), limit=most)
    asked = seller_words.asked(words)
    if not asked:
        return []
    found = _either(held, seller_words.variants(asked))
    for left_out in reversed(range(len(asked))):
        if found or len(asked) == 1:
            break
        rest = asked[:left_out] + asked[left_out + 1 :]
        found = _either(held, seller_words.variants(rest))
    return found[:most]


def _either(held: ley.Cabys, variants: list[list[str]]) -> list[ley.Producto]:
    """Entries that have all the words of one of *variants*, best first, each once."""
    found: dict[str, tuple[tuple[int, int, int], ley.Producto]] = {}
    for asked in variants:
        for entry in held.search(" ".join(asked), limit=CANDIDATES):
            rank = _order(entry, asked)
            if entry.codigo not in found or rank < found[entry.codigo][0]:
                found[entry.codigo] = (rank, entry)
    return [entry for _, entry in sorted(found.values(), key=lambda one: (one[0], one[1].codigo))]


# Half of all services begin with these words: what comes after them is what they are about.
_OPENINGS = ("servicios de ", "servicio de ")


def _order(entry: ley.Producto, asked: list[str]) -> tuple[int, int, int]:
    """Whole words before beginnings, then entries about the thing itself, then short ones.

    «pan» is asked for by those who sell bread: "Pan pita" before "Tostadoras de pan".
    """
    text = fold(entry.descripcion)
    for opening in _OPENINGS:
        text = text.removeprefix(opening)
    words = seller_words.WORD.findall(text)
    stems = {seller_words.singular(word) for word in words}
    stem_of_first = seller_words.singular(words[0]) if words else ""
    wanted = [seller_words.singular(word) for word in asked]
    begins = 0 if stem_of_first in wanted else 1 if stem_of_first.startswith(tuple(wanted)) else 2
    return sum(word not in stems for word in wanted), begins, len(entry.descripcion)


def _item(entry: ley.Producto) -> CabysItem:
    return CabysItem(
        codigo=entry.codigo,
        descripcion=entry.descripcion,
        impuesto=entry.impuesto,
        categoria=entry.categoria,
    )
