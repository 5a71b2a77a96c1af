"""Products whose CAByS code the catalogue no longer has, or rates otherwise than they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.urls import reverse

from iofacturo import notifications
from iofacturo.accounts.company import Company
from iofacturo.invoicing.catalogue.cabys import CabysEdition, CabysItem, percentage
from iofacturo.invoicing.catalogue.product import Product

CHUNK = 500
KIND = "cabys.changed"
PAGE = "invoicing:products"


def of(codigo: str, tarifa: object, entry: CabysItem | None, *, imported: bool) -> str:
    """The warning that a product of this code and percentage *tarifa* deserves, "" for none.

    While no catalogue was *imported* there is nothing to hold against anybody.
    """
    if not imported:
        return Product.FINE
    if entry is None:
        return Product.UNKNOWN
    if entry.gone_in_id is not None:
        return Product.GONE
    suggested = percentage(entry.impuesto)
    return Product.RATE if suggested is not None and suggested != tarifa else Product.FINE


def after(edition: CabysEdition, codes: Iterable[str] | None, *, at: datetime) -> Counter[Company]:
    """Look again at the products with these *codes*, None for all; how many got a warning, by company.

    Their companies are told, once for an edition.
    """
    warned: Counter[int] = Counter()
    used = Product.objects.filter(archived_at__isnull=True)
    asked = used.values_list("cabys", flat=True).distinct() if codes is None else sorted(codes)
    for some in _chunks(asked):
        entries = CabysItem.objects.in_bulk(some, field_name="codigo")
        for product in used.filter(cabys__in=some).select_related("company").iterator():
            now = of(product.cabys, product.porcentaje, entries.get(product.cabys), imported=True)
            if now == product.cabys_warning:
                continue
            Product.objects.filter(pk=product.pk).update(cabys_warning=now)
            if now:
                warned[product.company_id] += 1
    told = Company.objects.in_bulk(list(warned))
    for pk, company in told.items():
        _tell(company, warned[pk], edition, at)
    return Counter({told[pk]: count for pk, count in warned.items()})


def _tell(company: Company, count: int, edition: CabysEdition, at: datetime) -> None:
    which = "1 producto suyo" if count == 1 else f"{count} productos suyos"
    notifications.notify(
        KIND,
        company=company,
        params={"which": which},
        url=f"{reverse(PAGE)}?aviso=1",
        key=f"cabys:{edition.pk}:{company.pk}",
        at=at,
    )


def _chunks(codes: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(list(codes))
    while some := list(islice(rest, CHUNK)):
        yield some
