"""A group while it is its maker's draft: companies come and go, plans change, nothing is lost.

Each request of it is an ordinary draft of its company, with its own quote and its reservation, so
every rule of price and promotion holds as it does for one alone. The group is locked before its
requests, and each company's act is a transaction of its own: what fails for one leaves the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.renewals import draft, proof
from iofacturo.renewals.errors import Invalid, NotAllowed, RenewalError, Repeated, WrongState
from iofacturo.renewals.group import (
    MOST_COMPANIES,
    RenewalGroup,
    fresh_reference,
    seats_that,
)
from iofacturo.renewals.proof import Upload
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.sent_form import fingerprint, new_token

Failures = dict[str, RenewalError]  # by the public id of the company, or the number of the request


def make(
    choices: Sequence[tuple[Company, str]], *, by: User, at: datetime, token: str
) -> tuple[RenewalGroup, Failures]:
    """A group with a draft for each company and the code of its plan; what could not be had.

    The same *token* gives the same group; Repeated when it came with other choices.
    """
    print_ = fingerprint({company.public_id: code for company, code in choices})
    with transaction.atomic():
        group, fresh = RenewalGroup.objects.get_or_create(
            created_by=by,
            token=token.strip()[:64] or new_token(),
            defaults={
                "fingerprint": print_, "reference": fresh_reference(), "created_at": at,
                "saved_at": at,
            },
        )  # fmt: skip
    if not fresh and group.fingerprint != print_:
        raise Repeated
    return group, add_all(group, choices, by=by, at=at)


def add_all(
    group: RenewalGroup, choices: Iterable[tuple[Company, str]], *, by: User, at: datetime
) -> Failures:
    """`add` for each; what was refused, by the company's public id."""
    failures: Failures = {}
    for company, code in choices:
        try:
            add(group, company, code, by=by, at=at)
        except RenewalError as error:
            failures[company.public_id] = error
    return failures


def add(
    group: RenewalGroup, company: Company, code: str, *, by: User, at: datetime
) -> RenewalRequest:
    """The draft of *company* in *group*; the one that is there already, if it is.

    It comes with the proofs that the others have. NotAllowed without the right to renew.
    """
    with transaction.atomic():
        group = _draft(group)
        rows = list(group.standing())
        there = next((row for row in rows if row.company_id == company.pk), None)
        if there is not None:
            return there
        if len(rows) >= MOST_COMPANIES:
            raise WrongState(f"En un grupo caben {MOST_COMPANIES} empresas.")
        if not seats_that("renew", by, [company.pk]):
            raise NotAllowed("Ya no tiene permiso para renovar esta empresa.")
        request = draft.choose(company, code, by=by, at=at, group=group)
        if rows:
            proof.inherit(request, rows[0], by=by, at=at)
    return request


def _draft(group: RenewalGroup) -> RenewalGroup:
    """The locked group; WrongState once it was sent."""
    locked = RenewalGroup.lock(group.pk)
    if locked.sent_at is not None:
        raise WrongState("Este grupo ya se envió: no se puede cambiar.")
    return locked


# -- its requests ----------------------------------------------------------------------------------


def change_plans(
    rows: Iterable[RenewalRequest], codes: Mapping[str, str], *, by: User, at: datetime
) -> tuple[int, Failures]:
    """Give each of *rows* the plan that *codes* names for its number, where it is another one."""
    changed, failures = 0, Failures()
    for row in rows:
        code = codes.get(row.number, "")
        if not code or code == row.given.plan_version.plan.code:
            continue
        try:
            draft.change_plan(row, code, by=by, at=at)
            changed += 1
        except RenewalError as error:
            failures[row.number] = error
    return changed, failures


def refresh(
    rows: Iterable[RenewalRequest], consents: Mapping[str, Decimal], *, by: User, at: datetime
) -> Failures:
    """Bring lapsed quotes up to date: an equal or lower price is applied, a higher one needs the
    consent of its number.
    """
    failures = Failures()
    for row in rows:
        if row.given.holds(at) and row.state == RenewalRequest.DRAFT:
            continue
        try:
            draft.refresh(row, by=by, at=at, consent=consents.get(row.number))
        except RenewalError as error:
            failures[row.number] = error
    return failures


def requote(row: RenewalRequest, *, by: User, at: datetime) -> None:
    """Quote the same plan again as it costs today, to be paid to the account of today."""
    draft.change_plan(row, row.given.plan_version.plan.code, by=by, at=at)


def remove(row: RenewalRequest, *, by: User, at: datetime) -> None:
    """Take a company out: its draft is cancelled, its promotion free for others.

    WrongState once the group was sent: the group is locked first, or a sending that is on its way
    would lose a company that its payment covers.
    """
    with transaction.atomic():
        if row.group is not None:
            _draft(row.group)
        draft.cancel(row, by=by, at=at)
        proof.withdraw(row, at)


def discard(rows: Iterable[RenewalRequest], *, by: User, at: datetime) -> None:
    """Cancel every draft of *rows*, each by itself: promotions are locked for a moment only."""
    for row in rows:
        remove(row, by=by, at=at)


def drop_closed(group: RenewalGroup, *, by: User, at: datetime) -> int:
    """Let the companies go that *by* may no longer renew; how many went.

    Their draft stays with them, to be gone on with under its own reference, without the proof of
    a transfer that is not theirs.
    """
    with transaction.atomic():
        group = _draft(group)
        rows = sorted(group.standing(), key=lambda one: one.pk)
        granted = seats_that("renew", by, [row.company_id for row in rows])
        gone = [row for row in rows if row.company_id not in granted]
        for row in gone:
            request = RenewalRequest.lock(row.pk)
            proof.withdraw(request, at)
            request.change(at=at, group=None)
            audit.record(
                "renewal.left_group", by=by, company=request.company, subject=request.number, at=at
            )
        if gone:
            group.change(saved_at=at)
    return len(gone)


# -- what is typed -----------------------------------------------------------------------------------


def keep(
    group: RenewalGroup,
    rows: Iterable[RenewalRequest],
    told: Mapping[str, Any],
    upload: Upload | None = None,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> None:
    """Keep what was typed about the transfer and a file, which goes to each of *rows*."""
    with transaction.atomic():
        group = _draft(group)
        group.seen(seen)
        put(group, rows, told, upload, by=by, at=at)


def put(
    group: RenewalGroup,
    rows: Iterable[RenewalRequest],
    told: Mapping[str, Any],
    upload: Upload | None,
    *,
    by: User,
    at: datetime,
) -> None:
    """`keep` for a group that is locked already."""
    wanted = list(rows)
    if upload is not None and not wanted:
        raise Invalid({"archivo": "Agregue antes una empresa: el comprobante se guarda con ella."})
    if upload is not None:
        for row in sorted(wanted, key=lambda one: one.pk):
            proof.add(row, upload, by=by, at=at)
    group.change(draft={"transfer": dict(told)}, saved_at=at)


def take_out_proof(
    group: RenewalGroup, rows: Iterable[RenewalRequest], sha256: str, *, at: datetime
) -> None:
    """Take one file out of all of *rows*."""
    with transaction.atomic():
        group = _draft(group)
        for row in sorted(rows, key=lambda one: one.pk):
            for found in proof.standing(row).filter(sha256=sha256):
                proof.remove(row, found.pk, at=at)
        group.change(saved_at=at)
