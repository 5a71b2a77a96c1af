"""Which movement of the bank pays which request, and why we think so. Pure: no database.

Four tiers: (1) the reference, the exact amount and the currency; (2) the reference, but another
amount or currency; (3) no sound reference, but amount, day and something known before; (4) the
rest. Every match says its reasons. Only a whole reference with an exact sum may ever be used
without a person, and never where something contradicts it.
"""

from iofacturo.renewals.matching.engine import match
from iofacturo.renewals.matching.facts import Line, Match, Wanted

__all__ = ["Line", "Match", "Wanted", "match"]
