"""How each bank writes its statements: the columns of its files, as staff know them today.

A change is a new version; files keep the columns they were read with. Banks that nobody edited
yet come from START.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Max

from iofacturo.accounts.user import User
from iofacturo.lib.folding import fold
from iofacturo.lib.visible import visible
from iofacturo.renewals.errors import Invalid, WrongState
from iofacturo.renewals.statement.profile import BAC, ColumnProfile

START = {"BAC Credomatic": BAC}
LONGEST_BANK = 60


class StatementProfile(models.Model):
    """One version of a bank's columns. Append-only; the highest number of a bank counts."""

    bank = models.CharField("banco", max_length=LONGEST_BANK)
    folded = models.CharField(max_length=LONGEST_BANK * 2)
    number = models.PositiveIntegerField("versión")
    columns = models.JSONField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "perfil de banco"
        verbose_name_plural = "perfiles de banco"
        constraints = [
            models.UniqueConstraint(fields=["folded", "number"], name="statement_profile_once")
        ]


@dataclass(frozen=True)
class Known:
    """A bank with its columns of today; `version` is None for one that comes with the house."""

    bank: str
    columns: ColumnProfile
    version: StatementProfile | None = None

    @property
    def number(self) -> int:
        return self.version.number if self.version else 0


def known() -> list[Known]:
    """Every bank, by name."""
    newest = StatementProfile.objects.values("folded").annotate(n=Max("number"))
    latest = {row["folded"]: row["n"] for row in newest}
    found = {fold(bank): Known(bank, columns) for bank, columns in START.items()}
    for row in StatementProfile.objects.select_related("created_by").order_by("number"):
        if latest.get(row.folded) == row.number:
            found[row.folded] = Known(row.bank, ColumnProfile.from_json(row.columns), row)
    return [found[name] for name in sorted(found)]


def of(bank: str) -> Known | None:
    """The bank called so, accents and case aside."""
    return next((one for one in known() if fold(one.bank) == fold(bank)), None)


def save(
    bank: str, columns: ColumnProfile, *, seen: int, by: User, at: datetime
) -> StatementProfile:
    """The next version. *seen* is the number of the one that was edited, 0 for a new bank.

    Invalid names the wrong fields; WrongState when somebody else changed it meanwhile.
    """
    name = visible(bank)[:LONGEST_BANK]
    problems: dict[str, str] = dict(columns.problems())
    if not name:
        problems["bank"] = "Escriba el nombre del banco."
    if problems:
        raise Invalid(problems)
    fields: dict[str, Any] = {
        "bank": name, "columns": columns.as_json(), "created_by": by, "created_at": at,
    }  # fmt: skip
    before = of(name)
    if (before.number if before else 0) != seen:
        raise WrongState("Otra persona cambió este perfil: ábralo de nuevo antes de seguir.")
    try:
        with transaction.atomic():
            return StatementProfile.objects.create(folded=fold(name), number=seen + 1, **fields)
    except IntegrityError:
        raise WrongState(
            "Otra persona cambió este perfil: ábralo de nuevo antes de seguir."
        ) from None


__all__ = ["Known", "StatementProfile", "known", "of", "save"]
