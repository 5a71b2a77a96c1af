"""The mark of a form that makes something: what it makes gets it as its public id, once."""

from __future__ import annotations

from iofacturo.accounts.company import ALPHABET, public_id

LENGTH = 12


def fresh_mark(sent: str | None) -> str:
    """The mark that a form brought back, or a new one for a form that is shown first."""
    if sent and len(sent) == LENGTH and set(sent) <= set(ALPHABET):
        return sent
    return public_id()
