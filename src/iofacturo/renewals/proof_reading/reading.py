"""What a proof says, each fact with how sure we are and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from iofacturo.renewals.proof_reading.word import Box

SURE = 4  # characters at either end of a masked account
VERSION = 1  # of the reader: a picture is read once by each


@dataclass(frozen=True)
class Found:
    """What every fact has. `box` is in pixels of page `page` (from 0)."""

    confidence: float
    box: Box
    page: int = 0

    def where(self) -> dict[str, Any]:
        return {
            "confidence": round(self.confidence, 2),
            "box": [round(n) for n in self.box],
            "page": self.page + 1,
        }


@dataclass(frozen=True)
class Amount(Found):
    """`currency` is "CRC", "USD" or "" where no sign could be read (₡ is easily lost)."""

    value: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True)
class Day(Found):
    value: date = date.min


@dataclass(frozen=True)
class Account(Found):
    """An IBAN, or what a mask leaves of one. `role` is "payee", "payer" or ""."""

    iban: str = ""  # 22 characters, check digits right; empty where it is masked
    begins: str = ""  # what is seen before the mask, without spaces
    ends: str = ""  # and after it
    role: str = ""

    @property
    def shown(self) -> str:
        return self.iban or f"{self.begins}…{self.ends}"

    def fits(self, iban: str) -> bool:
        """Whether it may be the account *iban*; beside a mask digits are easily misread."""
        if self.iban:
            return self.iban == iban
        return iban.startswith(self.begins[:SURE]) and iban.endswith(self.ends[-SURE:])


@dataclass(frozen=True)
class Code(Found):
    """A reference. `kind`: "ours" (IOF…), "sinpe" (has the shape of one) or "bank"."""

    value: str = ""
    kind: str = "bank"
    day: date | None = None  # that a SINPE reference begins with
    entity: str = ""  # three digits of the bank that follow


@dataclass(frozen=True)
class Name(Found):
    value: str = ""


@dataclass(frozen=True)
class Reading:
    """All that was found; what was not is None or an empty tuple."""

    amount: Amount | None = None
    day: Day | None = None
    accounts: tuple[Account, ...] = ()
    references: tuple[Code, ...] = ()
    payee: Name | None = None
    bank: Name | None = None
    sinpe_movil: bool = False
    others: tuple[Amount, ...] = field(default=(), repr=False)  # amounts that are less likely it

    @property
    def payee_account(self) -> Account | None:
        """The account that was paid to; of unnamed ones the last, as slips list them in order."""
        for role in ("payee", ""):
            found = [one for one in self.accounts if one.role == role]
            if found:
                return found[-1]
        return None

    @property
    def bank_reference(self) -> Code | None:
        """The bank's number of the transfer, the surest first."""
        return next((one for one in self.references if one.kind != "ours"), None)

    @property
    def our_reference(self) -> Code | None:
        return next((one for one in self.references if one.kind == "ours"), None)

    @property
    def is_empty(self) -> bool:
        return not (self.amount or self.day or self.accounts or self.references)

    def as_json(self) -> dict[str, Any]:
        """As `iofacturo read-proof` prints it and the row of a proof keeps it."""
        return {
            "amount": _amount(self.amount),
            "date": self.day and {"value": self.day.value.isoformat(), **self.day.where()},
            "accounts": [
                {"iban": one.iban or None, "shown": one.shown, "role": one.role or None,
                 **one.where()}
                for one in self.accounts
            ],
            "references": [
                {"value": one.value, "kind": one.kind, "date": one.day and one.day.isoformat(),
                 "entity": one.entity or None, **one.where()}
                for one in self.references
            ],
            "payee": self.payee and {"value": self.payee.value, **self.payee.where()},
            "bank": self.bank and {"value": self.bank.value, **self.bank.where()},
            "sinpe_movil": self.sinpe_movil,
            "other_amounts": [_amount(one) for one in self.others],
        }  # fmt: skip


def _amount(one: Amount | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"value": f"{one.value:.2f}", "currency": one.currency or None, **one.where()}


def from_json(kept: dict[str, Any]) -> Reading:
    """A reading out of what `as_json` made."""

    def found(row: dict[str, Any]) -> dict[str, Any]:
        left, top, right, bottom = row["box"]
        return {
            "confidence": row["confidence"],
            "box": (left, top, right, bottom),
            "page": row["page"] - 1,
        }

    def amount(row: dict[str, Any]) -> Amount:
        return Amount(value=Decimal(row["value"]), currency=row["currency"] or "", **found(row))

    def account(row: dict[str, Any]) -> Account:
        begins, _, ends = ("", "", "") if row["iban"] else row["shown"].partition("…")
        return Account(
            iban=row["iban"] or "", begins=begins, ends=ends, role=row["role"] or "", **found(row)
        )

    def code(row: dict[str, Any]) -> Code:
        day = date.fromisoformat(row["date"]) if row["date"] else None
        return Code(
            value=row["value"], kind=row["kind"], day=day, entity=row["entity"] or "", **found(row)
        )

    def name(row: dict[str, Any] | None) -> Name | None:
        return Name(value=row["value"], **found(row)) if row else None

    day = kept["date"]
    return Reading(
        amount=amount(kept["amount"]) if kept["amount"] else None,
        day=Day(value=date.fromisoformat(day["value"]), **found(day)) if day else None,
        accounts=tuple(account(row) for row in kept["accounts"]),
        references=tuple(code(row) for row in kept["references"]),
        payee=name(kept["payee"]),
        bank=name(kept["bank"]),
        sinpe_movil=kept["sinpe_movil"],
        others=tuple(amount(row) for row in kept["other_amounts"]),
    )
