"""Bringing in an edition of the CAByS catalogue: `iofacturo import-cabys FILE`.

All of it happens in one transaction or not at all. What an edition drops or rates otherwise is
written down, products that use it get a warning, and their companies are told once. The same file
again changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.db import transaction

from hacienda.catalogos.cabys import Producto
from hacienda.errors import InvalidError
from iofacturo.invoicing.catalogue import cabys, cabys_file, cabys_warnings
from iofacturo.invoicing.catalogue.cabys import CabysChange, CabysEdition, CabysItem

CHUNK = 500
MOST_LOST = 0.2
"""Of the known codes; a file that lacks more is taken for a part of the catalogue."""

T = TypeVar("T")
Known = tuple[int, str, str, str, bool]  # id, description, rate, category, gone


@dataclass
class Summary:
    """What an import did; `edition` is None when there was nothing to do."""

    total: int
    edition: CabysEdition | None = None
    new: int = 0
    gone: int = 0
    rates: int = 0
    texts: int = 0
    warned: int = 0
    companies: int = 0

    def lines(self) -> Iterator[str]:
        """For the one who typed the command."""
        if self.edition is None:
            yield f"El catálogo ya estaba al día: {self.total} códigos, sin cambios."
            return
        yield f"Catálogo CAByS al día: {self.total} códigos."
        yield f"  nuevos              {self.new}"
        yield f"  retirados           {self.gone}"
        yield f"  cambian de tarifa   {self.rates}"
        yield f"  cambian de texto    {self.texts}"
        if self.warned:
            yield f"Quedan con aviso {self.warned} productos de {self.companies} empresas."


@dataclass
class Difference:
    """What a file says against what is known."""

    new: list[CabysItem] = field(default_factory=list)
    changed: list[CabysItem] = field(default_factory=list)
    changes: list[CabysChange] = field(default_factory=list)
    rates: int = 0
    texts: int = 0


def import_file(path: Path, *, at: datetime, force: bool = False) -> Summary:
    """Make the file at *path* the catalogue in force. InvalidError when it is none.

    A file that lacks more than a fifth of the known codes is refused unless *force*.
    """
    data = cabys_file.read_bytes(path)
    held = cabys_file.read(data)
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        # the rows of the editions are few: holding them makes two imports go one by one
        list(CabysEdition.objects.select_for_update().values_list("id", flat=True))
        done = _apply(held, digest, path.name[:120], at, force)
    cabys.forget()
    return done


def _apply(
    held: Mapping[str, Producto], digest: str, name: str, at: datetime, force: bool
) -> Summary:
    known = _known()
    missing = [code for code, row in known.items() if code not in held and not row[4]]
    live = sum(not row[4] for row in known.values())
    if live and len(missing) > live * MOST_LOST and not force:
        raise InvalidError(
            f"El archivo trae {len(held)} códigos, y le faltan {len(missing)} de los {live} que hay: "
            "parece incompleto. Si es correcto, repita el comando con --force."
        )
    found = _compare(held, known)
    if not (found.new or found.changed or missing):
        return Summary(total=len(held))
    edition = CabysEdition.objects.create(
        imported_at=at,
        digest=digest,
        name=name,
        total=len(held),
        new=len(found.new),
        gone=len(missing),
        rates=found.rates,
    )
    _write(found, missing, known, edition)
    touched = None if not known else {change.codigo for change in found.changes} | set(missing)
    touched = touched if touched is None else touched | {item.codigo for item in found.new}
    warned = cabys_warnings.after(edition, touched, at=at)
    return Summary(
        total=len(held), edition=edition, new=len(found.new), gone=len(missing), rates=found.rates,
        texts=found.texts, warned=sum(warned.values()), companies=len(warned),
    )  # fmt: skip


def _known() -> dict[str, Known]:
    rows = CabysItem.objects.values_list(
        "codigo", "id", "descripcion", "impuesto", "categoria", "gone_in_id"
    )
    return {
        code: (pk, text, rate, group, gone is not None)
        for code, pk, text, rate, group, gone in rows.iterator(chunk_size=2000)
    }


def _compare(held: Mapping[str, Producto], known: Mapping[str, Known]) -> Difference:
    found = Difference()
    for code, entry in held.items():
        values = (entry.descripcion[:1000], entry.impuesto, entry.categoria[:300])
        row = known.get(code)
        if row is None:
            found.new.append(_item(code, values))
            continue
        pk, text, rate, group, gone = row
        if (text, rate, group) == values and not gone:
            continue
        found.changed.append(_item(code, values, pk))
        found.texts += text != values[0]
        found.rates += rate != values[1]
        if gone or rate != values[1]:
            kind = CabysChange.BACK if gone else CabysChange.RATE
            found.changes.append(CabysChange(codigo=code, kind=kind, before=rate, after=values[1]))
    return found


def _item(code: str, values: tuple[str, str, str], pk: int | None = None) -> CabysItem:
    text, rate, group = values
    return CabysItem(
        pk=pk, codigo=code, descripcion=text, impuesto=rate, categoria=group, gone_in=None
    )


def _write(
    found: Difference, missing: list[str], known: Mapping[str, Known], edition: CabysEdition
) -> None:
    CabysItem.objects.bulk_create(found.new, batch_size=CHUNK)
    CabysItem.objects.bulk_update(
        found.changed, ["descripcion", "impuesto", "categoria", "gone_in"], batch_size=CHUNK
    )
    for codes in chunks(missing):
        CabysItem.objects.filter(codigo__in=codes).update(gone_in=edition)
    gone = (
        CabysChange(codigo=code, kind=CabysChange.GONE, before=known[code][2]) for code in missing
    )
    changes = [*found.changes, *gone]
    for change in changes:
        change.edition = edition
    CabysChange.objects.bulk_create(changes, batch_size=CHUNK)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """*items* in lists of at most *size*."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
