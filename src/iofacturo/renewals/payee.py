"""The account customers transfer to: its versions, proposed by one person, confirmed by another.

A version is never edited. Quotes keep the version they were given, so a change never alters what
a customer was told; customers see since when the account has been the same.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property

from django.db import models, transaction
from django.db.models import F, Q
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from hacienda import identificacion
from hacienda.errors import HaciendaError
from iofacturo.accounts import audit
from iofacturo.accounts.user import User
from iofacturo.lib import clock
from iofacturo.lib.visible import visible
from iofacturo.renewals.errors import Invalid, NotAllowed, WrongState


class PayeeAccount(models.Model):
    """One version of the payee account. Proposed first; it counts once somebody else confirms."""

    bank = models.CharField("banco", max_length=80)
    iban = models.CharField("cuenta IBAN", max_length=34)
    holder = models.CharField("nombre de empresa", max_length=100)
    cedula = models.CharField("cédula jurídica", max_length=12)
    currency = models.CharField("moneda", max_length=3, default="CRC")
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "cuenta para pagos"
        verbose_name_plural = "cuentas para pagos"
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="payee_two_people",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, withdrawn_at=None),
                name="payee_confirmed_whole",
            ),
            models.UniqueConstraint(
                F("currency"),
                condition=Q(confirmed_at__isnull=True, withdrawn_at__isnull=True),
                name="payee_one_proposal",
            ),
        ]

    @cached_property
    def _since(self) -> tuple[datetime | None, bool]:
        """Since when this very IBAN is the one given, and whether another one was before it."""
        since = self.confirmed_at
        if since is None:
            return None, False
        before = PayeeAccount.objects.filter(currency=self.currency, confirmed_at__lt=since)
        for iban, confirmed in before.order_by("-confirmed_at", "-id").values_list(
            "iban", "confirmed_at"
        ):
            if iban != self.iban:
                return since, True
            since = confirmed  # only its bank's name or the like was put right
        return since, False

    @property
    def changed_on(self) -> date | None:
        """The day customers see beside the account, in Costa Rica."""
        since, _ = self._since
        return clock.local(since).date() if since else None

    @property
    def replaced(self) -> bool:
        """Whether customers were given another account before it."""
        return self._since[1]

    @property
    def cedula_shown(self) -> str:
        return identificacion.format("02", self.cedula)

    def confirm(self, *, by: User, at: datetime) -> None:
        """Put this version in force, and warn who was given another account and may pay still.

        Never by the person who proposed it.
        """
        from iofacturo.renewals import payee_notice  # it knows the requests, which know this

        if by.pk == self.proposed_by_id:
            raise NotAllowed("Debe confirmarla otra persona: usted la propuso.")
        with transaction.atomic():
            rows = PayeeAccount.objects.filter(
                pk=self.pk, confirmed_at=None, withdrawn_at=None
            ).update(confirmed_by=by, confirmed_at=at)
            if rows != 1:
                raise WrongState("Esta propuesta ya no está pendiente.")
            self.refresh_from_db()
            audit.record("payee.confirmed", by=by, subject=self.iban, version=self.pk)
            payee_notice.warn(self, at)

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Drop a proposal that was not confirmed."""
        with transaction.atomic():
            rows = PayeeAccount.objects.filter(
                pk=self.pk, confirmed_at=None, withdrawn_at=None
            ).update(withdrawn_by=by, withdrawn_at=at)
            if rows != 1:
                raise WrongState("Esta propuesta ya no está pendiente.")
            self.refresh_from_db()
            audit.record("payee.withdrawn", by=by, subject=self.iban, version=self.pk)


def compact_iban(text: str) -> str:
    """The IBAN without spaces and in capitals, MOD-97 checked; Invalid otherwise."""
    try:
        iban = IBAN("".join(text.split()))
    except SchwiftyException:
        raise Invalid(
            {"iban": "La cuenta IBAN no es válida: revise los dígitos, uno por uno."}
        ) from None
    if iban.country_code != "CR":
        raise Invalid({"iban": "La cuenta debe ser de Costa Rica: CR y 20 dígitos."})
    return str(iban.compact)


def propose(
    *, bank: str, iban: str, holder: str, cedula: str, by: User, at: datetime, currency: str = "CRC"
) -> PayeeAccount:
    """A new version, waiting for a second person. Invalid says which field is wrong."""
    problems: dict[str, str] = {}
    if not visible(bank):
        problems["bank"] = "Escriba el nombre del banco."
    if not visible(holder):
        problems["holder"] = "Escriba a nombre de quién está la cuenta."
    number = identificacion.compact("02", cedula)
    try:
        identificacion.validate("02", number)
    except HaciendaError as error:
        problems["cedula"] = str(error)
    compact = ""
    try:
        compact = compact_iban(iban)
    except Invalid as error:
        problems |= error.problems
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        if pending(currency):
            raise WrongState("Ya hay un cambio de cuenta pendiente: confírmelo o retírelo primero.")
        account = PayeeAccount.objects.create(
            bank=visible(bank),
            iban=compact,
            holder=visible(holder),
            cedula=number,
            currency=currency,
            proposed_by=by,
            proposed_at=at,
        )
        audit.record("payee.proposed", by=by, subject=compact, version=account.pk)
    return account


def pending(currency: str = "CRC") -> PayeeAccount | None:
    return PayeeAccount.objects.filter(
        currency=currency, confirmed_at=None, withdrawn_at=None
    ).first()


def current(at: datetime, currency: str = "CRC") -> PayeeAccount | None:
    """The version customers are given at *at*; None while there is none."""
    return (
        PayeeAccount.objects.filter(currency=currency, confirmed_at__lte=at)
        .order_by("-confirmed_at", "-id")
        .first()
    )
