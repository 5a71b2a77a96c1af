"""What can be done with a document now, by this person."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from iofacturo.accounts.membership import Membership
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import annulment, notes, preparation
from iofacturo.invoicing.documents.limits import Balance
from iofacturo.invoicing.documents.origin import Origin
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
    """`main` stands in the banner of the state, `notes` beside it, `papers` are downloads.

    `hint` says why what one might look for is not there.
    """

    main: tuple[Act, ...] = ()
    notes: tuple[Act, ...] = ()
    papers: tuple[Act, ...] = ()
    hint: str = ""


def of(
    row: Comprobante,
    seat: Membership,
    standing: Balance | None = None,
    condicion_venta: str = "",
) -> Acts:
    """What *seat* may do with *row*; without *standing* only what its state asks for."""
    if not seat.may("issue"):
        return Acts(papers=tuple(_papers(row)))
    if standing is None:
        return Acts(main=tuple(_main(row)))
    return Acts(
        main=tuple(_main(row)),
        notes=tuple(_notes(row, standing, condicion_venta)),
        papers=tuple(_papers(row)),
        hint=_hint(row, standing),
    )


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
    if row.state == Comprobante.REJECTED:
        return [_replacement(row)] if _editor() else []
    if sending.state == Submission.ASKING:
        return [Act("Preguntar ya", door("ask_now", row), "retry", post=True)]
    return []


def _replacement(row: Comprobante) -> Act:
    """The one button of a rejected document, by what was done about it already."""
    there = preparation.existing(row, Origin.REPLACEMENT)
    if there is None:
        return Act("Corregir y emitir otro", door("replace", row), "edit", post=True, primary=True)
    if there.comprobante is None:
        url = address("draft", public_id=there.public_id)
        return Act("Continuar el reemplazo", url, "edit", primary=True)
    return Act(f"Ver {there.comprobante.label}", door("document", there.comprobante), "go")


def _notes(row: Comprobante, standing: Balance, condicion_venta: str) -> list[Act]:
    """The notes and drafts that are lawful now."""
    if not _editor():
        return _annul(row, standing)
    offered = [
        (Origin.PAYMENT, "Registrar un pago", "payment_receipt", "bank"),
        (Origin.CREDIT, "Nota de crédito", "credit_note", "minus"),
        (Origin.DEBIT, "Nota de débito", "debit_note", "plus"),
        (Origin.COPY, "Duplicar", "duplicate", "copy"),
    ]
    lawful = [
        Act(label, door(name, row), icon, post=True)
        for act, label, name, icon in offered
        if not preparation.refusal(row, act, standing, condicion_venta or "-")
    ]
    return lawful + _annul(row, standing)


def _annul(row: Comprobante, standing: Balance) -> list[Act]:
    if annulment.refusal(row, standing):
        return []
    return [Act("Anular", door("annul", row), "void", danger=True)]


def _editor() -> bool:
    """Whether drafts can be opened."""
    return bool(address("draft", public_id="x" * 12))


def _hint(row: Comprobante, standing: Balance) -> str:
    if row.final or row.tipo not in notes.CREDITABLE | notes.DEBITABLE:
        return ""
    return preparation.UNDECIDED.format("este comprobante")


def _papers(row: Comprobante) -> list[Act]:
    papers = [("PDF", "pdf"), ("Tiquete de 80 mm", "ticket"), ("XML firmado", "xml")]
    if row.final:
        papers.append(("Respuesta de Hacienda", "answer_xml"))
    shown = [Act(label, url, "download") for label, name in papers if (url := door(name, row))]
    share = door("share", row)
    return [*shown, Act("Correo y enlace para el cliente", share, "mail")] if share else shown
