"""The ledger's door: every act on folios, each one an entry that the database posts.

`grant`, `grant_plan` give · `consume`, `consume_batch` take · `reverse` gives back ·
`expire`, `void`, `adjust` end or correct a lot. Nothing else writes entries.
"""

from iofacturo.folios.closing import adjust, expire, void
from iofacturo.folios.consume import BATCH, Document, Taken, consume, consume_batch
from iofacturo.folios.grant import grant, grant_plan
from iofacturo.folios.reversal import REPLACEMENT_DAYS, reverse

__all__ = [
    "BATCH", "REPLACEMENT_DAYS", "Document", "Taken", "adjust", "consume", "consume_batch",
    "expire", "grant", "grant_plan", "reverse", "void",
]  # fmt: skip
