"""Sending a group: all of its requests in one transaction, or none; once, whatever is clicked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from iofacturo.accounts.user import User
from iofacturo.renewals import billing as billings
from iofacturo.renewals import (
    billing_form,
    draft,
    notices,
    proof,
    sent_form,
    submission,
    transfer,
)
from iofacturo.renewals.errors import RenewalError, WrongState
from iofacturo.renewals.group import RenewalGroup, seats_that, sum_of
from iofacturo.renewals.portfolio import making
from iofacturo.renewals.proof import Upload
from iofacturo.renewals.request import RenewalRequest

Problems = dict[str, dict[str, str]]  # by the number of the request, "" for the group; by field


class NotSent(RenewalError):
    """What is missing or wrong, for the group and beside each of its rows."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        super().__init__("Falta algo para enviar: revise lo que está señalado.")


class Closed(RenewalError):
    """A company of the group was closed to its maker since the page was made."""

    def __init__(self) -> None:
        super().__init__(
            "El grupo cambió: ya no tiene permiso para renovar una de sus empresas. "
            "Revise el total antes de enviar."
        )


def send(
    group: RenewalGroup,
    *,
    by: User,
    at: datetime,
    token: str,
    contents: Mapping[str, Any],
    numbers: Collection[str],
    terms: Collection[int],
    told: Mapping[str, Any],
    upload: Upload | None = None,
    seen: int | None = None,
    ip: str | None = None,
) -> RenewalGroup:
    """Send every request of *group* to review.

    *numbers* are those that the person saw, *terms* the versions whose box was ticked, *told* what
    was typed about the transfer. The same token and contents again: the same group, and nothing
    happens twice. NotSent names all that is wrong, Closed a company that is gone; then nothing
    was sent.
    """
    with transaction.atomic():
        group = RenewalGroup.lock(group.pk)
        if group.sent_at is not None:
            return _repeated(group, token, contents, by=by, at=at)
        group.seen(seen)
        rows = _granted(group, by)
        if {row.number for row in rows} != set(numbers):
            raise Closed
        making.put(group, rows, told, upload, by=by, at=at)
        for row in rows:
            # what was told of the transfer goes to each proof; a day may keep a price
            draft.save(row, {**row.draft, "transfer": dict(told)}, at=at)
        rows = _granted(group, by)
        found = problems(rows, terms=terms, told=told, at=at)
        if found:
            raise NotSent(found)
        rows = [_submitted(row, token, contents, by=by, at=at, ip=ip) for row in rows]
        group.change(sent_at=at, saved_at=at, total=sum_of(rows), currency=rows[0].given.currency)
        notices.group_received(group, rows, at=at)
    return group


def _granted(group: RenewalGroup, by: User) -> list[RenewalRequest]:
    """Its requests that *by* may send now, in the order in which companies are locked."""
    rows = list(group.standing())
    seats = seats_that("renew", by, [row.company_id for row in rows])
    return sorted((row for row in rows if row.company_id in seats), key=lambda row: row.company_id)


def _submitted(
    row: RenewalRequest,
    token: str,
    contents: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
    ip: str | None,
) -> RenewalRequest:
    try:
        return submission.submit(
            row, by=by, at=at, token=token, contents=contents, terms=row.given.terms_id, ip=ip,
            remember=bool(row.draft.get("remember")), together=True,
        )  # fmt: skip
    except RenewalError as error:
        raise NotSent({row.number: {"plan": str(error)}}) from error


def _repeated(
    group: RenewalGroup, token: str, contents: Mapping[str, Any], *, by: User, at: datetime
) -> RenewalGroup:
    """The group that this very form sent; WrongState for another form, Repeated for other data."""
    first = group.standing().first()
    assert first is not None  # noqa: S101 - it was sent with them
    _, is_new = sent_form.accept(first.company, token, "submit", contents, by=by, at=at)
    if is_new:
        raise WrongState("Este grupo ya se envió.")
    return group


def problems(
    rows: Sequence[RenewalRequest],
    *,
    terms: Collection[int],
    told: Mapping[str, Any],
    at: datetime,
) -> Problems:
    """All that is missing or wrong before a group can be sent with *rows*; one query."""
    found: Problems = {}
    for row in rows:
        wrong = _of_row(row, rows, told, at)
        if wrong:
            found[row.number] = wrong
    general = {}
    if not rows:
        general["empresas"] = "Agregue al menos una empresa."
    elif not proof.standing(rows[0]).exists():
        general["archivo"] = "Falta el comprobante de la transferencia."
    if {row.given.terms_id for row in rows} - set(terms):
        general["terminos"] = "Para enviar hace falta aceptar los términos."
    if general:
        found[""] = general
    return found


def is_lapsed(row: RenewalRequest, told: Mapping[str, Any], at: datetime) -> bool:
    """Whether its price is no longer guaranteed, nor was on the day that was *told*."""
    day = transfer.read(told).paid_on
    return not row.given.holds(at) and not (day is not None and row.given.covers(day))


def _of_row(
    row: RenewalRequest, rows: Sequence[RenewalRequest], told: Mapping[str, Any], at: datetime
) -> dict[str, str]:
    found: dict[str, str] = {}
    _, wrong = billings.check(row.typed)
    if wrong:
        fields = billing_form.BillingForm.base_fields
        found["factura"] = " ".join(
            f"{fields[name].label}: {message}" for name, message in wrong.items()
        )
    if is_lapsed(row, told, at):
        found["plan"] = "El precio garantizado venció."
    if row.given.currency != rows[0].given.currency:
        found["plan"] = "Está en otra moneda: no cabe en la misma transferencia."
    elif is_elsewhere(row, rows):
        found["plan"] = "Se cotizó para otra cuenta nuestra: actualice el precio."
    return found


def is_elsewhere(row: RenewalRequest, rows: Sequence[RenewalRequest]) -> bool:
    """Whether it was quoted to be paid to an older account than others of *rows*."""
    return row.given.payee_id != max(one.given.payee_id for one in rows)
