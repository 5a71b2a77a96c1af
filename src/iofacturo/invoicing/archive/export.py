"""A download of many documents, made in the background. The row is the queue.

A worker takes a due row, works on it for some seconds, writes down how far it came and lets go; if
it is killed, the lease lapses and the next one goes on from there. The file is in storage before
the row says that it is ready, and goes away after a week.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import models, transaction
from django.db.models import Max, Q

from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User
from iofacturo.invoicing.archive.filters import Filters
from iofacturo.lib import formats

AT_ONCE = 2
KEPT = timedelta(days=7)
SHOWN = 20
FOLDER = "descargas"


class TooMany(Exception):
    """The company has as many exports under way as it may; `str()` is the message."""

    def __init__(self) -> None:
        super().__init__(
            f"Ya se preparan {AT_ONCE} descargas de esta empresa. "
            "Espere a que termine una para pedir otra."
        )


class Export(models.Model):
    """One file of documents that somebody asked for."""

    WAITING, READY, FAILED, EXPIRED = "waiting", "ready", "failed", "expired"
    STATES = [
        (WAITING, "En preparación"),
        (READY, "Lista"),
        (FAILED, "No se pudo preparar"),
        (EXPIRED, "Ya no está"),
    ]
    TABLE, FILES, ALL = "tabla", "archivos", "todo"
    KINDS = [
        (TABLE, "Tabla CSV"),
        (FILES, "XML, respuestas y tabla"),
        (ALL, "XML, respuestas, PDF y tabla"),
    ]

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="exports", db_index=False, verbose_name="empresa"
    )
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=8, choices=KINDS)
    asked = models.JSONField(default=dict)  # the filters, as a query string has them
    told = models.CharField(max_length=300)  # and in words
    fingerprint = models.CharField(max_length=64)
    last_id = models.BigIntegerField()  # the newest document when it was asked for
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)

    state = models.CharField(max_length=8, choices=STATES, default=WAITING)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    desk = models.CharField(max_length=32, blank=True)  # the machine that has its work files
    position = models.JSONField(default=dict)  # where the next worker goes on

    file = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "descarga"
        verbose_name_plural = "descargas"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "fingerprint"],
                condition=Q(state="waiting"),
                name="export_once",
            ),
            models.CheckConstraint(
                condition=Q(state="ready", ready_at__isnull=False, expires_at__isnull=False)
                & ~Q(file="")
                | ~Q(state="ready") & Q(file=""),
                name="export_ready",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="export_company"),
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="export_due"),
            models.Index(fields=["expires_at"], condition=Q(state="ready"), name="export_expiring"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.told}"

    @property
    def waiting(self) -> bool:
        return self.state == self.WAITING

    @property
    def name(self) -> str:
        """What the file is called for whoever downloads it."""
        day = f"{self.created_at:%Y-%m-%d}"
        suffix = "csv" if self.kind == self.TABLE else "zip"
        return f"documentos-{self.company.identificacion}-{day}-{self.public_id}.{suffix}"

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        if self.total is None:
            return "En espera"
        return f"{formats.numero(self.done)} de {formats.numero(self.total)}"


def ask(company: Company, kind: str, filters: Filters, *, by: User, at: datetime) -> Export:
    """The export of what *filters* let through; the one under way if the same was asked before.

    Raises TooMany.
    """
    fingerprint = sha256(json.dumps([kind, filters.asked], sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        Company.locked(company.pk)  # two clicks at once become one export
        under_way = {row.fingerprint: row for row in waiting(company)}
        if fingerprint in under_way:
            return under_way[fingerprint]
        if len(under_way) >= AT_ONCE:
            raise TooMany
        newest = company.comprobantes.aggregate(last=Max("id"))["last"] or 0
        row: Export = company.exports.create(
            kind=kind,
            asked=filters.asked,
            told=filters.told[:300],
            fingerprint=fingerprint,
            last_id=newest,
            created_at=at,
            created_by=by,
            due_at=at,
        )
    return row


def waiting(company: Company) -> models.QuerySet[Export]:
    return company.exports.filter(state=Export.WAITING)


def latest(company: Company) -> list[Export]:
    """Those to show, the newest first."""
    return list(company.exports.select_related("created_by", "company").order_by("-id")[:SHOWN])
