"""What a company has, in a fixed number of queries however long its ledger is."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from iofacturo.accounts.company import Company


def available(company: Company, at: datetime) -> int:
    """Folios that any document could take at *at*."""
    ready = company.lots.valid(at).filter(only_for="")
    return ready.aggregate(left=Sum("remaining"))["left"] or 0


def has_ever_had_plan(company: Company) -> bool:
    """Whether it was ever given folios, of any kind."""
    return company.lots.exists()
