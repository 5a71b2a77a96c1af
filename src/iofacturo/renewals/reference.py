"""The payment reference: `IOF`, six characters and a check character.

It is what a customer writes into the detail of a transfer and what we look for on the bank's
statement. The 26 characters leave out every look-alike (0 O, 1 I L, S, Z, B, G, U), so a misread
one can be read back. The check character is ISO 7064 hybrid MOD 27,26 over those 26, which
notices every single wrong character.
"""

import re
import secrets
import unicodedata

PREFIX = "IOF"
ALPHABET = "23456789ACDEFHJKMNPQRTVWXY"
BODY = 6
LENGTH = len(PREFIX) + BODY + 1

_MEANT = str.maketrans({"0": "Q", "O": "Q", "S": "5", "Z": "2", "B": "8", "G": "6", "U": "V"})
_PREFIX = re.compile(r"[I1L][O0Q]F")


class InvalidReference(ValueError):
    """The text is no payment reference of ours."""


def new() -> str:
    """A random reference, not yet looked up: the column's uniqueness is the judge."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(BODY))
    return PREFIX + body + check_character(body)


def check_character(body: str) -> str:
    """The ISO 7064 MOD 27,26 character of *body* (characters of ALPHABET)."""
    size = len(ALPHABET)
    product = size
    for character in body:
        total = (product + ALPHABET.index(character)) % size or size
        product = total * 2 % (size + 1)
    return ALPHABET[(size + 1 - product) % size]


def compact(text: str) -> str:
    """*text* as we store it: upper case, no separators, look-alikes read back.

    >>> compact(" 10f-7k3 q9x ")
    'IOF7K3Q9X'
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(c for c in plain if c.isascii() and c.isalnum())
    if _PREFIX.match(plain):
        plain = plain[len(PREFIX) :]
    return PREFIX + meant(plain)


def meant(text: str) -> str:
    """Upper-case *text* with the look-alikes, which no reference has, read as what they look like.

    >>> meant("O5S")
    'Q55'
    """
    return text.translate(_MEANT)


def is_valid(text: str) -> bool:
    """Whether *text* reads as a reference whose check character is right."""
    try:
        validate(text)
    except InvalidReference:
        return False
    return True


def validate(text: str) -> str:
    """The compact reference; InvalidReference otherwise."""
    reference = compact(text)
    body, check = reference[len(PREFIX) : -1], reference[-1]
    if len(reference) != LENGTH or any(c not in ALPHABET for c in body + check):
        raise InvalidReference(
            f"Una referencia tiene {LENGTH} letras y números, como {format(new())}."
        )
    if check_character(body) != check:
        raise InvalidReference("La referencia tiene un carácter equivocado.")
    return reference


def format(text: str) -> str:
    """The reference as it is shown: without spaces, as it must be written."""
    return compact(text)
