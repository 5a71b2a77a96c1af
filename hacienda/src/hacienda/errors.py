"""The errors of the library, and the problems found in a document.

    HaciendaError                 base of all, with `permanent`
    ├── InvalidError              a clave, an identification, an amount that cannot be made
    ├── XMLError                  XML or JSON that cannot be read, or is refused
    ├── LlaveError                a key that cannot be used
    ├── FirmaError                a document that cannot be signed
    └── SendError                 trouble between us and Hacienda

A document with faults is no exception: what checks documents returns a list of `Problem`.
Messages are in Spanish because people read them on a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


class HaciendaError(Exception):
    """Base of the family. `permanent` says that trying again cannot help."""

    permanent: bool = True

    def __init__(self, message: str = "", *, permanent: bool | None = None) -> None:
        super().__init__(message)
        if permanent is not None:
            self.permanent = permanent

    @property
    def message(self) -> str:
        """What to tell the person, in plain Spanish."""
        return str(self.args[0]) if self.args else ""


class InvalidError(HaciendaError, ValueError):
    """A value of ours that cannot be made from what was given."""


class XMLError(HaciendaError):
    """XML or JSON that cannot be read: malformed, oversized, a DTD, an unknown root.

    `path` says where, as an XSD path below the root, when that is known.
    """

    def __init__(self, message: str = "", *, path: str = "") -> None:
        super().__init__(message)
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


class LlaveError(HaciendaError):
    """A p12 or a sealed key that cannot be used: wrong PIN, not RSA, expired, foreign."""


class FirmaError(HaciendaError):
    """A document that cannot be signed."""


class SendError(HaciendaError):
    """Trouble while talking to Hacienda.

    `status` is the HTTP status when there was an answer, `cause` the text that Hacienda gave
    (`X-Error-Cause`) or the name of the network fault. `retry_after` is how many seconds Hacienda
    asked to wait, if it did. `doubtful` says that the document may have arrived all the same: ask
    for its clave before sending it again.
    """

    def __init__(
        self,
        message: str = "",
        *,
        permanent: bool = False,
        status: int | None = None,
        cause: str = "",
        retry_after: float | None = None,
        doubtful: bool = False,
    ) -> None:
        super().__init__(message, permanent=permanent)
        self.status = status
        self.cause = cause
        self.retry_after = retry_after
        self.doubtful = doubtful

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(cls: type[HaciendaError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """Pickle's way back, for those whose extra facts are keyword-only."""
    error = cls(*args)
    error.__dict__.update(state)
    return error


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong or odd in a document.

    `code` is a stable kebab-case word; `path` an XSD path from below the root, counted from 1
    (`DetalleServicio/LineaDetalle[2]/Impuesto[1]/Tarifa`), empty for the whole document;
    `message` says what is wrong and `remedy` what to do about it.

    >>> str(Problem("tarifa-no-coincide", "Tarifa", "error", "La tarifa no es la del código."))
    'error: Tarifa: La tarifa no es la del código.'
    """

    code: str
    path: str
    severity: Severity
    message: str
    remedy: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        what = f"{self.message} {self.remedy}".rstrip()
        return f"{self.severity}: {where}{what}"
