"""What the worker does for this part: the end of customers' exonerations."""

from __future__ import annotations

from datetime import datetime

from iofacturo.invoicing.catalogue import exoneracion_watch


def run(now: datetime) -> int:
    """Everything that is due at *now*; how many rows were worked on."""
    return exoneracion_watch.run(now)
