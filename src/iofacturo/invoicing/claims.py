"""What the worker does for this room: deliver what is due, collect folios that are owed."""

from __future__ import annotations

from datetime import datetime

from iofacturo.invoicing import delivery


def run(now: datetime) -> int:
    """Everything that is due at *now*; how many rows were worked on."""
    return delivery.run(now) + delivery.collect_owed(now)
