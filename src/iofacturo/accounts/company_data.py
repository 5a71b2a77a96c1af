"""Changing what is known of a company, with a row that says what changed."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.user import User

IDENTITY = ("tipo_identificacion", "identificacion")  # the provider's staff correct it
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


def register(
    values: dict[str, Any], *, by: User | None, at: datetime, provider: bool = False
) -> Company:
    """A new company. Refused when its number is taken: one cédula, one company."""
    try:
        with transaction.atomic():
            row = Company.objects.create(**values, is_provider=provider, created_at=at)
            audit.record("company.created", by=by, company=row, subject=row.nombre, at=at)
    except IntegrityError:
        raise Refused("Ya hay una empresa con este número de identificación.") from None
    return row


def edit(company: Company, values: dict[str, Any], *, by: User, at: datetime) -> list[str]:
    """Set those of FIELDS and IDENTITY that *values* names; the names of what really changed."""
    try:
        return _edit(company, values, by, at)
    except IntegrityError:
        raise Refused("Ya hay una empresa con este número de identificación.") from None


def _edit(company: Company, values: dict[str, Any], by: User, at: datetime) -> list[str]:
    with transaction.atomic():
        row = Company.locked(company.pk)
        names = (*IDENTITY, *FIELDS)
        changed = [n for n in names if n in values and getattr(row, n) != values[n]]
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
