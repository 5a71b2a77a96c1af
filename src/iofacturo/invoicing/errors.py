"""What can keep a document from being issued; every message is for the person on the screen.

InvoicingError
├── NotReady         the document has problems, or the company is not set up: `problems`
├── DraftChanged     the draft was changed elsewhere since it was read
├── OperationReused  the same operation came again with another document
├── SeriesError      a series that is not open, or a number it cannot take
└── AlreadyIssued    the draft is a document by now and cannot change

`folios.errors.Exhausted` passes through: it says what to do by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from hacienda.errors import Problem


class InvoicingError(Exception):
    """Base of the family; `str()` is the message, in Spanish."""


class NotReady(InvoicingError):
    """Nothing was numbered and no folio was taken."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [problem for problem in self.problems if problem.is_error]
        first = f"{errors[0].message} {errors[0].remedy}".strip() if errors else ""
        rest = len(errors) - 1
        more = f" Hay {rest} más." if rest > 1 else " Hay otro más." if rest == 1 else ""
        super().__init__(first + more)


class DraftChanged(InvoicingError):
    def __init__(self) -> None:
        super().__init__(
            "Este borrador cambió en otra ventana desde que usted lo abrió. "
            "Revíselo de nuevo antes de emitirlo."
        )


class AlreadyIssued(InvoicingError):
    def __init__(self) -> None:
        super().__init__("Este borrador ya se emitió: un comprobante emitido no se cambia.")


class OperationReused(InvoicingError):
    def __init__(self) -> None:
        super().__init__("Esta misma operación ya emitió otro comprobante, con otros datos.")


class SeriesError(InvoicingError):
    pass
