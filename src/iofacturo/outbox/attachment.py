"""Files that go with a mail, made when it is sent: the queue holds their names, not their bytes.

A room that sends files names its maker once, when it is ready:

    attachment.register("comprobante", enclosures_of)

and leaves `attachments=[("comprobante", clave)]` with the mail. The maker gives the files of that
reference as they are at the moment of sending; what it raises makes the mail wait and try again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Reference = tuple[str, str]


@dataclass(frozen=True)
class File:
    """One file of a mail: its name as people will see it, its MIME type, its bytes."""

    name: str
    kind: str
    body: bytes


Maker = Callable[[str], Sequence[File]]
_makers: dict[str, Maker] = {}


def register(name: str, maker: Maker) -> None:
    """Let *maker* answer for the references under *name*."""
    _makers[name] = maker


def made(references: Sequence[Sequence[str]]) -> list[File]:
    """The files of all *references*. KeyError for a maker nobody registered."""
    return [file for maker, reference in references for file in _makers[maker](reference)]


def checked(references: Sequence[Reference]) -> list[list[str]]:
    """*references* as they are stored. KeyError where there is no such maker."""
    for maker, _ in references:
        _makers[maker]
    return [list(one) for one in references]
