"""A group: several companies' requests that one person pays with one transfer.

It owns the payment reference that goes into the transfer, and remembers the sum. Each request
keeps its own quote, billing data, acceptance of the terms, due time, decision and invoice; the
group only ties their money together. It is its maker's own: nobody else opens it, and of its
requests the maker sees those whose company still lets them in.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Q

from iofacturo.accounts.user import User
from iofacturo.renewals import number as numbers
from iofacturo.renewals import reference as references
from iofacturo.renewals.errors import Stale

if TYPE_CHECKING:
    from iofacturo.accounts.membership import Membership
    from iofacturo.renewals.request import RenewalRequest

MOST_COMPANIES = 60  # in one group: each is sent in the same transaction


class RenewalGroup(models.Model):
    """One transfer for several requests. `draft` holds what was typed about it.

    Never written with `save()`: every change goes through `change`, which counts `version` up.
    `total` and `currency` are those of the requests that it was sent with.
    """

    number = models.CharField("número", max_length=11, unique=True, default=numbers.new_group)
    reference = models.CharField("referencia", max_length=10, unique=True, default=references.new)
    version = models.PositiveIntegerField(default=1)
    token = models.CharField(max_length=64)  # of the form that made it
    fingerprint = models.CharField(max_length=64)
    draft = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="renewal_groups")
    created_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    total = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        verbose_name = "grupo de renovaciones"
        verbose_name_plural = "grupos de renovaciones"
        indexes = [models.Index(fields=["created_by", "-id"], name="group_maker")]
        constraints = [
            models.UniqueConstraint(fields=["created_by", "token"], name="group_made_once"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, total__isnull=True, currency="")
                | Q(sent_at__isnull=False, total__gte=0) & ~Q(currency=""),
                name="group_sent_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @classmethod
    def lock(cls, pk: int) -> Self:
        """The row as it is now, held until the end of the transaction; before its requests."""
        return cls.objects.select_for_update(of=("self",)).get(pk=pk)

    def change(self, **fields: Any) -> None:
        """Write *fields* if the row is still the one that was read; Stale otherwise."""
        rows = RenewalGroup.objects.filter(pk=self.pk, version=self.version).update(
            version=F("version") + 1, **fields
        )
        if rows != 1:
            raise Stale
        self.version += 1
        for name, value in fields.items():
            setattr(self, name, value)

    def seen(self, version: int | None) -> None:
        """Stale if the person looked at another version than this one."""
        if version is not None and version != self.version:
            raise Stale(self.saved_at)

    def standing(self) -> models.QuerySet[RenewalRequest]:
        """Its requests, those that were taken out left aside, by their company's name."""
        from iofacturo.renewals.request import RenewalRequest

        gone = Q(state=RenewalRequest.CANCELLED, submitted_at__isnull=True)
        rows = RenewalRequest.objects.filter(group=self).exclude(gone)
        return rows.select_related(
            "company", "group", "billing", "quote", "quote__payee", "quote__terms",
            "quote__plan_version__plan", "quote__promotion_version",
        ).order_by("company__folded", "pk")  # fmt: skip


def fresh_reference() -> str:
    """A reference that neither a request nor a group has."""
    from iofacturo.renewals.request import RenewalRequest

    while True:
        reference = references.new()
        if not RenewalRequest.objects.filter(reference=reference).exists():
            return reference


def seats_that(act: str, user: User, companies: Iterable[int]) -> dict[int, Membership]:
    """The seats of *user* that may do *act*, as they stand now, by company."""
    from iofacturo.accounts.membership import Membership

    rows = Membership.objects.filter(
        user=user, company__in=set(companies), removed_at__isnull=True
    ).select_related("company")
    return {seat.company_id: seat for seat in rows if seat.may(act)}


def sum_of(requests: Iterable[RenewalRequest]) -> Decimal:
    """What *requests* cost together, in their one currency."""
    return sum((one.given.total for one in requests), Decimal("0.00"))


def on_slip(request: RenewalRequest) -> Decimal:
    """The amount that a slip of *request* should show: that of the whole transfer."""
    group = request.group
    if group is None:
        return request.given.total - request.credit_wanted
    return group.total if group.total is not None else sum_of(group.standing())


__all__ = ["MOST_COMPANIES", "RenewalGroup", "fresh_reference", "on_slip", "seats_that", "sum_of"]
