"""The files of a document as they are handed out: their names by the annex, their bytes, their kind.

{clave}.pdf  {clave}-tiquete.pdf  {clave}.xml  {clave}_respuesta.xml
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpResponse

from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.paper import pdf

PDF, XML = "application/pdf", "application/xml"


@dataclass(frozen=True)
class Enclosure:
    """One file. The name holds a clave, so only digits and letters."""

    name: str
    kind: str
    body: bytes


def letter(row: Comprobante) -> Enclosure:
    return Enclosure(f"{row.clave}.pdf", PDF, pdf.render(row))


def ticket(row: Comprobante) -> Enclosure:
    return Enclosure(f"{row.clave}-tiquete.pdf", PDF, pdf.render(row, size="ticket"))


def xml(row: Comprobante) -> Enclosure:
    return Enclosure(f"{row.clave}.xml", XML, row.xml)


def answer_xml(row: Comprobante) -> Enclosure | None:
    """What Hacienda answered last; None when it has not, or gave the state alone."""
    answer = row.answer
    if answer is None or not answer.xml:
        return None
    return Enclosure(f"{row.clave}_respuesta.xml", XML, bytes(answer.xml))


def everything(row: Comprobante) -> list[Enclosure]:
    """What goes with a mail: PDF, XML, and Hacienda's answer."""
    answer = answer_xml(row)
    return [letter(row), xml(row)] + ([answer] if answer else [])


MAKERS: dict[str, Callable[[Comprobante], Enclosure | None]] = {
    "pdf": letter,
    "tiquete": ticket,
    "xml": xml,
    "respuesta": answer_xml,
}


def response(row: Comprobante, which: str) -> HttpResponse:
    """The file as a download: a PDF opens in the browser, an XML is saved. 404 when there is none."""
    made = MAKERS[which](row)
    if made is None:
        raise Http404
    answer = HttpResponse(made.body, content_type=made.kind)
    how = "inline" if made.kind == PDF else "attachment"
    answer["Content-Disposition"] = f'{how}; filename="{made.name}"'
    answer["Content-Length"] = str(len(made.body))
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
