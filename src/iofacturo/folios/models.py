"""The tables of this room, each told in the file of its own noun."""

from iofacturo.folios.adjustment import AdjustmentProposal
from iofacturo.folios.daily_use import DailyUse
from iofacturo.folios.deadline import Deadline
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.grace import Grace
from iofacturo.folios.lot import FolioLot
from iofacturo.folios.plan import Plan, PlanVersion
from iofacturo.folios.promotion import Promotion, PromotionTally, PromotionVersion, Redemption

__all__ = [
    "AdjustmentProposal",
    "DailyUse",
    "Deadline",
    "FolioEntry",
    "FolioLot",
    "Grace",
    "Plan",
    "PlanVersion",
    "Promotion",
    "PromotionTally",
    "PromotionVersion",
    "Redemption",
]
