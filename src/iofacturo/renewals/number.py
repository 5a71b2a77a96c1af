"""The number of a request: `SR-` and eight random characters that say nothing about volume."""

import secrets
import unicodedata

from iofacturo.renewals.reference import ALPHABET

PREFIX, GROUP_PREFIX = "SR-", "GR-"
BODY = 8
_MEANT = str.maketrans({"0": "Q", "O": "Q", "S": "5", "Z": "2", "B": "8", "G": "6", "U": "V"})


def new() -> str:
    """A random number, not yet looked up: the column's uniqueness is the judge."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(BODY))


def new_group() -> str:
    """The number of several requests that are paid with one transfer."""
    return GROUP_PREFIX + new().removeprefix(PREFIX)


def compact(text: str) -> str:
    """*text* as we store it, whatever the case, spaces and look-alikes.

    >>> compact("sr 7k3q 9xwd")
    'SR-7K3Q9XWD'
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(c for c in plain if c.isascii() and c.isalnum())
    for prefix in ("SR", "5R"):
        if len(plain) == BODY + len(prefix):
            plain = plain.removeprefix(prefix)
    return PREFIX + plain.translate(_MEANT)


def is_valid(text: str) -> bool:
    body = compact(text)[len(PREFIX) :]
    return len(body) == BODY and all(c in ALPHABET for c in body)
