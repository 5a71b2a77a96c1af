"""What can go wrong with plans and folios; every message is for the person on the screen.

FoliosError
├── Exhausted            no folio can be taken for this document
├── NotConsumed          there is no folio to give back for this document
├── AlreadyGranted       the same origin came with other contents
├── LotClosed            the lot is annulled or expired: nothing more happens to it
├── Refused              an adjustment that may not be made, or not by this person
├── CatalogueError       a plan or promotion that makes no sense
└── PromotionExhausted   its limit was reached
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iofacturo.folios.lot import FolioLot


class FoliosError(Exception):
    """Base of the family; `str()` is the message, in Spanish."""


class Exhausted(FoliosError):
    """*wanted* folios were asked for and *available* are there. Nothing was taken."""

    def __init__(self, available: int = 0, wanted: int = 1) -> None:
        self.available, self.wanted = available, wanted
        if available and wanted > 1:
            text = (
                f"No le alcanzan los folios: estos comprobantes necesitan {wanted} y le "
                f"{'queda 1' if available == 1 else f'quedan {available}'}. No se usó ninguno. "
                "Renueve su plan en Mi Plan, o emita menos comprobantes."
            )
        else:
            text = (
                "Se le acabaron los folios. Su borrador está guardado y lo podrá emitir en cuanto "
                "active un plan en Mi Plan. Consultar y descargar sigue abierto."
            )
        super().__init__(text)


class NotConsumed(FoliosError):
    def __init__(self) -> None:
        super().__init__("Este comprobante no ha usado ningún folio: no hay nada que devolver.")


class AlreadyGranted(FoliosError):
    """*lot* is what that origin was given."""

    def __init__(self, lot: FolioLot) -> None:
        self.lot = lot
        super().__init__(f"Ya se entregaron folios con el origen {lot.origin}, con otros datos.")


class LotClosed(FoliosError):
    pass


class Refused(FoliosError):
    pass


class CatalogueError(FoliosError):
    """*problems* maps a field's name to its message."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems.values()))


class PromotionExhausted(FoliosError):
    def __init__(self, name: str) -> None:
        super().__init__(f"La promoción «{name}» ya llegó a su límite.")
