"""Annulling in one step: a credit note for all that is left of a document, issued at once.

The original stays as it is: an issued document is never taken away. Pressed twice, or by two people
at once, it is the same note. A note that Hacienda rejects annuls nothing, and another may follow.
"""

from __future__ import annotations

from datetime import datetime

from hacienda.errors import Problem
from iofacturo.accounts.user import User
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing import emission, readiness
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import limits, notes, preparation
from iofacturo.invoicing.documents.origin import Origin
from iofacturo.invoicing.errors import NotReady, OperationReused
from iofacturo.invoicing.readiness import Ready

LEAST_REASON, LONGEST_REASON = 3, 180
CREDIT_NOTE = "03"
CHANGED = {"nota-excede", "nota-sin-saldo"}


def refusal(row: Comprobante, standing: limits.Balance | None = None) -> str:
    """Why *row* cannot be annulled now; empty when it can."""
    standing = standing or limits.balance(row)
    if standing.is_annulled:
        return "Ya se acreditó por completo: no queda nada por anular."
    return preparation.refusal(row, Origin.CREDIT, standing)


def annul(row: Comprobante, razon: str, *, by: User | None, at: datetime) -> Comprobante:
    """The credit note that annuls *row*, issued now or before.

    Raises NotLawful, NotReady with every problem, Exhausted; then nothing has happened.
    """
    operation = _operation(row)
    for again in (True, False):
        done = _done(row, operation)
        if done is not None:
            return done
        try:
            why = refusal(row)
            if why:
                raise preparation.NotLawful(why)
            return emission.issue(_ready(row, razon, operation, at), by=by)
        except (NotReady, preparation.NotLawful, OperationReused) as refused:
            done = _done(row, operation)  # somebody else may have annulled it at this moment
            if done is not None:
                return done
            if not again or not _changed(refused):
                raise
    raise NotReady([Problem("nota-excede", "", "error", "El saldo cambió mientras se anulaba.")])


def _done(row: Comprobante, operation: str) -> Comprobante | None:
    """The note of this annulment, if there is one."""
    return emission.existing(row.company, [operation]).get(operation)


def _changed(refused: Exception) -> bool:
    """Whether another note took from the balance meanwhile: worth a second look at what is left."""
    return isinstance(refused, NotReady) and bool({one.code for one in refused.problems} & CHANGED)


def _ready(row: Comprobante, razon: str, operation: str, at: datetime) -> Ready:
    sucursal, terminal = preparation.place(row, CREDIT_NOTE)
    return readiness.standing(row.company, at).ready(
        drafts.read(drafts.stated(notes.annulment(row, razon))),
        operation=operation,
        sucursal=sucursal,
        terminal=terminal,
    )


def _operation(row: Comprobante) -> str:
    """The key of this annulment: another one only after Hacienda rejected the last."""
    base = f"annul:{row.clave}"
    rejected = row.company.comprobantes.filter(
        referencia=row.clave, operation__startswith=base, state=Comprobante.REJECTED
    ).count()
    return f"{base}:{rejected}" if rejected else base
