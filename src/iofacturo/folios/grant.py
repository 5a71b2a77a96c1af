"""Giving folios: a lot with its first entry, once per origin."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.folios import entry_writer
from iofacturo.folios.deadline import Deadline, deadlines_of
from iofacturo.folios.errors import AlreadyGranted
from iofacturo.folios.lot import KINDS, FolioLot, expiry, new_contract
from iofacturo.folios.plan import PlanVersion
from iofacturo.folios.promotion import PromotionVersion


def grant(
    company: Company,
    kind: str,
    folios: int,
    *,
    origin: str,
    at: datetime,
    by: User | None = None,
    months: int | None = None,
    expires_at: datetime | None = None,
    activated_at: datetime | None = None,
    name: str = "",
    plan_version: PlanVersion | None = None,
    only_for: str = "",
    note: str = "",
) -> FolioLot:
    """A new lot of *folios* for *company*, with its first entry.

    *kind* is paid, promo, courtesy, migration or replacement; *origin* says where it comes from
    (`request:SR-…`, `courtesy:…`) and is unique for its kind: the same call again answers the same
    lot, other contents raise AlreadyGranted. It ends after *months*, or at *expires_at*.
    """
    start = activated_at or at
    end = expires_at if expires_at is not None else expiry(start, months or 0)
    with transaction.atomic():
        lot = FolioLot(
            company=company,
            kind=kind,
            origin=origin,
            name=name or (plan_version.name if plan_version else dict(KINDS)[kind]),
            contract=new_contract(start),
            plan_version=plan_version,
            only_for=only_for,
            granted=folios,
            activated_at=start,
            expires_at=end,
            created_at=at,
            created_by=by,
        )
        try:
            with transaction.atomic():
                lot.save(force_insert=True)
        except IntegrityError:
            before = _granted_before(lot)
            if before is None:
                raise
            return before
        entry_writer.add(
            lot.pk, "grant", folios, operation=f"grant:{lot.pk}", at=at, by=by, note=note
        )
        Deadline.objects.bulk_create(deadlines_of(lot))
        lot.refresh_from_db()
        return lot


def _granted_before(lot: FolioLot) -> FolioLot | None:
    """The lot that this origin was given before, if any; AlreadyGranted if it is another one."""
    old = FolioLot.objects.filter(origin=lot.origin, kind=lot.kind).first()
    if old is None:
        return None
    same = ("company_id", "granted", "plan_version_id", "only_for")
    if any(getattr(old, name) != getattr(lot, name) for name in same):
        raise AlreadyGranted(old)
    return old


def grant_plan(
    company: Company,
    plan_version: PlanVersion,
    *,
    origin: str,
    at: datetime,
    by: User | None = None,
    promotion_version: PromotionVersion | None = None,
    note: str = "",
) -> tuple[FolioLot, FolioLot | None]:
    """A plan that was bought, and the folios its promotion gives, as two lots that end together.

    Older lots are not touched. Answers (paid lot, promotional lot or None).
    """
    with transaction.atomic():
        paid = grant(
            company,
            "paid",
            plan_version.folios,
            origin=origin,
            at=at,
            by=by,
            months=plan_version.months,
            plan_version=plan_version,
            note=note,
        )
        if promotion_version is None or not promotion_version.bonus_folios:
            return paid, None
        promo = grant(
            company,
            "promo",
            promotion_version.bonus_folios,
            origin=origin,
            at=at,
            by=by,
            expires_at=paid.expires_at,
            activated_at=paid.activated_at,
            plan_version=plan_version,
            name=promotion_version.name,
            note=note,
        )
        return paid, promo
