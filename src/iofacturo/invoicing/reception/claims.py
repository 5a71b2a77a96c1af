"""What the worker does for received documents."""

from __future__ import annotations

from datetime import datetime

from iofacturo.invoicing.reception import journey


def run(now: datetime) -> int:
    """Every errand that is due at *now*; how many came back."""
    return journey.run(now)
