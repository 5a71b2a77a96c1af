"""The PDF of a document: PDF/A-3, tagged for readers that speak, with the signed XML inside.

It is made again whenever it is asked for and never stored: the same document in the same state
gives the same bytes. typst keeps its compiler warm; one for each thread, because a compiler is not
shared. What people typed reaches it as JSON only, so it cannot be markup.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("RAYON_NUM_THREADS", "1")  # typst's own threads only get in each other's way
import typst

import hacienda
from hacienda import comprobante as ley
from hacienda import montos
from hacienda.errors import HaciendaError
from iofacturo.accounts.company import Company
from iofacturo.invoicing import readiness
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.paper import lettering, logo
from iofacturo.invoicing.paper.sheet import Sheet, sheet
from iofacturo.invoicing.setup import sucursal
from iofacturo.lib import formats

Size = Literal["letter", "ticket"]
SOURCES = Path(__file__).parent / "typst"
FONT = lettering.FAMILY
POINTS_PER_CHARACTER = 4.9  # of a figure at 8.5 points, IBM Plex Sans
POINTS_OF_PADDING = 7.0
MIDDLES = ("quantity", "price", "discount", "subtotal", "tax", "total")
NARROWEST = {"quantity": 46.0, "price": 42.0, "tax": 38.0}

_here = threading.local()


@dataclass(frozen=True)
class Attached:
    """A file inside the PDF."""

    name: str
    body: bytes
    relationship: str
    description: str


def render(row: Comprobante, *, size: Size = "letter") -> bytes:
    """The PDF of an issued document, as it stands now: with Hacienda's answer when there is one."""
    document = row.document()
    content = sheet(document, place=_place(row.company, int(row.consecutivo[:3])))
    content["state"], content["stamp"] = _state(row)
    files = [
        Attached(f"{row.clave}.xml", row.xml, "source", "Comprobante electrónico, XML firmado")
    ]
    answer = row.answer
    if answer is not None and answer.xml:
        files.append(
            Attached(
                f"{row.clave}_respuesta.xml",
                bytes(answer.xml),
                "supplement",
                "Respuesta del Ministerio de Hacienda",
            )
        )
    return compose(content, size, files, row.fecha, logo.of(row.company))


def render_draft(draft: Draft, *, size: Size = "letter") -> bytes:
    """A draft as a proforma: the same sheet, marked as such, without clave and number."""
    document = stated(draft)
    place = _place(draft.company, draft.sucursal)
    content = sheet(document, proforma=True, place=place)
    content["state"] = {
        "word": "PROFORMA",
        "text": "No es un comprobante electrónico",
        "tone": "wait",
    }
    content["stamp"] = ""
    return compose(content, size, (), draft.updated_at, logo.of(draft.company))


def _place(company: Company, number: int) -> tuple[str, str]:
    """Name and address of a sucursal, as the company told them."""
    told = sucursal.of(company, number)
    return (told.name, told.address) if told else ("", "")


def stated(draft: Draft) -> hacienda.Comprobante:
    """What *draft* would be, with the company's side, and calculated as far as it can be."""
    document = draft.document()
    whole = replace(
        document,
        fecha_emision=draft.updated_at.astimezone(ley.COSTA_RICA).replace(microsecond=0),
        **readiness.own_side(document, draft.company),  # type: ignore[arg-type]
    )
    try:
        return montos.calculate(whole)
    except (HaciendaError, ArithmeticError, TypeError, ValueError):
        return whole


def compose(
    content: Sheet,
    size: Size,
    files: Sequence[Attached],
    dated: datetime,
    picture: bytes | None = None,
) -> bytes:
    """*content*, set on *size*. The same input gives the same bytes."""
    number = f" {content['number']}" if content["number"] else ""
    content |= {
        "name": f"{content['title']}{number} – {content['parties'][0]['name']}",
        "font": FONT,
        "logo": bool(picture),
        "widths": _widths(content),
        "files": [
            {
                "name": one.name,
                "relationship": one.relationship,
                "description": one.description,
                "encoded": not _is_text(one.body),
            }
            for one in files
        ],
    }
    inputs = {"sheet": json.dumps(content, ensure_ascii=False)}
    for position, one in enumerate(files):
        inputs[f"file{position}"] = (
            one.body.decode() if _is_text(one.body) else json.dumps(list(one.body))
        )
    if picture:
        inputs["logo"] = _numbers(picture)
    made = _compiler(size).compile(
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=["a-3a", "ua-1"],
        timestamp=int(dated.timestamp()),
    )
    assert isinstance(made, bytes)  # noqa: S101 - a list is what pictures of pages come as
    return made


def _compiler(size: Size) -> typst.Compiler:
    """This thread's own."""
    held: dict[str, typst.Compiler] = _here.__dict__.setdefault("compilers", {})
    if size not in held:
        held[size] = typst.Compiler(
            str(SOURCES / f"{size}.typ"),
            root=str(SOURCES),
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[str(lettering.FOLDER)],
            ),
        )
    return held[size]


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in body


def _numbers(body: bytes) -> str:
    """Bytes as typst can read them from a text."""
    return json.dumps(list(body), separators=(",", ":"))


def _widths(content: Sheet) -> list[float]:
    """Widths in points of the columns of figures: as much as the longest one needs."""
    lines = content["lines"]
    widths = []
    for name in MIDDLES:
        if name == "discount" and not content["discounts"]:
            continue
        if name in ("quantity", "price") and not content["measured"]:
            continue
        longest = max((len(one[name]) for one in lines), default=0)
        needed = min(longest, 22) * POINTS_PER_CHARACTER + POINTS_OF_PADDING
        widths.append(max(needed, NARROWEST.get(name, 40.0)))
    return widths


def _state(row: Comprobante) -> tuple[dict[str, Any], str]:
    """What Hacienda thinks of the document, in words, and what is stamped across the page."""
    if row.state == Comprobante.ACCEPTED:
        when = f"el {formats.momento_corto(row.answered_at)}" if row.answered_at else ""
        return {"word": "ACEPTADO", "text": f"por Hacienda {when}".strip(), "tone": "ok"}, ""
    if row.state == Comprobante.REJECTED:
        text = "Hacienda rechazó este documento"
        return {"word": "RECHAZADO — sin valor", "text": text, "tone": "bad"}, "SIN VALOR"
    waiting = "Hacienda todavía no lo ha validado"
    return {"word": "Pendiente de respuesta", "text": waiting, "tone": "wait"}, ""
