"""The number of a ticket: `TK-` and eight random characters that say nothing about volume."""

import secrets
import unicodedata

from iofacturo.renewals.reference import ALPHABET

PREFIX = "TK-"
BODY = 8
_MEANT = str.maketrans({"0": "Q", "O": "Q", "S": "5", "Z": "2", "B": "8", "G": "6", "U": "V"})


def new() -> str:
    """A random number, not yet looked up: the column's uniqueness is the judge."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(BODY))


def compact(text: str) -> str:
    """*text* as we store it, whatever the case, spaces and look-alikes.

    >>> compact("tk 7k3q 9xwd")
    'TK-7K3Q9XWD'
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(c for c in plain if c.isascii() and c.isalnum())
    if len(plain) == BODY + 2:
        plain = plain.removeprefix("TK")
    return PREFIX + plain.translate(_MEANT)


def is_valid(text: str) -> bool:
    body = compact(text)[len(PREFIX) :]
    return len(body) == BODY and all(c in ALPHABET for c in body)
