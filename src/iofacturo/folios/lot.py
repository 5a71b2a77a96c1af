"""A lot: folios that came together, from one origin, and end on one day.

Its state is a function of time and of its counters, never a column. The counters are moved by the
database when an entry is added (see `posting`), and by nothing else.
"""

from __future__ import annotations

import calendar
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import F, Q, QuerySet

from iofacturo.accounts.company import ALPHABET, Company
from iofacturo.accounts.user import User
from iofacturo.folios.plan import PlanVersion
from iofacturo.lib import clock

KINDS = [
    ("paid", "Plan"),
    ("promo", "Promoción"),
    ("courtesy", "Cortesía"),
    ("migration", "Migración"),
    ("replacement", "Reposición"),
    ("grace", "Gracia"),
]
GRACE = "grace"  # see the file of that name


@dataclass(frozen=True)
class State:
    """A state in words, with the badge that shows it."""

    code: str
    word: str
    tone: str
    icon: str

    def __str__(self) -> str:
        return self.word


SCHEDULED = State("scheduled", "Por activar", "info", "clock")
ACTIVE = State("active", "Vigente", "ok", "good")
IN_USE = State("in_use", "En uso", "accent", "half")
EXHAUSTED = State("exhausted", "Agotado", "", "used")
EXPIRED = State("expired", "Vencido", "warn", "calendar")
VOIDED = State("voided", "Anulado", "bad", "void")
OWED = State("owed", "Por reponer", "warn", "alert")  # of grace, ended and used
SETTLED = State("settled", "Terminado", "", "used")  # of grace, ended and not owed


def expiry(activated_at: datetime, months: int) -> datetime:
    """The midnight, Costa Rica, that ends a plan of *months* activated at *activated_at*.

    The last valid day is the local day of activation plus *months*, clamped to the month's end;
    the plan ends when that day ends.
    """
    day = add_months(clock.local(activated_at).date(), months)
    return clock.midnight(day + timedelta(days=1))


def add_months(day: date, months: int) -> date:
    """
    >>> add_months(date(2028, 2, 29), 12)
    datetime.date(2029, 2, 28)
    """
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def new_contract(at: datetime) -> str:
    """The contract people see: the year and six random characters that tell no volume."""
    return f"{clock.local(at).year}-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


class LotQuerySet(QuerySet["FolioLot"]):
    def valid(self, at: datetime) -> LotQuerySet:
        """Activated, not expired, not annulled; perhaps empty."""
        return self.filter(activated_at__lte=at, expires_at__gt=at, voided_at__isnull=True)

    def in_order_of_use(self) -> LotQuerySet:
        """Replacements (good for one document only), then what ends first, gifts before paid."""
        return self.order_by(
            models.Case(models.When(only_for="", then=1), default=0),
            "expires_at",
            models.Case(models.When(kind="promo", then=0), default=1),
            "activated_at",
            "id",
        )


class FolioLot(models.Model):
    """Folios of one company with one origin and one end. Only `ledger` makes them."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="lots", db_index=False, verbose_name="empresa"
    )
    kind = models.CharField("clase", max_length=12, choices=KINDS)
    origin = models.CharField("origen", max_length=120)
    name = models.CharField("nombre", max_length=80)
    contract = models.CharField("contrato", max_length=16)
    plan_version = models.ForeignKey(
        PlanVersion, models.PROTECT, null=True, related_name="lots", verbose_name="plan"
    )
    only_for = models.CharField("solo para sustituir a", max_length=60, blank=True, default="")
    granted = models.PositiveIntegerField("contratados")
    activated_at = models.DateTimeField("activación")
    expires_at = models.DateTimeField("vence")
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    # moved by the database together with an entry, never by hand
    entries_count = models.PositiveIntegerField(default=0, editable=False)
    remaining = models.IntegerField("restantes", default=0, editable=False)
    adjusted = models.IntegerField("ajustados", default=0, editable=False)
    consumed = models.IntegerField("consumidos", default=0, editable=False)
    expired = models.IntegerField("vencidos", default=0, editable=False)
    voided = models.IntegerField("anulados", default=0, editable=False)
    voided_at = models.DateTimeField(null=True, editable=False)

    objects = LotQuerySet.as_manager()

    FROZEN = (
        "id", "company_id", "kind", "origin", "name", "contract", "plan_version_id", "only_for",
        "granted", "activated_at", "expires_at", "created_at", "created_by_id",
    )  # fmt: skip

    class Meta:
        verbose_name = "lote de folios"
        verbose_name_plural = "lotes de folios"
        indexes = [
            # No partial index on `remaining`: a company has few lots, and an index that knows the
            # counter would have to be written with every folio taken.
            models.Index(fields=["company", "expires_at"], name="lot_company_expiry"),
            models.Index(fields=["company", "-activated_at", "-id"], name="lot_company_newest"),
            models.Index(fields=["expires_at"], name="lot_expiry"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["origin", "kind"], name="lot_once_per_origin"),
            models.UniqueConstraint(fields=["company", "contract"], name="lot_contract"),
            models.CheckConstraint(condition=Q(granted__gt=0), name="lot_granted"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("granted") + F("adjusted")),
                name="lot_remaining",
            ),
            models.CheckConstraint(
                condition=Q(consumed__gte=0, expired__gte=0, voided__gte=0), name="lot_counters"
            ),
            models.CheckConstraint(
                condition=Q(entries_count=0, remaining=0)
                | Q(
                    remaining=F("granted")
                    + F("adjusted")
                    - F("consumed")
                    - F("expired")
                    - F("voided")
                ),
                name="lot_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("activated_at")), name="lot_window"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[code for code, _ in KINDS]) & ~Q(origin=""),
                name="lot_one_origin",
            ),
            models.CheckConstraint(
                condition=Q(kind="replacement") & ~Q(only_for="")
                | ~Q(kind="replacement") & Q(only_for=""),
                name="lot_replacement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.contract})"

    @property
    def total(self) -> int:
        """Contracted, with adjustments: consumed + remaining + expired + voided."""
        return self.granted + self.adjusted

    @property
    def is_grace(self) -> bool:
        """Whether it ends with an answer of ours and not on a day."""
        return self.kind == GRACE

    @property
    def last_day(self) -> date:
        """The last day on which it can be used, in Costa Rica."""
        return clock.local(self.expires_at - timedelta(microseconds=1)).date()

    def is_valid(self, at: datetime) -> bool:
        """Activated, not expired, not annulled; perhaps empty."""
        return (
            self.activated_at <= at < self.expires_at
            and (self.voided_at is None or at < self.voided_at)
        )  # fmt: skip

    def state(self, at: datetime) -> State:
        """What it is at *at*, as far as it knows by itself; `in use` takes the other lots to know.

        A lot that was used up to its last folio stays so after its end: nothing expired with it.
        """
        if self.voided_at is not None and self.voided_at <= at:
            if self.kind == GRACE:
                return OWED if self.consumed else SETTLED
            return VOIDED
        if at < self.activated_at:
            return SCHEDULED
        if at >= self.expires_at and (self.remaining or self.expired):
            return EXPIRED
        return ACTIVE if self.remaining and at < self.expires_at else EXHAUSTED

    @property
    def place_in_order(self) -> tuple[bool, datetime, bool, datetime, int]:
        """Its key in the order of use; the smallest is used first."""
        return (
            not self.only_for,
            self.expires_at,
            self.kind != "promo",
            self.activated_at,
            self.pk,
        )


def next_in_use(lots: Iterable[FolioLot], at: datetime) -> FolioLot | None:
    """The lot that gives the next folio to an ordinary document."""
    ready = [lot for lot in lots if lot.is_valid(at) and lot.remaining and not lot.only_for]
    return min(ready, key=lambda lot: lot.place_in_order, default=None)
