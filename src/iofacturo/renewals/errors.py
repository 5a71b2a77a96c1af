"""What can go wrong with a renewal; every message is for the person on the screen.

RenewalError
├── NotAllowed      this person may not do this
├── WrongState      the request is no longer where this act begins
│   ├── Decided     somebody else decided meanwhile: says who and when
│   └── Stale       it changed since this person looked at it
├── Repeated        the same form token came with other contents
├── Invalid         something in the form is wrong, field by field
├── PriceRose       the guarantee lapsed and the plan costs more now: needs consent
├── NotOffered      the plan or the promotion can no longer be had
├── Underpaid       the money does not cover the total
└── LineTaken       the bank line is already used, or does not have that much left
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from iofacturo.lib import formats

if TYPE_CHECKING:
    from iofacturo.renewals.decision import ReviewDecision


class RenewalError(Exception):
    """Base of the family; `str()` is the message, in Spanish."""


class NotAllowed(RenewalError):
    pass


class WrongState(RenewalError):
    pass


class Decided(WrongState):
    """Somebody decided first. *decision* is the row that tells."""

    def __init__(self, decision: ReviewDecision | None) -> None:
        self.decision = decision
        if decision is None:
            super().__init__("Esta solicitud ya no está en revisión.")
            return
        super().__init__(
            f"Esta solicitud ya no está en revisión: {decision.told} "
            f"({decision.who}, {formats.momento_corto(decision.at)})."
        )


class Stale(WrongState):
    def __init__(self, changed_at: datetime | None = None) -> None:
        when = f" ({formats.momento_corto(changed_at)})" if changed_at else ""
        super().__init__(
            f"La solicitud cambió desde que usted la abrió{when}. Revísela de nuevo antes de seguir."
        )


class Repeated(RenewalError):
    def __init__(self) -> None:
        super().__init__(
            "Este formulario ya se había enviado con otros datos. Lo que se envió la primera vez "
            "quedó como estaba y lo que acaba de escribir no se guardó."
        )


class Invalid(RenewalError):
    """*problems* maps a field's name to its message."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(self.problems.values()))


class PriceRose(RenewalError):
    """Carries the price that was guaranteed and the one that holds today."""

    def __init__(self, before: Decimal, now: Decimal) -> None:
        self.before, self.now = before, now
        super().__init__(
            f"El precio garantizado venció: era {formats.dinero(before)} y ahora es "
            f"{formats.dinero(now)}. Acepte el nuevo precio para continuar."
        )


class NotOffered(RenewalError):
    pass


class Underpaid(RenewalError):
    """*missing* is the exact difference."""

    def __init__(self, paid: Decimal, total: Decimal, currency: str = "CRC") -> None:
        self.paid, self.total, self.missing = paid, total, total - paid
        super().__init__(
            f"Faltan {formats.dinero(self.missing, currency)}: se recibieron "
            f"{formats.dinero(paid, currency)} de {formats.dinero(total, currency)}."
        )


class LineTaken(RenewalError):
    pass
