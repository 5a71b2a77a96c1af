"""A page of the list: pages by key in both directions, each row with what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models.expressions import RawSQL

from hacienda import clave, identificacion
from iofacturo.accounts.company import Company
from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.archive import search, streams
from iofacturo.invoicing.archive.filters import Filters, Series
from iofacturo.invoicing.archive.streams import Key, Reading
from iofacturo.invoicing.breaker import Breaker
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import standing
from iofacturo.invoicing.documents.standing import Badge
from iofacturo.invoicing.submission import Submission
from iofacturo.lib import formats

PAGE = 40
COUNTED = 99  # pending documents, above which people are told "more than"
CREDIT = "03"
NAMES = {tipo: name.replace(" electrónica", "").replace(" electrónico", "")
         for tipo, name in clave.TIPOS.items()}  # fmt: skip
"""Types as a list calls them, where every document is electronic."""
UNDER_WAY = (Comprobante.ISSUED, Comprobante.SENT)


@dataclass(frozen=True)
class Line:
    """A document with its badge and, where something is wrong, what that is."""

    row: Comprobante
    badge: Badge
    why: str = ""
    remedy: str = ""  # what the link under it says

    @property
    def name(self) -> str:
        return f"{NAMES[self.row.tipo]} {int(self.row.consecutivo[10:])}"

    @property
    def cedula(self) -> str:
        """The other side's identification as people write it."""
        return identificacion.format(self.row.receptor_tipo, self.row.receptor_numero)

    @property
    def total(self) -> str:
        """With a minus where it takes from what was sold."""
        told = formats.dinero(self.row.total, self.row.moneda)
        return f"−{told}" if self.row.tipo == CREDIT and self.row.total else told


@dataclass(frozen=True)
class Page:
    """`older` and `newer` are keys of the pages beside it, empty where there is none."""

    lines: list[Line]
    older: str = ""
    newer: str = ""
    horizon: datetime | None = None  # the search has come this far, and may go on

    @property
    def first(self) -> bool:
        return not self.newer


def page(
    company: Company, filters: Filters, series: Series, *, before: str = "", since: str = ""
) -> Page:
    """Forty documents older than the key *before*, or newer than the key *since*, or the newest."""
    found = search.meaning(filters.q, company, series) if filters.q else None
    asked = streams.reading(company, filters, found, series)
    newer_than, older_than = streams.key_from(since), streams.key_from(before)
    if newer_than is not None:
        there = _newer(asked, newer_than)
        if there is not None:
            return there
        older_than = None
    return _older(asked, older_than)


def _older(asked: Reading, key: Key | None) -> Page:
    rows = streams.rows(asked, PAGE + 1, after=key)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    newer = (_key(rows[0]) if rows else key) if key is not None else None
    if more:
        return Page(told(rows), _key(rows[-1]).text, newer.text if newer else "")
    end = streams.horizon(asked, after=key)
    return Page(
        told(rows),
        older=end.text if end else "",
        newer=newer.text if newer else "",
        horizon=end.fecha if end else None,
    )


def _newer(asked: Reading, key: Key) -> Page | None:
    """The page just above *key*; None when the first page is that one."""
    rows = streams.rows(asked, PAGE + 1, after=key, newer=True)
    more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
    end = None if more else streams.horizon(asked, after=key, newer=True)
    if not more and end is None:
        return None
    first = _key(rows[0]) if more else end
    last = _key(rows[-1]) if rows else key
    return Page(
        told(rows),
        older=last.text,
        newer=first.text if first else "",
        horizon=end.fecha if end else None,
    )


def _key(row: Comprobante) -> Key:
    return Key(row.fecha, row.pk)


# -- what is said of each ----------------------------------------------------------------------


def told(rows: list[Comprobante]) -> list[Line]:
    """*rows* with their badges and reasons; one query for all answers, one for all deliveries."""
    rejected = [row.pk for row in rows if row.state == Comprobante.REJECTED]
    under_way = [row.pk for row in rows if row.state in UNDER_WAY]
    answers = _answers(rejected) if rejected else {}
    sendings = Submission.objects.in_bulk(under_way) if under_way else {}
    return [_line(row, answers.get(row.pk), sendings.get(row.pk)) for row in rows]


def _answers(pks: list[int]) -> dict[int, Answer]:
    """The last rejection of each document."""
    rows = Answer.objects.filter(comprobante_id__in=pks, estado=Answer.REJECTED)
    return {row.comprobante_id: row for row in rows.defer("xml").order_by("id")}


def _line(row: Comprobante, answer: Answer | None, sending: Submission | None) -> Line:
    badge = standing.badge(row.state, sending.state if sending else "")
    if row.state == Comprobante.REJECTED:
        return Line(row, badge, _reason(answer), "Ver cómo corregirlo")
    if sending is None:
        return Line(row, badge)
    if sending.state == Submission.STOPPED:
        if sending.stopped_for == Submission.CREDENTIALS:
            return Line(row, badge, "Hacienda no acepta el usuario de la empresa.", "Ver qué hacer")
        return Line(row, badge, "Hacienda no quiso recibirlo.", "Ver el motivo")
    if sending.late_at is not None:
        return Line(row, badge, "Hacienda lleva más de tres horas sin responder.")
    if sending.failures:
        return Line(row, badge, "Hacienda no responde. Se envía apenas vuelva.")
    return Line(row, badge)


def _reason(answer: Answer | None) -> str:
    """The first thing that Hacienda found wrong, in plain words where we have them."""
    lines = answer.lines if answer else []
    if not lines:
        said = " ".join(answer.detalle.split()) if answer else ""
        return _cut(said) or "Hacienda no dijo por qué."
    more = len(lines) - 1
    tail = f" Y {more} más." if more > 1 else " Y otro motivo más." if more else ""
    return _cut(lines[0].words) + tail


def _cut(text: str, most: int = 140) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0] + "…"


# -- above the list ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Outage:
    """Hacienda is known to be out: since when, and how many documents of the company wait."""

    since: datetime
    waiting: int

    @property
    def words(self) -> str:
        if self.waiting > COUNTED:
            return f"Más de {COUNTED} comprobantes esperan turno"
        one = self.waiting == 1
        return f"{self.waiting} {'comprobante espera' if one else 'comprobantes esperan'} turno"


WAITING = """
SELECT COUNT(*) FROM (
    SELECT 1 FROM invoicing_comprobante WHERE company_id = %s AND tipo IN {tipos}
    AND state = 'issued' LIMIT {most}
) AS few
"""


def outage(company: Company) -> Outage | None:
    """What to say while Hacienda does not answer; None while it does, or nothing waits."""
    tipos = tuple(tipo for tipo, _ in Comprobante.TIPOS)
    waiting = RawSQL(WAITING.format(tipos=tipos, most=COUNTED + 1), [company.pk])  # noqa: S611
    row = (
        Breaker.objects.filter(environment=settings.HACIENDA_ENV, opened_at__isnull=False)
        .annotate(waiting=waiting)
        .values_list("opened_at", "waiting")
        .first()
    )
    if row is None or row[0] is None or not row[1]:
        return None
    return Outage(row[0], row[1])
