"""What can go wrong with a ticket; every message is for the person on the screen.

SupportError
├── Invalid     something in the form is wrong, field by field
├── Repeated    the same form token came with other contents
├── TooMany     more tickets, files or messages than anybody needs in a day
└── Moved       the ticket is no longer where this act begins: closed, or answered meanwhile
"""

from __future__ import annotations

from collections.abc import Mapping


class SupportError(Exception):
    """Base of the family; `str()` is the message, in Spanish."""


class Invalid(SupportError):
    """*problems* maps a field's name to its message."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(self.problems.values()))


class Repeated(SupportError):
    def __init__(self) -> None:
        super().__init__(
            "Este formulario ya se había enviado con otros datos. Lo que se envió la primera vez "
            "quedó como estaba y lo que acaba de escribir no se guardó."
        )


class TooMany(SupportError):
    pass


class Moved(SupportError):
    pass
