"""What must always hold among documents, their numbers, their bytes and their folios."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.archive import invariants as archive
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.paper import invariants as paper
from iofacturo.invoicing.reception import invariants as reception
from iofacturo.invoicing.setup import invariants as setup
from iofacturo.invoicing.signed_xml import SignedXML
from iofacturo.invoicing.submission import Submission


def broken() -> Iterator[str]:
    """One line per offender."""
    yield from folios()
    yield from numbers()
    yield from bodies()
    yield from answers()
    yield from deliveries()
    yield from drafts()
    yield from archive.broken()
    yield from reception.broken()
    yield from paper.broken()
    yield from setup.broken()


NET = """
SELECT c.clave, c.state, c.owes_folio, COALESCE(SUM(-e.qty), 0)
FROM invoicing_comprobante c
LEFT JOIN folios_folioentry e
  ON e.company_id = c.company_id AND e.document = c.clave AND e.kind IN ('consume', 'reverse')
GROUP BY c.id, c.clave, c.state, c.owes_folio
HAVING COALESCE(SUM(-e.qty), 0) <> CASE WHEN c.state = 'rejected' OR c.owes_folio THEN 0 ELSE 1 END
"""
FIRST = """
SELECT c.clave FROM invoicing_comprobante c
LEFT JOIN folios_folioentry e ON e.id = c.folio_entry_id
WHERE e.id IS NULL OR e.kind <> 'consume' OR e.document <> c.clave OR e.company_id <> c.company_id
"""


def folios() -> Iterator[str]:
    """I3, I4: one net folio for each document that stands, none for a rejected one."""
    for clave, state, owes, net in _rows(NET):
        debt = ", con un folio pendiente" if owes else ""
        yield f"Comprobante {clave}: está en estado «{state}»{debt} y usa {net} folios."
    for (clave,) in _rows(FIRST):
        yield f"Comprobante {clave}: su movimiento de folios no es el suyo."


HOLES = """
SELECT company_id, prefix, number, before FROM (
    SELECT company_id, substr(consecutivo, 1, 10) AS prefix,
           CAST(substr(consecutivo, 11) AS bigint) AS number,
           LAG(CAST(substr(consecutivo, 11) AS bigint)) OVER (
               PARTITION BY company_id, substr(consecutivo, 1, 10) ORDER BY consecutivo
           ) AS before
    FROM invoicing_comprobante
) AS n
WHERE (before IS NULL OR number <> before + 1)
  AND NOT EXISTS (
    SELECT 1 FROM invoicing_seriesstart i JOIN invoicing_series s ON s.id = i.series_id
    WHERE s.company_id = n.company_id AND i.number = n.number
      AND s.sucursal = CAST(substr(n.prefix, 1, 3) AS integer)
      AND s.terminal = CAST(substr(n.prefix, 4, 5) AS integer)
      AND s.tipo = substr(n.prefix, 9, 2)
  )
"""
AHEAD = """
SELECT s.company_id, s.sucursal, s.terminal, s.tipo, s.next_number, d.last
FROM invoicing_series s
JOIN (
    SELECT company_id, substr(consecutivo, 1, 10) AS prefix,
           MAX(CAST(substr(consecutivo, 11) AS bigint)) AS last
    FROM invoicing_comprobante GROUP BY company_id, substr(consecutivo, 1, 10)
) AS d
  ON d.company_id = s.company_id
 AND CAST(substr(d.prefix, 1, 3) AS integer) = s.sucursal
 AND CAST(substr(d.prefix, 4, 5) AS integer) = s.terminal
 AND substr(d.prefix, 9, 2) = s.tipo
WHERE s.next_number <> d.last + 1
  AND NOT EXISTS (
    SELECT 1 FROM invoicing_seriesstart i
    WHERE i.series_id = s.id AND i.number = s.next_number AND s.next_number > d.last
  )
"""
UNSERIED = """
SELECT clave FROM invoicing_comprobante c
WHERE substr(clave, 22, 20) <> consecutivo OR substr(consecutivo, 9, 2) <> tipo
   OR substr(clave, 42, 1) <> situacion
"""


def numbers() -> Iterator[str]:
    """No hole and no double; numbers jump only where somebody let the series begin."""
    for company, prefix, number, before in _rows(HOLES):
        after = "no empieza ahí" if before is None else f"el anterior es {before}"
        yield f"Empresa {company}, serie {prefix}: hay un hueco antes del {number} ({after})."
    for company, sucursal, terminal, tipo, following, last in _rows(AHEAD):
        yield (
            f"Empresa {company}, serie {sucursal:03}{terminal:05}{tipo}: el próximo número es "
            f"{following} y el último emitido {last}."
        )
    for (clave,) in _rows(UNSERIED):
        yield f"Comprobante {clave}: su clave no dice lo mismo que sus datos."


def bodies() -> Iterator[str]:
    """Every document has its bytes, and they are those that were signed."""
    without = Comprobante.objects.filter(~Exists(SignedXML.objects.filter(pk=OuterRef("pk"))))
    for clave in without.values_list("clave", flat=True):
        yield f"Comprobante {clave}: falta su XML."
    for body in SignedXML.objects.select_related("comprobante").iterator(chunk_size=200):
        if not body.intact:
            yield f"Comprobante {body.comprobante.clave}: su XML cambió después de guardado."
        elif f"<Clave>{body.comprobante.clave}</Clave>".encode() not in bytes(body.xml):
            yield f"Comprobante {body.comprobante.clave}: su XML es de otro comprobante."


def answers() -> Iterator[str]:
    """A document is accepted or rejected because Hacienda said so."""
    said = Answer.objects.filter(comprobante=OuterRef("pk"))
    unsaid = Comprobante.objects.filter(
        Q(state=Comprobante.ACCEPTED) & ~Exists(said.filter(estado=Answer.ACCEPTED))
        | Q(state=Comprobante.REJECTED) & ~Exists(said.filter(estado=Answer.REJECTED))
        | Q(state__in=(Comprobante.ISSUED, Comprobante.SENT)) & Exists(said)
    )
    for clave, state in unsaid.values_list("clave", "state"):
        yield f"Comprobante {clave}: su estado «{state}» no es el de las respuestas de Hacienda."


def deliveries() -> Iterator[str]:
    """Every document without an answer is on its way, or stopped where people see it."""
    without = Comprobante.objects.filter(~Exists(Submission.objects.filter(pk=OuterRef("pk"))))
    for clave in without.values_list("clave", flat=True):
        yield f"Comprobante {clave}: nadie lo está enviando."
    early = Submission.objects.filter(
        state=Submission.DONE, comprobante__state__in=(Comprobante.ISSUED, Comprobante.SENT)
    )
    for clave in early.values_list("comprobante__clave", flat=True):
        yield f"Comprobante {clave}: su envío se dio por terminado sin respuesta."


def drafts() -> Iterator[str]:
    """A draft that was issued points at the document of its own operation."""
    for draft in Draft.objects.filter(comprobante__isnull=False).select_related("comprobante"):
        row = draft.comprobante
        if row is not None and (
            row.operation != draft.operation or row.company_id != draft.company_id
        ):
            yield f"Borrador {draft.public_id}: apunta al comprobante de otro."


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
