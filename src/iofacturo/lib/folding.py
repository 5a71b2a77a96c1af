"""Text as search and sorting see it: no accents, no case. Equal on every database."""

import unicodedata


def fold(text: str) -> str:
    """*text* without marks, in lower case, white space collapsed.

    >>> fold("  Peña   ÁVILA ")
    'pena avila'
    """
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())
