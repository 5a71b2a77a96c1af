"""How much of a document can still be credited or paid: the original, what its notes left of it.

Hacienda refuses a note about a document it rejected, in another currency, or for more than is left.
That is known here before anything is numbered, and asked again inside the transaction that issues,
with the originals locked: two people who credit the same sale at once cannot both succeed.
A note that waits for its answer counts as if accepted; a rejected one never was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from django.db.models import QuerySet

import hacienda
from hacienda import clave as claves
from hacienda.errors import Problem
from iofacturo.accounts.company import Company
from iofacturo.invoicing.comprobante import REJECTED_REFERENCE, Comprobante
from iofacturo.lib import formats

NC, ND, REP = "03", "02", "10"
LIMITED = ("NC", "ND", "REP")
ZERO = Decimal(0)
CRUMB = Decimal("0.01")  # what is left after rounding, and no money


@dataclass(frozen=True)
class Balance:
    """What stands of a document, in its own currency."""

    total: Decimal
    credited: Decimal = ZERO
    debited: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def to_credit(self) -> Decimal:
        return max(self.total + self.debited - self.credited, ZERO)

    @property
    def to_pay(self) -> Decimal:
        return max(self.to_credit - self.paid, ZERO)

    @property
    def to_annul(self) -> Decimal:
        """What is left of the document itself: a debit note is annulled by a note of its own."""
        return max(self.total - self.credited, ZERO)

    @property
    def is_annulled(self) -> bool:
        """Nothing of it is left, by credit notes."""
        return bool(self.credited) and self.to_annul < CRUMB


def balance(row: Comprobante) -> Balance:
    """What stands of *row*."""
    return _balances([row])[row.clave]


def balance_of(row: Comprobante, notes: Iterable[Comprobante]) -> Balance:
    """The same from *notes*, when all that refer to *row* are at hand."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for note in notes:
        if note.state != Comprobante.REJECTED:
            sums[note.tipo] += note.total
    return Balance(row.total, sums[NC], sums[ND], sums[REP])


def _balances(originals: Sequence[Comprobante]) -> dict[str, Balance]:
    """By clave, in one question; the originals are of one company."""
    if not originals:
        return {}
    notes = (
        originals[0]
        .company.comprobantes.filter(
            referencia__in=[row.clave for row in originals], tipo__in=(NC, ND, REP)
        )
        .exclude(state=Comprobante.REJECTED)
        .values_list("referencia", "tipo", "total")
    )
    # Added up here: SQLite would do it in floating point.
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for clave, tipo, total in notes:
        sums[clave, tipo] += total
    return {
        row.clave: Balance(
            row.total, sums[row.clave, NC], sums[row.clave, ND], sums[row.clave, REP]
        )
        for row in originals
    }


def exceeded() -> Iterator[tuple[str, Decimal, Decimal]]:
    """Documents of which more was credited than they came to: clave, credited, and the most.

    For `verify`. A note that Hacienda accepted after it had rejected it is no fault of ours.
    """
    notes = (
        Comprobante.objects.filter(tipo__in=(NC, ND))
        .exclude(referencia="")
        .exclude(state=Comprobante.REJECTED)
        .exclude(answers__estado="rechazado")
        .order_by("company_id", "referencia")
        .values_list("company_id", "referencia", "tipo", "total")
    )
    for (company_id, clave), some in groupby(notes.iterator(chunk_size=2000), key=itemgetter(0, 1)):
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for *_, tipo, total in some:
            sums[tipo] += total
        if not sums[NC]:
            continue
        row = Comprobante.objects.filter(company_id=company_id, clave=clave).first()
        if row is not None and sums[NC] > row.total + sums[ND]:
            yield from _exceeded_together(row)


def _exceeded_together(row: Comprobante) -> Iterator[tuple[str, Decimal, Decimal]]:
    """*row*, unless its notes are about other documents as well, which leave enough room."""
    issued = row.company.comprobantes
    notes = issued.filter(referencia=row.clave, tipo=NC).exclude(state=Comprobante.REJECTED)
    claves = {row.clave} | {clave for note in notes for clave in _claves(note.document())}
    originals = list(issued.filter(clave__in=claves))
    if len(originals) < len(claves):
        return  # of what others issued we do not know the amount
    standing = _balances(originals)
    credited = sum((one.credited for one in standing.values()), ZERO)
    most = sum((one.total + one.debited for one in standing.values()), ZERO)
    if credited > most:
        yield row.clave, credited, most


def problems(company: Company, document: hacienda.Comprobante) -> list[Problem]:
    """Why *document* cannot be issued as it stands, as far as the company's own originals say."""
    if document.tipo not in LIMITED:
        return []
    return list(_problems(document, _originals(company, [document])))


def hold(company: Company, documents: Sequence[hacienda.Comprobante]) -> list[Problem]:
    """The same of several that are issued together, with their originals locked until the end.

    Call it inside the transaction that issues, after the series and before the lots.
    """
    limited = [document for document in documents if document.tipo in LIMITED]
    if not limited:
        return []
    originals = _originals(company, limited, lock=True)
    found: list[Problem] = []
    spent: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for document in limited:
        found += _problems(document, originals, spent)
    return found


def _originals(
    company: Company, documents: Iterable[hacienda.Comprobante], *, lock: bool = False
) -> dict[str, Comprobante]:
    """The company's own documents that are referred to, by clave."""
    wanted = {clave for document in documents for clave in _claves(document)}
    if not wanted:
        return {}
    rows: QuerySet[Comprobante] = company.comprobantes.filter(clave__in=wanted).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = {row.clave: row for row in rows}
    for row in found.values():
        row.company = company
    return found


def _claves(document: hacienda.Comprobante) -> Iterator[str]:
    """The claves a note is about; not that of a rejected one whose place it takes."""
    for one in document.informacion_referencia:
        if one.numero and one.tipo_doc_ir != REJECTED_REFERENCE and claves.is_valid(one.numero):
            yield claves.compact(one.numero)


def _problems(
    document: hacienda.Comprobante,
    originals: dict[str, Comprobante],
    spent: defaultdict[tuple[str, str], Decimal] | None = None,
) -> Iterator[Problem]:
    about = [originals[clave] for clave in dict.fromkeys(_claves(document)) if clave in originals]
    if not about:
        return
    for row in about:
        yield from _against(document, row)
    resumen = document.resumen_factura
    total = (resumen.total_comprobante if resumen else None) or ZERO
    if document.tipo == "ND" or len(about) < len(set(_claves(document))):
        return  # nothing limits a debit; and of what others issued we do not know the amount
    standing = _balances(about)
    left = sum(
        ((one.to_pay if document.tipo == "REP" else one.to_credit) for one in standing.values()),
        ZERO,
    )
    if spent is not None:
        key = (document.tipo, about[0].clave)
        spent[key] += total
        total = spent[key]
    if total > left:
        yield _too_much(document, about, left)


def _against(document: hacienda.Comprobante, row: Comprobante) -> Iterator[Problem]:
    if row.state == Comprobante.REJECTED:
        yield Problem(
            "nota-a-rechazado",
            "InformacionReferencia",
            "error",
            f"Hacienda rechazó {row.named}: para efectos tributarios no existe y no lleva notas.",
            "Emita otro comprobante en su lugar.",
        )
    resumen = document.resumen_factura
    money = resumen.codigo_tipo_moneda if resumen else None
    currency = (money.codigo_moneda if money else None) or "CRC"
    if currency != row.moneda:
        yield Problem(
            "nota-en-otra-moneda",
            "ResumenFactura/CodigoTipoMoneda/CodigoMoneda",
            "error",
            f"{row.label} está en {row.moneda} y este comprobante en {currency}.",
            "Use la misma moneda y el mismo tipo de cambio del original.",
        )


def _too_much(
    document: hacienda.Comprobante, about: Sequence[Comprobante], left: Decimal
) -> Problem:
    names = " y ".join(row.label for row in about)
    amount = formats.dinero(left, about[0].moneda)
    if document.tipo == "REP":
        return Problem(
            "pago-excede", "ResumenFactura/TotalComprobante", "error",
            f"De {names} solo falta por pagar {amount}.",
            "Baje el monto del pago.",
        )  # fmt: skip
    if left < CRUMB:
        return Problem(
            "nota-sin-saldo", "InformacionReferencia", "error",
            f"De {names} ya no queda nada por acreditar.",
        )  # fmt: skip
    return Problem(
        "nota-excede", "ResumenFactura/TotalComprobante", "error",
        f"De {names} solo quedan {amount} por acreditar.",
        "Baje las cantidades o quite líneas.",
    )  # fmt: skip
