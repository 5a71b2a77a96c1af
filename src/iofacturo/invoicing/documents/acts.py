"""What can be done with a document now, by this person."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from iofacturo.accounts.membership import Membership
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.submission import Submission


@dataclass(frozen=True)
class Act:
    """A button. `post` makes it a form; `primary` is the one the eye should end on."""

    label: str
    url: str
    icon: str = ""
    post: bool = False
    primary: bool = False
    danger: bool = False


@dataclass(frozen=True)
class Acts:
    """`main` stands in the banner of the state, `notes` beside it, `papers` are downloads."""

    main: tuple[Act, ...] = ()
    notes: tuple[Act, ...] = ()
    papers: tuple[Act, ...] = ()


def of(row: Comprobante, seat: Membership) -> Acts:
    """What *seat* may do with *row*."""
    main = tuple(_main(row)) if seat.may("issue") else ()
    return Acts(main=main, papers=tuple(_papers(row)))


def door(name: str, row: Comprobante) -> str:
    """The address of *name* for *row*; empty where there is no such page."""
    return address(name, clave=row.clave)


def address(name: str, **kwargs: str) -> str:
    try:
        return reverse(f"invoicing:{name}", kwargs=kwargs or None)
    except NoReverseMatch:
        return ""


def _main(row: Comprobante) -> list[Act]:
    sending = row.submission
    if sending.state == Submission.STOPPED:
        return [Act("Enviar de nuevo", door("send_again", row), "send", post=True)]
    if sending.state == Submission.ASKING:
        return [Act("Preguntar ya", door("ask_now", row), "retry", post=True)]
    return []


def _papers(row: Comprobante) -> list[Act]:
    papers = [("PDF", "pdf"), ("Tiquete de 80 mm", "ticket"), ("XML firmado", "xml")]
    if row.final:
        papers.append(("Respuesta de Hacienda", "answer_xml"))
    return [Act(label, url, "download") for label, name in papers if (url := door(name, row))]
