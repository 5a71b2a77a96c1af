"""Reading the ledger: pages by key, filters, and why each folio came from where it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from iofacturo.accounts.company import Company
from iofacturo.folios.entry import KINDS, FolioEntry
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock, formats

PAGE = 50
OLDEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Filters:
    """What the reader asked for; whatever makes no sense is left out and told in *problems*."""

    lot: FolioLot | None = None
    kind: str = ""
    since: date | None = None
    until: date | None = None
    document: str = ""
    problems: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.lot or self.kind or self.since or self.until or self.document)


def filters_from(asked: Mapping[str, str], lots: Iterable[FolioLot]) -> Filters:
    """From a query string: `plan` (contract), `movimiento`, `desde`, `hasta`, `comprobante`."""
    problems = []
    contract = asked.get("plan", "")
    lot = next((one for one in lots if one.contract == contract), None)
    if contract and lot is None:
        problems.append("Ese plan no es de esta empresa.")
    kind = asked.get("movimiento", "")
    since, until = _day(asked.get("desde", "")), _day(asked.get("hasta", ""))
    for name, value in (("desde", since), ("hasta", until)):
        if asked.get(name, "").strip() and value is None:
            problems.append(f"La fecha «{name}» no se entiende. Escríbala como 2026-11-22.")
    if since and until and since > until:
        problems.append("La fecha «desde» es posterior a «hasta».")
    return Filters(
        lot=lot,
        kind=kind if kind in dict(KINDS) else "",
        since=since,
        until=until,
        document=" ".join(asked.get("comprobante", "").split())[:60],
        problems=tuple(problems),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def entries(company: Company, filters: Filters) -> QuerySet[FolioEntry]:
    """The entries asked for, the newest first."""
    found = company.folio_entries.select_related("actor").order_by("-day", "-id")
    if filters.lot is not None:
        lot = filters.lot
        # bounds that let the index on the day find an old lot without reading the newer ones
        last = lot.entries.filter(seq=lot.entries_count).values_list("day", flat=True)
        found = found.filter(
            lot=lot,
            day__gte=clock.local(min(lot.created_at, lot.activated_at)).date(),
            day__lte=last.first() or OLDEST,
        )
    if filters.kind:
        found = found.filter(kind=filters.kind)
        if filters.kind != "consume":
            # word for word the condition of the index `entry_rare`: SQLite wants it literally
            found = found.extra(where=["NOT (folios_folioentry.kind = 'consume')"])
    if filters.since:
        found = found.filter(day__gte=filters.since)
    if filters.until:
        found = found.filter(day__lte=filters.until)
    if filters.document:
        found = found.filter(Q(document=filters.document) | Q(label__icontains=filters.document))
    return found


@dataclass(frozen=True)
class Page:
    rows: list[Line]
    older: str  # the key of the next page, empty on the last one


@dataclass(frozen=True)
class Line:
    """An entry with its lot and the reason in words."""

    entry: FolioEntry
    lot: FolioLot
    why: str

    @property
    def qty(self) -> str:
        """With its sign, as people write it."""
        number = formats.numero(abs(self.entry.qty))
        return f"+{number}" if self.entry.qty > 0 else f"−{number}" if self.entry.qty else "0"

    @property
    def told(self) -> str:
        return MOVEMENTS[self.entry.kind]


MOVEMENTS = {
    "grant": "Entrega",
    "consume": "Uso",
    "reverse": "Devolución",
    "expire": "Vencimiento",
    "void": "Anulación",
    "adjust": "Ajuste",
    "repay": "Reposición de gracia",
}


def page(company: Company, filters: Filters, key: str, lots: Mapping[int, FolioLot]) -> Page:
    """Fifty entries after *key* (empty: from the newest)."""
    found = entries(company, filters)
    after = _key(key)
    if after is not None:
        day, number = after
        found = found.filter(Q(day__lt=day) | Q(day=day, id__lt=number), day__lte=day)
    rows = list(found[: PAGE + 1])
    older = ""
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        older = f"{rows[-1].day.isoformat()}.{rows[-1].pk}"
    return Page([line_of(row, lots) for row in rows], older)


def _key(text: str) -> tuple[date, int] | None:
    day, _, number = text.partition(".")
    found = _day(day)
    if found is None or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return found, int(number)


def line_of(entry: FolioEntry, lots: Mapping[int, FolioLot]) -> Line:
    lot = lots[entry.lot_id]
    return Line(entry, lot, why(entry, lot, lots.values()))


def why(entry: FolioEntry, lot: FolioLot, lots: Iterable[FolioLot]) -> str:
    """Why this entry happened, and for a use why this lot gave the folio."""
    if entry.kind == "consume":
        return _why_this_lot(lot, entry.at, [one for one in lots if one.pk != lot.pk])
    if entry.kind == "reverse":
        where = "los de gracia" if lot.is_grace else "su plan"
        return f"{entry.note or 'El comprobante quedó sin efecto'}: el folio volvió a {where}."
    if entry.kind == "expire":
        return f"Su último día fue el {formats.dia_largo(lot.last_day)}."
    return entry.note or WHY.get(lot.kind if entry.kind == "grant" else entry.kind, "")


WHY = {
    "paid": "Plan activado.",
    "promo": "Folios de promoción.",
    "courtesy": "Folios de cortesía.",
    "migration": "Folios que la empresa traía.",
    "replacement": "Repone un folio.",
    "grace": "Folios de gracia.",
}


def _why_this_lot(lot: FolioLot, at: datetime, others: list[FolioLot]) -> str:
    """By the order of use: what could have come before was empty, what comes after ends later."""
    if lot.only_for:
        return "Repone el folio del comprobante que Hacienda rechazó."
    if lot.is_grace:
        return "Ya no le quedaban folios propios: usó uno de gracia."
    valid = [one for one in others if one.is_valid(at) and not (one.only_for or one.is_grace)]
    before = sorted(
        (one for one in valid if one.place_in_order < lot.place_in_order),
        key=lambda one: one.place_in_order,
    )
    after = [one for one in valid if one.place_in_order > lot.place_in_order]
    said = []
    if before:
        names = " y ".join(_told_apart(one, lot) for one in before[-2:])
        said.append(f"{names} ya no {'tenía' if len(before) == 1 else 'tenían'} folios")
    if after:
        following = min(after, key=lambda one: one.place_in_order)
        if following.expires_at > lot.expires_at:
            said.append(
                f"vence el {formats.dia(lot.last_day)}, antes que {_told_apart(following, lot)} "
                f"({formats.dia(following.last_day)})"
            )
        elif lot.kind == "promo" != following.kind:
            said.append(f"vence igual que {_told_apart(following, lot)} y es de promoción")
        else:
            said.append(f"vence igual que {_told_apart(following, lot)} y es más antiguo")
    text = "; ".join(said) or "era el único plan vigente"
    return f"{text[0].upper()}{text[1:]}."


def _told_apart(one: FolioLot, from_lot: FolioLot) -> str:
    """The name of a lot; with its day when the other one is called the same."""
    if one.name != from_lot.name:
        return one.name
    return f"el {one.name} del {formats.dia(one.activated_at)}"
