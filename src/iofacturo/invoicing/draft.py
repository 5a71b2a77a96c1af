"""A document while it is soft: what a person stated, as JSON, and whose it is.

The JSON is that of `hacienda.documento_json` without what only emission knows (clave, consecutivo,
date, who issues). Every change has a version, so that two windows do not overwrite each other.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.db import models
from django.db.models import F, Q

import hacienda
from hacienda.errors import Problem, XMLError
from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.errors import AlreadyIssued, DraftChanged, NotReady
from iofacturo.lib import statement

TIPOS = [(tipo, hacienda.clave.TIPOS[hacienda.TIPOS[tipo].codigo]) for tipo in (
    "FE", "TE", "NC", "ND", "FEC", "FEE", "REP",
)]  # fmt: skip
OURS = ("Clave", "ProveedorSistemas", "NumeroConsecutivo", "FechaEmision")
"""Elements that a person does not state."""


class Draft(models.Model):
    """A document being written. Once issued it points at its comprobante and stays as it was."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="drafts", db_index=False, verbose_name="empresa"
    )
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    tipo = models.CharField(max_length=3, choices=TIPOS)
    sucursal = models.PositiveSmallIntegerField(default=1)
    terminal = models.PositiveIntegerField(default=1)
    data = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    comprobante = models.OneToOneField(Comprobante, models.PROTECT, null=True, related_name="draft")
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "borrador"
        verbose_name_plural = "borradores"
        indexes = [
            models.Index(
                fields=["company", "-updated_at", "-id"],
                condition=Q(comprobante__isnull=True, discarded_at__isnull=True),
                name="draft_open",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(comprobante__isnull=True) | Q(discarded_at__isnull=True),
                name="draft_one_end",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_tipo_display()} {self.public_id}"

    @property
    def operation(self) -> str:
        """The key under which it is issued, once."""
        return f"draft:{self.public_id}"

    def change(
        self,
        data: dict[str, Any],
        *,
        by: User | None,
        at: datetime,
        sucursal: int | None = None,
        terminal: int | None = None,
    ) -> None:
        """Write what is stated now. DraftChanged when somebody else wrote since, AlreadyIssued."""
        values: dict[str, Any] = {
            "data": stated(data),
            "tipo": data.get("tipo", self.tipo),
            "sucursal": sucursal or self.sucursal,
            "terminal": terminal or self.terminal,
            "updated_at": at,
            "updated_by": by,
        }
        done = (
            open_drafts(self.company)
            .filter(pk=self.pk, version=self.version)
            .update(version=F("version") + 1, **values)
        )
        if not done:
            self._explain()
        self.version += 1
        for name, value in values.items():
            setattr(self, name, value)

    def discard(self, *, at: datetime) -> None:
        """Throw it away. AlreadyIssued when it is a document by now."""
        if not open_drafts(self.company).filter(pk=self.pk).update(discarded_at=at):
            self._explain()
        self.discarded_at = at

    def document(self) -> hacienda.Comprobante:
        """What is stated, as a value. NotReady when the JSON is no document."""
        return read(self.data | {"tipo": self.tipo})

    def _explain(self) -> None:
        now = Draft.objects.get(pk=self.pk)
        raise AlreadyIssued if now.comprobante_id else DraftChanged


def open_drafts(company: Company) -> models.QuerySet[Draft]:
    """Those that are neither issued nor thrown away."""
    return company.drafts.filter(comprobante__isnull=True, discarded_at__isnull=True)


def find(company: Company, public_id: str) -> Draft | None:
    """The draft of *company* that is called so, by one plain statement."""
    for row in statement.rows(_asked(), [company.pk, public_id]):
        draft = statement.read(Draft, row)
        draft.company = company
        return draft
    return None


@cache
def _asked() -> str:
    columns = statement.columns(Draft, "d")
    return f"SELECT {columns} FROM invoicing_draft d WHERE d.company_id = %s AND d.public_id = %s"  # noqa: S608


def write(
    company: Company,
    data: dict[str, Any],
    *,
    by: User | None,
    at: datetime,
    sucursal: int = 1,
    terminal: int = 1,
) -> Draft:
    """A new draft of what *data* states; `data["tipo"]` says of which type."""
    draft: Draft = company.drafts.create(
        tipo=data["tipo"],
        sucursal=sucursal,
        terminal=terminal,
        data=stated(data),
        created_at=at,
        created_by=by,
        updated_at=at,
        updated_by=by,
    )
    return draft


def stated(data: dict[str, Any]) -> dict[str, Any]:
    """*data* without what a person does not state, and without what no database can store."""
    kept = {name: value for name, value in data.items() if name not in OURS}
    clean: dict[str, Any] = _storable(kept)
    return clean


def _storable(value: Any) -> Any:
    """The same JSON without null characters and halves of characters, which nobody typed."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, dict):
        return {_storable(name): _storable(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_storable(held) for held in value]
    return value


def read(data: dict[str, Any]) -> hacienda.Comprobante:
    """The value that JSON states. NotReady, with the place, when it is no document to issue."""
    try:
        document = hacienda.from_json(data)
    except XMLError as error:
        problem = Problem("dato-ilegible", error.path, "error", error.message)
        raise NotReady([problem]) from error
    if not isinstance(document, hacienda.Comprobante):
        raise NotReady(
            [Problem("tipo-no-se-emite", "tipo", "error", "Este tipo de documento no se emite.")]
        )
    return document
