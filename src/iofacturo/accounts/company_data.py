"""Changing what is known of a company, with a row that says what changed."""

from datetime import datetime
from typing import Any

from django.db import transaction

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User

FIELDS = (
    "nombre",
    "nombre_comercial",
    "actividad",
    "provincia",
    "canton",
    "distrito",
    "barrio",
    "otras_senas",
    "telefono",
    "emails",
)


def edit(company: Company, values: dict[str, Any], *, by: User, at: datetime) -> list[str]:
    """Set those of FIELDS that *values* names; gives the names of what really changed."""
    with transaction.atomic():
        row = Company.locked(company.pk)
        changed = [n for n in FIELDS if n in values and getattr(row, n) != values[n]]
        if not changed:
            return []
        before = {name: getattr(row, name) for name in changed}
        for name in changed:
            setattr(row, name, values[name])
        row.save(update_fields=[*changed, "folded"])
        after = {name: values[name] for name in changed}
        audit.record(
            "company.changed", by=by, company=row, subject=row.nombre, at=at,
            before=before, after=after,
        )  # fmt: skip
    company.refresh_from_db()
    return changed
