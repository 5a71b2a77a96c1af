"""What must always hold among documents, their numbers, their bytes and their folios."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from iofacturo.invoicing import numbering
from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.archive import invariants as archive
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import limits
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
    yield from credited()
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


UNSERIED = """
SELECT clave FROM invoicing_comprobante c
WHERE substr(clave, 22, 20) <> consecutivo OR substr(consecutivo, 9, 2) <> tipo
   OR substr(clave, 42, 1) <> situacion
"""


def numbers() -> Iterator[str]:
    """No hole and no double; numbers jump only where somebody let the series begin."""
    yield from numbering.broken("invoicing_comprobante")
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


def credited() -> Iterator[str]:
    """Credit notes never take more of a document than it came to, debit notes included."""
    for clave, given, most in limits.exceeded():
        yield f"Comprobante {clave}: sus notas de crédito suman {given} y solo vale {most}."


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
